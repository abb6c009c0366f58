/**
 * Arithmetic on what is known of integers (`value.ts`): for each operator of the intermediate form, every result that
 * members of the operands can give. Intervals by their ends, known bits by carry; each half sharpens the other.
 */
import { arithWide } from "./arith.js";
import { type ArithmeticOp, assertNever } from "./types.js";
import {
  BOTTOM,
  contains,
  exactly,
  greatest,
  highest,
  type Interval,
  isBottom,
  join,
  least,
  lowest,
  mask,
  maximum,
  meet,
  minimum,
  NOTHING_KNOWN_OF_BITS,
  normalise,
  single,
  top,
  trailingZeros,
  type Value,
  type Width,
  wrapped,
} from "./value.js";

/** What is computed in more than 32 bits takes a shift count modulo this. */
const MAX_BITS = 64;

/** The bits of a sum: certain as long as both operands' bits and the carry are. */
function addBits(width: Width, a: Value, b: Value, carry: boolean): { zeros: bigint; ones: bigint } {
  const all = mask(width.bits);
  const c = carry ? 1n : 0n;
  const most = (~a.zeros & all) + (~b.zeros & all) + c;
  const fewest = a.ones + b.ones + c;
  const carryZero = ~(most ^ a.zeros ^ b.zeros) & all;
  const carryOne = (fewest ^ a.ones ^ b.ones) & all;
  const sure = (a.zeros | a.ones) & (b.zeros | b.ones) & (carryZero | carryOne);
  return { zeros: ~most & sure & all, ones: fewest & sure };
}

function complementBits({ zeros, ones }: Value): { zeros: bigint; ones: bigint } {
  return { zeros: ones, ones: zeros };
}

function pairs(a: Value, b: Value, f: (x: Interval, y: Interval) => readonly Interval[]): Interval[] {
  return a.intervals.flatMap((x) => b.intervals.flatMap((y) => f(x, y)));
}

/** The least and greatest of an operation at the corners of two intervals. */
function corners(x: Interval, y: Interval, f: (a: bigint, b: bigint) => bigint): Interval {
  const results = [f(x[0], y[0]), f(x[0], y[1]), f(x[1], y[0]), f(x[1], y[1])];
  return [results.reduce(minimum), results.reduce(maximum)];
}

function product(width: Width, a: Value, b: Value): Value {
  const intervals = pairs(a, b, (x, y) => {
    const [low, high] = corners(x, y, (p, q) => p * q);
    return wrapped(width, low, high);
  });
  const low = Math.min(width.bits, trailingZeros(width, a) + trailingZeros(width, b));
  return normalise(width, { intervals, zeros: mask(low), ones: 0n });
}

/** The interval without 0, cut at it. */
function withoutZero([low, high]: Interval): Interval[] {
  const parts: Interval[] = [];
  if (low < 0n) parts.push([low, minimum(high, -1n)]);
  if (high > 0n) parts.push([maximum(low, 1n), high]);
  return parts;
}

function quotient(width: Width, a: Value, b: Value): Value {
  const intervals = pairs(a, b, (x, y) =>
    withoutZero(y).flatMap((divisor) => {
      const [low, high] = corners(x, divisor, (p, q) => p / q);
      // Where x crosses 0 the quotient does too; the corners hold its ends.
      return wrapped(width, low, high);
    }),
  );
  return normalise(width, { intervals, ...NOTHING_KNOWN_OF_BITS });
}

function remainder(width: Width, a: Value, b: Value): Value {
  const intervals = pairs(a, b, (x, y) =>
    withoutZero(y).flatMap((divisor): Interval[] => {
      const size = divisor[0] < 0n ? [-divisor[1], -divisor[0]] : [divisor[0], divisor[1]];
      const most = size[1]! - 1n;
      if (x[0] >= 0n && x[1] < size[0]!) return [x];
      return [[x[0] < 0n ? maximum(x[0], -most) : 0n, x[1] > 0n ? minimum(x[1], most) : 0n]];
    }),
  );
  const power = single(b);
  if (power !== undefined && power > 0n && (power & (power - 1n)) === 0n && (!width.signed || least(a) >= 0n)) {
    return meet(width, normalise(width, { intervals, ...NOTHING_KNOWN_OF_BITS }), {
      intervals: top(width).intervals,
      zeros: (a.zeros & (power - 1n)) | (mask(width.bits) & ~(power - 1n)),
      ones: a.ones & (power - 1n),
    });
  }
  return normalise(width, { intervals, ...NOTHING_KNOWN_OF_BITS });
}

