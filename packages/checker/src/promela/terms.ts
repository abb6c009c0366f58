/**
 * The values that the Promela export computes with: IR expressions over *leaves*, which are elements of shared state,
 * variables of a process, temporaries. Here leaves are numbered, bounded, compared and printed.
 *
 * Used by `path.ts` and `step.ts`. In these expressions `local` names a leaf, not a local of the IR.
 */
import {
  BOOL,
  constant,
  type Expr,
  exprType,
  type LocalId,
  mapExpr,
  simplify,
  U8,
  type ValueType,
} from "@shootdown/ir";
import type { Root, System } from "../system.js";
import type { GlobalRanges } from "./bounds.js";
import { bare, type Interval, interval, type LeafRange, printExpr } from "./expr.js";

/** The variables of the exported model, as the exporter of the whole file decided them. */
export interface Variables {
  /** The text of an element of a global; `element` is the flat index. */
  element(global: number, element: string): string;
  irqOff(cpu: number): string;
  /** The bit that says that a handler of this level runs; undefined for tasks. */
  active(cpu: number, level: number): string | undefined;
  /** The process variable that holds a local. */
  slot(root: Root, local: LocalId): { readonly name: string; readonly type: ValueType };
  /** Hidden temporary `n`. */
  temporary(n: number): string;
  /** The hidden variable for locals called `name` inside a step. */
  scratch(name: string): string;
  /** A label like `wanted` that the process has not used. */
  label(wanted: string): string;
}

export type Leaf =
  | { readonly kind: "variable"; readonly name: string }
  /** `location` is a global's index, or the number of globals plus a CPU for its interrupt mask. */
  | { readonly kind: "element"; readonly location: number; readonly index: readonly Expr[] };

/** An element of shared state: its indices over the state before the step, and over what is in memory now. */
export interface Place {
  readonly location: number;
  readonly before: readonly Expr[];
  readonly now: readonly Expr[];
}

export function truth(value: boolean): Expr {
  return constant(BOOL, value ? 1 : 0);
}

export function not(expr: Expr): Expr {
  if (expr.kind === "unary" && expr.op === "!") return expr.arg;
  if (expr.kind === "compare" && expr.op === "==") return { ...expr, op: "!=" };
  if (expr.kind === "compare" && expr.op === "!=") return { ...expr, op: "==" };
  return simplify({ kind: "unary", op: "!", type: BOOL, arg: expr });
}

export function logic(op: "&&" | "||", left: Expr, right: Expr): Expr {
  return simplify({ kind: "logic", op, left, right });
}

export function equal(left: Expr, right: Expr): Expr {
  return simplify({ kind: "compare", op: "==", left, right });
}

export function key(value: unknown): string {
  return JSON.stringify(value);
}

/** Whether two indices are the same, as an expression; a constant where that can be told. */
export function equalIndex(a: Expr, b: Expr, range: LeafRange): Expr {
  if (key(a) === key(b)) return truth(true);
  const x = interval(a, range);
  const y = interval(b, range);
  if (x.hi < y.lo || y.hi < x.lo) return truth(false);
  return equal(a, b);
}

export function select(cond: Expr, yes: Expr, no: Expr): Expr {
  if (key(yes) === key(no)) return yes;
  return simplify({ kind: "select", type: exprType(yes), cond, then: yes, else: no });
}

/** The flat index of an element. */
export function flatten(dims: readonly number[], index: readonly Expr[]): Expr {
  const type = { kind: "int", bits: 32, signed: true } as const;
  return index.reduce<Expr>(
    (sum, expr, i) => {
      const scaled = simplify({ kind: "arith", op: "*", type, left: sum, right: constant(type, dims[i]!) });
      return simplify({ kind: "arith", op: "+", type, left: scaled, right: { kind: "convert", type, arg: expr } });
    },
    constant(type, 0),
  );
}

/** The indices of every element, in order. */
export function elements(dims: readonly number[]): Expr[][] {
  return dims.reduce<Expr[][]>(
    (all, dim) => all.flatMap((index) => Array.from({ length: dim }, (_, i) => [...index, constant(U8, i)])),
    [[]],
  );
}

