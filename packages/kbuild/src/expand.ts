/**
 * `$(…)`: references and function calls, expanded as GNU make does. Called by evaluate.ts for every name and value.
 * Bounds keep any input finite: a variable that needs itself, a call that calls itself for ever, text that doubles at each step
 * all end in a MakeStop, which the evaluator turns into a diagnostic.
 */
import { callFunction, functionNamed } from "./functions.js";
import type { Host } from "./host.js";
import { skipReference } from "./lines.js";
import type { Scope, Variable } from "./scope.js";
import type { Place } from "./syntax.js";
import { patsubst } from "./words.js";

/** Ends the reading of one make process, as make's own fatal errors do. */
export class MakeStop extends Error {
  constructor(
    readonly at: Place,
    readonly reason: string,
    readonly next: string,
  ) {
    super(`${at.file}:${at.line}: ${reason}`);
  }
}

/** References nested deeper than this (through values and calls) stop the file. Linux 6.12 reaches 11. */
const MAX_DEPTH = 200;
/** References expanded in one make process. */
const MAX_REFERENCES = 2_000_000;
/** Characters produced in one make process. */
const MAX_CHARACTERS = 200_000_000;
/** The same for one look at a branch that was not taken: make never expands it, so it must not cost much. */
const MAX_LOOK_REFERENCES = 20_000;
const MAX_LOOK_CHARACTERS = 4_000_000;

type Part = string | Reference;

interface Reference {
  /** Text between the parentheses, unexpanded. */
  readonly inner: string;
  readonly functionName?: string;
  readonly args?: readonly string[];
}

export class Expander {
  /** Where the text being expanded stands: for messages. */
  at: Place = { file: "", line: 0 };
  /** False while a branch that was not taken, or a `why`, is looked at: nothing may have an effect. */
  effects = true;
  private depth = 0;
  private references = MAX_REFERENCES;
  private characters = MAX_CHARACTERS;
  private readonly locals: Map<string, Variable>[] = [];

  constructor(
    readonly scope: Scope,
    readonly host: Host,
    /** Runs the text of `$(eval)`. */
    readonly evalText: (text: string, at: Place) => void,
  ) {}

  expand(text: string): string {
    if (!text.includes("$")) return text;
    let out = "";
    for (const part of partsOf(text)) out += typeof part === "string" ? part : this.reference(part);
    this.characters -= out.length;
    if (this.characters < 0) this.stop("the text grows without end", "look for a variable that doubles itself");
    return out;
  }

  /** Value of a variable, expanded. */
  valueOf(name: string): string {
    const variable = this.lookup(name);
    if (variable === undefined) return this.host.implicitValue(name);
    if (!variable.recursive) return variable.value;
    if (variable.expanding) {
      this.stop(`recursive variable '${name}' references itself (eventually)`, "use := where it is set");
    }
    variable.expanding = true;
    try {
      return this.expand(variable.value);
    } finally {
      variable.expanding = false;
    }
  }

  lookup(name: string): Variable | undefined {
    for (let i = this.locals.length - 1; i >= 0; i--) {
      const local = this.locals[i]!.get(name);
      if (local !== undefined) return local;
    }
    return this.scope.get(name);
  }

  /** Runs `body` with some variables set, as `$(foreach)` and `$(call)` set theirs. */
  withLocals<T>(values: ReadonlyMap<string, string>, body: () => T): T {
    const frame = new Map<string, Variable>();
    for (const [name, value] of values) {
      frame.set(name, { value, recursive: false, origin: "automatic", records: [], expanding: false });
    }
    this.locals.push(frame);
    try {
      return body();
    } finally {
      this.locals.pop();
    }
  }

  /** Runs `body` without effects, on a small budget of its own. */
  look<T>(body: () => T): T {
    const before = { effects: this.effects, references: this.references, characters: this.characters };
    this.effects = false;
    this.references = MAX_LOOK_REFERENCES;
    this.characters = MAX_LOOK_CHARACTERS;
    try {
      return body();
    } finally {
      Object.assign(this, before);
    }
  }

  stop(reason: string, next: string): never {
    throw new MakeStop(this.at, reason, next);
  }

