/**
 * What is known of an integer: which bits are certain, and which intervals it lies in. The abstract values of `ranges.ts`.
 *
 * A value of `bits` bits is a set of intervals in the type's own range (unsigned [0, 2^bits), signed
 * [-2^(bits-1), 2^(bits-1))) together with masks of the bits known 0 and known 1 in two's complement. Each operation
 * contains every result that `arith.ts` gives for members of its operands (`value.test.ts`); it need not be exact. Arithmetic is in `value-arith.ts`.
 * Both halves are what gcc keeps: known bits in conditional constant propagation, intervals in value range propagation.
 */
import { compareWide, wrapWide } from "./arith.js";
import { assertNever, type CompareOp, type ValueType } from "./types.js";

/** The width and sign of a value; a bool is one unsigned bit, a function's number 32. */
export interface Width {
  readonly bits: number;
  readonly signed: boolean;
}

/** An interval, both ends included. */
export type Interval = readonly [low: bigint, high: bigint];

export interface Value {
  /** Sorted, apart from each other, at most `MAX_INTERVALS`. None: no value at all, the place is not reached. */
  readonly intervals: readonly Interval[];
  /** Bits that are certainly 0. */
  readonly zeros: bigint;
  /** Bits that are certainly 1. */
  readonly ones: bigint;
}

/** More intervals than this are joined where the gap is smallest. */
const MAX_INTERVALS = 8;

const BIT: Width = { bits: 1, signed: false };

export function widthOf(type: ValueType): Width {
  if (type.kind === "int") return type;
  return type.kind === "bool" ? BIT : { bits: 32, signed: false };
}

const WIDEST = 64;
/** By number of bits. */
const MASKS = Array.from({ length: WIDEST + 1 }, (_, bits) => (1n << BigInt(bits)) - 1n);

/** So many low bits set; `bits` is 0 to 64. */
export function mask(bits: number): bigint {
  return MASKS[bits]!;
}

/** The number of bits up to the highest that is set, of a number below 2^64. */
function lengthOf(value: bigint): number {
  if (value <= 0xffff_ffffn) return 32 - Math.clz32(Number(value));
  return WIDEST - Math.clz32(Number(value >> 32n));
}

export function lowest(width: Width): bigint {
  return width.signed ? -1n - mask(width.bits - 1) : 0n;
}

export function highest(width: Width): bigint {
  return mask(width.signed ? width.bits - 1 : width.bits);
}

export const maximum = (a: bigint, b: bigint): bigint => (a > b ? a : b);
export const minimum = (a: bigint, b: bigint): bigint => (a < b ? a : b);

export const NOTHING_KNOWN_OF_BITS = { zeros: 0n, ones: 0n };
/** Of no type: the value of what is not reached. */
export const BOTTOM: Value = { intervals: [], ...NOTHING_KNOWN_OF_BITS };

export function isBottom(value: Value): boolean {
  return value.intervals.length === 0;
}

const TOPS = [false, true].map((signed) =>
  Array.from({ length: WIDEST + 1 }, (_, bits): Value => {
    const width = { bits, signed: signed && bits > 0 };
    return { intervals: [[lowest(width), highest(width)]], ...NOTHING_KNOWN_OF_BITS };
  }),
);

/** Any value of the type: the same object each time. */
export function top({ bits, signed }: Width): Value {
  return TOPS[signed ? 1 : 0]![bits]!;
}

export function exactly(width: Width, value: bigint): Value {
  const pattern = BigInt.asUintN(width.bits, value);
  return { intervals: [[value, value]], zeros: ~pattern & mask(width.bits), ones: pattern };
}

/** Any value from `low` to `high`, which the type holds. */
export function between(width: Width, low: bigint, high: bigint): Value {
  if (low > high) return BOTTOM;
  if (low === high) return exactly(width, low);
  return { intervals: [[low, high]], ...bitsOf(width, [low, high]) };
}

/** Any value whose bits agree. */
export function withBits(width: Width, zeros: bigint, ones: bigint): Value {
  return normalise(width, { intervals: top(width).intervals, zeros, ones });
}

export function least(value: Value): bigint {
  return value.intervals[0]![0];
}

export function greatest(value: Value): bigint {
  return value.intervals.at(-1)![1];
}

/** The only value that is possible, if there is only one. */
export function single(value: Value): bigint | undefined {
  const [only] = value.intervals;
  return value.intervals.length === 1 && only![0] === only![1] ? only![0] : undefined;
}

export function contains(width: Width, value: Value, member: bigint): boolean {
  const pattern = BigInt.asUintN(width.bits, member);
  if ((pattern & value.zeros) !== 0n || (~pattern & value.ones) !== 0n) return false;
  return value.intervals.some(([low, high]) => low <= member && member <= high);
}

