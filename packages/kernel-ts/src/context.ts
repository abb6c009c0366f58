/**
 * Where lowering stands: the function, what names mean in it, and what encloses the statement.
 */
import type { At, Expr, LocalId, PlaceRef, UndefinedFunction, ValueType } from "@shootdown/ir";
import type ts from "#typescript";
import type { Builder, Draft } from "./builder.js";
import type { Shape } from "./shapes.js";
import { atOf, type FunctionInfo, type State, type Unit } from "./unit.js";

/** Shared state by its name, down to a field or element. */
export interface Place {
  readonly base: PlaceRef["base"];
  readonly path: string;
  readonly index: readonly Expr[];
  readonly shape: Shape;
  /** Undefined for a parameter. */
  readonly state?: State;
}

export type Binding =
  | { readonly kind: "local"; readonly local: LocalId; readonly type: ValueType }
  /** A parameter of a function that is expanded in place. */
  | { readonly kind: "value"; readonly expr: Expr }
  | { readonly kind: "place"; readonly place: Place };

/** What `break` and `continue` may leave. */
export type Region =
  | { readonly kind: "loop"; readonly labels: readonly string[]; readonly breakTo: Draft; readonly continueTo: Draft }
  | { readonly kind: "switch"; readonly labels: readonly string[]; readonly breakTo: Draft }
  | { readonly kind: "block"; readonly labels: readonly string[]; readonly breakTo: Draft }
  | { readonly kind: "atomic"; readonly labels: readonly string[]; readonly breakTo: Draft };

/** What functions refer to, over the whole module. */
export class References {
  /** Functions whose address is taken, in source order. */
  readonly table: string[] = [];
  readonly undefined = new Map<string, UndefinedFunction>();
  /** Direct calls of linked functions, by caller. */
  readonly calls = new Map<FunctionInfo, { readonly callee: FunctionInfo; readonly node: ts.Node }[]>();
}

export interface Context {
  readonly unit: Unit;
  readonly references: References;
  /** The function whose body is built. */
  readonly fn: FunctionInfo;
  /** The function that the source belongs to; another one while a call is expanded in place. */
  readonly source: FunctionInfo;
  readonly caller?: At;
  readonly builder: Builder;
  readonly bindings: Map<ts.Symbol, Binding>;
  readonly regions: readonly Region[];
  /** Only reads are allowed, and no branches: a condition that is waited for or watched. */
  readonly reading?: { readonly what: string; readonly ghost: boolean };
  /** Inside `unpublished: { … }`: what is touched is nobody else's yet. */
  readonly unpublished?: true;
  /** Inside the right side of `a && b` while reading: what must hold for `b` to mean anything. */
  readonly guards: readonly Expr[];
  /** Calls that are being expanded in place. */
  readonly expanding: readonly FunctionInfo[];
}

export function at(ctx: Context, node: ts.Node): At {
  return atOf(node, ctx.source.sourceName, ctx.caller);
}
