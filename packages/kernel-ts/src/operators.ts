/** TypeScript's operators that C has too. */
import type { ArithmeticOp, CompareOp } from "@shootdown/ir";
import ts from "#typescript";

const K = ts.SyntaxKind;

export const ARITHMETIC: ReadonlyMap<ts.SyntaxKind, ArithmeticOp> = new Map<ts.SyntaxKind, ArithmeticOp>([
  [K.PlusToken, "+"],
  [K.MinusToken, "-"],
  [K.AsteriskToken, "*"],
  [K.SlashToken, "/"],
  [K.PercentToken, "%"],
  [K.AmpersandToken, "&"],
  [K.BarToken, "|"],
  [K.CaretToken, "^"],
  [K.LessThanLessThanToken, "<<"],
  [K.GreaterThanGreaterThanToken, ">>"],
]);

export const COMPARISONS: ReadonlyMap<ts.SyntaxKind, CompareOp> = new Map<ts.SyntaxKind, CompareOp>([
  [K.EqualsEqualsEqualsToken, "=="],
  [K.ExclamationEqualsEqualsToken, "!="],
  [K.LessThanToken, "<"],
  [K.LessThanEqualsToken, "<="],
  [K.GreaterThanToken, ">"],
  [K.GreaterThanEqualsToken, ">="],
]);

export const COMPOUND: ReadonlyMap<ts.SyntaxKind, ArithmeticOp> = new Map<ts.SyntaxKind, ArithmeticOp>([
  [K.PlusEqualsToken, "+"],
  [K.MinusEqualsToken, "-"],
  [K.AsteriskEqualsToken, "*"],
  [K.SlashEqualsToken, "/"],
  [K.PercentEqualsToken, "%"],
  [K.AmpersandEqualsToken, "&"],
  [K.BarEqualsToken, "|"],
  [K.CaretEqualsToken, "^"],
  [K.LessThanLessThanEqualsToken, "<<"],
  [K.GreaterThanGreaterThanEqualsToken, ">>"],
]);

export function isAssignment(kind: ts.SyntaxKind): boolean {
  return kind >= K.FirstAssignment && kind <= K.LastAssignment;
}
