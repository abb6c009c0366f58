/**
 * What is known at one point of a function: the value of each local, which local still equals which expression, and how
 * two expressions compare. The state of the analysis in `ranges.ts`.
 *
 * Refining by a condition goes through the expression backwards (from `u32(x + 1) < 8` to x) and through what a local was
 * computed from, as a compiler's range queries do. Everything here over-approximates: a condition may be refined too
 * little, never too much.
 */
import { keyOf } from "./expr-key.js";
import { eachLocal } from "./rewrite.js";
import {
  assertNever,
  BOOL,
  type CompareOp,
  constantValue,
  type Expr,
  exprType,
  type LocalId,
  type ValueType,
} from "./types.js";
import {
  BOTTOM,
  between,
  compareValue,
  constrain,
  convertValue,
  exactly,
  greatest,
  highest,
  isBottom,
  join,
  least,
  lowest,
  meet,
  mirrored,
  oppositeOf,
  sameValue,
  single,
  top,
  type Value,
  type Width,
  widen,
  widthOf,
  withBits,
} from "./value.js";
import { arithValue, complementValue, negateValue } from "./value-arith.js";

/**
 * How much is followed: at -O0 nothing but what an expression says by itself, at -O1 bits and constants, from -O2 on also
 * ranges.
 */
export type Precision = "none" | "bits" | "ranges";

interface Definition {
  readonly expr: Expr;
  readonly reads: ReadonlySet<LocalId>;
}

/** Which of `<`, `==`, `>` are possible between two expressions. */
type Relation = number;
const LESS = 1;
const EQUAL = 2;
const GREATER = 4;
const RELATIONS: Record<CompareOp, Relation> = {
  "<": LESS,
  "<=": LESS | EQUAL,
  "==": EQUAL,
  "!=": LESS | GREATER,
  ">": GREATER,
  ">=": GREATER | EQUAL,
};

interface Related {
  readonly relation: Relation;
  readonly reads: ReadonlySet<LocalId>;
}

const TRUE = exactly(widthOf(BOOL), 1n);
const FALSE = exactly(widthOf(BOOL), 0n);

function readsOf(...exprs: readonly Expr[]): Set<LocalId> {
  const reads = new Set<LocalId>();
  for (const expr of exprs) eachLocal(expr, (local) => reads.add(local));
  return reads;
}

/** Mutable; `copy()` before it goes two ways. */
export class Facts {
  private constructor(
    private readonly precision: Precision,
    private readonly types: readonly ValueType[],
    private readonly values: Map<LocalId, Value>,
    private readonly definitions: Map<LocalId, Definition>,
    private readonly relations: Map<string, Related>,
  ) {}

  /** Nothing is assigned yet. `types` are those of the function's locals. */
  static start(precision: Precision, types: readonly ValueType[]): Facts {
    return new Facts(precision, types, new Map(), new Map(), new Map());
  }

  copy(): Facts {
    const { values, definitions, relations } = this;
    return new Facts(this.precision, this.types, new Map(values), new Map(definitions), new Map(relations));
  }

  /** A copy without what is known of locals that neither are in `live` nor define one that is. */
  about(live: ReadonlySet<LocalId>): Facts {
    const wanted = new Set(live);
    for (const local of wanted) for (const read of this.definitions.get(local)?.reads ?? []) wanted.add(read);
    const values = new Map<LocalId, Value>();
    const definitions = new Map<LocalId, Definition>();
    for (const local of wanted) {
      const value = this.values.get(local);
      if (value) values.set(local, value);
      const definition = this.definitions.get(local);
      if (definition) definitions.set(local, definition);
    }
    const isWanted = ([, { reads }]: readonly [string, Related]) => [...reads].every((local) => wanted.has(local));
    return new Facts(this.precision, this.types, values, definitions, new Map([...this.relations].filter(isWanted)));
  }

  private kept(width: Width, value: Value): Value {
    if (this.precision === "ranges" || isBottom(value)) return value;
    if (this.precision === "none") return single(value) === undefined ? top(width) : value;
    return withBits(width, value.zeros, value.ones);
  }

  private width(local: LocalId): Width {
    return widthOf(this.types[local]!);
  }

  /** What is known of a local; anything if it is not assigned. */
  local(local: LocalId): Value {
    return this.values.get(local) ?? top(this.width(local));
  }

  /** The expression that a local still equals, if there is one. */
  definition(local: LocalId): Expr | undefined {
    return this.definitions.get(local)?.expr;
  }

