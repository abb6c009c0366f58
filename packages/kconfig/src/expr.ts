/**
 * Making, printing and questioning expressions. Nodes are interned: equal expressions are one object.
 *
 * Used by the parser and the finaliser (making), the evaluator's warnings and the explanations (printing).
 * Rewriting is in simplify.ts, evaluation in evaluate.ts.
 */
import { type ComparisonKind, Expr, type ExprKind, type KSymbol } from "./model.js";

const KIND_NUMBER: Record<ExprKind, number> = {
  symbol: 1,
  not: 2,
  and: 3,
  or: 4,
  "=": 5,
  "!=": 6,
  "<": 7,
  "<=": 8,
  ">": 9,
  ">=": 10,
  range: 11,
};

/** Makes expressions, each only once. A tree has one pool. */
export class ExprPool {
  readonly all: Expr[] = [];
  /** Symbols that are compared with `m` somewhere. Not kept in the cache. */
  readonly comparedWithMod = new Set<KSymbol>();
  private isStale = false;
  /** Hash table with chaining. All three hold numbers of expressions plus one, or hashes; 0 is the end. */
  private buckets = new Int32Array(1 << 14);
  private chain = new Int32Array(1 << 14);
  private hashes = new Int32Array(1 << 14);

  constructor(
    readonly yes: KSymbol,
    readonly mod: KSymbol,
    readonly no: KSymbol,
  ) {}

  symbol(symbol: KSymbol): Expr {
    return this.intern("symbol", symbol.index, -1, null, null, symbol, null);
  }

  not(operand: Expr): Expr {
    return this.intern("not", operand.id, -1, operand, null, null, null);
  }

  compare(kind: ComparisonKind | "range", left: KSymbol, right: KSymbol): Expr {
    if (right === this.mod) this.comparedWithMod.add(left);
    return this.intern(kind, left.index, right.index, null, null, left, right);
  }

  binary(kind: "and" | "or", left: Expr, right: Expr): Expr {
    return this.intern(kind, left.id, right.id, left, right, null, null);
  }

  /** `left && right`, where null stands for "no condition". */
  and(left: Expr | null, right: Expr | null): Expr | null {
    if (left === null) return right;
    return right === null ? left : this.binary("and", left, right);
  }

  /** `left || right`, where null stands for "nothing yet". */
  or(left: Expr | null, right: Expr | null): Expr | null {
    if (left === null) return right;
    return right === null ? left : this.binary("or", left, right);
  }

  /** For the cache: takes expressions made elsewhere, numbered from 0. Nothing may be interned before. */
  adopt(exprs: readonly Expr[]): void {
    for (const e of exprs) this.all.push(e);
    // Buckets are made when something new is interned; evaluation never does.
    this.isStale = true;
  }

  isYes(e: Expr | null): boolean {
    return e === null || (e.kind === "symbol" && e.symbol === this.yes);
  }

  private intern(
    kind: ExprKind,
    a: number,
    b: number,
    left: Expr | null,
    right: Expr | null,
    symbol: KSymbol | null,
    other: KSymbol | null,
  ): Expr {
    if (this.isStale) this.adoptAll();
    const hash = hashOf(KIND_NUMBER[kind], a, b);
    const { all, chain } = this;
    for (let at = this.buckets[hash & (this.buckets.length - 1)]!; at !== 0; at = chain[at - 1]!) {
      const e = all[at - 1]!;
      if (e.kind === kind && e.left === left && e.right === right && e.symbol === symbol && e.other === other) return e;
    }
    const e = new Expr(all.length, kind, left, right, symbol, other);
    all.push(e);
    if (all.length > chain.length) this.grow(all.length);
    this.enter(e.id, hash);
    return e;
  }

  private enter(id: number, hash: number): void {
    const bucket = hash & (this.buckets.length - 1);
    this.hashes[id] = hash;
    this.chain[id] = this.buckets[bucket]!;
    this.buckets[bucket] = id + 1;
  }

  private grow(needed: number): void {
    const { hashes } = this;
    const entered = this.chain.length;
    this.makeTables(needed);
    for (let id = 0; id < entered; id++) this.enter(id, hashes[id]!);
  }

  private adoptAll(): void {
    this.isStale = false;
    this.makeTables(this.all.length);
    for (const e of this.all) {
      const [a, b] = e.symbol === null ? [e.left!.id, e.right?.id ?? -1] : [e.symbol.index, e.other?.index ?? -1];
      this.enter(e.id, hashOf(KIND_NUMBER[e.kind], a, b));
    }
  }

