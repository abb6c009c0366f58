/**
 * Why a reference is alive, or dead: the branches that decide it, and the facts behind each.
 *
 * A fact is where a value comes from and what it can be: `vmap_pages_range_noflush() returns -22`, `flags is a
 * parameter`. Found by walking back from the condition to the definitions that reach it.
 */
import type { Emitted, Use } from "./emit.js";
import { printPlace } from "./print.js";
import { definition, eachExpr, eachLocal, eachOperand, eachTermOperand, successors } from "./rewrite.js";
import {
  type At,
  assertNever,
  type Expr,
  exprType,
  type Fn,
  type Instr,
  type LocalId,
  type Module,
  typeName,
  type ValueType,
} from "./types.js";
import { join, printValue, single, top, type Value, widthOf } from "./value.js";

/** Something that is known, in words, and the place it is from. */
export interface Fact {
  readonly text: string;
  readonly at: At;
}

export type LiveStep =
  /** A call from one emitted function to another; `to` may be the undefined symbol. */
  | { readonly kind: "call"; readonly from: string; readonly to: string; readonly at: At }
  /** A branch that must go this way; `isAlways`: it cannot go the other. */
  | {
      readonly kind: "branch";
      readonly condition: string;
      readonly holds: boolean;
      readonly isAlways: boolean;
      readonly because: readonly Fact[];
      readonly at: At;
    };

/** The path through emitted functions to a use, with the branches that decide it. */
export function liveSteps(path: readonly Emitted[], use: Use): readonly LiveStep[] {
  return path.flatMap((emitted, i): LiveStep[] => {
    const next = path[i + 1];
    const call = next ? firstCall(emitted, next.name) : use;
    if (!call) return [];
    const to = next ? next.name : use.symbol;
    return [...branchesTo(emitted, call.block), { kind: "call", from: call.at.fn, to, at: call.at }];
  });
}

/** The first live use of a name. */
function firstCall({ expanded, ranges }: Emitted, name: string): Pick<Use, "block" | "at"> | undefined {
  for (const [block, { instrs, term }] of expanded.fn.blocks.entries()) {
    for (const [index, instr] of instrs.entries()) {
      if (uses(instr, name) && ranges.executes(block, index)) return { block, at: instr.at };
    }
    let found = false;
    eachTermOperand(term, (expr) => noteFunction(expr, name, () => (found = true)));
    if (found && ranges.executes(block, instrs.length)) return { block, at: term.at };
  }
  return undefined;
}

function noteFunction(expr: Expr, name: string, note: () => void): void {
  eachExpr(expr, (e) => {
    if (e.kind === "function" && e.name === name) note();
  });
}

function uses(instr: Instr, name: string): boolean {
  let found = instr.kind === "call" && instr.callee.kind === "direct" && instr.callee.name === name;
  eachOperand(instr, (expr) => noteFunction(expr, name, () => (found = true)));
  return found;
}

/** Blocks that can reach `target`, without going through `without`. */
function reaching(fn: Fn, target: number, without: number): ReadonlySet<number> {
  const before = new Map<number, number[]>();
  fn.blocks.forEach((block, id) => {
    for (const next of successors(block.term)) before.set(next, [...(before.get(next) ?? []), id]);
  });
  const seen = new Set([target]);
  for (const id of seen) for (const from of before.get(id) ?? []) if (from !== without) seen.add(from);
  return seen;
}

/** The branches on a shortest live way to a block from whose other side the block cannot be reached. */
function branchesTo(emitted: Emitted, target: number): readonly LiveStep[] {
  const { ranges } = emitted;
  const { fn } = emitted.expanded;
  const from = new Map<number, number>([[0, 0]]);
  for (const [id] of from) for (const next of ranges.exits(id)) if (!from.has(next)) from.set(next, id);
  const route = [target];
  while (route[0] !== 0) route.unshift(from.get(route[0]!)!);
  return route.flatMap((id, i): LiveStep[] => {
    const { term, instrs } = fn.blocks[id]!;
    const next = route[i + 1];
    if (term.kind !== "branch" || next === undefined || term.then === term.else) return [];
    const other = next === term.then ? term.else : term.then;
    if (reaching(fn, target, id).has(other)) return [];
    const holds = next === term.then;
    return [
      {
        kind: "branch",
        condition: sayExpr(emitted, id, instrs.length, term.cond),
        holds,
        isAlways: ranges.decided(id) !== undefined,
        because: factsOf(emitted, id, instrs.length, term.cond),
        at: term.at,
      },
    ];
  });
}

