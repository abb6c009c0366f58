/**
 * Expressions. What an expression computes is pure; what it reads or calls becomes instructions before it, from left to
 * right. No assignment is part of an expression, so a local that was read stays what it was.
 */
import { BOOL, constant, constantOf, type Expr, exprType, I32, I64, U8 } from "@shootdown/ir";
import ts from "#typescript";
import type { Draft } from "./builder.js";
import {
  arithmetic,
  commonTypeOfValues,
  comparison,
  complement,
  convert,
  FALSE,
  isConst,
  logic,
  NULL_FN,
  negative,
  not,
  promote,
  select,
  TRUE,
  toBool,
} from "./c-expr.js";
import { at, type Context } from "./context.js";
import { functionValue, lowerCall } from "./lower-call.js";
import { loadPlace, lowerPlace } from "./lower-place.js";
import { ARITHMETIC, COMPARISONS, isAssignment } from "./operators.js";
import { SCALAR_TYPES, valueType } from "./shapes.js";
import { preludeName, symbolOf } from "./unit.js";

/** What stands for an expression that was refused. */
export const NOTHING: Expr = constant(I32, 0);

/** A greater literal is of type i64, as in C. */
const MAX_U32 = 0xffff_ffff;

export function lowerExpr(ctx: Context, node: ts.Expression): Expr {
  const { unit } = ctx;
  if (ts.isParenthesizedExpression(node)) return lowerExpr(ctx, node.expression);
  if (ts.isNumericLiteral(node)) {
    const value = Number(node.text);
    const isLong = Number.isSafeInteger(value) && value > MAX_U32;
    return isLong ? constantOf(I64, BigInt(value)) : unit.constants.literal(node);
  }
  if (ts.isIdentifier(node)) return lowerName(ctx, node);
  if (ts.isPropertyAccessExpression(node)) return lowerProperty(ctx, node);
  if (ts.isElementAccessExpression(node)) {
    const place = lowerPlace(ctx, node);
    return place ? loadPlace(ctx, place, node) : refuse(ctx, node);
  }
  if (ts.isCallExpression(node)) {
    const result = lowerCall(ctx, node);
    if (result) return result;
    unit.sink.rule("K1301", node, "the call has no result");
    return NOTHING;
  }
  if (ts.isPrefixUnaryExpression(node)) return lowerUnary(ctx, node);
  if (ts.isBinaryExpression(node)) return lowerBinary(ctx, node);
  if (ts.isConditionalExpression(node)) return lowerConditional(ctx, node);
  if (ts.isPostfixUnaryExpression(node)) {
    unit.sink.rule("K1024", node);
    return NOTHING;
  }
  switch (node.kind) {
    case ts.SyntaxKind.TrueKeyword:
      return TRUE;
    case ts.SyntaxKind.FalseKeyword:
      return FALSE;
    case ts.SyntaxKind.NullKeyword:
      return NULL_FN;
    default:
      return refuse(ctx, node);
  }
}

/** Goes to `then` if `node` is true, else to `otherwise`. */
export function lowerCondition(ctx: Context, node: ts.Expression, then: Draft, otherwise: Draft): void {
  const { builder } = ctx;
  if (ts.isParenthesizedExpression(node)) {
    lowerCondition(ctx, node.expression, then, otherwise);
    return;
  }
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
    lowerCondition(ctx, node.operand, otherwise, then);
    return;
  }
  const operator = ts.isBinaryExpression(node) ? logicOperator(node) : undefined;
  if (operator !== undefined && ts.isBinaryExpression(node) && !isPure(ctx, node.right)) {
    const next = builder.block();
    if (operator === "&&") lowerCondition(ctx, node.left, next, otherwise);
    else lowerCondition(ctx, node.left, then, next);
    builder.start(next);
    lowerCondition(ctx, node.right, then, otherwise);
    return;
  }
  builder.branch(toBool(lowerExpr(ctx, node)), then, otherwise, at(ctx, node));
}

function refuse(ctx: Context, node: ts.Node): Expr {
  ctx.unit.sink.rule("K1001", node, node.getText());
  return NOTHING;
}

