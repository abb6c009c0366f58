/**
 * C's integer arithmetic at a given width: the one place that decides what an operator means.
 *
 * Constant folding, the interpreter and the tests of the code generators all use these functions. Values are JavaScript
 * integers in the type's range: unsigned types in [0, 2^bits), signed ones in [-2^(bits-1), 2^(bits-1)), bool 0 or 1.
 */
import { type ArithmeticOp, assertNever, type CompareOp, type IntType, type ValueType } from "./types.js";

/** C's conversion of any integer in [-2^53, 2^53] to `type`, of at most 32 bits. */
export function wrap(type: ValueType, value: number): number {
  if (type.kind === "bool") return value === 0 ? 0 : 1;
  if (type.kind === "fn") return value;
  if (type.signed) return type.bits === 32 ? value | 0 : (value << (32 - type.bits)) >> (32 - type.bits);
  return type.bits === 32 ? value >>> 0 : value & ((1 << type.bits) - 1);
}

/**
 * `left op right` at `type`. Division truncates towards zero; the caller has checked that the divisor is not 0. A shift
 * count is taken modulo 32, as the generated JavaScript does; the front end refuses constant counts >= the width.
 */
export function arith(op: ArithmeticOp, type: IntType, left: number, right: number): number {
  switch (op) {
    case "+":
      return wrap(type, left + right);
    case "-":
      return wrap(type, left - right);
    case "*":
      return wrap(type, Math.imul(left, right));
    case "/":
      return wrap(type, Math.trunc(left / right));
    case "%":
      return wrap(type, left % right);
    case "&":
      return wrap(type, left & right);
    case "|":
      return wrap(type, left | right);
    case "^":
      return wrap(type, left ^ right);
    case "<<":
      return wrap(type, left << right);
    case ">>":
      return wrap(type, type.signed ? left >> right : left >>> right);
    default:
      return assertNever(op);
  }
}

export function compare(op: CompareOp, left: number, right: number): boolean {
  switch (op) {
    case "==":
      return left === right;
    case "!=":
      return left !== right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
    default:
      return assertNever(op);
  }
}

/** What an operation at any width must know of its type. */
interface Width {
  readonly bits: number;
  readonly signed: boolean;
}

/** `wrap` at any width. */
export function wrapWide({ bits, signed }: Width, value: bigint): bigint {
  return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

/** `arith` at any width. A shift count is taken modulo 32, above 32 bits modulo 64. */
export function arithWide(op: ArithmeticOp, type: Width, left: bigint, right: bigint): bigint {
  const count = right & (type.bits <= 32 ? 31n : 63n);
  switch (op) {
    case "+":
      return wrapWide(type, left + right);
    case "-":
      return wrapWide(type, left - right);
    case "*":
      return wrapWide(type, left * right);
    case "/":
      return wrapWide(type, left / right);
    case "%":
      return wrapWide(type, left % right);
    case "&":
      return wrapWide(type, left & right);
    case "|":
      return wrapWide(type, left | right);
    case "^":
      return wrapWide(type, left ^ right);
    case "<<":
      return wrapWide(type, left << count);
    case ">>":
      return wrapWide(type, left >> count);
    default:
      return assertNever(op);
  }
}

export function compareWide(op: CompareOp, left: bigint, right: bigint): boolean {
  switch (op) {
    case "==":
      return left === right;
    case "!=":
      return left !== right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
    default:
      return assertNever(op);
  }
}
