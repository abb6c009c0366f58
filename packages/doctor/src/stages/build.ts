/**
 * Stage 2: does it link? Asks the Makefiles which files are built, compiles them for the configuration, and looks for
 * live references to what no built file defines.
 */

import { type Fn, type Linked, link, type Module, Recent } from "@shootdown/ir";
import { type KbuildResult, parseKbuild } from "@shootdown/kbuild";
import { compile, type Diagnostic, type ScenarioDecl } from "@shootdown/kernel-ts";
import { InputError } from "../errors.js";
import type { ModelTree } from "../model/model-tree.js";
import type { LinkStage } from "../result.js";
import type { Configured } from "./configure.js";
import { conditionsInText, droppedReference, type LinkCondition, undefinedReference } from "./link-stage.js";

export interface Built {
  readonly stage: LinkStage;
  /** Absent when the stage failed. */
  readonly module?: Module;
  /** The scenario's declaration, if one was compiled along. */
  readonly scenario?: ScenarioDecl;
}

export interface BuildInput {
  readonly tree: ModelTree;
  readonly configured: Configured;
  readonly sizes: ReadonlyMap<string, number>;
  /** `kernel/scenarios/kmap-dma.ts`; absent to build the kernel alone. */
  readonly scenarioFile?: string;
}

/** What the Makefiles of a configuration build. */
export function kbuildOf(tree: ModelTree, configured: Configured): KbuildResult {
  const built = parseKbuild({ files: tree.kernel, config: configured.texts, arch: "arm", sources: [".ts"] });
  const error = built.diagnostics[0];
  if (error) {
    throw new InputError(
      "S1502",
      error.at ? `${error.at.file}:${error.at.line}` : "Makefile",
      error.message,
      "correct the model tree's Makefile, or the patch that changes it",
    );
  }
  return built;
}

/** The object files of a configuration, as `mm/highmem.o`, in link order. */
export function builtObjects(tree: ModelTree, configured: Configured): readonly string[] {
  return objectsOf(kbuildOf(tree, configured));
}

function objectsOf(built: KbuildResult): readonly string[] {
  return built.objects.filter((object) => object.kind === "vmlinux").map((object) => object.path);
}

/** Errors in kernel TypeScript, all of them, as one input error. */
export function sourceError(diagnostics: readonly Diagnostic[]): InputError {
  const first = diagnostics[0]!;
  const lines = diagnostics.map((d) => `${d.file}:${d.line}:${d.column}: ${d.code} ${d.message}\n    ${d.hint}`);
  const count = diagnostics.length === 1 ? "1 error" : `${diagnostics.length} errors`;
  return new InputError(
    "S1501",
    `${first.file}:${first.line}:${first.column}`,
    `${count}\n${lines.join("\n")}`,
    "correct the file, or the patch that changes it",
    diagnostics.map(({ file, line, column, code, message, hint }) => ({
      file,
      line,
      column,
      message: `${code} ${message}\n${hint}`,
    })),
  );
}

/** Links that are kept. */
const MAX_LINKS = 64;
/** An examination is one of many: of every scenario, of what may be a remedy. */
const memo = new Recent<Linked>(MAX_LINKS);

export function build(input: BuildInput): Built {
  const { tree, configured, sizes, scenarioFile } = input;
  const kbuild = kbuildOf(tree, configured);
  const objects = objectsOf(kbuild);
  const sources = objects.map((path) => `kernel/${path.replace(/\.o$/, ".ts")}`);
  const result = compile({
    tree,
    roots: scenarioFile === undefined ? sources : [...sources, scenarioFile],
    objects: new Set(sources),
    config: configured.values,
    symbols: configured.symbols,
    sizes,
  });
  if (!result.ok) {
    const fatal = result.diagnostics.filter((d) => d.kind !== "static_assert");
    if (fatal.length > 0) throw sourceError(fatal);
    const errors = result.diagnostics.map(({ file, line, column, message }) => ({ file, line, column, message }));
    return {
      stage: { verdict: "does-not-build", objects: [...objects], undefined: [], dropped: [], obligations: [], errors },
    };
  }
  const { module } = result;
  const linked = link(module, exportedFunctions(module, objects), { memo });
  const context = {
    tree,
    kbuild,
    partConditions: (file: string) => includeConditions(tree, configured, objects, file),
  };
  const stage: LinkStage = {
    verdict: linked.undefined.length === 0 ? "links" : "undefined-reference",
    objects: [...objects],
    undefined: linked.undefined.map((reference) =>
      undefinedReference(reference, module.undefinedFunctions.get(reference.symbol)!.file, context),
    ),
    dropped: linked.dropped.map(droppedReference),
    obligations: [...result.obligations],
    errors: [],
  };
  if (stage.verdict !== "links") return { stage };
  return { stage, module, scenario: result.scenarios[0] };
}

/** What an object offers to others is live, whoever calls it. */
function exportedFunctions(module: Module, objects: readonly string[]): readonly string[] {
  const files = new Set(objects.map((path) => path.replace(/\.o$/, ".ts")));
  const isExported = (fn: Fn) =>
    fn.exported && !fn.isPart && (files.has(fn.at.file) || fn.at.file.startsWith("scenarios/"));
  return [...module.functions.values()].filter(isExported).map((fn) => fn.name);
}

/** Under which symbols an object's source includes a file: `include("./percpu-vm.ts", !CONFIG.NEED_PER_CPU_KM)`. */
function includeConditions(
  tree: ModelTree,
  configured: Configured,
  objects: readonly string[],
  file: string,
): readonly LinkCondition[] {
  const name = file.slice(file.lastIndexOf("/") + 1);
  for (const object of objects) {
    const source = object.replace(/\.o$/, ".ts");
    for (const [index, text] of (tree.read(`kernel/${source}`) ?? "").split("\n").entries()) {
      const match = /^include\("\.\/([^"]+)",(.*)\);/.exec(text);
      if (match?.[1] === name) return conditionsInText(match[2]!, { file: source, line: index + 1 }, configured.values);
    }
  }
  return [];
}