function lowerName(ctx: Context, node: ts.Identifier): Expr {
  const { unit } = ctx;
  const prelude = preludeName(unit, node);
  if (prelude === "NULL") return NOTHING;
  if (prelude !== undefined) {
    unit.sink.rule("K1304", node, prelude);
    return NOTHING;
  }
  const symbol = symbolOf(unit.checker, node);
  const binding = symbol && ctx.bindings.get(symbol);
  if (binding?.kind === "local") return { kind: "local", type: binding.type, local: binding.local };
  if (binding?.kind === "value") return binding.expr;
  const place = lowerPlace(ctx, node);
  if (place) return loadPlace(ctx, place, node);
  const decl = symbol?.declarations?.[0];
  if (decl && ts.isFunctionDeclaration(decl)) {
    const info = unit.functions.infoOf(decl);
    return info ? functionValue(ctx, unit.functions.bind(info), node) : refuse(ctx, node);
  }
  if (decl && ts.isVariableDeclaration(decl) && unit.states.isState(decl)) return NOTHING; // reported there
  if (decl && ts.isVariableDeclaration(decl)) {
    const value = unit.constants.valueOf(decl);
    if (value?.kind === "scalar") return value.expr;
    return value ? functionValue(ctx, value.info, node) : NOTHING;
  }
  return refuse(ctx, node);
}

function lowerProperty(ctx: Context, node: ts.PropertyAccessExpression): Expr {
  const { unit } = ctx;
  const base = ts.isIdentifier(node.expression) ? preludeName(unit, node.expression) : undefined;
  if (base === "CONFIG") return unit.constants.config(node);
  if (base === "CPU") {
    const type = valueType(unit.checker, unit.checker.getTypeAtLocation(node)) ?? I32;
    return { kind: "machine", type, name: node.name.text };
  }
  const constantValue = unit.checker.getConstantValue(node);
  if (typeof constantValue === "number") return constant(I32, constantValue);
  const place = lowerPlace(ctx, node);
  return place ? loadPlace(ctx, place, node) : refuse(ctx, node);
}

function lowerUnary(ctx: Context, node: ts.PrefixUnaryExpression): Expr {
  switch (node.operator) {
    case ts.SyntaxKind.ExclamationToken:
      return not(lowerExpr(ctx, node.operand));
    case ts.SyntaxKind.MinusToken:
      return negative(lowerExpr(ctx, node.operand));
    case ts.SyntaxKind.TildeToken:
      return complement(lowerExpr(ctx, node.operand));
    case ts.SyntaxKind.PlusToken:
      return arithmetic("+", constant(I32, 0), lowerExpr(ctx, node.operand));
    default:
      ctx.unit.sink.rule("K1024", node);
      return NOTHING;
  }
}

function logicOperator(node: ts.BinaryExpression): "&&" | "||" | undefined {
  if (node.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken) return "&&";
  return node.operatorToken.kind === ts.SyntaxKind.BarBarToken ? "||" : undefined;
}

function lowerBinary(ctx: Context, node: ts.BinaryExpression): Expr {
  const { sink } = ctx.unit;
  const operator = node.operatorToken.kind;
  if (isAssignment(operator)) {
    sink.rule("K1024", node);
    return NOTHING;
  }
  const logical = logicOperator(node);
  if (logical) return lowerLogic(ctx, node, logical);
  const op = ARITHMETIC.get(operator);
  if (op !== undefined) {
    const left = lowerExpr(ctx, node.left);
    const right = lowerExpr(ctx, node.right);
    return computed(ctx, node, op, left, right);
  }
  const compared = COMPARISONS.get(operator);
  if (compared === undefined) return refuse(ctx, node);
  const left = lowerExpr(ctx, node.left);
  return comparison(compared, left, lowerExpr(ctx, node.right));
}

/** `left op right`, with the divisor and the shift count checked. `node.right` is where the right side stands. */
export function computed(
  ctx: Context,
  node: ts.BinaryExpression,
  op: Parameters<typeof arithmetic>[0],
  left: Expr,
  right: Expr,
): Expr {
  const { sink } = ctx.unit;
  if (op === "/" || op === "%") {
    if (isConst(right) && right.value === 0) sink.rule("K1107", node.right);
    if (!isConst(right)) {
      if (ctx.reading) sink.rule("K1401", node, "a division by what is not constant");
      ctx.builder.emit({
        kind: "check",
        cond: toBool(right),
        violation: "bug",
        message: "division by zero",
        at: at(ctx, node),
      });
    }
  }
  if ((op === "<<" || op === ">>") && isConst(right)) {
    const limit = promote(exprType(left)).bits;
    if (right.value < 0 || right.value >= limit) sink.rule("K1108", node.right, `${right.value} of ${limit}`);
  }
  return arithmetic(op, left, right);
}