  private forget(local: LocalId): void {
    this.definitions.delete(local);
    for (const [other, { reads }] of this.definitions) if (reads.has(local)) this.definitions.delete(other);
    for (const [key, { reads }] of this.relations) if (reads.has(local)) this.relations.delete(key);
  }

  /** The local gets a value that no expression here stands for. */
  set(local: LocalId, value: Value): void {
    if (this.precision === "none") return;
    this.forget(local);
    this.values.set(local, this.kept(this.width(local), value));
  }

  assign(local: LocalId, expr: Expr): void {
    if (this.precision === "none") return;
    const value = this.evaluate(expr);
    const reads = readsOf(expr);
    this.forget(local);
    this.values.set(local, value);
    if (!reads.has(local)) this.definitions.set(local, { expr, reads });
  }

  /** Every value that the expression may have. */
  evaluate(expr: Expr): Value {
    const width = widthOf(exprType(expr));
    const value = this.compute(expr, width);
    // That a u8 is below 256 needs no analysis: gcc folds such comparisons as it parses them.
    const isPlain = this.precision === "none" && expr.kind === "convert" && expr.arg.kind === "local";
    return isPlain ? value : this.kept(width, value);
  }

  private compute(expr: Expr, width: Width): Value {
    switch (expr.kind) {
      case "const":
      case "wide":
        return exactly(width, constantValue(expr)!);
      case "local":
        return this.local(expr.local);
      case "function":
        return between(width, 1n, highest(width));
      case "cpu":
      case "machine":
        return top(width);
      case "convert": {
        const from = widthOf(exprType(expr.arg));
        return convertValue(from, width, this.evaluate(expr.arg), expr.type.kind === "bool");
      }
      case "unary": {
        const arg = this.evaluate(expr.arg);
        if (expr.op === "-") return negateValue(width, arg);
        return complementValue(width, arg);
      }
      case "arith":
        if (keyOf(expr.left) === keyOf(expr.right) && (expr.op === "-" || expr.op === "^")) return exactly(width, 0n);
        return arithValue(width, expr.op, this.evaluate(expr.left), this.evaluate(expr.right));
      case "compare":
        return known(this.comparison(expr));
      case "logic":
      case "select":
        return this.branching(expr, width);
      default:
        return assertNever(expr);
    }
  }

  /** The right side of `&&` and each side of `?:` is evaluated where the condition holds or does not. */
  private branching(expr: Extract<Expr, { kind: "logic" | "select" }>, width: Width): Value {
    const cond = expr.kind === "logic" ? expr.left : expr.cond;
    const then = expr.kind === "logic" ? (expr.op === "&&" ? expr.right : TRUE) : expr.then;
    const otherwise = expr.kind === "logic" ? (expr.op === "&&" ? FALSE : expr.right) : expr.else;
    const side = (truth: boolean, result: Expr | Value): Value => {
      const facts = this.copy();
      if (!facts.assume(cond, truth)) return BOTTOM;
      return "kind" in result ? facts.evaluate(result) : result;
    };
    return join(width, side(true, then), side(false, otherwise));
  }

  private comparison(expr: Extract<Expr, { kind: "compare" }>): boolean | undefined {
    const width = widthOf(exprType(expr.left));
    const decided = compareValue(width, expr.op, this.evaluate(expr.left), this.evaluate(expr.right));
    if (decided !== undefined) return decided;
    const possible = this.relation(expr.left, expr.right);
    const wanted = RELATIONS[expr.op];
    if ((possible & wanted) === 0) return false;
    return (possible & ~wanted) === 0 ? true : undefined;
  }

  /** A copy is as good as its original. */
  private original(expr: Expr): Expr {
    const from = expr.kind === "local" ? this.definitions.get(expr.local)?.expr : undefined;
    return from?.kind === "local" ? this.original(from) : expr;
  }

  private relation(left: Expr, right: Expr): Relation {
    const a = keyOf(this.original(left));
    const b = keyOf(this.original(right));
    if (a === b) return EQUAL;
    const forward = this.relations.get(`${a} ${b}`)?.relation;
    if (forward !== undefined) return forward;
    return turned(this.relations.get(`${b} ${a}`)?.relation ?? LESS | EQUAL | GREATER);
  }

  private relate(op: CompareOp, left: Expr, right: Expr): void {
    const a = this.original(left);
    const b = this.original(right);
    if (constantValue(a) !== undefined || constantValue(b) !== undefined) return;
    const relation = this.relation(left, right) & RELATIONS[op];
    const reads = readsOf(a, b);
    this.relations.delete(`${keyOf(b)} ${keyOf(a)}`);
    this.relations.set(`${keyOf(a)} ${keyOf(b)}`, { relation, reads });
  }

