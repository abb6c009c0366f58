/**
 * GNU make's text functions. Called by expand.ts, which has already split the arguments and left them unexpanded
 * (`if`, `and`, `or`, `foreach` expand only what they need). Not here: `guile`, `load`, writing files.
 */
import type { Expander } from "./expand.js";
import { VIRTUAL_ROOT } from "./host.js";
import { matchPattern, patsubst, wordsOf } from "./words.js";

type MakeFunction = (make: Expander, args: readonly string[]) => string;

interface Entry {
  /** Arguments taken apart; commas beyond stay in the last. */
  readonly most: number;
  readonly run: MakeFunction;
}

const MANY = 1_000_000;

/** Number of arguments of a function, or undefined when there is no such function. */
export function functionNamed(name: string): number | undefined {
  return functions.get(name)?.most;
}

export function callFunction(make: Expander, name: string, args: readonly string[]): string {
  return functions.get(name)?.run(make, args) ?? "";
}

/** A function all of whose arguments are expanded first. */
function plain(most: number, run: (make: Expander, args: readonly string[]) => string): Entry {
  return {
    most,
    run: (make, args) =>
      run(
        make,
        args.map((arg) => make.expand(arg)),
      ),
  };
}

/** A function from words to words. An empty result still takes its place, as in make. */
function eachWord(change: (word: string) => string): Entry {
  return plain(1, (_, [text = ""]) => wordsOf(text).map(change).join(" "));
}

const functions: ReadonlyMap<string, Entry> = new Map<string, Entry>([
  [
    "subst",
    plain(3, (_, [from = "", to = "", text = ""]) => (from === "" ? text + to : text.replaceAll(from, () => to))),
  ],
  ["patsubst", plain(3, (_, [pattern = "", to = "", text = ""]) => patsubst(pattern, to, text))],
  ["strip", plain(1, (_, [text = ""]) => wordsOf(text).join(" "))],
  ["findstring", plain(2, (_, [part = "", text = ""]) => (text.includes(part) ? part : ""))],
  ["filter", plain(2, (_, [patterns = "", text = ""]) => filter(patterns, text, true))],
  ["filter-out", plain(2, (_, [patterns = "", text = ""]) => filter(patterns, text, false))],
  ["sort", plain(1, (_, [text = ""]) => [...new Set(wordsOf(text))].sort(byBytes).join(" "))],
  ["word", plain(2, (_, [n = "", text = ""]) => wordsOf(text)[Number(n) - 1] ?? "")],
  ["wordlist", plain(3, (_, [from = "", to = "", text = ""]) => wordlist(Number(from), Number(to), text))],
  ["words", plain(1, (_, [text = ""]) => String(wordsOf(text).length))],
  ["firstword", plain(1, (_, [text = ""]) => wordsOf(text)[0] ?? "")],
  ["lastword", plain(1, (_, [text = ""]) => wordsOf(text).at(-1) ?? "")],
  ["dir", eachWord((word) => (word.includes("/") ? word.slice(0, word.lastIndexOf("/") + 1) : "./"))],
  ["notdir", eachWord((word) => word.slice(word.lastIndexOf("/") + 1))],
  ["suffix", plain(1, (_, [text = ""]) => suffixes(text))],
  ["basename", eachWord((word) => word.slice(0, suffixStart(word)))],
  [
    "addsuffix",
    plain(2, (_, [suffix = "", text = ""]) =>
      wordsOf(text)
        .map((word) => word + suffix)
        .join(" "),
    ),
  ],
  [
    "addprefix",
    plain(2, (_, [prefix = "", text = ""]) =>
      wordsOf(text)
        .map((word) => prefix + word)
        .join(" "),
    ),
  ],
  ["join", plain(2, (_, [left = "", right = ""]) => join(wordsOf(left), wordsOf(right)))],
  [
    "wildcard",
    plain(1, (make, [text = ""]) =>
      wordsOf(text)
        .flatMap((word) => make.host.wildcard(word))
        .join(" "),
    ),
  ],
  [
    "realpath",
    plain(1, (make, [text = ""]) =>
      wordsOf(text)
        .filter((w) => make.host.wildcard(w).length > 0)
        .map((w) => absolute(make, w))
        .join(" "),
    ),
  ],
  [
    "abspath",
    plain(1, (make, [text = ""]) =>
      wordsOf(text)
        .map((word) => absolute(make, word))
        .join(" "),
    ),
  ],
  ["if", { most: 3, run: ifFunction }],
  ["or", { most: MANY, run: orFunction }],
  ["and", { most: MANY, run: andFunction }],
  ["intcmp", plain(5, intcmp)],
  ["foreach", { most: 3, run: foreachFunction }],
  ["let", { most: 3, run: letFunction }],
  ["call", { most: MANY, run: call }],
  ["value", plain(1, (make, [name = ""]) => make.lookup(name)?.value ?? "")],
  ["origin", plain(1, (make, [name = ""]) => make.lookup(name)?.origin ?? "undefined")],
  ["flavor", plain(1, (make, [name = ""]) => flavor(make, name))],
  ["eval", plain(1, evalFunction)],
  ["file", plain(2, file)],
  [
    "shell",
    plain(1, (make, [command = ""]) =>
      make.effects ? make.host.shell(command, make.at) : make.host.knownAnswer(command),
    ),
  ],
  ["error", plain(1, (make, [text = ""]) => remark(make, "error", text))],
  ["warning", plain(1, (make, [text = ""]) => remark(make, "warning", text))],
  ["info", plain(1, () => "")],
]);

