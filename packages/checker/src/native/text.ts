/**
 * JavaScript text of expressions, names and indices, for `native.ts`.
 *
 * Integers are kept as JavaScript's 32-bit ones, so a u32 above 2^31 is negative here; narrower ones are in their type's range,
 * a bool is 0 or 1. Every text of an expression is one operand: it stands in parentheses where it must.
 */
import {
  type At,
  assertNever,
  type Expr,
  exprType,
  type IntType,
  type ValueType,
  type ViolationKind,
} from "@shootdown/ir";

export function local(id: number): string {
  return `l${id}`;
}

export function external(name: string): string {
  return `x_${identifier(name)}`;
}

export function identifier(name: string): string {
  return name.replace(/\W/g, "_");
}

export function placeText(at: At): string {
  return JSON.stringify(`${at.file}:${at.line}`);
}

export function violation(kind: ViolationKind, message: string, at: At): string {
  return `violation(${JSON.stringify(kind)}, ${JSON.stringify(message)}, ${placeText(at)});`;
}

/** Row by row. */
export function flatIndex(index: readonly string[], dims: readonly number[]): string {
  return index.slice(1).reduce((flat, text, i) => {
    const dim = dims[i + 1]!;
    const log = Math.log2(dim);
    if (dim === 1) return `${flat} + ${text}`;
    const scaled = Number.isInteger(log) ? `((${flat}) << ${log})` : `Math.imul(${flat}, ${dim})`;
    return `${scaled} + ${text}`;
  }, index[0]!);
}

export function isU32(type: ValueType): boolean {
  return type.kind === "int" && type.bits === 32 && !type.signed;
}

export function arrayType(type: ValueType): string {
  if (type.kind === "bool") return "Uint8Array";
  if (type.kind === "fn") return "Int32Array";
  refuseWide(type);
  if (type.bits === 8) return type.signed ? "Int8Array" : "Uint8Array";
  if (type.bits === 16) return type.signed ? "Int16Array" : "Uint16Array";
  return "Int32Array";
}

function refuseWide(type: IntType): string {
  if (type.bits > 32) throw new Error(`integers of ${type.bits} bits do not run at full size`);
  return "";
}

/** Text of any JavaScript number or boolean, as the kept form of a value of `type`. */
export function asInt(text: string, type: ValueType): string {
  if (type.kind === "bool") return `(${text} ? 1 : 0)`;
  if (type.kind === "fn") return `(${text} | 0)`;
  return wrapped(`(${text} | 0)`, type);
}

/** Text of a 32-bit integer, cut to the type's width. */
function wrapped(text: string, type: IntType): string {
  refuseWide(type);
  if (type.bits === 32) return text;
  if (!type.signed) return `(${text} & ${2 ** type.bits - 1})`;
  return `(${text} << ${32 - type.bits} >> ${32 - type.bits})`;
}

/** Text of a JavaScript boolean. */
export function cond(expr: Expr): string {
  switch (expr.kind) {
    case "const":
      return expr.value !== 0 ? "true" : "false";
    case "compare": {
      const { op, left, right } = expr;
      const isOrder = op !== "==" && op !== "!=";
      const operand = (e: Expr) =>
        isOrder && isU32(exprType(e)) && e.kind !== "const" ? `(${num(e)} >>> 0)` : unsigned(e, isOrder);
      const text = op === "==" || op === "!=" ? `${op}=` : op;
      return `(${operand(left)} ${text} ${operand(right)})`;
    }
    case "logic":
      return `(${cond(expr.left)} ${expr.op} ${cond(expr.right)})`;
    case "unary":
      if (expr.op === "!") return `!${cond(expr.arg)}`;
      return `(${num(expr)} !== 0)`;
    default:
      return `(${num(expr)} !== 0)`;
  }
}

/** A constant that is compared as C's value, not as the kept form. */
function unsigned(expr: Expr, isOrder: boolean): string {
  return isOrder && expr.kind === "const" && isU32(expr.type) ? `${expr.value >>> 0}` : num(expr);
}

/** Text of the kept form of a value: a 32-bit integer, 0 or 1 for bool. */
export function num(expr: Expr): string {
  switch (expr.kind) {
    case "const":
      if (expr.type.kind === "int") refuseWide(expr.type);
      return expr.value < 0 ? `(${expr.value | 0})` : (expr.value | 0) < 0 ? `(${expr.value | 0})` : `${expr.value}`;
    case "local":
      return local(expr.local);
    case "cpu":
    case "machine":
      return "0";
    case "wide":
      return refuseWide(expr.type);
    case "function":
      throw new Error(`${expr.name} is used as a value and was not folded`);
    case "compare":
    case "logic":
      return `(${cond(expr)} ? 1 : 0)`;
    case "select":
      return `(${cond(expr.cond)} ? ${num(expr.then)} : ${num(expr.else)})`;
    case "unary":
      if (expr.op === "!") return `(${cond(expr)} ? 1 : 0)`;
      return wrapped(expr.op === "-" ? `(-${num(expr.arg)} | 0)` : `(~${num(expr.arg)})`, expr.type as IntType);
    case "convert":
      if (expr.type.kind === "bool") return `(${cond(expr.arg)} ? 1 : 0)`;
      if (expr.type.kind === "fn") return num(expr.arg);
      return fits(exprType(expr.arg), expr.type) ? num(expr.arg) : wrapped(num(expr.arg), expr.type);
    case "arith":
      return wrapped(arithText(expr), expr.type);
    default:
      return assertNever(expr);
  }
}

/** Whether the kept form of every value of `from` is that of the same value of `to`. */
function fits(from: ValueType, to: IntType): boolean {
  if (from.kind !== "int") return from.kind === "bool";
  return to.bits === 32 || (from.bits <= to.bits && from.signed === to.signed);
}

function arithText(expr: Extract<Expr, { kind: "arith" }>): string {
  const left = num(expr.left);
  const right = num(expr.right);
  const isUnsigned = !expr.type.signed;
  switch (expr.op) {
    case "+":
    case "-":
      return `(${left} ${expr.op} ${right} | 0)`;
    case "*":
      return `Math.imul(${left}, ${right})`;
    case "/":
    case "%":
      return isUnsigned ? `((${left} >>> 0) ${expr.op} (${right} >>> 0) | 0)` : `(${left} ${expr.op} ${right} | 0)`;
    case ">>":
      return isUnsigned ? `(${left} >>> ${right} | 0)` : `(${left} >> ${right})`;
    case "&":
    case "|":
    case "^":
    case "<<":
      return `(${left} ${expr.op} ${right})`;
    default:
      return assertNever(expr.op);
  }
}