export function sameValue(a: Value, b: Value): boolean {
  if (a === b) return true;
  return (
    a.zeros === b.zeros &&
    a.ones === b.ones &&
    a.intervals.length === b.intervals.length &&
    a.intervals.every(([low, high], i) => low === b.intervals[i]![0] && high === b.intervals[i]![1])
  );
}

/** Sorted and apart, without more intervals than may be. */
function tidy(intervals: readonly Interval[]): readonly Interval[] {
  if (intervals.length <= 1) return intervals;
  const sorted = [...intervals].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const result: [bigint, bigint][] = [];
  for (const [low, high] of sorted) {
    const last = result.at(-1);
    if (last && low <= last[1] + 1n) last[1] = maximum(last[1], high);
    else result.push([low, high]);
  }
  while (result.length > MAX_INTERVALS) {
    let narrow = 1;
    for (let i = 2; i < result.length; i++) {
      if (result[i]![0] - result[i - 1]![1] < result[narrow]![0] - result[narrow - 1]![1]) narrow = i;
    }
    result[narrow - 1]![1] = result[narrow]![1];
    result.splice(narrow, 1);
  }
  return result;
}

/** The bits that all numbers of an interval share: those above the highest in which its ends differ. */
function bitsOf(width: Width, [low, high]: Interval): { zeros: bigint; ones: bigint } {
  if (width.signed && low < 0n && high >= 0n) return NOTHING_KNOWN_OF_BITS;
  const a = BigInt.asUintN(width.bits, low);
  const b = BigInt.asUintN(width.bits, high);
  const differ = a ^ b;
  const below = mask(lengthOf(differ));
  const sure = mask(width.bits) & ~below;
  return { zeros: ~a & sure, ones: a & sure };
}

/** The least and the greatest number whose bits agree. */
function spanOf(width: Width, zeros: bigint, ones: bigint): Interval {
  const all = mask(width.bits);
  if (!width.signed) return [ones, all & ~zeros];
  const sign = 1n << BigInt(width.bits - 1);
  const low = (zeros & sign) === 0n ? ones | sign : ones;
  const high = (ones & sign) === 0n ? all & ~zeros & ~sign : all & ~zeros;
  return [BigInt.asIntN(width.bits, low), BigInt.asIntN(width.bits, high)];
}

/** Lets each half sharpen the other. */
export function normalise(width: Width, value: Value): Value {
  let { zeros, ones } = value;
  if ((zeros & ones) !== 0n) return BOTTOM;
  let intervals = tidy(value.intervals);
  if (zeros !== 0n || ones !== 0n) {
    const [low, high] = spanOf(width, zeros, ones);
    if (intervals.some(([a, b]) => a < low || b > high)) intervals = clipped(intervals, low, high);
  }
  if (intervals.length === 0) return BOTTOM;
  let sharedZeros = mask(width.bits);
  let sharedOnes = sharedZeros;
  for (const interval of intervals) {
    const bits = bitsOf(width, interval);
    sharedZeros &= bits.zeros;
    sharedOnes &= bits.ones;
  }
  zeros |= sharedZeros;
  ones |= sharedOnes;
  if ((zeros & ones) !== 0n) return BOTTOM;
  if (zeros === 0n && ones === 0n && intervals.length === 1) {
    const [low, high] = intervals[0]!;
    if (low === lowest(width) && high === highest(width)) return top(width);
  }
  return { intervals, zeros, ones };
}

/** What of the intervals lies from `low` to `high`. */
function clipped(intervals: readonly Interval[], low: bigint, high: bigint): readonly Interval[] {
  return intervals.flatMap(([a, b]): Interval[] => {
    const from = maximum(a, low);
    const to = minimum(b, high);
    return from <= to ? [[from, to]] : [];
  });
}

/** A value that is one of either; with `between`, or anything from one to the other. */
export function join(width: Width, a: Value, b: Value, between = false): Value {
  if (a === b || isBottom(b)) return a;
  if (isBottom(a)) return b;
  if (between) {
    const low = minimum(least(a), least(b));
    return normalise(width, { intervals: [[low, maximum(greatest(a), greatest(b))]], ...NOTHING_KNOWN_OF_BITS });
  }
  return normalise(width, {
    intervals: [...a.intervals, ...b.intervals],
    zeros: a.zeros & b.zeros,
    ones: a.ones & b.ones,
  });
}

/** A value that is in both. */
export function meet(width: Width, a: Value, b: Value): Value {
  if (isBottom(a) || isBottom(b)) return BOTTOM;
  const all = top(width);
  if (a === b || b === all) return a;
  if (a === all) return b;
  const intervals = b.intervals.flatMap(([from, to]) => clipped(a.intervals, from, to));
  return normalise(width, { intervals, zeros: a.zeros | b.zeros, ones: a.ones | b.ones });
}

/**
 * A value that holds both and, applied again and again, stops growing: an end that moved goes to the type's end. Bits
 * need no help, for there are at most 64 of them to lose.
 */