  /** From here on `cond` is `truth`. False if that cannot be. */
  assume(cond: Expr, truth: boolean): boolean {
    const decided = single(this.evaluate(cond));
    if (decided !== undefined && decided !== (truth ? 1n : 0n)) return false;
    if (this.precision === "none") return true;
    switch (cond.kind) {
      case "unary":
        return this.assume(cond.arg, !truth);
      case "logic": {
        if ((cond.op === "&&") === truth) return this.assume(cond.left, truth) && this.assume(cond.right, truth);
        const first = this.copy();
        const second = this.copy();
        const a = first.assume(cond.left, truth);
        const b = second.assume(cond.left, !truth) && second.assume(cond.right, truth);
        if (!a && !b) return false;
        if (a && b) first.join(second);
        this.become(a ? first : second);
        return true;
      }
      case "compare": {
        const width = widthOf(exprType(cond.left));
        const op = truth ? cond.op : oppositeOf(cond.op);
        const left = this.evaluate(cond.left);
        const right = this.evaluate(cond.right);
        const isKept = this.precision === "ranges" || op === "==";
        this.relate(op, cond.left, cond.right);
        if (!isKept) return true;
        return (
          this.narrow(cond.left, constrain(width, op, left, right)) &&
          this.narrow(cond.right, constrain(width, mirrored(op), right, left))
        );
      }
      case "local":
        return this.narrow(cond, truth ? TRUE : FALSE);
      case "convert": {
        const from = widthOf(exprType(cond.arg));
        const op = truth ? "!=" : "==";
        if (this.precision === "bits" && truth && from.bits > 1) return true;
        return this.narrow(cond.arg, constrain(from, op, this.evaluate(cond.arg), exactly(from, 0n)));
      }
      default:
        return true;
    }
  }

  private become(other: Facts): void {
    for (const [mine, theirs] of [
      [this.values, other.values],
      [this.definitions, other.definitions],
      [this.relations, other.relations],
    ] as [Map<unknown, unknown>, Map<unknown, unknown>][]) {
      mine.clear();
      for (const [key, value] of theirs) mine.set(key, value);
    }
  }

  /** The expression is known to be in `value`. False if that cannot be. */
  private narrow(expr: Expr, value: Value): boolean {
    const width = widthOf(exprType(expr));
    const now = meet(width, this.evaluate(expr), value);
    if (isBottom(now)) return false;
    switch (expr.kind) {
      case "local": {
        const old = this.local(expr.local);
        const next = this.kept(width, now);
        if (sameValue(old, next)) return true;
        this.values.set(expr.local, next);
        const definition = this.definitions.get(expr.local)?.expr;
        if (definition) {
          const isFeasible =
            exprType(definition).kind === "bool" && single(next) !== undefined
              ? this.assume(definition, single(next) === 1n)
              : this.narrow(definition, next);
          if (!isFeasible) return false;
        }
        return this.recompute(expr.local);
      }
      case "convert":
        return this.narrowConverted(expr, width, now);
      case "unary":
        if (expr.op === "!") return true;
        return this.narrow(expr.arg, expr.op === "-" ? negateValue(width, now) : complementValue(width, now));
      case "arith":
        return this.narrowOperands(expr, width, now);
      case "select": {
        const thenFits = !isBottom(meet(width, this.evaluate(expr.then), now));
        const elseFits = !isBottom(meet(width, this.evaluate(expr.else), now));
        if (thenFits && elseFits) return true;
        return this.assume(expr.cond, thenFits) && this.narrow(thenFits ? expr.then : expr.else, now);
      }
      default:
        return true;
    }
  }

  /** What was computed from a local that is now known better is known better too. */
  private recompute(local: LocalId): boolean {
    for (const [other, { expr, reads }] of [...this.definitions]) {
      if (!reads.has(local)) continue;
      const width = this.width(other);
      const next = meet(width, this.local(other), this.evaluate(expr));
      if (isBottom(next)) return false;
      if (sameValue(next, this.local(other))) continue;
      this.values.set(other, this.kept(width, next));
      if (!this.recompute(other)) return false;
    }
    return true;
  }

