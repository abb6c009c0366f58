/**
 * The rewritings conf applies to dependencies before it evaluates and prints them.
 *
 * Called by the finaliser. The result must not only mean the same as conf's, it must be written the same: it shows in "unmet
 * direct dependencies" warnings and decides which entries become a submenu. 6.1 and 6.12 differ in the order in which they
 * compare operands, hence {@link Dialect}. All functions are pure; the pool makes memoisation possible.
 */
import type { Diagnostics } from "./diagnostics.js";
import type { ExprPool } from "./expr.js";
import type { ComparisonKind, Dialect, Expr, KSymbol } from "./model.js";

const OPPOSITE: Record<ComparisonKind, ComparisonKind> = {
  "=": "!=",
  "!=": "=",
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
};

/** An operand list under simplification; `joined` counts how often two operands became one. */
interface Progress {
  joined: number;
}

export class Simplifier {
  /** Known results, by the number of the expression. */
  private transformed: (Expr | undefined)[] = [];
  private deduplicated: (Expr | undefined)[] = [];

  constructor(
    private readonly pool: ExprPool,
    private readonly dialect: Dialect,
    private readonly diagnostics: Diagnostics,
  ) {}

  /** Forgets what depends on the types of symbols. 6.1 gives some symbols a type while the finaliser is under way. */
  typesChanged(): void {
    this.transformed = [];
    this.deduplicated = [];
  }

  /** `m` in a condition means "if modules are enabled at all": `m && MODULES`. */
  rewriteMod(e: Expr | null, modules: KSymbol): Expr | null {
    if (e === null) return null;
    switch (e.kind) {
      case "not": {
        let bare = e.left!;
        let count = 1;
        for (; bare.kind === "not"; bare = bare.left!) count++;
        const rewritten = this.rewriteMod(bare, modules)!;
        if (rewritten === bare) return e;
        let result = rewritten;
        for (; count > 0; count--) result = this.pool.not(result);
        return result;
      }
      case "and":
      case "or": {
        const left = this.rewriteMod(e.left, modules)!;
        const right = this.rewriteMod(e.right, modules)!;
        return left === e.left && right === e.right ? e : this.pool.binary(e.kind, left, right);
      }
      case "symbol":
        return e.symbol === this.pool.mod ? this.pool.and(e, this.pool.symbol(modules)) : e;
      default:
        return e;
    }
  }

  /** Pushes `!` down to the symbols and turns comparisons of a bool with a constant into the bool or its negation. */
  transform(e: Expr | null): Expr | null {
    if (e === null) return null;
    const known = this.transformed[e.id];
    if (known !== undefined) return known;
    const said = this.diagnostics.list.length;
    const result = this.transformNode(e);
    // Something was said: it has to be said again next time, as conf does.
    if (this.diagnostics.list.length === said) this.transformed[e.id] = result;
    return result;
  }

  private transformNode(e: Expr): Expr {
    switch (e.kind) {
      case "symbol":
      case "range":
        return e;
      case "and":
      case "or": {
        const left = this.transform(e.left)!;
        const right = this.transform(e.right)!;
        return left === e.left && right === e.right ? e : this.pool.binary(e.kind, left, right);
      }
      case "not": {
        // A double negation is nothing, however long the chain.
        let operand = e.left!;
        while (operand.kind === "not" && operand.left!.kind === "not") operand = operand.left!.left!;
        return operand.kind === "not" ? this.transform(operand.left)! : this.transformNot(this.transform(operand)!);
      }
      case "=":
      case "!=":
        return e.symbol!.type === "bool" ? this.transformBoolComparison(e) : e;
      default:
        return e;
    }
  }

  private transformBoolComparison(e: Expr): Expr {
    const symbol = this.pool.symbol(e.symbol!);
    const equal = e.kind === "=";
    if (e.other === this.pool.no) return equal ? this.pool.not(symbol) : symbol;
    if (e.other === this.pool.yes) return equal ? symbol : this.pool.not(symbol);
    if (e.other !== this.pool.mod) return e;
    this.diagnostics.info(`boolean symbol ${e.symbol!.name} tested for 'm'? test forced to '${equal ? "n" : "y"}'`);
    return this.pool.symbol(equal ? this.pool.no : this.pool.yes);
  }

