/**
 * From a command line to what is examined: the tree, the configuration, the CPU, the patches, the scenario.
 */
import type { Examination } from "@shootdown/doctor";
import { Configuration, lost, olddefconfig } from "@shootdown/doctor/linux";
import { readModelTree, readPatch } from "./files.js";
import { openLinuxTree } from "./linux-tree.js";
import { type KernelOptions, parseSets, parseSizes } from "./options.js";
import { readText } from "./read-text.js";

export function readSubject(configFile: string, options: KernelOptions): Omit<Examination, "mode" | "replayCommand"> {
  const tree = readModelTree(options.kernel);
  const text = readText(configFile, "a configuration");
  return {
    tree,
    config: { name: configFile, text },
    linux: options.tree === undefined ? undefined : configureLinux(options, configFile, text),
    cpu: options.cpu,
    sets: parseSets(options.set),
    at: options.at,
    patches: options.patch.map((patch) => readPatch(tree, patch)),
    scenario: options.scenario,
    sizes: parseSizes(options.size),
  };
}

/** Stage 1 on the real tree: what its own Kconfig makes of the file. */
function configureLinux(options: KernelOptions, name: string, text: string): Examination["linux"] {
  const tree = openLinuxTree({ tree: options.tree!, arch: options.arch ?? "arm", cache: true });
  const result = olddefconfig(tree.kconfig, text, { fileName: name });
  const asked = new Configuration(tree.kconfig).load(text, name);
  return {
    version: tree.version,
    text: result.text,
    notes: lost(asked).map((item) => ({
      symbol: item.name,
      line: item.line,
      asked: item.wanted,
      got: item.got ?? "no such symbol",
    })),
    warnings: result.diagnostics.map((diagnostic) => diagnostic.text),
  };
}
