/** How Kconfig compares two values: as numbers if both read as numbers, else as text. Used by the evaluator for `=`, `<` and kin. */
import type { SymbolType } from "./model.js";
import { compareText, isHexDigit, parseSigned, parseUnsigned } from "./text.js";

type Reading = { readonly value: bigint; readonly unsigned: boolean } | null;

/** Negative, zero or positive, as left is less than, equal to or greater than right. */
export function compareValues(leftType: SymbolType, left: string, rightType: SymbolType, right: string): number {
  if (leftType === "string" && rightType === "string") return compareText(left, right);
  const x = read(left, leftType);
  const y = x === null ? null : read(right, rightType);
  if (x === null || y === null) return compareText(left, right);
  if (!x.unsigned && !y.unsigned) return order(x.value, y.value);
  return order(BigInt.asUintN(64, x.value), BigInt.asUintN(64, y.value));
}

function order(x: bigint, y: bigint): number {
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The value as a number, or null if it is none. A bool or tristate always has one; what is no letter of logic is -1. */
function read(text: string, type: SymbolType): Reading {
  if (type === "bool" || type === "tristate") {
    const value = text === "n" ? 0n : text === "m" ? 1n : text === "y" ? 2n : -1n;
    return { value, unsigned: false };
  }
  // Most comparisons are between words; they need no parsing to be told from numbers.
  if (!/^[\s0-9+-]/.test(text)) return type === "hex" ? readNumber(text, type) : null;
  return readNumber(text, type);
}

function readNumber(text: string, type: SymbolType): Reading {
  const unsigned = type === "hex";
  const number = unsigned ? parseUnsigned(text, 16) : parseSigned(text, type === "int" ? 10 : 0);
  if (number.overflow || number.end === 0 || number.end !== text.length) return null;
  return isHexDigit(text.charCodeAt(number.end - 1)) ? { value: number.value, unsigned } : null;
}
