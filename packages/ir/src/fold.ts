/**
 * Constants: folds expressions, follows constants through locals along live paths only, drops branches that cannot be
 * taken and the blocks behind them. Run on every function before it is linked or inlined (that is where `if (CONFIG.X)`
 * disappears), and again on each flat program with the CPU's registers bound.
 */
import { arith, arithWide, compare, compareWide, wrap, wrapWide } from "./arith.js";
import { liveIn } from "./liveness.js";
import { definition, mapExpr, mapInstr, mapTerm, placeName, retarget, successors } from "./rewrite.js";
import {
  type Block,
  BOOL,
  constant,
  constantOf,
  constantValue,
  type Expr,
  exprType,
  type Fn,
  type Instr,
  type IntType,
  isWide,
  sameType,
  type Term,
} from "./types.js";

export interface FoldOptions {
  /** The CPU's registers by name (`ID_MMFR3`). Absent: left as they are, as a compiler must. */
  readonly machine?: ReadonlyMap<string, number>;
  /** Globals that nothing writes: every element has this value. */
  readonly constantGlobals?: ReadonlyMap<string, number>;
  /** The 1-based number of a function in the function table. */
  readonly functionNumber?: (name: string) => number;
}

/** What is known of a local: a constant, this CPU's number, or `undefined` for "anything". */
type Fact = number | "cpu" | undefined;
/** By local, at one point; a missing key: not assigned yet. */
type Known = Map<number, Fact>;

function truth(value: boolean): Expr {
  return constant(BOOL, value ? 1 : 0);
}

/** One node whose operands are simplified already. */
function foldNode(expr: Expr, options: FoldOptions, local: (id: number) => Fact): Expr {
  switch (expr.kind) {
    case "local": {
      const value = local(expr.local);
      if (value === "cpu") return { kind: "cpu", type: expr.type as IntType };
      return value === undefined ? expr : constant(expr.type, value);
    }
    case "machine": {
      const value = options.machine?.get(expr.name);
      return value === undefined ? expr : constant(expr.type, wrap(expr.type, value));
    }
    case "function":
      return options.functionNumber ? constant(expr.type, options.functionNumber(expr.name)) : expr;
    case "convert":
      if (expr.arg.kind === "wide" || isWide(expr.type)) return foldWide(expr);
      if (expr.arg.kind === "const") return constant(expr.type, wrap(expr.type, expr.arg.value));
      // Every integer type of the language holds every CPU number.
      if (expr.arg.kind === "cpu" && expr.type.kind === "int") return { kind: "cpu", type: expr.type };
      return sameType(expr.type, exprType(expr.arg)) ? expr.arg : expr;
    case "unary":
      if (expr.arg.kind === "wide") return foldWide(expr);
      if (expr.arg.kind !== "const") return expr;
      if (expr.op === "!") return truth(expr.arg.value === 0);
      return constant(expr.type, wrap(expr.type, expr.op === "-" ? -expr.arg.value : ~expr.arg.value));
    case "arith": {
      const { left, right } = expr;
      if (isWide(expr.type)) return foldWide(expr);
      if (left.kind === "const" && right.kind === "const" && !(right.value === 0 && "/%".includes(expr.op))) {
        return constant(expr.type, arith(expr.op, expr.type, left.value, right.value));
      }
      if (right.kind === "const" && right.value === 0 && "+-|^<<>>".includes(expr.op)) return left;
      if (left.kind === "const" && left.value === 0 && "+|^".includes(expr.op)) return right;
      if (right.kind === "const" && right.value === 1 && "*/".includes(expr.op)) return left;
      if (right.kind === "const" && right.value === 1 && expr.op === "%") return constant(expr.type, 0);
      if (left.kind === "const" && left.value === 1 && expr.op === "*") return right;
      if (expr.op === "*" || expr.op === "&") {
        if ((left.kind === "const" && left.value === 0) || (right.kind === "const" && right.value === 0)) {
          return constant(expr.type, 0);
        }
      }
      return expr;
    }
    case "compare":
      if (expr.left.kind === "wide") return foldWide(expr);
      if (expr.left.kind === "const" && expr.right.kind === "const") {
        return truth(compare(expr.op, expr.left.value, expr.right.value));
      }
      return expr;
    case "logic": {
      const { left, right } = expr;
      const decides = expr.op === "&&" ? 0 : 1;
      if (left.kind === "const") return left.value === decides ? left : right;
      if (right.kind === "const") return right.value === decides ? right : left;
      return expr;
    }
    case "select":
      if (expr.cond.kind !== "const") return expr;
      return expr.cond.value !== 0 ? expr.then : expr.else;
    default:
      return expr;
  }
}

