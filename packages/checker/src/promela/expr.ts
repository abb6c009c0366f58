/**
 * Prints pure expressions as Promela. Promela computes in C's `int`; an operation is masked back to the width of its
 * type unless the operands are known to be too small to leave it. Values of u32 above 2^31 are kept as the negative
 * `int` of the same bits, so ordering and division of u32 get forms of their own.
 *
 * Used by `step.ts`. In an expression given here, `local` names a leaf (see there), not a local of the IR.
 */
import {
  type ArithmeticOp,
  assertNever,
  type CompareOp,
  type Expr,
  exprType,
  refuseWide,
  type ValueType,
} from "@shootdown/ir";

export interface Interval {
  readonly lo: number;
  readonly hi: number;
}

const INT_MAX = 2 ** 31 - 1;

/** The text of a leaf. */
export type LeafText = (id: number) => string;

/** Macros that the exported file needs if any expression divides u32 values that may be large. */
export const UNSIGNED_DIVISION = `/* Unsigned 32-bit division on int; b is not 0. */
#define ULT(a, b) (((a) ^ (1 << 31)) < ((b) ^ (1 << 31)))
#define UHALF(a, b) (((((a) >> 1) & 2147483647) / (b)) << 1)
#define UDIV(a, b) ((b) < 0 -> (ULT(a, b) -> 0 : 1) : (UHALF(a, b) + (ULT((a) - UHALF(a, b) * (b), b) -> 0 : 1)))
#define UMOD(a, b) ((a) - UDIV(a, b) * (b))
`;

/** The values that a type has. */
export function typeInterval(type: ValueType): Interval {
  if (type.kind === "bool") return { lo: 0, hi: 1 };
  if (type.kind === "fn") return { lo: 0, hi: 255 };
  return type.signed
    ? { lo: -(2 ** (type.bits - 1)), hi: 2 ** (type.bits - 1) - 1 }
    : { lo: 0, hi: 2 ** type.bits - 1 };
}

function within(inner: Interval, outer: Interval): boolean {
  return inner.lo >= outer.lo && inner.hi <= outer.hi;
}

/** Smallest 2^k - 1 that is at least `value`. */
function mask(value: number): number {
  return 2 ** Math.ceil(Math.log2(value + 1)) - 1;
}

/** What an operation gives before it is wrapped to its type; undefined when that is not known. */
function unwrapped(op: ArithmeticOp, left: Interval, right: Interval): Interval | undefined {
  const nonNegative = left.lo >= 0 && right.lo >= 0;
  switch (op) {
    case "+":
      return { lo: left.lo + right.lo, hi: left.hi + right.hi };
    case "-":
      return { lo: left.lo - right.hi, hi: left.hi - right.lo };
    case "*": {
      const products = [left.lo * right.lo, left.lo * right.hi, left.hi * right.lo, left.hi * right.hi];
      return { lo: Math.min(...products), hi: Math.max(...products) };
    }
    case "/":
      return nonNegative ? { lo: 0, hi: left.hi } : undefined;
    case "%":
      return nonNegative ? { lo: 0, hi: Math.min(left.hi, Math.max(0, right.hi - 1)) } : undefined;
    case "&":
      if (right.lo >= 0) return { lo: 0, hi: left.lo >= 0 ? Math.min(left.hi, right.hi) : right.hi };
      return left.lo >= 0 ? { lo: 0, hi: left.hi } : undefined;
    case "|":
    case "^":
      return nonNegative ? { lo: 0, hi: mask(Math.max(left.hi, right.hi)) } : undefined;
    case "<<":
      return nonNegative && right.hi < 32 ? { lo: 0, hi: left.hi * 2 ** right.hi } : undefined;
    case ">>":
      return left.lo >= 0
        ? { lo: 0, hi: right.lo === right.hi ? Math.floor(left.hi / 2 ** right.lo) : left.hi }
        : undefined;
    default:
      return assertNever(op);
  }
}

/** Bounds of a leaf's value; undefined for those of its type. */
export type LeafRange = (id: number) => Interval | undefined;

/** Bounds of an expression's value. */
export function interval(expr: Expr, leaf?: LeafRange): Interval {
  const whole = typeInterval(exprType(expr));
  switch (expr.kind) {
    case "local":
      return leaf?.(expr.local) ?? whole;
    case "compare":
      return compareInterval(expr.op, interval(expr.left, leaf), interval(expr.right, leaf));
    case "const":
      return { lo: expr.value, hi: expr.value };
    case "convert": {
      const inner = interval(expr.arg, leaf);
      return within(inner, whole) ? inner : whole;
    }
    case "arith": {
      const result = unwrapped(expr.op, interval(expr.left, leaf), interval(expr.right, leaf));
      return result && within(result, whole) ? result : whole;
    }
    case "select": {
      const a = interval(expr.then, leaf);
      const b = interval(expr.else, leaf);
      return { lo: Math.min(a.lo, b.lo), hi: Math.max(a.hi, b.hi) };
    }
    default:
      return whole;
  }
}

