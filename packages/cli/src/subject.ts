/**
 * From a command line to what is examined: the tree, the configuration, the CPU, the patches, the scenario.
 */
import { defaultScenario, type Examination, InputError, MODEL_ARCH } from "@shootdown/doctor";
import { Configuration, lost, olddefconfig } from "@shootdown/doctor/linux";
import { readModelTree, readPatch } from "./files.js";
import { decisionsFirst, kbuildOf, openLinuxTree } from "./linux-tree.js";
import { type KernelOptions, parseSets, parseSizes } from "./options.js";
import { readText } from "./read-text.js";

export function readSubject(configFile: string, options: KernelOptions): Omit<Examination, "mode" | "replayCommand"> {
  const tree = readModelTree(options.kernel);
  const text = readText(configFile, "a configuration");
  const subject = {
    tree,
    config: { name: configFile, text },
    linux: options.tree === undefined ? undefined : configureLinux(options, configFile, text),
    cpu: cpuOf(configFile, options),
    sets: parseSets(options.set),
    at: options.at,
    patches: options.patch.map((patch) => readPatch(tree, patch)),
    sizes: parseSizes(options.size),
  };
  return { ...subject, scenario: options.scenario ?? defaultScenario(subject) };
}

/** A CPU has to be named, except for a kernel that no CPU of the catalogue runs. */
function cpuOf(configFile: string, { cpu, tree, arch = MODEL_ARCH }: KernelOptions): string {
  if (cpu !== undefined) return cpu;
  if (tree !== undefined && arch !== MODEL_ARCH) return arch;
  const why = "required option '--cpu <name>' not specified";
  throw new InputError("S1001", configFile, why, "name one of the catalogue: shootdown list cpus");
}

/** Stage 1 on the real tree: what its own Kconfig makes of the file. */
function configureLinux(options: KernelOptions, name: string, text: string): Examination["linux"] {
  const tree = openLinuxTree({ tree: options.tree!, arch: options.arch ?? MODEL_ARCH, cache: true });
  const result = olddefconfig(tree.kconfig, text, { fileName: name });
  const asked = new Configuration(tree.kconfig).load(text, name);
  return {
    version: tree.version,
    arch: options.arch ?? MODEL_ARCH,
    symbols: result.configuration.symbols(),
    objects: () => {
      const { objects } = kbuildOf(tree, options.arch ?? MODEL_ARCH, result.configuration);
      return objects.flatMap(({ path, kind }) => (kind === "vmlinux" || kind === "library" ? [path] : []));
    },
    text: result.text,
    notes: decisionsFirst(tree, lost(asked)).map((item) => ({
      symbol: item.name,
      line: item.line,
      asked: item.wanted,
      got: item.got ?? "no such symbol",
    })),
    warnings: result.diagnostics.map((diagnostic) => diagnostic.text),
  };
}
