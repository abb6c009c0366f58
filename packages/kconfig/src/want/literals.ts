/**
 * Expressions as pairs of literals: "at least m" and "y".
 *
 * Used by the encoder. What a SAT solver cannot see – the values of strings and numbers the user may set – becomes a free variable:
 * the solver may then find ways that are none, never miss one. want() checks every way it finds by evaluating it.
 */
import { compareValues } from "../compare.js";
import type { Expr, KSymbol } from "../model.js";
import type { KconfigTree } from "../tree.js";
import type { Literal, Sat } from "./sat.js";

/** Literals of a value: at least `m`, and `y`. The second implies the first. */
export interface Pair {
  readonly some: Literal;
  readonly full: Literal;
}

export class Literals {
  private readonly symbols = new Map<KSymbol, Pair>();
  private readonly exprs = new Map<Expr, Pair>();
  private readonly written = new Map<Expr, Pair>();
  private readonly comparisons = new Map<Expr, Literal>();
  /** Symbols that got literals, in order; the encoder defines them. */
  readonly mentioned: KSymbol[] = [];
  /** Are modules enabled? */
  readonly modules: Literal;

  constructor(
    readonly tree: KconfigTree,
    readonly sat: Sat,
  ) {
    const { no, mod, yes } = tree.symbols;
    this.symbols.set(no, { some: sat.false, full: sat.false });
    this.symbols.set(yes, { some: sat.true, full: sat.true });
    this.symbols.set(mod, { some: sat.true, full: sat.false });
    this.modules = tree.modules === no ? sat.false : this.symbol(tree.modules).some;
  }

  symbol(symbol: KSymbol): Pair {
    const known = this.symbols.get(symbol);
    if (known !== undefined) return known;
    const pair = this.make(symbol);
    this.symbols.set(symbol, pair);
    if (pair.some !== this.sat.false) this.mentioned.push(symbol);
    return pair;
  }

  private make(symbol: KSymbol): Pair {
    const { sat } = this;
    if (symbol.type !== "bool" && symbol.type !== "tristate") return { some: sat.false, full: sat.false };
    const some = sat.fresh();
    const full = symbol.type === "bool" || this.tree.modules === this.tree.symbols.no ? some : sat.fresh();
    return { some, full };
  }

  /** An expression of the finished tree. Null counts as `y`. */
  expr(e: Expr | null): Pair {
    return this.translated(e, this.exprs);
  }

  /** A condition as it is written, where `m` still means "m, if there are modules". */
  condition(e: Expr | null): Pair {
    return this.translated(e, this.written);
  }

  private translated(e: Expr | null, memo: Map<Expr, Pair>): Pair {
    if (e === null) return { some: this.sat.true, full: this.sat.true };
    const known = memo.get(e);
    if (known !== undefined) return known;
    const pair = this.translate(e, memo);
    memo.set(e, pair);
    return pair;
  }

  private translate(e: Expr, memo: Map<Expr, Pair>): Pair {
    switch (e.kind) {
      case "symbol":
        if (memo === this.written && e.symbol === this.tree.symbols.mod)
          return { some: this.modules, full: this.sat.false };
        return this.symbol(e.symbol!);
      case "not": {
        const { some, full } = this.translated(e.left, memo);
        return { some: -full, full: -some };
      }
      case "and":
        return this.both(this.translated(e.left, memo), this.translated(e.right, memo));
      case "or":
        return this.either(this.translated(e.left, memo), this.translated(e.right, memo));
      default: {
        const truth = this.comparison(e);
        return { some: truth, full: truth };
      }
    }
  }

  both(a: Pair, b: Pair): Pair {
    const some = this.sat.and(a.some, b.some);
    return { some, full: a.some === a.full && b.some === b.full ? some : this.sat.and(a.full, b.full) };
  }

  either(a: Pair, b: Pair): Pair {
    const some = this.sat.or(a.some, b.some);
    return { some, full: a.some === a.full && b.some === b.full ? some : this.sat.or(a.full, b.full) };
  }

  private comparison(e: Expr): Literal {
    const known = this.comparisons.get(e);
    if (known !== undefined) return known;
    const truth = this.compare(e);
    this.comparisons.set(e, truth);
    return truth;
  }

  private compare(e: Expr): Literal {
    const [left, right] = [e.symbol!, e.other!];
    if (isLogic(left) && isLogic(right) && (e.kind === "=" || e.kind === "!=")) {
      const equal = this.equal(this.symbol(left), this.symbol(right));
      return e.kind === "=" ? equal : -equal;
    }
    if (isLogic(left) || isLogic(right)) return this.sat.fresh();
    const truth = this.decided(e, this.alternatives(left, 0), this.alternatives(right, 0));
    return truth ?? this.sat.fresh();
  }

  private equal(a: Pair, b: Pair): Literal {
    const { sat } = this;
    const same = (x: Literal, y: Literal): Literal => sat.and(sat.or(-x, y), sat.or(x, -y));
    return sat.and(same(a.some, b.some), same(a.full, b.full));
  }

  /** Or over the combinations of values for which the comparison holds. Undefined: some value is the user's. */
  private decided(e: Expr, lefts: Alternative[] | undefined, rights: Alternative[] | undefined): Literal | undefined {
    if (lefts === undefined || rights === undefined) return undefined;
    const holds: Literal[] = [];
    for (const left of lefts)
      for (const right of rights) {
        const order = compareValues(e.symbol!.type, left.text, e.other!.type, right.text);
        if (satisfies(e, order)) holds.push(this.sat.and(left.when, right.when));
      }
    return this.sat.or(...holds);
  }

  /** The values a symbol without a prompt can take from its defaults, each with its condition; they exclude each other. */
  private alternatives(symbol: KSymbol, depth: number): Alternative[] | undefined {
    if (symbol.type === "unknown") return [{ text: symbol.name ?? "", when: this.sat.true }];
    const isAsked = symbol.properties.some((property) => property.text !== null || property.kind === "range");
    if (isAsked || depth > MAX_DEFAULT_DEPTH) return undefined;
    const out: Alternative[] = [];
    let none = this.sat.true;
    for (const property of symbol.properties) {
      if (property.kind !== "default") continue;
      const condition = this.expr(property.visible).some;
      const source = property.expr!.kind === "symbol" ? property.expr!.symbol! : undefined;
      const values = source === undefined ? undefined : this.alternatives(source, depth + 1);
      if (values === undefined) return undefined;
      for (const value of values) out.push({ text: value.text, when: this.sat.and(none, condition, value.when) });
      none = this.sat.and(none, -condition);
    }
    const fallback = symbol.type === "string" || this.tree.dialect === "6.1" ? "" : symbol.type === "int" ? "0" : "0x0";
    out.push({ text: fallback, when: none });
    return out;
  }
}

const MAX_DEFAULT_DEPTH = 3;

interface Alternative {
  readonly text: string;
  readonly when: Literal;
}

function isLogic(symbol: KSymbol): boolean {
  return symbol.type === "bool" || symbol.type === "tristate";
}

function satisfies(e: Expr, order: number): boolean {
  switch (e.kind) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    default:
      return order >= 0;
  }
}
