/**
 * Remedies for an undefined reference, derived from the conditions under which the code that refers and the code that
 * defines are built: candidates for `prescribe.ts`, which examines each.
 *
 * Reference and definition part where a condition of the definition fails (`MMU`) and those of the reference hold
 * (`!NEED_PER_CPU_KM`). For each symbol that the reference hangs on, its Kconfig entry can be changed so that it follows the
 * definition: a symbol that must be off gets on more often (`depends on !SMP` becomes `depends on !SMP || !MMU`), one that
 * must be on gets off (`depends on MMU` is added). The tempting remedy, an empty function, is among the candidates.
 */
import type { ModelTree } from "../model/model-tree.js";
import type { NamedText } from "../model/patched-tree.js";
import type { Result } from "../result.js";
import { sayConditions } from "../wording.js";

type Reference = Result["stages"]["link"]["undefined"][number];
type Condition = Reference["referencedIf"][number];

export interface Remedy {
  readonly what: string;
  readonly about: string;
  readonly patch: NamedText;
  /** A stub is shown where it fails, too. */
  readonly isTempting: boolean;
}

/** Lines of a patch around a change. */
const CONTEXT = 3;

/** A unified diff that replaces `removed` lines from `line` (0-based) on by `added`. */
function diff(path: string, text: string, line: number, removed: number, added: readonly string[]): string {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const from = Math.max(0, line - CONTEXT);
  const to = Math.min(lines.length, line + removed + CONTEXT);
  const before = lines.slice(from, line).map((l) => ` ${l}`);
  const after = lines.slice(line + removed, to).map((l) => ` ${l}`);
  const out = lines.slice(line, line + removed).map((l) => `-${l}`);
  const size = to - from;
  const head = `@@ -${from + 1},${size} +${from + 1},${size - removed + added.length} @@`;
  const body = [...before, ...out, ...added.map((l) => `+${l}`), ...after];
  return `--- a/${path}\n+++ b/${path}\n${head}\n${body.join("\n")}\n`;
}

function newFile(path: string, lines: readonly string[]): string {
  return `--- /dev/null\n+++ b/${path}\n@@ -0,0 +1,${lines.length} @@\n${lines.map((l) => `+${l}`).join("\n")}\n`;
}

interface Entry {
  readonly path: string;
  readonly text: string;
  /** 0-based: the `config` line, and the `depends on` lines of the entry. */
  readonly start: number;
  readonly depends: readonly number[];
}