  private transformNot(operand: Expr): Expr {
    switch (operand.kind) {
      case "not":
        return operand.left!;
      case "and":
      case "or": {
        const left = this.pool.not(operand.left!);
        const right = this.pool.not(operand.right!);
        return this.transform(this.pool.binary(operand.kind === "and" ? "or" : "and", left, right))!;
      }
      case "symbol":
        if (operand.symbol === this.pool.yes) return this.pool.symbol(this.pool.no);
        if (operand.symbol === this.pool.no) return this.pool.symbol(this.pool.yes);
        return operand.symbol === this.pool.mod ? operand : this.pool.not(operand);
      case "range":
        return this.pool.not(operand);
      default:
        return this.pool.compare(OPPOSITE[operand.kind], operand.symbol!, operand.other!);
    }
  }

  /** Joins operands that say the same: `A && B && A` becomes `A && B`. */
  eliminateDuplicates(e: Expr | null): Expr | null {
    if (e === null || (e.kind !== "and" && e.kind !== "or")) return e;
    const known = this.deduplicated[e.id];
    if (known !== undefined) return known;
    const result = this.dialect === "6.1" ? this.eliminateDuplicates61(e) : this.eliminateDuplicates612(e);
    this.deduplicated[e.id] = result;
    return result;
  }

  private eliminateDuplicates612(start: Expr): Expr {
    let e = start;
    const progress: Progress = { joined: 0 };
    do {
      progress.joined = 0;
      if (e.kind === "and" || e.kind === "or") {
        const left = leaves(this.eliminateDuplicates(e.left)!, e.kind);
        const right = leaves(this.eliminateDuplicates(e.right)!, e.kind);
        for (let i = 0; i < left.list.length; i++)
          for (let j = 0; j < right.list.length; j++) this.joinPair(e.kind, left.list, i, right.list, j, progress);
        if (progress.joined > 0) e = this.pool.binary(e.kind, this.rebuild(left, e.kind), this.rebuild(right, e.kind));
        else if (left.shape !== e.left || right.shape !== e.right)
          e = this.pool.binary(e.kind, left.shape, right.shape);
      }
      e = this.eliminateConstants(e);
    } while (progress.joined > 0);
    return e;
  }

  private eliminateDuplicates61(start: Expr): Expr {
    let e = start;
    const progress: Progress = { joined: 0 };
    for (;;) {
      progress.joined = 0;
      if (e.kind === "and" || e.kind === "or") e = this.joinAmong(e, e.kind, progress);
      if (progress.joined === 0) return e;
      e = this.eliminateConstants(e);
    }
  }

  /** Compares every operand with every other, both ways round, descending into each operand first. */
  private joinAmong(e: Expr, kind: "and" | "or", progress: Progress): Expr {
    const found = leaves(e, kind);
    const list = found.list;
    for (let i = 0; i < list.length; i++)
      for (let j = 0; j < list.length; j++) {
        if (i === j) continue;
        const operand = list[i]!;
        if (operand.kind === "and" || operand.kind === "or") list[i] = this.joinAmong(operand, operand.kind, progress);
        this.joinPair(kind, list, i, list, j, progress);
      }
    return this.rebuild(found, kind);
  }

  private joinPair(kind: "and" | "or", a: Expr[], i: number, b: Expr[], j: number, progress: Progress): void {
    const joined = kind === "or" ? this.joinOr(a[i]!, b[j]!) : this.joinAnd(a[i]!, b[j]!);
    if (joined === null) return;
    a[i] = this.pool.symbol(kind === "or" ? this.pool.no : this.pool.yes);
    b[j] = joined;
    progress.joined++;
  }

  private rebuild(found: Leaves, kind: "and" | "or"): Expr {
    let next = 0;
    const build = (shape: Expr): Expr => {
      if (shape.kind !== kind) return found.list[next++]!;
      const left = build(shape.left!);
      return this.pool.binary(kind, left, build(shape.right!));
    };
    return build(found.shape);
  }

