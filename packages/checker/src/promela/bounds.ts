/**
 * Bounds of shared state, and of locals at the start of each block, by interval analysis. The Promela export unrolls
 * loops by them and leaves out masks that cannot matter.
 *
 * Forward over the control-flow graph. A branch on `local < constant` narrows the local on each side. A bound that
 * keeps growing jumps to the next constant of the function, so the analysis ends.
 */
import {
  definition,
  type Expr,
  exprType,
  type Fn,
  type Instr,
  type LocalId,
  liveIn,
  mapExpr,
  mapInstr,
  mapTerm,
  placeName,
  reversePostorder,
} from "@shootdown/ir";
import type { System } from "../system.js";
import { type Interval, interval, typeInterval } from "./expr.js";

/** Bounds of the locals that have been assigned. */
export type Bounds = Map<LocalId, Interval>;

/** Joins of one block before growing bounds jump. */
const PATIENCE = 8;

/** Rounds in which the bounds of shared state may grow before they become those of its type. */
const ROUNDS = 6;

/** By name of a global: bounds of what its elements ever hold, and how many elements there are in each dimension. */
export type GlobalRanges = ReadonlyMap<string, Interval & { readonly dims: readonly number[] }>;

/** What boot left in shared state, and what any program stores. */
export function globalRanges(system: System): GlobalRanges {
  const ranges = new Map<string, Interval & { readonly dims: readonly number[] }>();
  system.globals.forEach((global, index) => {
    const values = system.initial[index]!;
    const held = global.lock ? { lo: 0, hi: 255 } : { lo: Math.min(...values), hi: Math.max(...values) };
    ranges.set(global.name, { ...held, dims: global.dims });
  });
  for (let round = 0, changed = true; changed; round++) {
    changed = false;
    for (const { program } of system.roots) {
      const entry = localRanges(program.fn, ranges);
      program.fn.blocks.forEach((block, id) => {
        if (!entry[id]) return;
        const bounds: Bounds = new Map(entry[id]);
        for (const instr of block.instrs) {
          if (instr.kind === "store") {
            const name = placeName(instr.place)!;
            const known = ranges.get(name)!;
            const stored = boundsOf(program.fn, bounds, instr.value);
            if (stored.lo < known.lo || stored.hi > known.hi) {
              const whole = typeInterval(exprType(instr.value));
              const grown = { lo: Math.min(known.lo, stored.lo), hi: Math.max(known.hi, stored.hi) };
              ranges.set(name, { ...(round < ROUNDS ? grown : whole), dims: known.dims });
              changed = true;
            }
          }
          transfer(program.fn, instr, bounds, ranges);
        }
      });
    }
  }
  return ranges;
}

/**
 * By block, the bounds of the locals that are assigned on some way to it and may still be read. Unreachable blocks have none.
 * A flat program has thousands of blocks and locals: nothing is carried that is dead, and a block waits for those before it.
 */
export function localRanges(fn: Fn, globals: GlobalRanges): readonly (ReadonlyMap<LocalId, Interval> | undefined)[] {
  const entry: (Bounds | undefined)[] = fn.blocks.map(() => undefined);
  const joins = fn.blocks.map(() => 0);
  const steps = thresholds(fn);
  const live = liveIn(fn);
  entry[0] = new Map();
  const order = reversePostorder(fn);
  const pending = new Set([0]);
  const flow = (to: number, from: Bounds) => {
    const known = entry[to];
    const into: Bounds = new Map();
    for (const local of live[to]!) if (from.has(local)) into.set(local, from.get(local)!);
    if (!known) entry[to] = into;
    else if (!join(fn, known, into, ++joins[to]! > PATIENCE ? steps : undefined)) return;
    pending.add(to);
  };
  while (pending.size > 0) {
    for (const id of order) {
      if (!pending.delete(id)) continue;
      const bounds: Bounds = new Map(entry[id]!);
      const { instrs, term } = fn.blocks[id]!;
      for (const instr of instrs) transfer(fn, instr, bounds, globals);
      if (term.kind === "jump") flow(term.to, bounds);
      if (term.kind !== "branch") continue;
      const yes = narrowed(fn, bounds, term.cond, true);
      const no = narrowed(fn, bounds, term.cond, false);
      if (yes) flow(term.then, yes);
      if (no) flow(term.else, no);
    }
  }
  return entry;
}

function boundsOf(fn: Fn, bounds: Bounds, expr: Expr): Interval {
  return interval(expr, (local) => bounds.get(local) ?? typeInterval(fn.locals[local]!.type));
}

