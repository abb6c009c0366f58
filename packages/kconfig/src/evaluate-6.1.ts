/**
 * Evaluation by the rules of 6.1: a choice is a symbol with a mode. `y`: exactly one member is `y`. `m`: any number of members may
 * be `m`. Members depend on the choice, so their visibility is limited by its mode.
 */
import { Evaluator } from "./evaluate.js";
import type { Expr, KSymbol, Property, SymbolType } from "./model.js";
import type { KconfigTree } from "./tree.js";
import { MOD, NO, type Tristate, YES } from "./tristate.js";

export class Evaluator61 extends Evaluator {
  /** The member that is `y`, by index of the choice. */
  readonly chosen = new Map<KSymbol, KSymbol | null>();
  /** The member the user set to `y` last. */
  readonly userChosen = new Map<KSymbol, KSymbol>();
  /** Choices and members whose values allyesconfig and kin have still to spread, when they are first computed. */
  private readonly needSpread = new Set<KSymbol>();

  constructor(tree: KconfigTree) {
    super(tree);
  }

  override typeOf(symbol: KSymbol): SymbolType {
    if (symbol.type !== "tristate") return symbol.type;
    return (symbol.isChoiceMember && this.visible[symbol.index] === YES) || this.modulesValue === NO
      ? "bool"
      : "tristate";
  }

  expr(e: Expr | null): Tristate {
    if (e === null) return YES;
    switch (e.kind) {
      case "symbol": {
        const symbol = e.symbol!;
        if (!this.valid[symbol.index]) this.calc(symbol);
        return this.tri[symbol.index] as Tristate;
      }
      case "not":
        return (2 - this.expr(e.left)) as Tristate;
      case "and":
      case "or":
        return this.chain(e);
      default:
        return this.comparison(e);
    }
  }

  /** Long chains lean to the left; going down there in a loop keeps the stack small. Both sides are always evaluated. */
  private chain(e: Expr): Tristate {
    const { waiting } = this;
    const bottom = waiting.length;
    let at = e;
    do {
      waiting.push(at);
      at = at.left!;
    } while (at.kind === "and" || at.kind === "or");
    let value = this.expr(at);
    while (waiting.length > bottom) {
      const node = waiting.pop()!;
      const right = this.expr(node.right);
      if (node.kind === "and" ? right < value : right > value) value = right;
    }
    return value;
  }

  /** A tristate member that could only be a module is not visible while the choice is `y`. */
  protected override promptValue(symbol: KSymbol, property: Property): Tristate {
    const value = this.propertyValue(property);
    if (value !== MOD || symbol.choice === null || symbol.type !== "tristate") return value;
    if (this.tri[symbol.choice.index] !== YES) return value;
    return (this.propertyTri[property.index] = NO);
  }

  calc(symbol: KSymbol): void {
    const at = symbol.index;
    if (this.valid[at]) return;
    if (symbol.isChoiceMember && this.needSpread.delete(symbol)) this.calc(symbol.choice!);
    this.valid[at] = 1;
    if (symbol.type === "unknown") {
      this.text[at] = symbol.name ?? "";
      this.tri[at] = NO;
      return;
    }
    const isLogic = symbol.type === "bool" || symbol.type === "tristate";
    const initial = isLogic ? "n" : "";
    this.writes[at] = 0;
    this.calcVisibility(symbol);
    if (this.visible[at] !== NO) this.writes[at] = 1;
    this.text[at] = initial;
    this.tri[at] = NO;
    if (symbol.isChoice) this.chosen.set(symbol, null);
    if (isLogic) {
      const value = this.memberOrLogicValue(symbol);
      this.tri[at] = value === MOD && this.typeOf(symbol) === "bool" ? YES : value;
      this.text[at] = initial;
      if (symbol.isChoice && this.tri[at] === YES) this.chosen.set(symbol, this.calcChoice(symbol));
    } else {
      this.text[at] = this.textValue(symbol, initial);
      this.tri[at] = NO;
      this.clampToRange(symbol);
    }
    this.noteModules(symbol);
    if (!symbol.isChoice) return;
    if (this.writes[at])
      for (const member of symbol.members) if (this.visible[member.index] !== NO) this.writes[member.index] = 1;
    this.writes[at] = 0;
    if (this.needSpread.has(symbol)) this.spreadChoice(symbol);
  }

  private memberOrLogicValue(symbol: KSymbol): Tristate {
    if (!symbol.isChoiceMember || this.visible[symbol.index] !== YES) return this.logicValue(symbol);
    return this.chosen.get(symbol.choice!) === symbol ? YES : NO;
  }

  /** The default of a choice: the first default whose condition and symbol are visible, else the first visible member. */
  choiceDefault(choice: KSymbol): KSymbol | null {
    for (const property of choice.properties) {
      if (property.kind !== "default" || this.propertyValue(property) === NO) continue;
      const symbol = property.expr!.symbol!;
      if (this.visible[symbol.index] !== NO) return symbol;
    }
    return choice.members.find((symbol) => this.visible[symbol.index] !== NO) ?? null;
  }

  /** The member that is `y`: the user's, if visible, else the default. */
  private calcChoice(choice: KSymbol): KSymbol | null {
    let allSet = this.hasUser[choice.index] === 1;
    for (const member of choice.members) {
      this.calcVisibility(member);
      if (this.visible[member.index] !== NO && !this.hasUser[member.index]) allSet = false;
    }
    // The user has decided the choice only if every visible member has a value.
    if (!allSet) this.hasUser[choice.index] = 0;
    const wanted = this.userChosen.get(choice);
    if (wanted !== undefined && this.visible[wanted.index] !== NO) return wanted;
    const standard = this.choiceDefault(choice);
    if (standard === null) this.tri[choice.index] = NO;
    return standard;
  }

  /** For allyesconfig and kin: see {@link needSpread}. */
  markForSpread(symbol: KSymbol): void {
    this.needSpread.add(symbol);
  }

  /** Members without a user value count as `n` from now on, and the choice as decided. */
  spreadChoice(choice: KSymbol): void {
    for (const member of choice.members) if (!this.hasUser[member.index]) this.userTri[member.index] = NO;
    this.hasUser[choice.index] = 1;
    this.valid[choice.index] = 0;
    this.needSpread.delete(choice);
  }
}
