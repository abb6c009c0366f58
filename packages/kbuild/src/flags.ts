/**
 * The flags an object is compiled with. Called by tree.ts when someone asks for them.
 * A tree with Kbuild's own scripts is asked for its `c_flags`, `a_flags` or `rust_flags`; any other gets the rule that all versions
 * share: inherited flags, then ccflags-y, less CFLAGS_REMOVE_x.o, then CFLAGS_x.o. Dependency files are left out.
 */
import type { KbuildDirectory } from "./directory.js";
import { matchPattern, wordsOf } from "./words.js";

export interface FlagsQuestion {
  readonly directory: KbuildDirectory;
  /** Word in the directory's list: `foo.o`. */
  readonly word: string;
  readonly source: string | undefined;
  readonly module: boolean;
}

/** Flags as the compiler's argument vector has them. */
export function flagsOf({ directory, word, source, module }: FlagsQuestion): string[] {
  const make = directory.process;
  const target = directory.pathOf(word);
  const stem = word.replace(/\.o$/, "");
  const at = { file: directory.file ?? target, line: 1 };
  const letter = languageOf(word, source, directory);
  const locals = new Map<string, string>([
    ["@", target],
    ["*", stem],
    ["<", source ?? ""],
    ["@F", target.slice(target.lastIndexOf("/") + 1)],
    ["part-of-module", module ? "y" : ""],
    ["part-of-builtin", module ? "" : "y"],
  ]);
  for (const [name, value] of targetVariables(directory, target, locals)) locals.set(name, value);
  const native = make.scope.get(`${letter}_flags`) !== undefined;
  const text = native ? `$(${letter}_flags)` : commonRule(letter === "a" ? "A" : "C", stem);
  const flags = make.expander.withLocals(locals, () => make.expandSafely(text, at));
  return shellWords(flags).filter((flag) => !/^-Wp,-M/.test(flag));
}

/** Which of Kbuild's flag variables: by the source; for a generated one by what Kbuild makes it from. */
function languageOf(word: string, source: string | undefined, directory: KbuildDirectory): "a" | "c" | "rust" {
  if (source !== undefined) return source.includes(".S") ? "a" : source.endsWith(".rs") ? "rust" : "c";
  const assembly = directory.pathOf(word.replace(/\.o$/, ".S"));
  const made = directory.process.scope.ruleTargets.some(
    (target) => target.endsWith(".S") && matchPattern(target, assembly) !== undefined,
  );
  return made || /\.dtbo?\.o$/.test(word) ? "a" : "c";
}

function commonRule(letter: "A" | "C", stem: string): string {
  const own = letter === "A" ? "asflags" : "ccflags";
  const everywhere = `$(KBUILD_CPPFLAGS) $(KBUILD_${letter}FLAGS) $(${own}-y)`;
  return `$(filter-out $(${letter}FLAGS_REMOVE_${stem}.o),$(filter-out $(${own}-remove-y),${everywhere}) $(${letter}FLAGS_${stem}.o))`;
}

/** Variables that a rule of the directory sets for this target (`foo.o: KBUILD_CFLAGS += …`). */
function targetVariables(
  directory: KbuildDirectory,
  target: string,
  locals: ReadonlyMap<string, string>,
): Map<string, string> {
  const make = directory.process;
  const set = new Map<string, string>();
  for (const { targets, assignment } of make.scope.targetVariables) {
    if (!wordsOf(targets).some((pattern) => matchPattern(pattern, target) !== undefined)) continue;
    make.expander.withLocals(new Map([...locals, ...set]), () => {
      const name = make.look(assignment.name);
      const value = make.expandSafely(assignment.value, assignment.at);
      const before = set.get(name) ?? directory.value(name);
      set.set(name, assignment.operator === "+=" ? `${before} ${value}` : value);
    });
  }
  return set;
}

/** Splits as a shell does: quotes group and vanish, a backslash takes the next character as it is. */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quote === "'") {
      if (c === "'") quote = "";
      else word += c;
    } else if (c === "\\" && i + 1 < text.length && (quote === "" || /["\\$`]/.test(text[i + 1]!))) {
      word = (word ?? "") + text[++i]!;
    } else if (quote === '"') {
      if (c === '"') quote = "";
      else word += c;
    } else if (c === "'" || c === '"') {
      quote = c;
      word ??= "";
    } else if (/\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + c;
  }
  if (word !== undefined) words.push(word);
  return words;
}