/** A node over 64-bit constants. */
function foldWide(expr: Expr): Expr {
  switch (expr.kind) {
    case "convert": {
      const value = constantValue(expr.arg);
      if (value === undefined) return sameType(expr.type, exprType(expr.arg)) ? expr.arg : expr;
      if (expr.type.kind === "int") return constantOf(expr.type, wrapWide(expr.type, value));
      return expr.type.kind === "bool" ? truth(value !== 0n) : expr;
    }
    case "unary": {
      const value = constantValue(expr.arg);
      if (value === undefined || expr.type.kind !== "int") return expr;
      return constantOf(expr.type, wrapWide(expr.type, expr.op === "-" ? -value : ~value));
    }
    case "arith":
    case "compare": {
      const left = constantValue(expr.left);
      const right = constantValue(expr.right);
      if (left === undefined || right === undefined) return expr;
      if (expr.kind === "compare") return truth(compareWide(expr.op, left, right));
      if (right === 0n && (expr.op === "/" || expr.op === "%")) return expr;
      return constantOf(expr.type, arithWide(expr.op, expr.type, left, right));
    }
    default:
      return expr;
  }
}

function factOf(expr: Expr): Fact {
  if (expr.kind === "const") return expr.value;
  return expr.kind === "cpu" ? "cpu" : undefined;
}

/** The expression with constants folded. */
export function simplify(expr: Expr, options: FoldOptions = {}): Expr {
  return mapExpr(expr, (e) => foldNode(e, options, () => undefined));
}

function join(into: Known | undefined, from: Known): { known: Known; changed: boolean } {
  if (!into) return { known: new Map(from), changed: true };
  let changed = false;
  for (const [local, value] of from) {
    if (!into.has(local)) {
      into.set(local, value);
      changed = true;
    } else if (into.get(local) !== value && into.get(local) !== undefined) {
      into.set(local, undefined);
      changed = true;
    }
  }
  return { known: into, changed };
}

/** The blocks that control may reach, each after those that lead to it but for loops. */
export function reversePostorder(fn: Fn): readonly number[] {
  const order: number[] = [];
  const seen = new Set([0]);
  const stack: { readonly id: number; readonly next: readonly number[]; at: number }[] = [];
  const enter = (id: number) => stack.push({ id, next: successors(fn.blocks[id]!.term), at: 0 });
  enter(0);
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const next = top.next[top.at++];
    if (next === undefined) {
      order.push(top.id);
      stack.pop();
    } else if (!seen.has(next)) {
      seen.add(next);
      enter(next);
    }
  }
  return order.reverse();
}