/** Nodes of an expression as it is printed: what is shared inside counts as often as it occurs. */
export function size(expr: Expr): number {
  const known = sizes.get(expr);
  if (known !== undefined) return known;
  let sum = 1;
  for (const part of operands(expr)) sum += size(part);
  sizes.set(expr, sum);
  return sum;
}

const sizes = new WeakMap<Expr, number>();

function operands(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "unary":
    case "convert":
      return [expr.arg];
    case "arith":
    case "compare":
    case "logic":
      return [expr.left, expr.right];
    case "select":
      return [expr.cond, expr.then, expr.else];
    default:
      return [];
  }
}

/** The leaves of one program on one CPU. */
export class Terms {
  private readonly leaves: Leaf[] = [];
  private readonly leafNumbers = new Map<string, number>();
  /** By leaf: bounds that hold in the step, where they are narrower than the type's. */
  private readonly leafRanges = new Map<number, Interval>();
  readonly range: LeafRange = (id) => {
    const leaf = this.leaves[id]!;
    if (leaf.kind === "variable") return this.leafRanges.get(id);
    const name = this.system.globals[leaf.location]?.name;
    return name === undefined ? undefined : this.ranges.get(name);
  };

  constructor(
    private readonly system: System,
    private readonly variables: Variables,
    private readonly ranges: GlobalRanges,
  ) {}

  /** Forgets the bounds of variables, which hold in one step only. */
  begin(): void {
    this.leafRanges.clear();
  }

  at(id: number): Leaf {
    return this.leaves[id]!;
  }

  leaf(leaf: Leaf, type: ValueType, range?: Interval): Expr {
    const text = key(leaf);
    let id = this.leafNumbers.get(text);
    if (id === undefined) {
      id = this.leaves.push(leaf) - 1;
      this.leafNumbers.set(text, id);
    }
    if (range) this.leafRanges.set(id, range);
    return { kind: "local", type, local: id };
  }

  leafOf(location: number, index: readonly Expr[]): Expr {
    return this.leaf({ kind: "element", location, index }, this.system.globals[location]?.type ?? BOOL);
  }

  text(expr: Expr): string {
    return printExpr(
      expr,
      (id) => {
        const leaf = this.leaves[id]!;
        if (leaf.kind === "variable") return leaf.name;
        if (leaf.location >= this.system.globals.length)
          return this.variables.irqOff(leaf.location - this.system.globals.length);
        const { dims } = this.system.globals[leaf.location]!;
        return this.variables.element(leaf.location, bare(this.text(flatten(dims, leaf.index))));
      },
      this.range,
    );
  }

  /** Whether the expression reads what may be the element. */
  mentions(expr: Expr, place: Place): boolean {
    let found = false;
    mapExpr(expr, (e) => {
      if (e.kind !== "local") return e;
      const leaf = this.leaves[e.local]!;
      if (leaf.kind !== "element") return e;
      if (leaf.index.some((index) => this.mentions(index, place))) found = true;
      if (leaf.location !== place.location) return e;
      const differs = leaf.index.some((index, i) => {
        const same = equalIndex(index, place.now[i]!, this.range);
        return same.kind === "const" && same.value === 0;
      });
      if (!differs) found = true;
      return e;
    });
    return found;
  }

  /** Whether the expression reads the process variable or temporary `name`. */
  reads(expr: Expr, name: string): boolean {
    let found = false;
    mapExpr(expr, (e) => {
      if (e.kind !== "local") return e;
      const leaf = this.leaves[e.local]!;
      if (leaf.kind === "variable" ? leaf.name === name : leaf.index.some((index) => this.reads(index, name)))
        found = true;
      return e;
    });
    return found;
  }

  /** Whether the expression is that variable and nothing else. */
  isVariable(expr: Expr, name: string): boolean {
    const leaf = expr.kind === "local" ? this.leaves[expr.local]! : undefined;
    return leaf?.kind === "variable" && leaf.name === name;
  }
}

/** `file:line` of an instruction. */
export function placeOf(where: { readonly at: { readonly file: string; readonly line: number } }): string {
  return `${where.at.file}:${where.at.line}`;
}
