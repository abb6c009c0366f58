/**
 * The value of every symbol under one set of user values.
 *
 * A Configuration owns one evaluator. Values are computed when asked for and kept until {@link Evaluator.clearAllValid}. The order
 * of computation is conf's, in every detail that shows: which warnings come and in which order, and what a choice sees of its
 * members half-way. The rules of choices differ between kernels: see evaluate-6.1.ts and evaluate-6.12.ts.
 */
import { compareValues } from "./compare.js";
import type { Diagnostic } from "./diagnostics.js";
import { operands, printExpr } from "./expr.js";
import type { Expr, KSymbol, Property, SymbolType } from "./model.js";
import { CONSTANTS } from "./symbol-table.js";
import { cString, parseSigned } from "./text.js";
import type { KconfigTree } from "./tree.js";
import { MOD, NO, type Tristate, tristateLetter, YES } from "./tristate.js";

export abstract class Evaluator {
  /** Values of bools and tristates, by symbol index. For a choice of 6.1: its mode. */
  readonly tri: Uint8Array;
  /** Values of strings and numbers; for an untyped symbol, its name. */
  readonly text: string[];
  /** Upper limit the user may set, from the prompts. */
  readonly visible: Uint8Array;
  readonly directDep: Uint8Array;
  readonly reverseDep: Uint8Array;
  readonly implied: Uint8Array;
  /** Does the symbol appear in the `.config`? */
  readonly writes: Uint8Array;
  readonly valid: Uint8Array;
  /** User values: is there one, and which. */
  readonly hasUser: Uint8Array;
  readonly userTri: Uint8Array;
  readonly userText: (string | null)[];
  /** conf's "changed" flag; decides whether values are computed afresh before writing. */
  changed = true;
  modulesValue: Tristate = NO;
  readonly warnings: Diagnostic[] = [];
  /** Warnings about unmet dependencies, repeated ones included. */
  unmetCount = 0;
  protected readonly propertyTri: Uint8Array;
  /** Operators whose left side is being evaluated: a stack that all evaluations share, so that none allocates one. */
  protected readonly waiting: Expr[] = [];

  constructor(readonly tree: KconfigTree) {
    const count = tree.symbols.all.length;
    this.tri = new Uint8Array(count);
    this.text = new Array<string>(count).fill("");
    this.visible = new Uint8Array(count);
    this.directDep = new Uint8Array(count);
    this.reverseDep = new Uint8Array(count);
    this.implied = new Uint8Array(count);
    this.writes = new Uint8Array(count);
    this.valid = new Uint8Array(count);
    this.hasUser = new Uint8Array(count);
    this.userTri = new Uint8Array(count);
    this.userText = new Array<string | null>(count).fill(null);
    this.propertyTri = new Uint8Array(tree.properties.length);
    const { no, mod, yes } = tree.symbols;
    for (const [symbol, value] of [[no, NO] as const, [mod, MOD] as const, [yes, YES] as const]) {
      this.tri[symbol.index] = value;
      this.text[symbol.index] = symbol.name!;
      this.valid[symbol.index] = 1;
    }
  }

  /** The value of an expression; null counts as `y`. */
  abstract expr(e: Expr | null): Tristate;

  /** Makes the value of a symbol current. */
  abstract calc(symbol: KSymbol): void;

  /** `tristate` counts as `bool` when there are no modules. */
  typeOf(symbol: KSymbol): SymbolType {
    return symbol.type === "tristate" && this.modulesValue === NO ? "bool" : symbol.type;
  }

  /** The value as text, as it is now; does not compute. */
  stringValue(symbol: KSymbol): string {
    if (symbol.type === "bool" || symbol.type === "tristate") return tristateLetter(this.tri[symbol.index] as Tristate);
    return this.text[symbol.index]!;
  }

  /** Forgets all computed values; user values stay. */
  clearAllValid(): void {
    this.invalidate();
    this.changed = true;
    this.calc(this.tree.modules);
  }

  /** Marks everything for recomputation. */
  invalidate(): void {
    this.valid.fill(0, CONSTANTS);
  }

  /** Was the condition of the property met when it was last looked at? */
  wasVisible(property: Property): boolean {
    return this.propertyTri[property.index] !== NO;
  }

  protected propertyValue(property: Property): Tristate {
    return (this.propertyTri[property.index] = this.expr(property.visible));
  }

  /** The first default whose condition is met. */
  defaultOf(symbol: KSymbol): Property | null {
    const { properties } = symbol;
    for (let at = 0; at < properties.length; at++) {
      const property = properties[at]!;
      if (property.kind === "default" && this.propertyValue(property) !== NO) return property;
    }
    return null;
  }

  /** The first range whose condition is met. */
  rangeOf(symbol: KSymbol): Property | null {
    for (const property of symbol.properties)
      if (property.kind === "range" && this.propertyValue(property) !== NO) return property;
    return null;
  }

  /** A bound of a range as a number. */
  rangeBound(symbol: KSymbol, base: number): bigint {
    this.calc(symbol);
    const ownBase = symbol.type === "int" ? 10 : symbol.type === "hex" ? 16 : base;
    return parseSigned(this.text[symbol.index]!, ownBase).value;
  }

  /** A number outside its range becomes the bound it violates. */
  protected clampToRange(symbol: KSymbol): void {
    const base = symbol.type === "int" ? 10 : symbol.type === "hex" ? 16 : 0;
    if (base === 0) return;
    const range = this.rangeOf(symbol);
    if (range === null) return;
    const value = parseSigned(this.text[symbol.index]!, base).value;
    let bound = range.expr!.symbol!;
    if (value >= this.rangeBound(bound, base)) {
      bound = range.expr!.other!;
      if (value <= this.rangeBound(bound, base)) return;
    }
    this.text[symbol.index] = this.text[bound.index]!;
  }

