/**
 * Systems of the scenario kmap-dma: a real `.config` of `examples/`, a CPU of the catalogue, patches and sizes, taken
 * through the stages before the search.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { System } from "@shootdown/checker";
import { DEFAULT_SCENARIO, ModelTree, prepare, preparedSystem } from "@shootdown/doctor";

/** The repository: this file runs from sources, from its own `dist` and from that of `benchmarks`. */
const ROOT = rootAbove(dirname(fileURLToPath(import.meta.url)));

function rootAbove(folder: string): string {
  return existsSync(join(folder, "examples")) ? folder : rootAbove(dirname(folder));
}

export interface Configuration {
  /** A file of `examples/` without `.config`. */
  readonly config: string;
  readonly cpu: string;
  readonly patches: readonly string[];
  /** Sizes that differ from the scenario's. */
  readonly sizes: Readonly<Record<string, number>>;
}

function readTree(): ModelTree {
  const files = new Map<string, string>();
  for (const part of ["kernel", "machine"]) {
    const folder = join(ROOT, "packages", part);
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      if (!path.includes("node_modules")) files.set(part + path.slice(folder.length), readFileSync(path, "utf8"));
    }
  }
  return new ModelTree(files);
}

let tree: ModelTree | undefined;

export function kmapDma({ config, cpu, patches, sizes }: Configuration): System {
  tree ??= readTree();
  const patchText = (name: string): string => {
    const text = tree!.read(`kernel/patches/${name}.patch`);
    if (text === undefined) throw new Error(`there is no patch ${name}`);
    return text;
  };
  const prepared = prepare({
    tree,
    config: { name: config, text: readFileSync(join(ROOT, "examples", `${config}.config`), "utf8") },
    cpu,
    patches: patches.map((name) => ({ name, text: patchText(name) })),
    scenario: DEFAULT_SCENARIO,
    sizes: new Map(Object.entries(sizes)),
    sets: new Map(),
  });
  return preparedSystem(prepared);
}

/** One line about a configuration. */
export function describeConfiguration({ config, cpu, patches, sizes }: Configuration): string {
  const changed = Object.entries(sizes).map(([name, value]) => `${name}=${value}`);
  return [config, cpu, ...patches.map((patch) => `+${patch}`), ...changed].join(" ");
}
