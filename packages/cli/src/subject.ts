/**
 * From a command line to what is examined: the tree, the configuration, the CPU, the patches, the scenario.
 */
import type { Examination } from "@shootdown/doctor";
import { readModelTree, readPatch, readText } from "./files.js";
import { type KernelOptions, parseSets, parseSizes } from "./options.js";

export function readSubject(configFile: string, options: KernelOptions): Omit<Examination, "mode" | "replayCommand"> {
  const tree = readModelTree(options.kernel);
  return {
    tree,
    config: { name: configFile, text: readText(configFile, "a configuration") },
    cpu: options.cpu,
    sets: parseSets(options.set),
    at: options.at,
    patches: options.patch.map((patch) => readPatch(tree, patch)),
    scenario: options.scenario,
    sizes: parseSizes(options.size),
  };
}
