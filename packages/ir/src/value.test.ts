/**
 * Goal: no abstract operation loses a result that the concrete one gives.
 * Method: values are made around random members at random widths, each operation is applied to values and to members,
 * and the member's result must be in the value's; joins, meets, widening and comparisons likewise. Precision has tests
 * of its own: the thresholds at which gcc drops a sign test.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arithWide, compareWide, wrapWide } from "./arith.js";
import type { ArithmeticOp, CompareOp } from "./types.js";
import {
  between,
  compareValue,
  constrain,
  contains,
  convertValue,
  exactly,
  greatest,
  isBottom,
  join,
  least,
  meet,
  top,
  type Value,
  type Width,
  widen,
  withBits,
} from "./value.js";
import { arithValue, complementValue, negateValue } from "./value-arith.js";

const ARITHMETIC: readonly ArithmeticOp[] = ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"];
const COMPARE: readonly CompareOp[] = ["==", "!=", "<", "<=", ">", ">="];

const width = fc.constantFrom<Width>(
  ...[8, 16, 32, 64].flatMap((bits) => [true, false].map((signed) => ({ bits, signed }))),
  { bits: 5, signed: true },
);

/** Numbers where things go wrong: small ones, powers of two and their neighbours, any. */
function memberOf(w: Width): fc.Arbitrary<bigint> {
  return fc
    .oneof(
      fc.bigInt({ min: -4n, max: 4n }),
      fc
        .tuple(fc.integer({ min: 0, max: w.bits }), fc.integer({ min: -1, max: 1 }))
        .map(([n, d]) => (1n << BigInt(n)) + BigInt(d)),
      fc.bigInt({ min: -(1n << 64n), max: 1n << 64n }),
    )
    .map((n) => wrapWide(w, n));
}

/** A value and a member of it. */
function memberValue(w: Width): fc.Arbitrary<readonly [Value, bigint]> {
  const one = memberOf(w);
  return fc.tuple(one, one, one, one, one, fc.integer({ min: 0, max: 3 })).map(([m, a, b, c, known, kind]) => {
    const span = (x: bigint, y: bigint) => between(w, x < y ? x : y, x < y ? y : x);
    const pattern = BigInt.asUintN(w.bits, m);
    const sure = BigInt.asUintN(w.bits, known);
    const bits = withBits(w, ~pattern & sure, pattern & sure);
    const intervals = join(w, span(m, a), span(b, c));
    return [[exactly(w, m), intervals, bits, meet(w, intervals, bits)][kind]!, m] as const;
  });
}

