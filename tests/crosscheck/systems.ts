/**
 * Systems to compare engines on: a real `.config` of `examples/`, a CPU of the catalogue, patches, a scenario and its
 * sizes, taken through the stages before the search. And every such question that the tree itself asks.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { System } from "@shootdown/checker";
import {
  InputError,
  ModelTree,
  type NamedText,
  prepare,
  preparedSystem,
  readMatrix,
  readReport,
  reportNumbers,
  revertOf,
  scenarioNames,
} from "@shootdown/doctor";
import { readScenario } from "@shootdown/kernel-ts";

/** The repository: this file runs from sources, from its own `dist` and from that of `benchmarks`. */
const ROOT = rootAbove(dirname(fileURLToPath(import.meta.url)));

function rootAbove(folder: string): string {
  return existsSync(join(folder, "examples")) ? folder : rootAbove(dirname(folder));
}

export interface Question {
  /** A file of `examples/` without `.config`. */
  readonly config: string;
  readonly cpu: string;
  readonly scenario: string;
  readonly patches?: readonly string[];
  /** Sizes that differ from the scenario's. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** Symbols that differ from the configuration's. */
  readonly set?: Readonly<Record<string, string>>;
  /** The release whose code it is; absent: today's. */
  readonly at?: string;
}

let read: ModelTree | undefined;

/** The model tree of this repository. */
export function modelTree(): ModelTree {
  if (read) return read;
  const files = new Map<string, string>();
  for (const part of ["kernel", "machine"]) {
    const folder = join(ROOT, "packages", part);
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      if (!path.includes("node_modules")) files.set(part + path.slice(folder.length), readFileSync(path, "utf8"));
    }
  }
  read = new ModelTree(files);
  return read;
}

/** A patch that ships, or a commit of the history taken back, `revert-ID`. */
function patchText(name: string): NamedText {
  const text = modelTree().read(`kernel/patches/${name}.patch`) ?? revertOf(modelTree(), name)?.text;
  if (text === undefined) throw new Error(`there is no patch ${name}`);
  return { name, text };
}

/** The system, or why there is none: nothing links, boots, or the scenario has nothing to do. */
export function systemFor(question: Question): System | string {
  const text = readFileSync(join(ROOT, "examples", `${question.config}.config`), "utf8");
  try {
    const prepared = prepare({
      tree: modelTree(),
      config: { name: question.config, text },
      cpu: question.cpu,
      at: question.at,
      patches: (question.patches ?? []).map(patchText),
      scenario: question.scenario,
      sizes: new Map(Object.entries(question.sizes ?? {})),
      sets: new Map(Object.entries(question.set ?? {})),
    });
    return prepared.kernel ? preparedSystem(prepared) : prepared.reason!;
  } catch (error) {
    // The code of an older release does not have every symbol of the matrix.
    if (error instanceof InputError && question.at !== undefined) return error.message;
    throw error;
  }
}

/** One line about a question. */
export function describeQuestion({ config, cpu, scenario, patches = [], sizes = {}, set = {}, at }: Question): string {
  const pairs = (record: Readonly<Record<string, string | number>>) =>
    Object.entries(record).map(([name, value]) => `${name}=${value}`);
  const release = at === undefined ? [] : [at];
  return [scenario, config, cpu, ...pairs(set), ...release, ...patches.map((p) => `+${p}`), ...pairs(sizes)].join(" ");
}

/** Every scenario of the tree on every configuration of the matrix that has what it needs. */
export function everyScenario(): Question[] {
  const tree = modelTree();
  return scenarioNames(tree).flatMap((scenario) =>
    readMatrix(tree).configurations.flatMap(({ config, cpu, set }) => {
      // Debugging options that a scenario is about are off in distribution kernels.
      const { needs } = readScenario(tree, `kernel/scenarios/${scenario}.ts`)!;
      const debug = needs.filter((symbol) => symbol.startsWith("DEBUG_")).map((symbol) => [symbol, "y"]);
      const all = { ...set, ...Object.fromEntries(debug) };
      return [{ config: config.replace(/\.config$/, ""), cpu, scenario, set: all }];
    }),
  );
}

/** Every row of every report, and every patch that ships on every scenario and configuration. */
export function everyVariant(): Question[] {
  const tree = modelTree();
  const rows = reportNumbers(tree).flatMap((number) =>
    readReport(tree, number).rows.map((row): Question => ({ ...row, config: row.config.replace(/\.config$/, "") })),
  );
  const patched = tree.namesIn("kernel/patches", ".patch").flatMap((name) => {
    const at = /^At: (\S+)$/m.exec(patchText(name).text)?.[1];
    return everyScenario().map((question) => ({ ...question, at, patches: [name] }));
  });
  return [...rows, ...patched];
}