/** Why no live code uses a name: the branches that are never taken on the way to it. */
export function whyDead(
  module: Module,
  all: readonly Emitted[],
  symbol: string,
): { readonly at?: At; readonly facts: readonly Fact[]; readonly byConstants: boolean } {
  let byConstants = true;
  const facts = new Map<string, Fact>();
  let at: At | undefined;
  const names = new Set([symbol]);
  for (const name of names) {
    let isExplained = false;
    for (const emitted of all) {
      for (const [block, { instrs }] of emitted.expanded.fn.blocks.entries()) {
        for (const [index, instr] of instrs.entries()) {
          if (!uses(instr, name) || emitted.ranges.executes(block, index)) continue;
          at ??= instr.at;
          for (const killer of killers(emitted, block)) {
            byConstants &&= killer.isConstant;
            for (const fact of killer.facts) facts.set(`${fact.text} ${fact.at.file}:${fact.at.line}`, fact);
          }
          isExplained = true;
        }
      }
    }
    if (isExplained) continue;
    // Nobody that is emitted could call it: ask the same of those that would.
    for (const fn of module.functions.values()) {
      const use = fn.blocks.flatMap((block) => block.instrs).find((instr) => uses(instr, name));
      if (!use) continue;
      at ??= use.at;
      names.add(fn.name);
    }
  }
  if (facts.size === 0 && at) facts.set("", { text: `no live code calls ${at.fn}()`, at });
  return { ...(at ? { at } : {}), facts: [...facts.values()], byConstants };
}

/** A dead block, the dead ones that lead to it, and the live ones that would lead into those. */
function deadRegion({ expanded, ranges }: Emitted, dead: number): ReadonlySet<number> {
  const before = new Map<number, number[]>();
  expanded.fn.blocks.forEach((block, id) => {
    for (const next of successors(block.term)) before.set(next, [...(before.get(next) ?? []), id]);
  });
  const seen = new Set([dead]);
  for (const id of seen) if (!ranges.reaches(id)) for (const from of before.get(id) ?? []) seen.add(from);
  return seen;
}

/** The branches that are left where a dead block would be come to. */
function killers(emitted: Emitted, dead: number): readonly { facts: readonly Fact[]; isConstant: boolean }[] {
  const { fn } = emitted.expanded;
  const towards = deadRegion(emitted, dead);
  return [...towards].flatMap((id) => {
    const { term, instrs } = fn.blocks[id]!;
    if (!emitted.ranges.reaches(id) || term.kind !== "branch") return [];
    const alive = emitted.ranges.exits(id);
    const side = [term.then, term.else].find((next) => towards.has(next) && !alive.includes(next));
    if (side === undefined) return [];
    const condition = sayExpr(emitted, id, instrs.length, term.cond);
    const text = side === term.then ? `never ${condition}` : `always ${condition}`;
    let isConstant = true;
    eachLocal(term.cond, (local) => {
      const { type } = fn.locals[local]!;
      const value = emitted.ranges.valueAt(id, instrs.length, { kind: "local", type, local });
      isConstant &&= value !== undefined && single(value) !== undefined;
    });
    return [{ facts: [{ text, at: term.at }, ...factsOf(emitted, id, instrs.length, term.cond)], isConstant }];
  });
}

/** A place where a local gets its value. */
interface Origin {
  readonly block: number;
  readonly index: number;
  readonly instr: Instr;
}

/** The definitions of a local that may have made its value at a place; "param" if it came with the call. */
function originsOf(emitted: Emitted, block: number, index: number, local: LocalId): readonly (Origin | "param")[] {
  const { fn } = emitted.expanded;
  const before = new Map<number, number[]>();
  fn.blocks.forEach((_, id) => {
    for (const next of emitted.ranges.exits(id)) before.set(next, [...(before.get(next) ?? []), id]);
  });
  const found: (Origin | "param")[] = [];
  const seen = new Set<number>();
  const search = (id: number, end: number): void => {
    const { instrs } = fn.blocks[id]!;
    for (let i = end - 1; i >= 0; i--) {
      const instr = instrs[i]!;
      if (definition(instr) === local) {
        found.push({ block: id, index: i, instr });
        return;
      }
    }
    if (id === 0 && fn.params.some((param) => param.kind === "value" && param.local === local)) found.push("param");
    for (const from of before.get(id) ?? []) {
      if (seen.has(from) || !emitted.ranges.reaches(from)) continue;
      seen.add(from);
      search(from, fn.blocks[from]!.instrs.length);
    }
  };
  search(block, index);
  return found;
}

function isTemporary(fn: Fn, local: LocalId): boolean {
  return fn.locals[local]!.name.startsWith("$");
}

/** A variable as the source calls it. */
function nameOf(fn: Fn, local: LocalId): string {
  return fn.locals[local]!.name.replace(/\.\d+$/, "");
}

/** Copies are followed so far. */
const MAX_COPIES = 8;