describe("what an operation on members gives is in what it gives on values", () => {
  const operands = width.chain((w) => fc.tuple(fc.constant(w), memberValue(w), memberValue(w)));

  it("the values made for the test hold their members", () => {
    fc.assert(
      fc.property(operands, ([w, [a, x]]) => {
        expect(contains(w, a, x)).toBe(true);
      }),
    );
  });

  it.each(ARITHMETIC)("%s", (op) => {
    fc.assert(
      fc.property(operands, ([w, [a, x], [b, y]]) => {
        if (y === 0n && "/%".includes(op)) return;
        expect(contains(w, arithValue(w, op, a, b), arithWide(op, w, x, y))).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it("- and ~", () => {
    fc.assert(
      fc.property(operands, ([w, [a, x]]) => {
        expect(contains(w, negateValue(w, a), wrapWide(w, -x))).toBe(true);
        expect(contains(w, complementValue(w, a), wrapWide(w, ~x))).toBe(true);
      }),
    );
  });

  it("conversions", () => {
    fc.assert(
      fc.property(operands, width, ([from, [a, x]], to) => {
        expect(contains(to, convertValue(from, to, a, false), wrapWide(to, x))).toBe(true);
        const bool = { bits: 1, signed: false };
        expect(contains(bool, convertValue(from, bool, a, true), x === 0n ? 0n : 1n)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it.each(COMPARE)("%s, and what it leaves of its operands", (op) => {
    fc.assert(
      fc.property(operands, ([w, [a, x], [b, y]]) => {
        const holds = compareWide(op, x, y);
        const known = compareValue(w, op, a, b);
        if (known !== undefined) expect(known).toBe(holds);
        if (holds) expect(contains(w, constrain(w, op, a, b), x)).toBe(true);
      }),
    );
  });

  it("join, meet and widening", () => {
    fc.assert(
      fc.property(operands, ([w, [a, x], [b, y]]) => {
        const both = join(w, a, b);
        expect(contains(w, both, x) && contains(w, both, y)).toBe(true);
        if (contains(w, b, x)) expect(contains(w, meet(w, a, b), x)).toBe(true);
        const wide = widen(w, a, both);
        expect(contains(w, wide, x) && contains(w, wide, y)).toBe(true);
      }),
    );
  });

  it("widening ends", () => {
    fc.assert(
      fc.property(
        width.chain((w) => fc.tuple(fc.constant(w), fc.array(memberValue(w), { minLength: 2, maxLength: 80 }))),
        ([w, all]) => {
          let changes = 0;
          let value = all[0]![0];
          for (const [next] of all) {
            const grown = widen(w, value, join(w, value, next));
            if (least(grown) !== least(value) || greatest(grown) !== greatest(value)) changes++;
            value = grown;
          }
          expect(changes).toBeLessThanOrEqual(2 + 2 * w.bits);
        },
      ),
    );
  });
});

describe("what must be exact for gcc's answers", () => {
  const u32 = { bits: 32, signed: false };
  const i32 = { bits: 32, signed: true };
  const u64 = { bits: 64, signed: false };
  const i64 = { bits: 64, signed: true };
  const canBeNegative = (value: Value) => !isBottom(constrain(i32, "<", value, exactly(i32, 0n)));
  const shifted = (from: Width, count: number) =>
    convertValue(from, i32, arithValue(from, ">>", top(from), exactly(from, BigInt(count))), false);

  it("size >> S as int: from 1 on for 32 bits, from 33 on for 64", () => {
    expect([0, 1, 12, 31].map((count) => canBeNegative(shifted(u32, count)))).toEqual([true, false, false, false]);
    expect([12, 31, 32, 33].map((count) => canBeNegative(shifted(u64, count)))).toEqual([true, true, true, false]);
  });

  it("nr << 12 at 64 bits: bounded, zero-extended, or neither", () => {
    const size = (nr: Width, value: Value, at: Width) =>
      arithValue(at, "<<", convertValue(nr, at, value, false), exactly(at, 12n));
    const pages = (value: Value) => convertValue(u64, i32, arithValue(u64, ">>", value, exactly(u64, 12n)), false);
    const asLong = (value: Value) => convertValue(i32, u64, value, false);
    const int = (value: Value) => asLong(arithValue(i32, "<<", value, exactly(i32, 12n)));
    expect(canBeNegative(pages(int(top(i32))))).toBe(true);
    expect(canBeNegative(pages(int(between(i32, 0n, 0x7fff_ffffn))))).toBe(true);
    expect(canBeNegative(pages(int(between(i32, 1n, (1n << 19n) - 1n))))).toBe(false);
    const unsigned = convertValue(u32, u64, arithValue(u32, "<<", top(u32), exactly(u32, 12n)), false);
    expect(canBeNegative(pages(unsigned))).toBe(false);
    expect(canBeNegative(pages(size(u32, top(u32), u64)))).toBe(true);
    expect(canBeNegative(convertValue(i64, i32, top(i64), false))).toBe(true);
  });

  it("loses a value only where it must", () => {
    expect(compareValue(u32, "!=", between(u32, 1n, 9n), exactly(u32, 0n))).toBe(true);
    expect(compareValue(u32, "==", withBits(u32, 1n, 0n), exactly(u32, 7n))).toBe(false);
    const without5 = constrain(u32, "!=", top(u32), exactly(u32, 5n));
    expect(compareValue(u32, "==", without5, exactly(u32, 5n))).toBe(false);
    expect(compareValue(u32, "==", without5, exactly(u32, 6n))).toBeUndefined();
  });
});
