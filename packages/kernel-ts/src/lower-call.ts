/**
 * Calls: of functions by name, through function values, and of the prelude's intrinsics. Inside a condition that only
 * reads, a call is expanded in place.
 */
import { type Arg, type Expr, FN, sameType, type ValueType } from "@shootdown/ir";
import ts from "#typescript";
import { convert } from "./c-expr.js";
import { at, type Binding, type Context } from "./context.js";
import { displayName } from "./files.js";
import { lowerIntrinsic } from "./intrinsics.js";
import { lowerExpr, NOTHING } from "./lower-expr.js";
import { lowerPlace, placeRef, settled } from "./lower-place.js";
import { type Shape, valueType } from "./shapes.js";
import { atOf, type FunctionInfo, preludeName, symbolOf, type Unit } from "./unit.js";

/** The result, or undefined if there is none. */
export function lowerCall(ctx: Context, node: ts.CallExpression): Expr | undefined {
  const callee = unwrap(node.expression);
  if (ts.isIdentifier(callee)) {
    const intrinsic = preludeName(ctx.unit, callee);
    if (intrinsic !== undefined) return lowerIntrinsic(ctx, node, intrinsic);
    const info = functionNamed(ctx.unit, callee, ctx.bindings);
    if (info) return ctx.reading ? expand(ctx, node, info) : callDirect(ctx, node, info);
  }
  if (ctx.reading) {
    ctx.unit.sink.rule("K1401", node, "a call through a function value");
    return NOTHING;
  }
  return callIndirect(ctx, node);
}

function unwrap(node: ts.Expression): ts.Expression {
  return ts.isParenthesizedExpression(node) ? unwrap(node.expression) : node;
}

/** The function that an identifier names: a declaration, or an alias of one. */
export function functionNamed(
  unit: Unit,
  node: ts.Identifier,
  bindings?: ReadonlyMap<ts.Symbol, Binding>,
): FunctionInfo | undefined {
  const symbol = symbolOf(unit.checker, node);
  if (!symbol || bindings?.has(symbol)) return undefined;
  const decl = symbol.declarations?.[0];
  if (decl && ts.isFunctionDeclaration(decl)) {
    const info = unit.functions.infoOf(decl);
    return info && unit.functions.bind(info);
  }
  if (!decl || !ts.isVariableDeclaration(decl) || unit.states.isState(decl) || !decl.initializer) return undefined;
  if (decl.getSourceFile() === unit.loaded.prelude) return undefined;
  const value = unit.constants.valueOf(decl);
  return value?.kind === "function" ? value.info : undefined;
}

/** Notes that live code may need `info`. */
function refer(ctx: Context, info: FunctionInfo, node: ts.Node): void {
  if (info.linked || ctx.references.undefined.has(info.name)) return;
  const declared = atOf(info.decl.name ?? info.decl, info.sourceName);
  ctx.references.undefined.set(info.name, { file: displayName(info.file), at: at(ctx, node), declared });
}

/** A function's name used as a value. */
export function functionValue(ctx: Context, info: FunctionInfo, node: ts.Expression): Expr {
  const { checker, sink } = ctx.unit;
  const wanted = checker.getContextualType(node);
  const signature = wanted && checker.getNonNullableType(wanted).getCallSignatures()[0];
  if (signature && !sameSignature(checker, signature, info)) {
    sink.rule("K1303", node, `${info.sourceName} for ${checker.typeToString(wanted)}`);
  }
  if (info.params.some((param) => param.kind === "ref")) {
    sink.rule("K1305", node, `${info.sourceName} takes a lock, struct or array`);
  }
  refer(ctx, info, node);
  if (!ctx.references.table.includes(info.name)) ctx.references.table.push(info.name);
  return { kind: "function", type: FN, name: info.name };
}

function sameSignature(checker: ts.TypeChecker, signature: ts.Signature, info: FunctionInfo): boolean {
  const { params, result } = valueSignature(checker, signature);
  return (
    params.length === info.params.length &&
    params.every((type, i) => {
      const param = info.params[i]!;
      return param.kind === "ref" ? type === undefined : type !== undefined && sameType(type, param.type);
    }) &&
    (result === undefined ? info.result === undefined : info.result !== undefined && sameType(result, info.result))
  );
}

function valueSignature(
  checker: ts.TypeChecker,
  signature: ts.Signature,
): { params: readonly (ValueType | undefined)[]; result: ValueType | undefined } {
  const returns = checker.getReturnTypeOfSignature(signature);
  const nothing = (returns.flags & (ts.TypeFlags.Void | ts.TypeFlags.Never)) !== 0;
  return {
    params: signature.parameters.map((param) => valueType(checker, checker.getTypeOfSymbol(param))),
    result: nothing ? undefined : valueType(checker, returns),
  };
}

