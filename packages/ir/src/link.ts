/**
 * Does it link: which functions does live code reach, and are they all defined?
 *
 * As for ld, a symbol that only dead code names is no error: functions are folded first, with calls of functions that
 * always return one constant, and only what is reachable from the roots counts. Values that are merely bounded, as in
 * report 1, are not followed yet.
 */
import { fold } from "./fold.js";
import { mapExpr, mapInstr, mapTerm } from "./rewrite.js";
import type { At, Expr, Fn, Module } from "./types.js";

export interface UndefinedReference {
  readonly symbol: string;
  /** The function that holds the reference, and the place in it. */
  readonly from: string;
  readonly at: At;
  /** The file that would define the symbol if it were built. */
  readonly definedIn: string;
  /** The path of calls from a root to the reference. */
  readonly path: readonly string[];
}

/**
 * Functions that do nothing and always return the same constant, such as a predicate that the configuration decides:
 * what a compiler inlines first. Found bottom-up, so that one may call another.
 */
export function constantFunctions(module: Module): ReadonlyMap<string, number> {
  const constantCalls = new Map<string, number>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const [name, fn] of module.functions) {
      if (constantCalls.has(name)) continue;
      const { blocks } = fold(fn, { constantCalls });
      const [only] = blocks;
      if (blocks.length !== 1 || only?.term.kind !== "return" || only.term.value?.kind !== "const") continue;
      if (only.instrs.some((instr) => instr.kind !== "assign")) continue;
      constantCalls.set(name, only.term.value.value);
      changed = true;
    }
  }
  return constantCalls;
}

/** The functions that a function's live code calls or takes the address of, with the first place of each. */
export function references(fn: Fn, constantCalls: ReadonlyMap<string, number>): ReadonlyMap<string, At> {
  const found = new Map<string, At>();
  const note = (name: string, at: At) => {
    if (!found.has(name)) found.set(name, at);
  };
  const noteFunctions = (at: At) => (expr: Expr) =>
    mapExpr(expr, (e) => {
      if (e.kind === "function") note(e.name, at);
      return e;
    });
  for (const block of fold(fn, { constantCalls }).blocks) {
    for (const instr of block.instrs) {
      if (instr.kind === "call" && instr.callee.kind === "direct") note(instr.callee.name, instr.at);
      mapInstr(instr, noteFunctions(instr.at));
    }
    mapTerm(block.term, noteFunctions(block.term.at));
  }
  return found;
}

/** References to functions that no linked object defines, in order of discovery from `roots`, breadth first. */
export function undefinedReferences(module: Module, roots: readonly string[]): readonly UndefinedReference[] {
  const result: UndefinedReference[] = [];
  const constantCalls = constantFunctions(module);
  const parent = new Map<string, string | undefined>(roots.map((root) => [root, undefined]));
  const queue = [...roots];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const fn = module.functions.get(name);
    if (!fn) continue;
    for (const [symbol, at] of references(fn, constantCalls)) {
      const missing = module.undefinedFunctions.get(symbol);
      if (missing) {
        const path = [name];
        for (let p = parent.get(name); p !== undefined; p = parent.get(p)) path.unshift(p);
        result.push({ symbol, from: name, at, definedIn: missing.file, path });
      } else if (!parent.has(symbol)) {
        parent.set(symbol, name);
        queue.push(symbol);
      }
    }
  }
  return result;
}