  /** Or of the conditions of all prompts, and of dependencies, selects and implies. */
  calcVisibility(symbol: KSymbol): void {
    let value: Tristate = NO;
    const { properties } = symbol;
    // By index here and in defaultOf(): these loops run before they are compiled, when an iterator costs ten times as much.
    for (let at = 0; at < properties.length; at++) {
      const property = properties[at]!;
      if (property.text === null) continue;
      const visible = this.promptValue(symbol, property);
      if (visible > value) value = visible;
    }
    if (value === MOD && (symbol.type !== "tristate" || this.modulesValue === NO)) value = YES;
    this.visible[symbol.index] = value;
    if (symbol.isChoiceMember) return;
    this.directDep[symbol.index] = symbol.directDep === null ? YES : this.limit(symbol, this.expr(symbol.directDep));
    this.reverseDep[symbol.index] = symbol.reverseDep === null ? NO : this.limit(symbol, this.expr(symbol.reverseDep));
    this.implied[symbol.index] = symbol.implied === null ? NO : this.limit(symbol, this.expr(symbol.implied));
  }

  protected promptValue(_symbol: KSymbol, property: Property): Tristate {
    return this.propertyValue(property);
  }

  /** A bool knows no `m`. */
  private limit(symbol: KSymbol, value: Tristate): Tristate {
    return value === MOD && this.typeOf(symbol) === "bool" ? YES : value;
  }

  /** Value of a bool or tristate that is no choice member: user value or default, never below its selects. */
  protected logicValue(symbol: KSymbol): Tristate {
    const at = symbol.index;
    let value: Tristate = NO;
    if (this.visible[at] !== NO && this.hasUser[at]) {
      value = Math.min(this.userTri[at]!, this.visible[at]!) as Tristate;
    } else {
      if (this.reverseDep[at] !== NO) this.writes[at] = 1;
      if (!symbol.isChoice) value = this.defaultValue(symbol);
    }
    if (this.directDep[at]! < this.reverseDep[at]!) this.warnUnmet(symbol);
    return Math.max(value, this.reverseDep[at]!) as Tristate;
  }

  private defaultValue(symbol: KSymbol): Tristate {
    const at = symbol.index;
    let value: Tristate = NO;
    const property = this.defaultOf(symbol);
    if (property !== null) {
      value = Math.min(this.expr(property.expr), this.propertyTri[property.index]!) as Tristate;
      if (value !== NO) this.writes[at] = 1;
    }
    if (this.implied[at] !== NO) {
      this.writes[at] = 1;
      value = Math.min(Math.max(value, this.implied[at]!), this.directDep[at]!) as Tristate;
    }
    return value;
  }

  /** Value of a string, int or hex, before its range is applied. */
  protected textValue(symbol: KSymbol, fallback: string): string {
    const at = symbol.index;
    if (this.visible[at] !== NO && this.hasUser[at]) return this.userText[at]!;
    const source = this.defaultOf(symbol)?.expr;
    if (source?.kind !== "symbol") return fallback;
    this.writes[at] = 1;
    this.calc(source.symbol!);
    return this.text[source.symbol!.index]!;
  }

  /** Keeps a new value of the MODULES symbol, on which all tristates hang. */
  protected noteModules(symbol: KSymbol): void {
    if (symbol === this.tree.modules) this.modulesValue = this.tri[symbol.index] as Tristate;
  }

  protected comparison(e: Expr): Tristate {
    const left = e.symbol!;
    const right = e.other!;
    this.calc(left);
    this.calc(right);
    const order = compareValues(left.type, this.stringValue(left), right.type, this.stringValue(right));
    switch (e.kind) {
      case "=":
        return order === 0 ? YES : NO;
      case "!=":
        return order !== 0 ? YES : NO;
      case "<":
        return order < 0 ? YES : NO;
      case "<=":
        return order <= 0 ? YES : NO;
      case ">":
        return order > 0 ? YES : NO;
      case ">=":
        return order >= 0 ? YES : NO;
      default:
        return NO;
    }
  }

  /** An expression with the value of each symbol behind it, as conf's warnings show it. */
  printWithValues(e: Expr | null): string {
    return printExpr(e, (symbol) => {
      if (symbol.name === null) return "<choice>";
      return symbol.type === "unknown" ? symbol.name : `${symbol.name} [=${this.stringValue(symbol)}]`;
    });
  }

  private warnUnmet(symbol: KSymbol): void {
    const letter = this.directDep[symbol.index] === MOD ? "m" : "n";
    let text = `\nWARNING: unmet direct dependencies detected for ${symbol.name ?? "(null)"}\n`;
    text += `  Depends on [${letter}]: ${this.printWithValues(symbol.directDep)}\n`;
    text += this.printSelectors(symbol, YES) + this.printSelectors(symbol, MOD);
    const entry = symbol.menus[0];
    this.warnings.push({
      severity: "warning",
      stream: "stderr",
      text: cString(text.slice(0, -1)),
      ...(entry === undefined ? {} : { file: entry.file, line: entry.line }),
    });
    this.unmetCount++;
  }

  private printSelectors(symbol: KSymbol, value: Tristate): string {
    let text = "";
    for (const term of operands(symbol.reverseDep!, "or"))
      if (this.expr(term) === value) text += `  - ${this.printWithValues(term)}\n`;
    return text === "" ? "" : `  Selected by [${tristateLetter(value)}]:\n${text}`;
  }
}
