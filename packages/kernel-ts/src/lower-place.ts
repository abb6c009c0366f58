/**
 * Shared state: which element of which global an expression names, and reading it.
 */
import { constant, type Expr, exprType, type LocalId, type PlaceRef } from "@shootdown/ir";
import ts from "#typescript";
import { convert, isConst, select } from "./c-expr.js";
import { at, type Context, type Place } from "./context.js";
import { lowerExpr } from "./lower-expr.js";
import { preludeName, symbolOf } from "./unit.js";

/** Undefined, and nothing emitted, if the expression is not a place. */
export function lowerPlace(ctx: Context, node: ts.Expression): Place | undefined {
  if (ts.isParenthesizedExpression(node)) return lowerPlace(ctx, node.expression);
  if (ts.isIdentifier(node)) return namedPlace(ctx, node);
  if (ts.isPropertyAccessExpression(node)) {
    const base = lowerPlace(ctx, node.expression);
    if (!base) return undefined;
    const field = base.shape.kind === "struct" ? base.shape.fields.get(node.name.text) : undefined;
    if (!field) {
      ctx.unit.sink.rule("K1001", node.name, `a field ${node.name.text}`);
      return undefined;
    }
    return { ...base, path: `${base.path}.${node.name.text}`, shape: field };
  }
  if (ts.isElementAccessExpression(node)) {
    const base = lowerPlace(ctx, node.expression);
    if (!base) return undefined;
    const index = guarded(ctx, lowerExpr(ctx, node.argumentExpression));
    if (base.shape.kind !== "array") {
      ctx.unit.sink.rule("K1001", node, "an index of something that is no array");
      return undefined;
    }
    const { length, element } = base.shape;
    if (isConst(index) && (index.value < 0 || (length !== undefined && index.value >= length))) {
      const detail = `index ${index.value}${length === undefined ? "" : `, length ${length}`}`;
      ctx.unit.sink.rule("K1204", node.argumentExpression, detail);
    }
    return { ...base, index: [...base.index, index], shape: element };
  }
  return undefined;
}

function namedPlace(ctx: Context, node: ts.Identifier): Place | undefined {
  const symbol = symbolOf(ctx.unit.checker, node);
  if (!symbol) return undefined;
  const binding = ctx.bindings.get(symbol);
  if (binding) return binding.kind === "place" ? binding.place : undefined;
  const decl = symbol.declarations?.[0];
  if (!decl || !ts.isVariableDeclaration(decl) || preludeName(ctx.unit, node) !== undefined) return undefined;
  if (!ctx.unit.states.isState(decl)) return undefined;
  const state = ctx.unit.states.stateOf(decl);
  if (!state) return undefined;
  ctx.unit.states.use(state, node, ctx.reading?.ghost ?? false);
  return { base: { kind: "global", name: state.name }, path: "", index: [], shape: state.shape, state };
}

/**
 * Conditions that are waited for are read without branches, so the right side of `a && x[i]` is read even if `a` is
 * false, when `i` may be out of range. Then element 0 is read and its value does not matter.
 */
function guarded(ctx: Context, index: Expr): Expr {
  if (isConst(index) || index.kind === "cpu") return index;
  return ctx.guards.reduceRight((inner, guard) => select(guard, inner, constant(exprType(inner), 0)), index);
}

/** An expression whose evaluation can be repeated: a constant or a local. */
export function settled(ctx: Context, expr: Expr, node: ts.Node): Expr {
  if (isConst(expr) || expr.kind === "local" || expr.kind === "cpu") return expr;
  const type = exprType(expr);
  const local = ctx.builder.temporary(type);
  ctx.builder.assign(local, expr, at(ctx, node));
  return { kind: "local", type, local };
}

export function placeRef(place: Place): PlaceRef {
  return { base: place.base, path: place.path, index: place.index };
}

/** Reads a scalar into a fresh local. */
export function loadPlace(ctx: Context, place: Place, node: ts.Node): Expr {
  if (place.shape.kind !== "scalar") {
    ctx.unit.sink.rule("K1206", node, node.getText());
    return constant({ kind: "int", bits: 32, signed: true }, 0);
  }
  const type = place.shape.type;
  const dst: LocalId = ctx.builder.temporary(type);
  const ghost = ctx.reading?.ghost ?? false;
  const unpublished = ctx.unpublished ? { unpublished: ctx.unpublished } : {};
  ctx.builder.emit({ kind: "load", dst, place: placeRef(place), ghost, ...unpublished, at: at(ctx, node) });
  return { kind: "local", type, local: dst };
}

/** Writes a scalar. */
export function storePlace(ctx: Context, place: Place, value: Expr, node: ts.Node): void {
  if (place.shape.kind !== "scalar") {
    ctx.unit.sink.rule("K1206", node, node.getText());
    return;
  }
  ctx.builder.emit({
    kind: "store",
    place: placeRef(place),
    value: convert(value, place.shape.type),
    ...(ctx.unpublished ? { unpublished: ctx.unpublished } : {}),
    at: at(ctx, node),
  });
}
