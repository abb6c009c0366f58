/**
 * Expressions as keys: what the analysis in `facts.ts` looks expressions up by.
 */
import { assertNever, type Expr, type ValueType } from "./types.js";

/** A key that equal expressions share. */
export function keyOf(expr: Expr): string {
  switch (expr.kind) {
    case "const":
    case "wide":
      return `${expr.value}`;
    case "local":
      return `l${expr.local}`;
    case "unary":
      return `${expr.op}(${keyOf(expr.arg)})`;
    case "convert":
      return `${widthKey(expr.type)}(${keyOf(expr.arg)})`;
    case "arith":
      return `${widthKey(expr.type)}(${keyOf(expr.left)}${expr.op}${keyOf(expr.right)})`;
    case "compare":
    case "logic":
      return `(${keyOf(expr.left)}${expr.op}${keyOf(expr.right)})`;
    case "select":
      return `(${keyOf(expr.cond)}?${keyOf(expr.then)}:${keyOf(expr.else)})`;
    case "cpu":
      return "cpu";
    case "machine":
    case "function":
      return `${expr.kind} ${expr.name}`;
    default:
      return assertNever(expr);
  }
}

function widthKey(type: ValueType): string {
  return type.kind === "int" ? `${type.signed ? "i" : "u"}${type.bits}` : type.kind;
}