  /** `x && y` is `x`, `x && n` is `n`, and so on – at the top and along the way down, but only where it changes the top. */
  private eliminateConstants(e: Expr): Expr {
    if (e.kind !== "and" && e.kind !== "or") return e;
    const left = this.eliminateConstants(e.left!);
    const right = this.eliminateConstants(e.right!);
    const absorbing = e.kind === "and" ? this.pool.no : this.pool.yes;
    const neutral = e.kind === "and" ? this.pool.yes : this.pool.no;
    if (left.kind === "symbol") {
      if (left.symbol === absorbing) return left;
      if (left.symbol === neutral) return right;
    }
    if (right.kind === "symbol") {
      if (right.symbol === absorbing) return right;
      if (right.symbol === neutral) return left;
    }
    // 6.12 keeps the node as it was and drops what was simplified below it; 6.1 simplifies in place.
    return this.dialect === "6.12" ? e : this.pool.binary(e.kind, left, right);
  }

  /** Equal up to the order of operands. */
  equal(a: Expr | null, b: Expr | null): boolean {
    if (a === null || b === null) return this.pool.isYes(a) && this.pool.isYes(b);
    if (a === b) return true;
    if (a.kind !== b.kind) return false;
    if (a.kind === "not") return this.equal(a.left, b.left);
    if (a.kind !== "and" && a.kind !== "or") return false;
    const [x, y] = this.eliminateEqual(a, b);
    return x!.kind === "symbol" && y!.kind === "symbol" && x!.symbol === y!.symbol;
  }

  /** Removes the operands both expressions have in common. */
  eliminateEqual(a: Expr | null, b: Expr | null): [Expr | null, Expr | null] {
    if (a === null || b === null) return [a, b];
    let pair: [Expr, Expr] = [a, b];
    if (a.kind === "and" || a.kind === "or") pair = this.removeCommon(a.kind, pair);
    const [x, y] = pair;
    if (x.kind !== y.kind && (y.kind === "and" || y.kind === "or")) pair = this.removeCommon(y.kind, pair);
    return [this.eliminateConstants(pair[0]), this.eliminateConstants(pair[1])];
  }

  private removeCommon(kind: "and" | "or", [a, b]: [Expr, Expr]): [Expr, Expr] {
    const left = leaves(a, kind);
    const right = leaves(b, kind);
    const neutral = this.pool.symbol(kind === "or" ? this.pool.no : this.pool.yes);
    for (let i = 0; i < left.list.length; i++)
      for (let j = 0; j < right.list.length; j++) {
        const x = left.list[i]!;
        const y = right.list[j]!;
        if (x === y && x.kind === "symbol" && (x.symbol === this.pool.yes || x.symbol === this.pool.no)) continue;
        if (!this.equal(x, y)) continue;
        left.list[i] = neutral;
        right.list[j] = neutral;
      }
    return [this.rebuild(left, kind), this.rebuild(right, kind)];
  }

  private joinOr(a: Expr, b: Expr): Expr | null {
    if (this.equal(a, b)) return a;
    const symbol = commonSymbol(a, b);
    if (symbol === null) return null;
    const { yes, mod, no } = this.pool;
    if (symbol.type === "tristate" && a.kind === "=" && b.kind === "=") {
      if (isPair(a, b, yes, mod)) return this.pool.compare("!=", symbol, no);
      if (isPair(a, b, yes, no)) return this.pool.compare("!=", symbol, mod);
      if (isPair(a, b, mod, no)) return this.pool.compare("!=", symbol, yes);
    }
    if (symbol.type === "bool") {
      if (isNegatedSymbol(a) && b.kind === "symbol") return this.pool.symbol(yes);
      if (isNegatedSymbol(b) && a.kind === "symbol") return this.pool.symbol(yes);
    }
    return null;
  }