/** The definition of a symbol, if the tree has exactly one. */
function entryOf(tree: ModelTree, symbol: string): Entry | undefined {
  const found: Entry[] = [];
  for (const path of tree.paths().filter((p) => /^kernel\/(.*\/)?Kconfig[^/]*$/.test(p))) {
    const text = tree.read(path)!;
    const lines = text.split("\n");
    for (const [start, line] of lines.entries()) {
      if (!new RegExp(`^(menu)?config ${symbol}$`).test(line)) continue;
      const rest = lines.slice(start + 1);
      const end = rest.findIndex((l) => /^\S/.test(l));
      const body = end < 0 ? rest : rest.slice(0, end);
      const depends = body.flatMap((l, i) => (/^\s+depends on /.test(l) ? [start + 1 + i] : []));
      found.push({ path: path.replace(/^kernel\//, ""), text, start, depends });
    }
  }
  return found.length === 1 ? found[0] : undefined;
}

/** The entry changed so that the symbol is what the reference does not want wherever the definition is missing. */
function followDefinition(tree: ModelTree, wanted: Condition, missing: readonly Condition[]): Remedy | undefined {
  const entry = entryOf(tree, wanted.symbol);
  if (!entry) return undefined;
  const { path, text, start, depends } = entry;
  const lines = text.split("\n");
  const make = (line: number, removed: number, added: string): Remedy => ({
    what: `${path}: ${wanted.symbol}: ${added.trim()}`,
    about: `${wanted.value === "n" ? "the code that refers is not built" : "it is not offered"} where ${sayConditions(missing)} does not hold`,
    patch: { name: `${wanted.symbol}-follows-definition`, text: diff(path, text, line, removed, [added]) },
    isTempting: false,
  });
  const isDefined = sayConditions(missing);
  if (wanted.value === "y") return make(start + 1, 0, `\tdepends on ${isDefined}`);
  const [only, ...others] = depends;
  if (only === undefined || others.length > 0) return undefined;
  const isMissing = missing.map(({ symbol, value }) => (value === "y" ? `!${symbol}` : symbol)).join(" || ");
  return make(only, 1, `${lines[only]} || ${isMissing}`);
}

/** An empty function where the definition is not built, in an object of its own. */
function emptyStub(tree: ModelTree, reference: Reference, missing: readonly Condition[]): Remedy | undefined {
  const { symbol, definedIn } = reference;
  const source = tree.read(`kernel/${definedIn}`) ?? "";
  const folder = definedIn.slice(0, definedIn.lastIndexOf("/") + 1);
  const makefile = tree.read(`kernel/${folder}Makefile`);
  const head = new RegExp(`^export function ${symbol}\\([^{]*\\): void(?= \\{)`, "m").exec(source)?.[0];
  if (head === undefined || makefile === undefined) return undefined;
  const imports = [...source.matchAll(/^import type [^;]*;$/gm)].map(([text]) => text);
  const used = [...source.matchAll(/^import \{([^}]*)\} from ("[^"]*");$/gm)].flatMap(([, names, file]) => {
    const types = [...names!.matchAll(/\btype (\w+)/g)].map(([, name]) => name!).filter((name) => head.includes(name));
    return types.length > 0 ? [`import type { ${types.join(", ")} } from ${file};`] : [];
  });
  const name = `${symbol.replaceAll("_", "-")}-stub`;
  const needed = imports.filter((text) => [...text.matchAll(/\w+_t\b/g)].some(([type]) => head.includes(type)));
  const lines = [
    "/** Nothing to do here, it is hoped. */",
    ...needed.flatMap((text) => text.split("\n")),
    ...used,
    "",
    `/** @linux ${definedIn.replace(/\.ts$/, ".c")} ${symbol} */`,
    ...`${head} {}`.split("\n"),
  ];
  const last = makefile.replace(/\n$/, "").split("\n").length;
  const [first] = missing;
  const tests = first
    ? [`${first.value === "y" ? "ifndef" : "ifdef"} CONFIG_${first.symbol}`, `obj-y += ${name}.o`, "endif"]
    : [`obj-y += ${name}.o`];
  const makefilePath = `${folder}Makefile`;
  const total = makefile.split("\n");
  const context = total.slice(Math.max(0, last - CONTEXT), last);
  const head2 = `@@ -${last - context.length + 1},${context.length} +${last - context.length + 1},${context.length + tests.length} @@`;
  const body = [...context.map((l) => ` ${l}`), ...tests.map((l) => `+${l}`)].join("\n");
  const make = `--- a/${makefilePath}\n+++ b/${makefilePath}\n${head2}\n${body}\n`;
  return {
    what: `an empty ${symbol}() where ${sayConditions(missing) || "it is"} is missing`,
    about: "the reference is satisfied, and nothing is done",
    patch: { name: `empty-${symbol}`, text: make + newFile(`${folder}${name}.ts`, lines) },
    isTempting: true,
  };
}

/** Every remedy that the conditions of the undefined references suggest, each once. */
export function linkRemedies(tree: ModelTree, found: Result): readonly Remedy[] {
  const remedies = new Map<string, Remedy>();
  for (const reference of found.stages.link.undefined) {
    for (const { conditions } of reference.definers) {
      const missing = conditions.filter(({ holds }) => !holds);
      if (missing.length === 0) continue;
      for (const wanted of reference.referencedIf) {
        const remedy = followDefinition(tree, wanted, missing);
        if (remedy) remedies.set(remedy.what, remedy);
      }
      const stub = emptyStub(tree, reference, missing);
      if (stub) remedies.set(stub.what, stub);
    }
  }
  return [...remedies.values()];
}
