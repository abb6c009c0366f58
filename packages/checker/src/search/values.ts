/**
 * JavaScript text of expressions, as the search's generated code computes them: numbers in the range of their type, bool as 0 or 1.
 *
 * (`native/text.ts` prints for another world: there a u32 above 2^31 is negative.)
 */
import { assertNever, type Expr, exprType, type LocalId, refuseWide, type ValueType } from "@shootdown/ir";

/** How a local is called. */
type LocalText = (local: LocalId) => string;

/** As a JavaScript number in the range of the expression's type; bool as 0 or 1. */
export function numText(expr: Expr, local: LocalText): string {
  switch (expr.kind) {
    case "wide":
      return refuseWide(expr.type);
    case "const":
      return `${expr.value}`;
    case "local":
      return local(expr.local);
    case "compare":
    case "logic":
      return `(${boolText(expr, local)} ? 1 : 0)`;
    case "select":
      return `(${boolText(expr.cond, local)} ? ${numText(expr.then, local)} : ${numText(expr.else, local)})`;
    case "convert":
      if (expr.type.kind === "bool") return `(${boolText(expr.arg, local)} ? 1 : 0)`;
      return wrapText(expr.type, numText(expr.arg, local), exprType(expr.arg));
    case "unary":
      if (expr.op === "!") return `(${boolText(expr.arg, local)} ? 0 : 1)`;
      return wrapText(expr.type, `${expr.op}${numText(expr.arg, local)}`);
    case "arith": {
      const left = numText(expr.left, local);
      const right = numText(expr.right, local);
      if (expr.op === "*") return wrapText(expr.type, `Math.imul(${left}, ${right})`);
      if (expr.op === ">>" && !expr.type.signed) return wrapText(expr.type, `(${left} >>> ${right})`);
      if (expr.op === "/") return wrapText(expr.type, `Math.trunc(${left} / ${right})`);
      return wrapText(expr.type, `(${left} ${expr.op} ${right})`);
    }
    case "cpu":
    case "machine":
    case "function":
      throw new Error(`${expr.kind} is not bound`);
    default:
      return assertNever(expr);
  }
}

/** As a JavaScript boolean. */
export function boolText(expr: Expr, local: LocalText): string {
  switch (expr.kind) {
    case "const":
      return expr.value !== 0 ? "true" : "false";
    case "compare": {
      const op = expr.op === "==" ? "===" : expr.op === "!=" ? "!==" : expr.op;
      return `(${numText(expr.left, local)} ${op} ${numText(expr.right, local)})`;
    }
    case "logic":
      return `(${boolText(expr.left, local)} ${expr.op} ${boolText(expr.right, local)})`;
    case "unary":
      if (expr.op === "!") return `!${boolText(expr.arg, local)}`;
      return `(${numText(expr, local)} !== 0)`;
    default:
      return `(${numText(expr, local)} !== 0)`;
  }
}

/** `text`, any integer, converted to `type`; nothing to do where the type it has already fits. */
function wrapText(type: ValueType, text: string, from?: ValueType): string {
  if (type.kind !== "int") return text;
  if (from?.kind === "bool") return text;
  if (from?.kind === "int" && !from.signed && (from.bits < type.bits || (from.bits === type.bits && !type.signed)))
    return text;
  if (type.bits === 32) return type.signed ? `(${text} | 0)` : `(${text} >>> 0)`;
  const mask = (1 << type.bits) - 1;
  return type.signed ? `(${text} << ${32 - type.bits} >> ${32 - type.bits})` : `(${text} & ${mask})`;
}