  private joinAnd(a: Expr, b: Expr): Expr | null {
    if (this.equal(a, b)) return a;
    const symbol = commonSymbol(a, b);
    if (symbol === null) return null;
    const { yes, mod, no } = this.pool;
    const plain = a.kind === "symbol" ? b : b.kind === "symbol" ? a : null;
    if (plain !== null) {
      if (plain.kind === "=" && plain.other === yes) return this.pool.compare("=", symbol, yes);
      if (plain.kind === "!=" && plain.other === no) return this.pool.symbol(symbol);
      if (plain.kind === "!=" && plain.other === mod) return this.pool.compare("=", symbol, yes);
    }
    if (symbol.type !== "tristate") return null;
    if (a.kind === "=" && b.kind === "!=") return this.joinEqualUnequal(symbol, a.other!, b.other!);
    if (a.kind === "!=" && b.kind === "=") return this.joinEqualUnequal(symbol, b.other!, a.other!);
    if (a.kind === "!=" && b.kind === "!=") {
      if (isPair(a, b, yes, no)) return this.pool.compare("=", symbol, mod);
      if (isPair(a, b, yes, mod)) return this.pool.compare("=", symbol, no);
      if (isPair(a, b, mod, no)) return this.pool.compare("=", symbol, yes);
    }
    return null;
  }

  /** `(A = b) && (A != c)` for constants b and c. */
  private joinEqualUnequal(symbol: KSymbol, equal: KSymbol, unequal: KSymbol): Expr | null {
    if (!equal.isConstant || !unequal.isConstant) return null;
    return equal !== unequal ? this.pool.compare("=", symbol, equal) : this.pool.symbol(this.pool.no);
  }

  /** The expression as a comparison: `A && B` unequal to `n` is `!(A=n || B=n)`. Null where conf gives up. */
  compareWith(e: Expr | null, kind: "=" | "!=", constant: KSymbol): Expr | null {
    const { yes, mod, no } = this.pool;
    if (e === null) {
      const symbol = this.pool.symbol(constant);
      return kind === "!=" ? this.pool.not(symbol) : symbol;
    }
    switch (e.kind) {
      case "and":
      case "or": {
        const left = this.compareWith(e.left, "=", constant)!;
        const right = this.compareWith(e.right, "=", constant)!;
        const swapped = e.kind === "and" ? "or" : "and";
        const joined = constant === mod ? e : this.pool.binary(constant === yes ? e.kind : swapped, left, right);
        return kind === "!=" ? this.pool.not(joined) : joined;
      }
      case "not":
        return this.compareWith(e.left, kind === "=" ? "!=" : "=", constant);
      case "symbol":
        return this.pool.compare(kind, e.symbol!, constant);
      case "range":
        return null;
      default:
        if (constant === mod) return this.pool.symbol(kind === "=" ? no : yes);
        return (constant === yes) === (kind === "=") ? e : this.pool.not(e);
    }
  }
}

/** Operands of one operator, left to right, with the shape of the tree they came from. */
interface Leaves {
  readonly shape: Expr;
  readonly list: Expr[];
}

function leaves(e: Expr, kind: "and" | "or"): Leaves {
  const list: Expr[] = [];
  const collect = (at: Expr): void => {
    if (at.kind !== kind) list.push(at);
    else {
      collect(at.left!);
      collect(at.right!);
    }
  };
  collect(e);
  return { shape: e, list };
}

/** The bool or tristate symbol that two simple operands are about, if it is the same. */
function commonSymbol(a: Expr, b: Expr): KSymbol | null {
  if (!isSimple(a) || !isSimple(b)) return null;
  if (a.kind === "not" && !isTest(a.left!)) return null;
  if (b.kind === "not" && b.left!.kind !== "symbol") return null;
  const first = a.kind === "not" ? a.left!.symbol : a.symbol;
  const second = b.kind === "not" ? b.left!.symbol : b.symbol;
  if (first !== second || first === null) return null;
  return first.type === "bool" || first.type === "tristate" ? first : null;
}

function isTest(e: Expr): boolean {
  return e.kind === "=" || e.kind === "!=" || e.kind === "symbol";
}

function isSimple(e: Expr): boolean {
  return isTest(e) || e.kind === "not";
}

function isNegatedSymbol(e: Expr): boolean {
  return e.kind === "not" && e.left!.kind === "symbol";
}

function isPair(a: Expr, b: Expr, x: KSymbol, y: KSymbol): boolean {
  return (a.other === x && b.other === y) || (a.other === y && b.other === x);
}