  private narrowConverted(expr: Extract<Expr, { kind: "convert" }>, to: Width, now: Value): boolean {
    const from = widthOf(exprType(expr.arg));
    if (expr.type.kind === "bool") {
      const truth = single(now);
      return truth === undefined || from.bits === 1 || this.assume(expr, truth === 1n);
    }
    if (to.bits >= from.bits) return this.narrow(expr.arg, convertValue(to, from, now, false));
    const arg = this.evaluate(expr.arg);
    if (least(arg) >= lowest(to) && greatest(arg) <= highest(to)) {
      return this.narrow(expr.arg, convertValue(to, from, now, false));
    }
    return this.narrow(expr.arg, withBits(from, now.zeros, now.ones));
  }

  private narrowOperands(expr: Extract<Expr, { kind: "arith" }>, width: Width, now: Value): boolean {
    const { op, left, right } = expr;
    const a = this.evaluate(left);
    const b = this.evaluate(right);
    switch (op) {
      case "+":
        return this.narrow(left, arithValue(width, "-", now, b)) && this.narrow(right, arithValue(width, "-", now, a));
      case "-":
        return this.narrow(left, arithValue(width, "+", now, b)) && this.narrow(right, arithValue(width, "-", a, now));
      case "^":
        return this.narrow(left, arithValue(width, "^", now, b)) && this.narrow(right, arithValue(width, "^", now, a));
      case "&":
        return (
          this.narrow(left, withBits(width, now.zeros & b.ones, now.ones)) &&
          this.narrow(right, withBits(width, now.zeros & a.ones, now.ones))
        );
      case "|":
        return (
          this.narrow(left, withBits(width, now.zeros, now.ones & b.zeros)) &&
          this.narrow(right, withBits(width, now.zeros, now.ones & a.zeros))
        );
      case ">>": {
        const count = single(b);
        if (count === undefined || count < 0n || count >= BigInt(width.bits)) return true;
        const from = least(now) << count;
        const to = (greatest(now) << count) + (1n << count) - 1n;
        return this.narrow(left, between(width, from, to));
      }
      default:
        return true;
    }
  }

  /** Whether the same is known. */
  equals(other: Facts): boolean {
    const { values, definitions, relations } = other;
    if (this.values.size !== values.size || this.definitions.size !== definitions.size) return false;
    if (this.relations.size !== relations.size) return false;
    for (const [local, mine] of this.values) {
      const theirs = values.get(local);
      if (!theirs || !sameValue(mine, theirs)) return false;
    }
    for (const [local, { expr }] of this.definitions) {
      const theirs = definitions.get(local)?.expr;
      if (theirs !== expr && (!theirs || keyOf(theirs) !== keyOf(expr))) return false;
    }
    for (const [key, { relation }] of this.relations) if (relations.get(key)?.relation !== relation) return false;
    return true;
  }

  /**
   * What holds here and there. True if less is known than before. `wide`: an end that moves goes to the type's end. A local
   * that only one of the two knows has not been assigned on the way of the other; unless it is not in `live`: then the
   * other may have forgotten it.
   */
  join(other: Facts, wide = false, live?: ReadonlySet<LocalId>): boolean {
    let changed = false;
    const isForgotten = (local: LocalId) => live !== undefined && !live.has(local);
    for (const local of this.values.keys()) {
      if (other.values.has(local) || !isForgotten(local)) continue;
      this.values.delete(local);
      changed = true;
    }
    for (const [local, theirs] of other.values) {
      const mine = this.values.get(local);
      if (!mine && isForgotten(local)) continue;
      const width = this.width(local);
      const joined = mine ? join(width, mine, theirs) : theirs;
      if (mine && sameValue(mine, joined)) continue;
      this.values.set(local, this.kept(width, mine && wide ? widen(width, mine, joined) : joined));
      changed = true;
    }
    for (const [local, { expr }] of this.definitions) {
      const theirs = other.definitions.get(local);
      if (theirs && (theirs.expr === expr || keyOf(theirs.expr) === keyOf(expr))) continue;
      this.definitions.delete(local);
      changed = true;
    }
    for (const [key, mine] of this.relations) {
      const theirs = other.relations.get(key)?.relation ?? LESS | EQUAL | GREATER;
      const relation = mine.relation | theirs;
      if (relation === mine.relation) continue;
      if (relation === (LESS | EQUAL | GREATER)) this.relations.delete(key);
      else this.relations.set(key, { ...mine, relation });
      changed = true;
    }
    return changed;
  }
}

function known(truth: boolean | undefined): Value {
  return truth === undefined ? top(widthOf(BOOL)) : truth ? TRUE : FALSE;
}

function turned(relation: Relation): Relation {
  return (relation & EQUAL) | (relation & LESS ? GREATER : 0) | (relation & GREATER ? LESS : 0);
}
