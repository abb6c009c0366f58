/**
 * Expressions with C's types: promotions, common types, conversions, and folding of what is constant.
 *
 * Everything narrower than 32 bits is promoted to i32; with a u32 operand the other becomes u32; with a 64-bit operand
 * the other becomes 64 bits wide, and u64 wins over i64.
 */
import {
  type ArithmeticOp,
  arith,
  BOOL,
  type CompareOp,
  compare,
  constant,
  constantOf,
  type Expr,
  exprType,
  FN,
  I32,
  I64,
  type IntType,
  isWide,
  type LogicOp,
  sameType,
  simplify,
  U32,
  U64,
  type ValueType,
  wrap,
} from "@shootdown/ir";

export const TRUE: Expr = constant(BOOL, 1);
export const FALSE: Expr = constant(BOOL, 0);
export const NULL_FN: Expr = constant(FN, 0);

export function isConst(expr: Expr): expr is Extract<Expr, { kind: "const" }> {
  return expr.kind === "const";
}

/** Constants of 64 bits are folded by `ir`. */
function simplifyWide(expr: Expr, operands: ValueType): Expr {
  return isWide(operands) ? simplify(expr) : expr;
}

export function promote(type: ValueType): IntType {
  if (type.kind === "int" && isWide(type)) return type;
  return type.kind === "int" && type.bits === 32 && !type.signed ? U32 : I32;
}

/** The type that both operands of an operator are converted to. */
export function commonType(a: ValueType, b: ValueType): ValueType {
  if (a.kind === "fn" || b.kind === "fn") return FN;
  if (a.kind === "bool" && b.kind === "bool") return BOOL;
  if (isWide(a) || isWide(b)) return sameType(a, U64) || sameType(b, U64) ? U64 : I64;
  return sameType(promote(a), U32) || sameType(promote(b), U32) ? U32 : I32;
}

export function convert(expr: Expr, type: ValueType): Expr {
  const from = exprType(expr);
  if (sameType(from, type)) return expr;
  if (isWide(type) || expr.kind === "wide") return simplify({ kind: "convert", type, arg: expr });
  if (isConst(expr)) return constant(type, wrap(type, expr.value));
  return { kind: "convert", type, arg: expr };
}

/** C's truth value. */
export function toBool(expr: Expr): Expr {
  const type = exprType(expr);
  return type.kind === "bool" ? expr : comparison("!=", expr, constantOf(type, 0n));
}

export function arithmetic(op: ArithmeticOp, left: Expr, right: Expr): Expr {
  const leftType = exprType(left);
  // A shift has the type of its left side alone.
  const shift = op === "<<" || op === ">>";
  const type = shift ? promote(leftType) : (commonType(promote(leftType), promote(exprType(right))) as IntType);
  const l = convert(left, type);
  const r = convert(right, type);
  if (isConst(l) && isConst(r) && !((op === "/" || op === "%") && r.value === 0)) {
    return constant(type, arith(op, type, l.value, r.value));
  }
  return simplifyWide({ kind: "arith", op, type, left: l, right: r }, type);
}

export function comparison(op: CompareOp, left: Expr, right: Expr): Expr {
  const type = commonType(exprType(left), exprType(right));
  const l = convert(left, type);
  const r = convert(right, type);
  if (isConst(l) && isConst(r)) return compare(op, l.value, r.value) ? TRUE : FALSE;
  return simplifyWide({ kind: "compare", op, left: l, right: r }, type);
}

export function logic(op: LogicOp, left: Expr, right: Expr): Expr {
  if (isConst(left)) return (left.value !== 0) === (op === "&&") ? right : left;
  if (isConst(right) && (right.value !== 0) === (op === "&&")) return left;
  return { kind: "logic", op, left, right };
}

export function select(cond: Expr, then: Expr, otherwise: Expr): Expr {
  const type = commonTypeOfValues(exprType(then), exprType(otherwise));
  const t = convert(then, type);
  const e = convert(otherwise, type);
  if (isConst(cond)) return cond.value !== 0 ? t : e;
  return { kind: "select", type, cond, then: t, else: e };
}

/** The type of `c ? a : b`. C promotes; between equal types nothing changes. */
export function commonTypeOfValues(a: ValueType, b: ValueType): ValueType {
  return sameType(a, b) ? a : commonType(a, b);
}

export function negative(arg: Expr): Expr {
  const type = promote(exprType(arg));
  const value = convert(arg, type);
  if (isConst(value)) return constant(type, wrap(type, -value.value));
  return simplifyWide({ kind: "unary", op: "-", type, arg: value }, type);
}

export function complement(arg: Expr): Expr {
  const type = promote(exprType(arg));
  const value = convert(arg, type);
  if (isConst(value)) return constant(type, wrap(type, ~value.value));
  return simplifyWide({ kind: "unary", op: "~", type, arg: value }, type);
}

const OPPOSITE: Record<CompareOp, CompareOp> = {
  "==": "!=",
  "!=": "==",
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
};

export function not(arg: Expr): Expr {
  const value = toBool(arg);
  if (isConst(value)) return value.value === 0 ? TRUE : FALSE;
  if (value.kind === "compare") return { ...value, op: OPPOSITE[value.op] };
  if (value.kind === "unary" && value.op === "!") return value.arg;
  return { kind: "unary", op: "!", type: BOOL, arg: value };
}