/** Folds one function. Blocks that no live path reaches are gone; the entry stays block 0. */
export function fold(fn: Fn, options: FoldOptions = {}): Fn {
  const simplifyWith = (expr: Expr, known: Known) => mapExpr(expr, (e) => foldNode(e, options, (id) => known.get(id)));

  /** Applies an instruction to what is known; gives it back rewritten. */
  const step = (instr: Instr, known: Known): Instr => {
    let result = mapInstr(instr, (expr) => simplifyWith(expr, known));
    if (result.kind === "load") {
      const name = placeName(result.place);
      const value = name === undefined ? undefined : options.constantGlobals?.get(name);
      if (value !== undefined) {
        const type = fn.locals[result.dst]!.type;
        result = { kind: "assign", dst: result.dst, value: constant(type, value), at: result.at };
      }
    }
    const dst = definition(result);
    if (dst !== undefined) {
      known.set(dst, result.kind === "assign" ? factOf(result.value) : undefined);
    }
    return result;
  };

  const foldTerm = (term: Term, known: Known): Term => {
    const result = mapTerm(term, (expr) => simplifyWith(expr, known));
    if (result.kind === "branch" && result.cond.kind === "const") {
      return { kind: "jump", to: result.cond.value !== 0 ? result.then : result.else, at: result.at };
    }
    return result;
  };

  const entry: (Known | undefined)[] = fn.blocks.map(() => undefined);
  entry[0] = new Map(fn.params.flatMap((p) => (p.kind === "value" ? [[p.local, undefined] as const] : [])));
  // A flat program has thousands of locals, most of them dead at most blocks: only what may still be read is carried along, and
  // blocks are visited in an order in which most predecessors come first.
  const live = liveIn(fn);
  const order = reversePostorder(fn);
  const pending = new Set([0]);
  while (pending.size > 0) {
    for (const id of order) {
      if (!pending.delete(id)) continue;
      const known = new Map(entry[id]!);
      for (const instr of fn.blocks[id]!.instrs) step(instr, known);
      for (const next of successors(foldTerm(fn.blocks[id]!.term, known))) {
        const carried: Known = new Map();
        for (const local of live[next]!) if (known.has(local)) carried.set(local, known.get(local));
        const joined = entry[next] ? join(entry[next], carried) : { known: carried, changed: true };
        entry[next] = joined.known;
        if (joined.changed) pending.add(next);
      }
    }
  }

  const blocks: Block[] = fn.blocks.map((block, id) => {
    const known = entry[id] && new Map(entry[id]);
    if (!known) return block;
    const instrs = block.instrs.map((instr) => step(instr, known));
    return { instrs, term: foldTerm(block.term, known) };
  });
  return tidyBlocks({ ...fn, blocks });
}

/** Drops unreachable blocks, skips empty ones, joins a block with its only successor where that has no other way in. */
export function tidyBlocks(fn: Fn): Fn {
  const skip = (start: number): number => {
    let id = start;
    for (let hops = 0; hops <= fn.blocks.length; hops++) {
      const block = fn.blocks[id]!;
      if (block.instrs.length > 0 || block.term.kind !== "jump" || block.term.to === id) return id;
      id = block.term.to;
    }
    return id; // an empty endless loop
  };
  const blocks = fn.blocks.map((block) => ({ instrs: block.instrs, term: retarget(block.term, skip) }));

  const waysIn = new Map<number, number>([[0, 1]]);
  const seen = new Set([0]);
  const order: number[] = [];
  const stack = [0];
  while (stack.length > 0) {
    const id = stack.pop()!;
    order.push(id);
    for (const next of successors(blocks[id]!.term)) {
      waysIn.set(next, (waysIn.get(next) ?? 0) + 1);
      if (!seen.has(next)) {
        seen.add(next);
        stack.push(next);
      }
    }
  }

  const absorbed = new Set<number>();
  for (const id of order) {
    if (absorbed.has(id)) continue;
    const block = blocks[id]!;
    while (block.term.kind === "jump" && block.term.to !== id && waysIn.get(block.term.to) === 1) {
      const next = block.term.to;
      absorbed.add(next);
      block.instrs = [...block.instrs, ...blocks[next]!.instrs];
      block.term = blocks[next]!.term;
    }
  }
  const kept = order.filter((id) => !absorbed.has(id)).sort((a, b) => a - b);
  const renumbered = new Map(kept.map((id, index) => [id, index]));
  return {
    ...fn,
    blocks: kept.map((id) => ({
      instrs: blocks[id]!.instrs,
      term: retarget(blocks[id]!.term, (target) => renumbered.get(target)!),
    })),
  };
}