/** What is known of locals behind an instruction: of the one that it defines, and of indices, or the run would have ended. */
export function transfer(fn: Fn, instr: Instr, bounds: Bounds, globals: GlobalRanges): void {
  if (instr.kind === "load" || instr.kind === "store") {
    globals.get(placeName(instr.place)!)?.dims.forEach((dim, i) => {
      const index = unconverted(instr.place.index[i]!);
      if (index.kind !== "local") return;
      const { lo, hi } = boundsOf(fn, bounds, index);
      bounds.set(index.local, { lo: Math.max(lo, 0), hi: Math.min(hi, dim - 1) });
    });
  }
  const dst = definition(instr);
  if (dst === undefined) return;
  if (instr.kind === "assign") bounds.set(dst, boundsOf(fn, bounds, instr.value));
  else if (instr.kind === "choose") bounds.set(dst, { lo: 0, hi: instr.count - 1 });
  else if (instr.kind === "load") {
    const held = globals.get(placeName(instr.place)!);
    bounds.set(dst, held ?? typeInterval(fn.locals[dst]!.type));
  } else bounds.set(dst, typeInterval(fn.locals[dst]!.type));
}

/** Widens `into` by `from`; whether it changed. A local that one side has not assigned is 0 there. */
function join(fn: Fn, into: Bounds, from: Bounds, steps: readonly number[] | undefined): boolean {
  let changed = false;
  for (const local of new Set([...into.keys(), ...from.keys()])) {
    const zero = { lo: 0, hi: 0 };
    const a = into.get(local) ?? zero;
    const b = from.get(local) ?? zero;
    let lo = Math.min(a.lo, b.lo);
    let hi = Math.max(a.hi, b.hi);
    if (into.has(local) && lo === a.lo && hi === a.hi) continue;
    if (steps) {
      const whole = typeInterval(fn.locals[local]!.type);
      if (lo < a.lo) lo = steps.findLast((step) => step <= lo && step >= whole.lo) ?? whole.lo;
      if (hi > a.hi) hi = steps.find((step) => step >= hi && step <= whole.hi) ?? whole.hi;
    }
    into.set(local, { lo, hi });
    changed = true;
  }
  return changed;
}

/** The bounds where the condition is `holds`; undefined where it cannot be. */
function narrowed(fn: Fn, bounds: Bounds, cond: Expr, holds: boolean): Bounds | undefined {
  const range = boundsOf(fn, bounds, cond);
  if (holds ? range.hi === 0 : range.lo > 0) return undefined;
  const result = new Map(bounds);
  if (cond.kind === "unary" && cond.op === "!") return narrowed(fn, bounds, cond.arg, !holds);
  if (cond.kind !== "compare") return result;
  const limit = (operand: Expr, other: Interval, op: string): boolean => {
    const side = unconverted(operand);
    if (side.kind !== "local") return true;
    let { lo, hi } = bounds.get(side.local) ?? typeInterval(exprType(side));
    if (op === "==") [lo, hi] = [Math.max(lo, other.lo), Math.min(hi, other.hi)];
    if (op === "<") hi = Math.min(hi, other.hi - 1);
    if (op === "<=") hi = Math.min(hi, other.hi);
    if (op === ">") lo = Math.max(lo, other.lo + 1);
    if (op === ">=") lo = Math.max(lo, other.lo);
    if (op === "!=" && other.lo === other.hi) {
      if (lo === other.lo) lo++;
      if (hi === other.lo) hi--;
    }
    result.set(side.local, { lo, hi });
    return lo <= hi;
  };
  const op = holds ? cond.op : NEGATED[cond.op];
  const left = boundsOf(fn, bounds, cond.left);
  const right = boundsOf(fn, bounds, cond.right);
  return limit(cond.left, right, op) && limit(cond.right, left, SWAPPED[op]) ? result : undefined;
}

/** Without conversions that keep every value. */
function unconverted(expr: Expr): Expr {
  if (expr.kind !== "convert") return expr;
  const from = typeInterval(exprType(expr.arg));
  const to = typeInterval(expr.type);
  return from.lo >= to.lo && from.hi <= to.hi ? unconverted(expr.arg) : expr;
}

const NEGATED = { "==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<" } as const;
const SWAPPED = { "==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;

/** The constants of a function and their neighbours, ascending: where a loop's bound is likely to lie. */
function thresholds(fn: Fn): readonly number[] {
  const found = new Set<number>();
  const note = (expr: Expr) =>
    mapExpr(expr, (e) => {
      if (e.kind === "const") for (const value of [e.value - 1, e.value, e.value + 1]) found.add(value);
      return e;
    });
  for (const block of fn.blocks) {
    for (const instr of block.instrs) mapInstr(instr, note);
    mapTerm(block.term, note);
  }
  return [...found].sort((a, b) => a - b);
}