  private makeTables(needed: number): void {
    let size = this.chain.length;
    while (size < needed) size *= 4;
    this.hashes = new Int32Array(size);
    this.chain = new Int32Array(size);
    this.buckets = new Int32Array(size);
  }
}

function hashOf(kind: number, a: number, b: number): number {
  let hash = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 2, 0x85ebca6b) ^ Math.imul(kind, 0xc2b2ae35);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) | 0;
}

/** Does the expression mention the symbol? */
export function containsSymbol(e: Expr | null, symbol: KSymbol): boolean {
  for (let at = e; at !== null; ) {
    if (at.symbol !== null) return at.symbol === symbol || at.other === symbol;
    if (at.right !== null && containsSymbol(at.right, symbol)) return true;
    at = at.left;
  }
  return false;
}

/** Is the symbol a conjunct: can the expression be more than `n` only if the symbol is? */
export function dependsOnSymbol(e: Expr | null, symbol: KSymbol, pool: ExprPool): boolean {
  for (let at = e; at !== null; ) {
    if (at.kind === "and") {
      if (dependsOnSymbol(at.right, symbol, pool)) return true;
      at = at.left;
      continue;
    }
    if (at.symbol !== symbol) return false;
    if (at.kind === "symbol") return true;
    if (at.kind === "=") return at.other === pool.yes || at.other === pool.mod;
    return at.kind === "!=" && at.other === pool.no;
  }
  return false;
}

/** Every symbol of the expression, left to right, with repetitions. Does not recurse on the left, where long chains grow. */
export function forEachSymbol(e: Expr | null, visit: (symbol: KSymbol) => void): void {
  const stack: Expr[] = e === null ? [] : [e];
  while (stack.length > 0) {
    const at = stack.pop()!;
    if (at.symbol !== null) {
      visit(at.symbol);
      if (at.other !== null) visit(at.other);
      continue;
    }
    if (at.right !== null) stack.push(at.right);
    if (at.left !== null) stack.push(at.left);
  }
}

/** Operands of nested `kind`, left to right: `a || b || c` gives three. */
export function operands(e: Expr, kind: "and" | "or"): Expr[] {
  const out: Expr[] = [];
  const stack = [e];
  while (stack.length > 0) {
    const at = stack.pop()!;
    if (at.kind === kind) stack.push(at.right!, at.left!);
    else out.push(at);
  }
  return out;
}

/** How a symbol is written; by default its name. conf's warnings add the value. */
export type SymbolPrinter = (symbol: KSymbol) => string;

const nameOf: SymbolPrinter = (symbol) => symbol.name ?? "<choice>";

/** The expression in Kconfig's own notation, with as few parentheses as conf prints. */
export function printExpr(e: Expr | null, printSymbol: SymbolPrinter = nameOf, inside?: ExprKind): string {
  if (e === null) return "y";
  const text = printNode(e, printSymbol);
  return inside !== undefined && needsParentheses(inside, e.kind) ? `(${text})` : text;
}

function printNode(e: Expr, printSymbol: SymbolPrinter): string {
  switch (e.kind) {
    case "symbol":
      return printSymbol(e.symbol!);
    case "not":
      return "!" + printExpr(e.left, printSymbol, "not");
    case "and":
    case "or":
      return printChain(e, e.kind, printSymbol);
    case "range":
      return `[${printSymbol(e.symbol!)} ${printSymbol(e.other!)}]`;
    default:
      return printSymbol(e.symbol!) + e.kind + printSymbol(e.other!);
  }
}

function printChain(e: Expr, kind: "and" | "or", printSymbol: SymbolPrinter): string {
  const parts: string[] = [];
  let at = e;
  while (at.kind === kind) {
    parts.push(printExpr(at.right, printSymbol, kind));
    at = at.left!;
  }
  parts.push(printExpr(at, printSymbol, kind));
  return parts.reverse().join(kind === "and" ? " && " : " || ");
}

const BINDING: Record<ExprKind, number> = {
  or: 0,
  and: 1,
  not: 2,
  "=": 3,
  "!=": 3,
  "<": 4,
  "<=": 4,
  ">": 4,
  ">=": 4,
  symbol: 5,
  range: 5,
};

function needsParentheses(outer: ExprKind, inner: ExprKind): boolean {
  return BINDING[outer] > BINDING[inner];
}