function compareInterval(op: CompareOp, left: Interval, right: Interval): Interval {
  const always = { lo: 1, hi: 1 };
  const never = { lo: 0, hi: 0 };
  const open = { lo: 0, hi: 1 };
  switch (op) {
    case "==":
    case "!=": {
      const [same, different] = op === "==" ? [always, never] : [never, always];
      if (left.hi < right.lo || right.hi < left.lo) return different;
      return left.lo === left.hi && right.lo === right.hi && left.lo === right.lo ? same : open;
    }
    case "<":
      return left.hi < right.lo ? always : left.lo >= right.hi ? never : open;
    case "<=":
      return left.hi <= right.lo ? always : left.lo > right.hi ? never : open;
    case ">":
      return compareInterval("<", right, left);
    case ">=":
      return compareInterval("<=", right, left);
    default:
      return assertNever(op);
  }
}

/** Whether the expression's `int` may be the negative stand-in of a large u32. */
function mayBeLarge(expr: Expr, range: LeafRange | undefined): boolean {
  return interval(expr, range).hi > INT_MAX;
}

function number(value: number): string {
  const int = value | 0;
  return int === -(2 ** 31) ? "(1 << 31)" : int < 0 ? `(${int})` : `${int}`;
}

/** `text`, an `int` that holds any value of `from`, wrapped to `type`. */
function wrapped(type: ValueType, text: string, from: Interval | undefined): string {
  if (type.kind !== "int" || type.bits === 32) return text;
  if (from && within(from, typeInterval(type))) return text;
  const all = 2 ** type.bits - 1;
  if (!type.signed) return `(${text} & ${all})`;
  const sign = 2 ** (type.bits - 1);
  return `(((${text} & ${all}) ^ ${sign}) - ${sign})`;
}

/** Without the parentheses around the whole. */
export function bare(text: string): string {
  // A conditional expression needs its parentheses everywhere.
  if (!text.startsWith("(") || !text.endsWith(")") || text.includes("->")) return text;
  let depth = 0;
  for (let i = 0; i < text.length - 1; i++) {
    if (text[i] === "(") depth++;
    if (text[i] === ")" && --depth === 0) return text;
  }
  return text.slice(1, -1);
}

/** The text of an expression, in parentheses where it is more than one token. */
export function printExpr(expr: Expr, leaf: LeafText, range?: LeafRange): string {
  const bounds = (e: Expr) => interval(e, range);
  const isLarge = (e: Expr) => mayBeLarge(e, range);
  const print = (e: Expr): string => {
    switch (e.kind) {
      case "wide":
        return refuseWide(e.type);
      case "const":
        return number(e.value);
      case "local":
        return leaf(e.local);
      case "convert":
        if (e.type.kind === "bool") return exprType(e.arg).kind === "bool" ? print(e.arg) : `(${print(e.arg)} != 0)`;
        return wrapped(e.type, print(e.arg), bounds(e.arg));
      case "unary":
        if (e.op === "!") return `(!${print(e.arg)})`;
        return wrapped(e.type, `(${e.op}${print(e.arg)})`, undefined);
      case "logic":
        return `(${print(e.left)} ${e.op} ${print(e.right)})`;
      case "select":
        return `(${print(e.cond)} -> ${print(e.then)} : ${print(e.else)})`;
      case "compare": {
        const ordered = e.op !== "==" && e.op !== "!=";
        if (ordered && (isLarge(e.left) || isLarge(e.right))) {
          return `((${print(e.left)} ^ (1 << 31)) ${e.op} (${print(e.right)} ^ (1 << 31)))`;
        }
        const { right } = e;
        if (!ordered && exprType(e.left).kind === "bool" && right.kind === "const") {
          return (e.op === "==") === (right.value !== 0) ? print(e.left) : `(!${print(e.left)})`;
        }
        return `(${print(e.left)} ${e.op} ${print(right)})`;
      }
      case "arith": {
        const left = print(e.left);
        const right = print(e.right);
        const isShift = e.op === "<<" || e.op === ">>";
        const count = isShift && !within(bounds(e.right), { lo: 0, hi: 31 }) ? `(${right} & 31)` : right;
        if (!e.type.signed && isLarge(e.left) && e.op === ">>") {
          return `((${left} >> ${count}) & ~(((1 << 31) >> ${count}) << 1))`;
        }
        if ((e.op === "/" || e.op === "%") && (isLarge(e.left) || isLarge(e.right))) {
          return `${e.op === "/" ? "UDIV" : "UMOD"}(${left}, ${right})`;
        }
        const result = unwrapped(e.op, bounds(e.left), bounds(e.right));
        return wrapped(e.type, `(${left} ${e.op} ${count})`, result);
      }
      case "cpu":
      case "machine":
      case "function":
        throw new Error(`${e.kind} is not bound`);
      default:
        return assertNever(e);
    }
  };
  return print(expr);
}