/** `&`, `|` and `^`, where neither operand is negative, are bounded by the operands. */
function bitwise(width: Width, op: "&" | "|" | "^", a: Value, b: Value): Value {
  const bits =
    op === "&"
      ? { zeros: a.zeros | b.zeros, ones: a.ones & b.ones }
      : op === "|"
        ? { zeros: a.zeros & b.zeros, ones: a.ones | b.ones }
        : { zeros: (a.zeros & b.zeros) | (a.ones & b.ones), ones: (a.zeros & b.ones) | (a.ones & b.zeros) };
  let low = lowest(width);
  let high = highest(width);
  if (op === "&") {
    if (least(a) >= 0n) high = minimum(high, greatest(a));
    if (least(b) >= 0n) high = minimum(high, greatest(b));
    if (least(a) >= 0n || least(b) >= 0n) low = maximum(low, 0n);
    else low = maximum(low, lowestOfSameSign(width, minimum(least(a), least(b))));
  } else if (op === "|") {
    if (least(a) >= 0n && least(b) >= 0n) low = maximum(least(a), least(b));
    if (greatest(a) < 0n) high = minimum(high, -1n);
    if (greatest(b) < 0n) high = minimum(high, -1n);
    if (greatest(a) < 0n || greatest(b) < 0n) {
      low = maximum(low, greatest(a) < 0n && greatest(b) < 0n ? maximum(least(a), least(b)) : low);
    }
  }
  return normalise(width, { intervals: [[low, high]], ...bits });
}

/** `a & b` of negative numbers is not below the power of two that holds both. */
function lowestOfSameSign(width: Width, value: bigint): bigint {
  if (!width.signed || value >= 0n) return 0n;
  return -(1n << BigInt((-value - 1n).toString(2).length));
}

/** The counts that a shift may have: taken modulo the width that is computed in. */
function countsOf(width: Width, count: Value): readonly number[] {
  const limit = width.bits <= 32 ? 32 : MAX_BITS;
  const fits = least(count) >= 0n && greatest(count) < BigInt(limit);
  const all = Array.from({ length: limit }, (_, i) => i);
  return fits ? all.filter((n) => contains(width, count, BigInt(n))) : all;
}

function shifted(width: Width, op: "<<" | ">>", a: Value, count: number): Value {
  const by = BigInt(count);
  const all = mask(width.bits);
  if (op === "<<") {
    const intervals = a.intervals.flatMap(([low, high]) => wrapped(width, low << by, high << by));
    const bits = { zeros: ((a.zeros << by) | mask(count)) & all, ones: (a.ones << by) & all };
    return normalise(width, { intervals, ...bits });
  }
  const intervals = a.intervals.map(([low, high]): Interval => [low >> by, high >> by]);
  const above = all & ~(all >> by);
  const sign = 1n << BigInt(width.bits - 1);
  const isZero = !width.signed || (a.zeros & sign) !== 0n;
  const isOne = width.signed && (a.ones & sign) !== 0n;
  const bits = { zeros: (a.zeros >> by) | (isZero ? above : 0n), ones: (a.ones >> by) | (isOne ? above : 0n) };
  return normalise(width, { intervals, ...bits });
}

/** More counts than this are not tried one by one. */
const MAX_COUNTS = 4;

function shiftedByAny(width: Width, op: "<<" | ">>", a: Value, counts: readonly number[]): Value {
  if (counts.length <= MAX_COUNTS) {
    return counts.map((count) => shifted(width, op, a, count)).reduce((all, one) => join(width, all, one), BOTTOM);
  }
  const least = counts[0]!;
  if (op === "<<") {
    const zeros = mask(Math.min(width.bits, trailingZeros(width, a) + least));
    return normalise(width, { intervals: top(width).intervals, zeros, ones: 0n });
  }
  const most = counts.at(-1)!;
  // Shifting further brings a number nearer to 0, or to -1.
  return join(width, shifted(width, op, a, least), shifted(width, op, a, most), true);
}

/** Every `x op y` at the width. Where the divisor must be 0 there is no result. */
export function arithValue(width: Width, op: ArithmeticOp, a: Value, b: Value): Value {
  if (isBottom(a) || isBottom(b)) return BOTTOM;
  const x = single(a);
  const y = single(b);
  if (x !== undefined && y !== undefined && !(y === 0n && (op === "/" || op === "%"))) {
    return exactly(width, arithWide(op, width, x, y));
  }
  const all = top(width);
  if ((a === all || b === all) && (op === "+" || op === "-")) return all;
  switch (op) {
    case "+":
      return normalise(width, {
        intervals: pairs(a, b, (p, q) => wrapped(width, p[0] + q[0], p[1] + q[1])),
        ...addBits(width, a, b, false),
      });
    case "-":
      return normalise(width, {
        intervals: pairs(a, b, (p, q) => wrapped(width, p[0] - q[1], p[1] - q[0])),
        ...addBits(width, a, { ...b, ...complementBits(b) }, true),
      });
    case "*":
      return product(width, a, b);
    case "/":
      return quotient(width, a, b);
    case "%":
      return remainder(width, a, b);
    case "&":
    case "|":
    case "^":
      return bitwise(width, op, a, b);
    case "<<":
    case ">>":
      return shiftedByAny(width, op, a, countsOf(width, b));
    default:
      return assertNever(op);
  }
}

/** `~x`. */
export function complementValue(width: Width, value: Value): Value {
  if (isBottom(value)) return BOTTOM;
  const turn = (x: bigint): bigint => (width.signed ? ~x : highest(width) - x);
  const intervals = value.intervals.map(([low, high]): Interval => [turn(high), turn(low)]);
  return normalise(width, { intervals, ...complementBits(value) });
}

/** `-x`. */
export function negateValue(width: Width, value: Value): Value {
  return arithValue(width, "-", exactly(width, 0n), value);
}