export function widen(width: Width, old: Value, grown: Value): Value {
  if (isBottom(old)) return grown;
  const low = least(grown) < least(old) ? lowest(width) : least(old);
  const high = greatest(grown) > greatest(old) ? highest(width) : greatest(old);
  return normalise(width, { intervals: [[low, high]], zeros: old.zeros & grown.zeros, ones: old.ones & grown.ones });
}

/** The values that integers in [low, high] have after wrapping at the width. */
export function wrapped(width: Width, low: bigint, high: bigint): Interval[] {
  const size = 1n << BigInt(width.bits);
  if (high - low >= size) return [[lowest(width), highest(width)]];
  const start = wrapWide(width, low);
  const end = wrapWide(width, high);
  return start <= end
    ? [[start, end]]
    : [
        [lowest(width), end],
        [start, highest(width)],
      ];
}

/** C's conversion between integer types; to bool, whether it is not 0. */
export function convertValue(from: Width, to: Width, value: Value, toBool: boolean): Value {
  if (isBottom(value)) return BOTTOM;
  if (toBool) {
    const zero = contains(from, value, 0n);
    const other = greatest(value) !== 0n || least(value) !== 0n;
    return zero ? (other ? top(BIT) : exactly(BIT, 0n)) : exactly(BIT, 1n);
  }
  const intervals = value.intervals.flatMap(([low, high]) => wrapped(to, low, high));
  const all = mask(to.bits);
  let { zeros, ones } = value;
  if (to.bits > from.bits) {
    const above = all & ~mask(from.bits);
    const sign = 1n << BigInt(from.bits - 1);
    if (!from.signed || (zeros & sign) !== 0n) zeros |= above;
    else if ((ones & sign) !== 0n) ones |= above;
  }
  return normalise(to, { intervals, zeros: zeros & all, ones: ones & all });
}

/** How many low bits are certainly 0. */
export function trailingZeros(width: Width, value: Value): number {
  let count = 0;
  while (count < width.bits && (value.zeros >> BigInt(count)) & 1n) count++;
  return count;
}

const OPPOSITE = { "==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<" } as const;
const MIRRORED = { "==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;

/** What holds where `op` does not. */
export function oppositeOf(op: CompareOp): CompareOp {
  return OPPOSITE[op];
}

/** Whether the comparison holds for all members, or for none. */
export function compareValue(width: Width, op: CompareOp, a: Value, b: Value): boolean | undefined {
  if (isBottom(a) || isBottom(b)) return undefined;
  const x = single(a);
  const y = single(b);
  if (x !== undefined && y !== undefined) return compareWide(op, x, y);
  const all = top(width);
  if (a === all && b === all) return undefined;
  const canHold = (which: CompareOp): boolean => !isBottom(constrain(width, which, a, b));
  if (!canHold(op)) return false;
  return canHold(OPPOSITE[op]) ? undefined : true;
}

/** The members of `a` for which `a op y` may hold for some `y` of `b`. */
export function constrain(width: Width, op: CompareOp, a: Value, b: Value): Value {
  if (isBottom(a) || isBottom(b)) return BOTTOM;
  switch (op) {
    case "==":
      return meet(width, a, b);
    case "!=": {
      const y = single(b);
      if (y === undefined) return a;
      const parts = [between(width, lowest(width), y - 1n), between(width, y + 1n, highest(width))];
      const others = parts.reduce((all, one) => join(width, all, one), BOTTOM);
      const kept = meet(width, a, others);
      // A bit that only the excluded value has is not seen by the intervals' hull.
      return isBottom(kept) || single(kept) !== y ? kept : BOTTOM;
    }
    case "<":
      return meet(width, a, between(width, lowest(width), greatest(b) - 1n));
    case "<=":
      return meet(width, a, between(width, lowest(width), greatest(b)));
    case ">":
      return meet(width, a, between(width, least(b) + 1n, highest(width)));
    case ">=":
      return meet(width, a, between(width, least(b), highest(width)));
    default:
      return assertNever(op);
  }
}

/** `a op b` as `b op' a`. */
export function mirrored(op: CompareOp): CompareOp {
  return MIRRORED[op];
}

/** In words: `-22`, `0 to 0xfffff`, `any u32`. */
export function printValue(width: Width, value: Value, typeName: string): string {
  if (isBottom(value)) return "nothing";
  const only = single(value);
  if (only !== undefined) return printNumber(only);
  if (least(value) === lowest(width) && greatest(value) === highest(width) && value.intervals.length === 1) {
    const low = trailingZeros(width, value);
    return low > 0 ? `a multiple of ${printNumber(1n << BigInt(low))}` : `any ${typeName}`;
  }
  return value.intervals
    .map(([low, high]) => (low === high ? printNumber(low) : `${printNumber(low)} to ${printNumber(high)}`))
    .join(" or ");
}

/** From here on a number reads better in hexadecimal. */
const READABLE = 100_000n;

function printNumber(value: bigint): string {
  if (value >= -READABLE && value <= READABLE) return String(value);
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}