  private reference(part: Reference): string {
    if (--this.references < 0) this.stop("too many references to expand", "look for a loop of $(call) or $(foreach)");
    this.depth++;
    try {
      if (this.depth > MAX_DEPTH) this.stop("references are nested too deep", "look for a $(call) that calls itself");
      if (part.functionName === undefined) return this.variable(part.inner);
      return callFunction(this, part.functionName, part.args ?? []);
    } finally {
      this.depth--;
    }
  }

  /** `$(name)` or `$(name:from=to)`; the name itself may be computed. */
  private variable(inner: string): string {
    const text = this.expand(inner);
    const colon = text.indexOf(":");
    const equals = colon < 0 ? -1 : text.indexOf("=", colon);
    if (colon <= 0 || equals < 0) return this.valueOf(text);
    const from = text.slice(colon + 1, equals);
    const to = text.slice(equals + 1);
    const value = this.valueOf(text.slice(0, colon));
    return from.includes("%") ? patsubst(from, to, value) : patsubst(`%${from}`, `%${to}`, value);
  }
}

/** Names that `text` refers to at any depth, unexpanded, in order: `a-$(CONFIG_X)` for `$(filter-out b,$(a-$(CONFIG_X)))`, then `CONFIG_X`. */
export function referencedNames(text: string): string[] {
  const found: string[] = [];
  const visit = (part: Part): void => {
    if (typeof part === "string") return;
    if (part.functionName === undefined) {
      const name = part.inner.split(":", 1)[0]!;
      found.push(part.inner.includes("$") ? part.inner.replace(/:[^$()]*=[^$()]*$/, "") : name);
      partsOf(part.inner).forEach(visit);
    } else {
      const args = part.args ?? [];
      if (part.functionName === "call" && args[0] !== undefined) found.push(args[0].trim());
      for (const arg of args) partsOf(arg).forEach(visit);
    }
  };
  partsOf(text).forEach(visit);
  return found;
}

const cache = new Map<string, readonly Part[]>();
/** Texts kept parsed. Beyond it the cache starts anew, so that it cannot grow for ever in a long-lived process. */
const MAX_CACHE = 50_000;

function partsOf(text: string): readonly Part[] {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const parts = splitParts(text);
  if (cache.size >= MAX_CACHE) cache.clear();
  cache.set(text, parts);
  return parts;
}

function splitParts(text: string): Part[] {
  const parts: Part[] = [];
  let plain = "";
  for (let i = 0; i < text.length; ) {
    const dollar = text.indexOf("$", i);
    if (dollar < 0 || dollar === text.length - 1) {
      plain += text.slice(i);
      break;
    }
    plain += text.slice(i, dollar);
    const next = text[dollar + 1]!;
    if (next === "$") {
      plain += "$";
      i = dollar + 2;
      continue;
    }
    const end = skipReference(text, dollar);
    if (plain !== "") parts.push(plain);
    plain = "";
    const bracketed = next === "(" || next === "{";
    const closed = bracketed && text[end - 1] === (next === "(" ? ")" : "}");
    parts.push(bracketed ? readReference(text.slice(dollar + 2, closed ? end - 1 : end), next) : { inner: next });
    i = end;
  }
  if (plain !== "") parts.push(plain);
  return parts;
}

function readReference(inner: string, open: string): Reference {
  const match = /^([a-z-]+)[ \t\n]+/.exec(inner);
  const limit = match === null ? undefined : functionNamed(match[1]!);
  if (match === null || limit === undefined) {
    // `$(strip)` and friends without arguments are functions only when followed by a blank.
    return { inner };
  }
  return { inner, functionName: match[1]!, args: splitArguments(inner.slice(match[0].length), open, limit) };
}

/** Arguments between commas at the outer level; the last one takes what exceeds the function's number. */
function splitArguments(text: string, open: string, most: number): string[] {
  const close = open === "(" ? ")" : "}";
  const args: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === open) depth++;
    else if (c === close) depth--;
    else if (c === "," && depth === 0 && args.length < most - 1) {
      args.push(text.slice(start, i));
      start = i + 1;
    }
  }
  args.push(text.slice(start));
  return args;
}
