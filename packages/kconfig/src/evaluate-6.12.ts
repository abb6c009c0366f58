/**
 * Evaluation by the rules of 6.12: a choice is a bool without a value of its own; exactly one visible member is `y`.
 *
 * Expressions keep their value until everything is invalidated, which conf does too, and which shows where a value is asked for
 * while it is being computed.
 */

import { entriesBelow } from "./check-recursion.js";
import { Evaluator } from "./evaluate.js";
import type { Expr, KSymbol } from "./model.js";
import type { KconfigTree } from "./tree.js";
import { NO, type Tristate, YES } from "./tristate.js";

export class Evaluator612 extends Evaluator {
  /** Members of each choice, the one the user touched last first. */
  readonly priority = new Map<KSymbol, KSymbol[]>();
  private readonly values: Uint8Array;
  /** In which epoch a value of {@link values} was computed; another epoch means: not now. */
  private readonly epochs: Int32Array;
  private epoch = 1;
  private readonly below = new Map<KSymbol, KSymbol[]>();

  constructor(tree: KconfigTree) {
    super(tree);
    this.values = new Uint8Array(tree.pool.all.length);
    this.epochs = new Int32Array(tree.pool.all.length);
    for (const symbol of tree.symbols.all) if (symbol.isChoice) this.priority.set(symbol, [...symbol.members]);
  }

  override invalidate(): void {
    super.invalidate();
    this.epoch++;
  }

  expr(e: Expr | null): Tristate {
    if (e === null) return YES;
    if (this.epochs[e.id] === this.epoch) return this.values[e.id] as Tristate;
    return e.kind === "and" || e.kind === "or" ? this.chain(e) : this.keep(e, this.simple(e));
  }

  private keep(e: Expr, value: Tristate): Tristate {
    this.values[e.id] = value;
    this.epochs[e.id] = this.epoch;
    return value;
  }

  private simple(e: Expr): Tristate {
    if (e.kind === "symbol") {
      const symbol = e.symbol!;
      if (!this.valid[symbol.index]) this.calc(symbol);
      return this.tri[symbol.index] as Tristate;
    }
    if (e.kind === "not") return (2 - this.expr(e.left)) as Tristate;
    return this.comparison(e);
  }

  /** Long chains lean to the left; going down there in a loop keeps the stack small. Both sides are always evaluated. */
  private chain(e: Expr): Tristate {
    const { waiting } = this;
    const bottom = waiting.length;
    let at = e;
    do {
      waiting.push(at);
      at = at.left!;
    } while ((at.kind === "and" || at.kind === "or") && this.epochs[at.id] !== this.epoch);
    let value = this.expr(at);
    while (waiting.length > bottom) {
      const node = waiting.pop()!;
      const right = this.expr(node.right);
      if (node.kind === "and" ? right < value : right > value) value = right;
      this.keep(node, value);
    }
    return value;
  }

  calc(symbol: KSymbol): void {
    const at = symbol.index;
    if (this.valid[at]) return;
    this.valid[at] = 1;
    if (symbol.type === "unknown") {
      this.text[at] = symbol.name ?? "";
      this.tri[at] = NO;
      return;
    }
    const isLogic = symbol.type === "bool" || symbol.type === "tristate";
    const initial = symbol.type === "int" ? "0" : symbol.type === "hex" ? "0x0" : isLogic ? "n" : "";
    this.writes[at] = 0;
    this.calcVisibility(symbol);
    if (this.visible[at] !== NO) this.writes[at] = 1;
    // What a symbol that depends on itself sees.
    this.text[at] = initial;
    this.tri[at] = NO;
    if (isLogic) {
      let value: Tristate;
      if (symbol.choice !== null) {
        this.calcChoice(symbol.choice);
        value = this.tri[at] as Tristate;
      } else value = this.logicValue(symbol);
      this.tri[at] = value === 1 && this.typeOf(symbol) === "bool" ? YES : value;
      this.text[at] = initial;
    } else {
      const value = this.textValue(symbol, initial);
      this.text[at] = value;
      this.tri[at] = NO;
      this.clampToRange(symbol);
    }
    this.noteModules(symbol);
    if (symbol.isChoice) this.writes[at] = 0;
  }

  /** Symbols of the entries inside a choice, in order of the menu. */
  members(choice: KSymbol): KSymbol[] {
    let list = this.below.get(choice);
    if (list === undefined) {
      list = [];
      for (const menu of entriesBelow(choice.menus[0]!)) if (menu.symbol !== null) list.push(menu.symbol);
      this.below.set(choice, list);
    }
    return list;
  }

  /** The default of a choice: the first default whose condition and symbol are visible, else the first visible member. */
  choiceDefault(choice: KSymbol): KSymbol | null {
    for (const property of choice.properties) {
      if (property.kind !== "default" || this.propertyValue(property) === NO) continue;
      const symbol = property.expr!.symbol!;
      if (this.visible[symbol.index] !== NO) return symbol;
    }
    return this.members(choice).find((symbol) => this.visible[symbol.index] !== NO) ?? null;
  }

  /** Decides which member is `y` and gives every visible member its value. */
  calcChoice(choice: KSymbol): KSymbol | null {
    const chosen = this.choose(choice);
    for (const symbol of this.members(choice)) {
      if (this.visible[symbol.index] === NO) continue;
      this.tri[symbol.index] = symbol === chosen ? YES : NO;
      this.valid[symbol.index] = 1;
      this.writes[symbol.index] = 1;
    }
    return chosen;
  }

  private choose(choice: KSymbol): KSymbol | null {
    const priority = this.priority.get(choice)!;
    for (const symbol of priority) {
      this.calcVisibility(symbol);
      if (this.visible[symbol.index] === NO) continue;
      if (this.hasUser[symbol.index] && this.userTri[symbol.index] === YES) return symbol;
    }
    const standard = this.choiceDefault(choice);
    if (standard !== null && !(this.hasUser[standard.index] && this.userTri[standard.index] === NO)) return standard;
    // The default is explicitly off: the first member the user said nothing about, else the one refused least recently.
    const isVisible = (symbol: KSymbol): boolean => this.visible[symbol.index] !== NO;
    const open = this.members(choice).find((symbol) => isVisible(symbol) && !this.hasUser[symbol.index]);
    return open ?? priority.findLast(isVisible) ?? null;
  }

  /** The user touched this member: from now on it comes first. */
  moveToFront(member: KSymbol): void {
    const list = member.choice === null ? undefined : this.priority.get(member.choice);
    if (list === undefined) return;
    const at = list.indexOf(member);
    if (at >= 0) list.splice(at, 1);
    list.unshift(member);
  }
}