/** Order of bytes, which is make's `$(sort)` in the C locale; code units agree with it for all but exotic names. */
function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function filter(patterns: string, text: string, keep: boolean): string {
  const literal = new Set<string>();
  const open: string[] = [];
  for (const pattern of wordsOf(patterns)) {
    if (pattern.includes("%")) open.push(pattern);
    else literal.add(pattern);
  }
  const matches = (word: string): boolean => literal.has(word) || open.some((p) => matchPattern(p, word) !== undefined);
  return wordsOf(text)
    .filter((word) => matches(word) === keep)
    .join(" ");
}

function suffixes(text: string): string {
  const found = wordsOf(text).map((word) => word.slice(suffixStart(word)));
  return found.filter((suffix) => suffix !== "").join(" ");
}

/** Words `from` to `to`, with the blanks between them as they are. */
function wordlist(from: number, to: number, text: string): string {
  const found = [...text.matchAll(/[^ \t\r\n]+/g)].slice(Math.max(from, 1) - 1, to);
  const last = found.at(-1);
  return last === undefined ? "" : text.slice(found[0]!.index, last.index + last[0].length);
}

function suffixStart(word: string): number {
  const dot = word.lastIndexOf(".");
  return dot > word.lastIndexOf("/") ? dot : word.length;
}

function join(left: readonly string[], right: readonly string[]): string {
  const joined: string[] = [];
  for (let i = 0; i < Math.max(left.length, right.length); i++) joined.push((left[i] ?? "") + (right[i] ?? ""));
  return joined.join(" ");
}

function absolute(make: Expander, path: string): string {
  if (path.startsWith("/") && path !== VIRTUAL_ROOT && !path.startsWith(`${VIRTUAL_ROOT}/`)) return path;
  const inside = make.host.treePath(path);
  return inside === "" ? VIRTUAL_ROOT : `${VIRTUAL_ROOT}/${inside}`;
}

function ifFunction(make: Expander, [test = "", then = "", otherwise = ""]: readonly string[]): string {
  return make.expand(make.expand(test.trim()) === "" ? otherwise : then);
}

function orFunction(make: Expander, args: readonly string[]): string {
  for (const arg of args) {
    const value = make.expand(arg.trim());
    if (value !== "") return value;
  }
  return "";
}

function andFunction(make: Expander, args: readonly string[]): string {
  let value = "";
  for (const arg of args) {
    value = make.expand(arg.trim());
    if (value === "") return "";
  }
  return value;
}

function intcmp(make: Expander, args: readonly string[]): string {
  const numbers = args.slice(0, 2).map((arg) => arg.trim());
  if (!numbers.every((text) => /^[+-]?\d+$/.test(text))) {
    make.stop(`$(intcmp ${numbers.join(",")}): not a number`, "both sides must be integers");
  }
  const left = BigInt(numbers[0]!);
  const right = BigInt(numbers[1]!);
  if (args.length === 2) return left === right ? String(left) : "";
  if (left < right) return args[2] ?? "";
  if (left === right) return args[3] ?? "";
  return args[4] ?? args[3] ?? "";
}

function foreachFunction(make: Expander, [name = "", list = "", body = ""]: readonly string[]): string {
  const variable = make.expand(name).trim();
  return wordsOf(make.expand(list))
    .map((word) => make.withLocals(new Map([[variable, word]]), () => make.expand(body)))
    .join(" ");
}

function letFunction(make: Expander, [names = "", list = "", body = ""]: readonly string[]): string {
  const variables = wordsOf(make.expand(names));
  const values = wordsOf(make.expand(list));
  const last = variables.length - 1;
  const bound = new Map(variables.map((name, i) => [name, i === last ? values.slice(i).join(" ") : (values[i] ?? "")]));
  return make.withLocals(bound, () => make.expand(body));
}

function call(make: Expander, args: readonly string[]): string {
  const name = make.expand(args[0] ?? "").trim();
  const values = args.slice(1).map((arg) => make.expand(arg));
  const most = functionNamed(name);
  if (most !== undefined && make.lookup(name) === undefined) {
    return callFunction(
      make,
      name,
      values.map((value) => value.replaceAll("$", "$$$$")),
    );
  }
  // A probe of the compiler: without a shell every option is taken to work, which is what current tools answer mostly.
  if (name === "try-run" && !make.host.hasShell) {
    const brief = (values[1] ?? "").trim() || (values[0] ?? "").trim().replace(/\s+/g, " ").slice(0, 80);
    make.host.remark(
      "note",
      make.at,
      `the compiler was not asked about ${brief}`,
      "pass a `shell` to have it asked; it counts as a yes here",
    );
    return values[1] ?? "";
  }
  const variable = make.lookup(name);
  if (variable === undefined) return "";
  const bound = new Map<string, string>([["0", name]]);
  for (let i = 1; i < Math.max(10, values.length + 1); i++) bound.set(String(i), values[i - 1] ?? "");
  const busy = variable.expanding;
  variable.expanding = false;
  try {
    return make.withLocals(bound, () => (variable.recursive ? make.expand(variable.value) : variable.value));
  } finally {
    variable.expanding = busy;
  }
}

function flavor(make: Expander, name: string): string {
  const variable = make.lookup(name);
  if (variable === undefined) return "undefined";
  return variable.recursive ? "recursive" : "simple";
}

function evalFunction(make: Expander, [text = ""]: readonly string[]): string {
  if (make.effects) make.evalText(text, make.at);
  return "";
}

/** `$(file < name)` reads; writing is not done. */
function file(make: Expander, [what = ""]: readonly string[]): string {
  const text = what.trim();
  if (!text.startsWith("<")) return "";
  return (make.host.readFile(text.slice(1).trim()) ?? "").replace(/\n$/, "");
}

function remark(make: Expander, severity: "error" | "warning", text: string): string {
  if (make.effects) make.host.remark(severity, make.at, text.trim(), "the Makefile itself says so");
  return "";
}