function lowerLogic(ctx: Context, node: ts.BinaryExpression, op: "&&" | "||"): Expr {
  const { builder } = ctx;
  if (ctx.reading) {
    const left = toBool(lowerExpr(ctx, node.left));
    const guard = op === "&&" ? left : not(left);
    if (isConst(guard) && guard.value === 0) return left;
    return logic(op, left, toBool(lowerExpr({ ...ctx, guards: [...ctx.guards, guard] }, node.right)));
  }
  if (isPure(ctx, node.right)) {
    const left = toBool(lowerExpr(ctx, node.left));
    return logic(op, left, toBool(lowerExpr(ctx, node.right)));
  }
  const yes = builder.block();
  const no = builder.block();
  const join = builder.block();
  const result = builder.temporary(BOOL);
  const here = at(ctx, node);
  lowerCondition(ctx, node, yes, no);
  builder.start(yes);
  builder.assign(result, TRUE, here);
  builder.jump(join, here);
  builder.start(no);
  builder.assign(result, FALSE, here);
  builder.jump(join, here);
  builder.start(join);
  return { kind: "local", type: BOOL, local: result };
}

function lowerConditional(ctx: Context, node: ts.ConditionalExpression): Expr {
  const { builder } = ctx;
  if (ctx.reading) {
    const cond = toBool(lowerExpr(ctx, node.condition));
    const then = lowerExpr({ ...ctx, guards: [...ctx.guards, cond] }, node.whenTrue);
    return select(cond, then, lowerExpr({ ...ctx, guards: [...ctx.guards, not(cond)] }, node.whenFalse));
  }
  if (isPure(ctx, node.whenTrue) && isPure(ctx, node.whenFalse)) {
    const cond = toBool(lowerExpr(ctx, node.condition));
    return select(cond, lowerExpr(ctx, node.whenTrue), lowerExpr(ctx, node.whenFalse));
  }
  const yes = builder.block();
  const no = builder.block();
  const join = builder.block();
  const here = at(ctx, node);
  lowerCondition(ctx, node.condition, yes, no);
  builder.start(yes);
  const then = lowerExpr(ctx, node.whenTrue);
  const yesEnd = builder.current;
  builder.start(no);
  const otherwise = lowerExpr(ctx, node.whenFalse);
  const noEnd = builder.current;
  const type = commonTypeOfValues(exprType(then), exprType(otherwise));
  const result = builder.temporary(type);
  for (const [end, value] of [
    [yesEnd, then],
    [noEnd, otherwise],
  ] as const) {
    end.instrs.push({ kind: "assign", dst: result, value: convert(value, type), at: here });
    end.term = { kind: "jump", to: join, at: here };
  }
  builder.start(join);
  return { kind: "local", type, local: result };
}

/** Whether evaluating `node` emits no instruction, so that it may be evaluated although it need not be. */
function isPure(ctx: Context, node: ts.Expression): boolean {
  if (ts.isParenthesizedExpression(node)) return isPure(ctx, node.expression);
  if (ts.isNumericLiteral(node)) return true;
  if (ts.isIdentifier(node)) {
    const symbol = symbolOf(ctx.unit.checker, node);
    const decl = symbol?.declarations?.[0];
    if (symbol && ctx.bindings.has(symbol)) return true;
    return (
      !(decl && ts.isVariableDeclaration(decl) && ctx.unit.states.isState(decl)) ||
      preludeName(ctx.unit, node) !== undefined
    );
  }
  if (ts.isPropertyAccessExpression(node)) {
    const base = ts.isIdentifier(node.expression) ? preludeName(ctx.unit, node.expression) : undefined;
    return base !== undefined || ctx.unit.checker.getConstantValue(node) !== undefined;
  }
  if (ts.isPrefixUnaryExpression(node)) return isPure(ctx, node.operand);
  if (ts.isConditionalExpression(node)) {
    return isPure(ctx, node.condition) && isPure(ctx, node.whenTrue) && isPure(ctx, node.whenFalse);
  }
  if (ts.isBinaryExpression(node)) {
    const operator = node.operatorToken.kind;
    const divides = operator === ts.SyntaxKind.SlashToken || operator === ts.SyntaxKind.PercentToken;
    if (divides && !ts.isNumericLiteral(node.right)) return false;
    return isPure(ctx, node.left) && isPure(ctx, node.right);
  }
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
    const name = preludeName(ctx.unit, node.expression);
    if (name === "smp_processor_id") return true;
    return name !== undefined && SCALAR_TYPES.has(name) && node.arguments.every((arg) => isPure(ctx, arg));
  }
  return (
    node.kind === ts.SyntaxKind.TrueKeyword ||
    node.kind === ts.SyntaxKind.FalseKeyword ||
    node.kind === ts.SyntaxKind.NullKeyword
  );
}

export const THIS_CPU: Expr = { kind: "cpu", type: U8 };