function callDirect(ctx: Context, node: ts.CallExpression, info: FunctionInfo): Expr | undefined {
  const args: Arg[] = [];
  info.params.forEach((param, i) => {
    const arg = node.arguments[i];
    if (!arg) return; // tsc reports it
    if (param.kind === "value") args.push({ kind: "value", expr: convert(lowerExpr(ctx, arg), param.type) });
    else {
      const place = referenced(ctx, arg, param.shape);
      if (place) args.push({ kind: "ref", place });
    }
  });
  refer(ctx, info, node);
  const calls = ctx.references.calls.get(ctx.fn) ?? [];
  calls.push({ callee: info, node });
  ctx.references.calls.set(ctx.fn, calls);
  return emitCall(ctx, node, { kind: "direct", name: info.name }, args, info.result);
}

/** The place that an argument names, its indices evaluated once. */
function referenced(ctx: Context, node: ts.Expression, wanted: Shape) {
  const place = lowerPlace(ctx, node);
  if (!place || !fits(place.shape, wanted)) {
    ctx.unit.sink.rule("K1205", node, node.getText());
    return undefined;
  }
  return placeRef({ ...place, index: place.index.map((index) => settled(ctx, index, node)) });
}

function fits(shape: Shape, wanted: Shape): boolean {
  if (shape.kind === "scalar") return wanted.kind === "scalar" && sameType(shape.type, wanted.type);
  if (shape.kind === "array") return wanted.kind === "array" && fits(shape.element, wanted.element);
  if (shape.kind === "lock") return wanted.kind === "lock";
  if (wanted.kind !== "struct") return false;
  return [...wanted.fields].every(([name, inner]) => {
    const field = shape.fields.get(name);
    return field !== undefined && fits(field, inner);
  });
}

function callIndirect(ctx: Context, node: ts.CallExpression): Expr | undefined {
  const { checker, sink } = ctx.unit;
  const type = checker.getNonNullableType(checker.getTypeAtLocation(node.expression));
  const signature = type.getCallSignatures()[0];
  if (!signature) {
    sink.rule("K1001", node, "a call of what is no function");
    return NOTHING;
  }
  const callee = lowerExpr(ctx, node.expression);
  const { params, result } = valueSignature(checker, signature);
  const args: Arg[] = [];
  params.forEach((param, i) => {
    const arg = node.arguments[i];
    if (!arg) return;
    if (param) args.push({ kind: "value", expr: convert(lowerExpr(ctx, arg), param) });
    else sink.rule("K1305", arg);
  });
  return emitCall(ctx, node, { kind: "indirect", expr: callee }, args, result);
}

function emitCall(
  ctx: Context,
  node: ts.CallExpression,
  callee: { kind: "direct"; name: string } | { kind: "indirect"; expr: Expr },
  args: readonly Arg[],
  result: ValueType | undefined,
): Expr | undefined {
  const here = at(ctx, node);
  const unpublished = ctx.unpublished ? { unpublished: ctx.unpublished } : {};
  if (!result || (ts.isExpressionStatement(node.parent) && node.parent.expression === node)) {
    ctx.builder.emit({ kind: "call", callee, args, ...unpublished, at: here });
    return result && NOTHING;
  }
  const dst = ctx.builder.temporary(result);
  ctx.builder.emit({ kind: "call", dst, callee, args, ...unpublished, at: here });
  return { kind: "local", type: result, local: dst };
}

/** The body of `{ return expression; }`, if a function has that form. */
export function singleExpression(info: FunctionInfo): ts.Expression | undefined {
  const statements = info.decl.body?.statements;
  const only = statements?.length === 1 ? statements[0] : undefined;
  return only && ts.isReturnStatement(only) ? only.expression : undefined;
}

function expand(ctx: Context, node: ts.CallExpression, info: FunctionInfo): Expr {
  const body = singleExpression(info);
  if (!body || !info.result || ctx.expanding.includes(info)) {
    ctx.unit.sink.rule("K1401", node, `${info.sourceName}() is more than one expression`);
    return NOTHING;
  }
  const bindings = new Map<ts.Symbol, Binding>();
  info.params.forEach((param, i) => {
    const arg = node.arguments[i];
    if (!arg) return;
    if (param.kind === "value") {
      bindings.set(param.symbol, { kind: "value", expr: convert(lowerExpr(ctx, arg), param.type) });
      return;
    }
    const place = lowerPlace(ctx, arg);
    if (place) bindings.set(param.symbol, { kind: "place", place });
    else ctx.unit.sink.rule("K1205", arg, arg.getText());
  });
  const inner: Context = {
    ...ctx,
    bindings,
    source: info,
    caller: at(ctx, node),
    expanding: [...ctx.expanding, info],
  };
  return convert(lowerExpr(inner, body), info.result);
}
