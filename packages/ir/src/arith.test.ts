/** Goal: C's arithmetic at every width. Method: the identities that define it, against BigInt for the wide cases. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arith, wrap } from "./arith.js";
import { I32, type IntType, U8, U16, U32 } from "./types.js";

const types: IntType[] = [U8, U16, U32, I32, { kind: "int", bits: 8, signed: true }];

function wrapBig(type: IntType, value: bigint): number {
  return Number(type.signed ? BigInt.asIntN(type.bits, value) : BigInt.asUintN(type.bits, value));
}

describe("arith", () => {
  it("wraps as BigInt does at every width", () => {
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.integer(), fc.integer(), (type, a, b) => {
        const left = wrap(type, a);
        const right = wrap(type, b);
        const big = (f: (x: bigint, y: bigint) => bigint) => wrapBig(type, f(BigInt(left), BigInt(right)));
        expect(arith("+", type, left, right)).toBe(big((x, y) => x + y));
        expect(arith("-", type, left, right)).toBe(big((x, y) => x - y));
        expect(arith("*", type, left, right)).toBe(big((x, y) => x * y));
        expect(arith("&", type, left, right)).toBe(big((x, y) => x & y));
        expect(arith("^", type, left, right)).toBe(big((x, y) => x ^ y));
        if (right !== 0) {
          expect(arith("/", type, left, right)).toBe(big((x, y) => x / y));
          expect(arith("%", type, left, right)).toBe(big((x, y) => x % y) || 0);
        }
      }),
    );
  });

  it("shifts by the type's sign", () => {
    expect(arith(">>", U32, 0x8000_0000, 31)).toBe(1);
    expect(arith(">>", I32, -8, 1)).toBe(-4);
    expect(arith("<<", U8, 0xff, 4)).toBe(0xf0);
    expect(arith("<<", U32, 1, 31)).toBe(0x8000_0000);
  });
});