/** An expression in the source's words: what was computed into a temporary stands for it. */
function sayExpr(emitted: Emitted, block: number, index: number, expr: Expr, depth = 0): string {
  const { fn } = emitted.expanded;
  const say = (e: Expr): string => sayExpr(emitted, block, index, e, depth);
  switch (expr.kind) {
    case "const":
      if (expr.type.kind === "bool") return expr.value === 0 ? "false" : "true";
      return expr.type.kind === "fn" && expr.value === 0 ? "NULL" : String(expr.value);
    case "wide":
      return String(expr.value);
    case "local": {
      if (!isTemporary(fn, expr.local) || depth > MAX_COPIES) return nameOf(fn, expr.local);
      const origins = originsOf(emitted, block, index, expr.local);
      const [only] = origins;
      if (origins.length !== 1 || only === "param" || !only) return sayResult(emitted, origins) ?? "it";
      return sayOrigin(emitted, only, depth + 1);
    }
    case "unary":
      return `${expr.op}${say(expr.arg)}`;
    case "convert":
      return say(expr.arg);
    case "arith":
    case "compare":
    case "logic": {
      const text = (e: Expr) => (e.kind === "arith" || e.kind === "logic" ? `(${say(e)})` : say(e));
      return `${text(expr.left)} ${expr.op} ${text(expr.right)}`;
    }
    case "select":
      return `(${say(expr.cond)} ? ${say(expr.then)} : ${say(expr.else)})`;
    case "cpu":
      return "smp_processor_id()";
    case "machine":
      return `CPU.${expr.name}`;
    case "function":
      return expr.name;
    default:
      return assertNever(expr);
  }
}

/** `f()`, if all origins are returns of one function. */
function sayResult(emitted: Emitted, origins: readonly (Origin | "param")[]): string | undefined {
  const names = new Set(origins.map((o) => (o === "param" ? undefined : emitted.expanded.returns.get(o.instr))));
  const [name] = names;
  return names.size === 1 && name !== undefined ? `${name}()` : undefined;
}

function sayOrigin(emitted: Emitted, { block, index, instr }: Origin, depth: number): string {
  const returned = emitted.expanded.returns.get(instr);
  if (returned !== undefined) return `${returned}()`;
  if (instr.kind === "assign") return sayExpr(emitted, block, index, instr.value, depth);
  if (instr.kind === "load") return printPlace(instr.place, emitted.expanded.fn).replaceAll("%", "");
  if (instr.kind === "call") return instr.callee.kind === "direct" ? `${instr.callee.name}()` : "the function's result";
  return instr.kind === "irq" ? "irqs_disabled()" : `${instr.kind}()`;
}

/** What one source of a value lets it be. */
interface Source {
  /** `vmap_pages_range_noflush() returns`, `flags is`. */
  readonly what: string;
  readonly isReturn: boolean;
  /** Absent if nothing runs there. */
  readonly value: Value | undefined;
  readonly type: ValueType;
  readonly at: At;
}

/** What the values that a condition reads can be, and where they are from; a function that returns in several places is told once. */
function factsOf(emitted: Emitted, block: number, index: number, cond: Expr): readonly Fact[] {
  const sources = new Map<string, Source>();
  const locals = new Set<LocalId>();
  eachLocal(cond, (local) => locals.add(local));
  for (const local of locals) {
    for (const source of sourcesOf(emitted, block, index, local, 0)) {
      const key = source.isReturn ? source.what : `${source.what} ${source.at.file}:${source.at.line}`;
      const known = sources.get(key);
      const value = known?.value && source.value ? join(widthOf(source.type), known.value, source.value) : undefined;
      sources.set(key, known ? { ...known, value: value ?? known.value ?? source.value } : source);
    }
  }
  return [...sources.values()].map(({ what, value, type, at }) => {
    const text = value ? printValue(widthOf(type), value, typeName(type)) : "nothing";
    return { text: `${what} ${text}`, at };
  });
}

function sourcesOf(emitted: Emitted, block: number, index: number, local: LocalId, depth: number): readonly Source[] {
  const { fn, returns } = emitted.expanded;
  const anything = (what: string, at: At): Source => {
    const { type } = fn.locals[local]!;
    return { what, isReturn: false, value: top(widthOf(type)), type, at };
  };
  return originsOf(emitted, block, index, local).flatMap((origin): readonly Source[] => {
    if (origin === "param") {
      return [anything(`${nameOf(fn, local)} is what callers of ${fn.name}() pass:`, fn.at)];
    }
    const { instr } = origin;
    if (instr.kind !== "assign") {
      const how =
        instr.kind === "load" ? "shared state" : instr.kind === "call" ? "not expanded here" : "decided at run time";
      return [anything(`${sayOrigin(emitted, origin, 0)} is ${how}:`, instr.at)];
    }
    const returned = returns.get(instr);
    const from = instr.value.kind === "convert" ? instr.value.arg : instr.value;
    // Where the value was only handed on, who made it says more.
    if (from.kind === "local" && depth < MAX_COPIES && (isTemporary(fn, from.local) || returned === undefined)) {
      const deeper = sourcesOf(emitted, origin.block, origin.index, from.local, depth + 1);
      if (returned === undefined || deeper.some(({ isReturn }) => isReturn)) return deeper;
    }
    if (returned === undefined && isTemporary(fn, local)) {
      if (depth >= MAX_COPIES) return [];
      const inner = new Set<LocalId>();
      eachLocal(instr.value, (l) => inner.add(l));
      return [...inner].flatMap((l) => sourcesOf(emitted, origin.block, origin.index, l, depth + 1));
    }
    const what = returned === undefined ? `${nameOf(fn, local)} is` : `${returned}() returns`;
    const value = emitted.ranges.valueAt(origin.block, origin.index, instr.value);
    return [{ what, isReturn: returned !== undefined, value, type: exprType(instr.value), at: instr.at }];
  });
}
