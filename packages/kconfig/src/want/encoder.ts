/**
 * The rules of a Kconfig tree as clauses: which values the symbols can have together.
 *
 * Used by want(). Every configuration Kconfig can produce is a model of the clauses. The converse holds except for the values of
 * strings and numbers, and details of choices; therefore a contradiction is certain, and a way has to be checked.
 *
 * Clauses come in groups, one per Fact. With `explain`, each group has a literal that switches it on, so that the facts a
 * contradiction needs can be found by leaving out the others.
 */

import { entriesBelow } from "../check-recursion.js";
import { type Condition, conditionsOf, dependencies, ownConditions } from "../conditions.js";
import type { KSymbol, Property } from "../model.js";
import type { KconfigTree } from "../tree.js";
import {
  choiceFact,
  conditionFact,
  defaultFact,
  describeSources,
  type Fact,
  modulesFact,
  selectFact,
  sourcesFact,
  textFact,
} from "./facts.js";
import { Literals, type Pair } from "./literals.js";
import type { Literal, Sat } from "./sat.js";

export interface EncoderOptions {
  /** Make groups that can be switched. */
  readonly explain: boolean;
  /**
   * Let a select count whenever its symbol is on and its own `if` holds, though it needs the dependencies of its entry too. True
   * of almost every configuration, and proofs become readable: the dependencies are then facts of their own.
   */
  readonly looseSelects: boolean;
  /** Which symbols get their rules; the others are free. */
  readonly isDefined: (symbol: KSymbol) => boolean;
}

/** What decides a symbol, as literals. */
export interface Parts {
  readonly value: Pair;
  /** What the prompts allow. */
  readonly visible: Pair;
  readonly selected: Pair;
  /** What it is if nobody asks: defaults and implies. */
  readonly standard: Pair;
}

export class Encoder {
  readonly literals: Literals;
  /** Facts and the literals that switch them on. */
  readonly facts: { readonly fact: Fact; readonly on: Literal; readonly symbol: KSymbol }[] = [];
  readonly parts = new Map<KSymbol, Parts>();
  private readonly selects = new Map<KSymbol, Property[]>();
  private readonly implies = new Map<KSymbol, Property[]>();
  private readonly doneChoices = new Set<KSymbol>();

  constructor(
    readonly tree: KconfigTree,
    readonly sat: Sat,
    private readonly options: EncoderOptions,
  ) {
    this.literals = new Literals(tree, sat);
    for (const property of tree.properties) {
      const map = property.kind === "select" ? this.selects : property.kind === "imply" ? this.implies : undefined;
      if (map === undefined || property.menu.symbol === null) continue;
      const target = property.expr!.symbol!;
      const list = map.get(target);
      if (list === undefined) map.set(target, [property]);
      else list.push(property);
    }
  }

  /** Encodes everything the symbols mentioned so far hang on. */
  closure(): void {
    for (let at = 0; at < this.literals.mentioned.length; at++) this.define(this.literals.mentioned[at]!);
  }

  /** Selects and implies whose target is this symbol. */
  selectorsOf(symbol: KSymbol): readonly Property[] {
    return this.selects.get(symbol) ?? [];
  }

  private define(symbol: KSymbol): void {
    if (!this.options.isDefined(symbol)) return;
    const value = this.literals.symbol(symbol);
    if (value.some !== value.full) {
      this.sat.add(-value.full, value.some);
      this.sat.add(
        -this.group(symbol, modulesFact(symbol, this.tree.modules)),
        this.literals.modules,
        -value.some,
        value.full,
      );
    }
    if (symbol.isChoice) this.defineChoiceMode(symbol, value);
    else if (symbol.choice !== null) this.defineMember(symbol, symbol.choice, value);
    else this.defineSymbol(symbol, value);
  }

  private defineSymbol(symbol: KSymbol, value: Pair): void {
    const selects = this.selects.get(symbol) ?? [];
    const implies = this.implies.get(symbol) ?? [];
    const defaults = symbol.properties.filter((property) => property.kind === "default");
    const visible = this.visible(symbol);
    const selected = this.selected(selects);
    const standard = this.limit(symbol, this.standard(symbol, defaults, implies));
    this.parts.set(symbol, { value, visible, selected, standard });
    const reasons = this.reasons(selects);
    this.upper(symbol, { value, visible, selected: reasons, standard }, describeSources(selects, implies, defaults));
    for (const property of selects) this.lowerBySelect(symbol, value, property);
    this.lowerByDefault(symbol, { value, visible, selected, standard }, defaults);
  }

  /**
   * Demands that a string or number is this value: it can be asked for, or a default gives it. What a default takes from another
   * symbol is not seen here and counts as possible.
   */
  demandText(symbol: KSymbol, value: string): void {
    const { sat, literals } = this;
    const [entry, ...others] = symbol.menus;
    const isSingle = entry !== undefined && others.length === 0;
    // Of a symbol with one definition, prompt and defaults need its dependencies alike: facts of their own.
    for (const condition of isSingle ? dependencies(entry) : []) this.demandCondition(symbol, condition);
    const holds = (property: Property): Literal =>
      isSingle
        ? sat.and(...ownConditions(property).map(({ expr }) => literals.condition(expr).some))
        : literals.expr(property.visible).some;
    const prompts = symbol.properties.filter((property) => property.text !== null);
    const defaults = symbol.properties.filter((property) => property.kind === "default");
    const ways: Literal[] = [];
    let isOpen = sat.true;
    for (const property of defaults) {
      const source = property.expr?.kind === "symbol" ? property.expr.symbol! : null;
      const mayGive = source === null || source.menus.length > 0 || source.name === value;
      if (mayGive) ways.push(sat.and(isOpen, holds(property)));
      isOpen = sat.and(isOpen, -holds(property));
    }
    if (isSingle && prompts.length === 1 && ways.length === 0)
      for (const condition of ownConditions(prompts[0]!)) this.demandCondition(symbol, condition);
    else sat.add(-this.group(symbol, textFact(symbol, value, defaults)), ...prompts.map(holds), ...ways);
  }

  private demandCondition(symbol: KSymbol, condition: Condition): void {
    const fact = conditionFact(symbol, condition, "", this.sourceLine(condition));
    this.sat.add(-this.group(symbol, fact), this.literals.condition(condition.expr).some);
  }

  /** The most the prompts allow. */
  visible(symbol: KSymbol): Pair {
    const prompts = symbol.properties.filter((property) => property.text !== null);
    const none = { some: this.sat.false, full: this.sat.false };
    const pair = prompts.reduce(
      (sum, property) => this.literals.either(sum, this.literals.expr(property.visible)),
      none,
    );
    return this.limit(symbol, pair);
  }

  /** For a bool, `m` is as good as `y`. (For a tristate without modules too, which the clauses of the value see to.) */
  private limit(symbol: KSymbol, pair: Pair): Pair {
    return symbol.type === "bool" ? { some: pair.some, full: pair.some } : pair;
  }

  private selected(selects: readonly Property[]): Pair {
    const terms = selects.map((property) => this.selectTerm(property));
    return {
      some: this.sat.or(...terms.map((term) => term.some)),
      full: this.sat.or(...terms.map((term) => term.full)),
    };
  }

  private selectTerm(property: Property): Pair {
    const target = property.expr!.symbol!;
    const selector = this.literals.symbol(property.menu.symbol!);
    return this.limit(target, this.literals.both(selector, this.literals.expr(property.visible)));
  }

  /** As much as selects (or implies) can account for. */
  private reasons(properties: readonly Property[]): Pair {
    if (!this.options.looseSelects) return this.selected(properties);
    const terms = properties.map((property) => {
      const own = this.literals.condition(property.written);
      return this.limit(property.expr!.symbol!, this.literals.both(this.literals.symbol(property.menu.symbol!), own));
    });
    return {
      some: this.sat.or(...terms.map((term) => term.some)),
      full: this.sat.or(...terms.map((term) => term.full)),
    };
  }

  /** First default whose condition holds; implies raise it, up to the dependencies. */
  private standard(symbol: KSymbol, defaults: readonly Property[], implies: readonly Property[]): Pair {
    const { sat, literals } = this;
    let pair: Pair = { some: sat.false, full: sat.false };
    for (const property of defaults.toReversed()) {
      const condition = literals.expr(property.visible);
      const value = literals.both(literals.expr(property.expr), condition);
      const pick = (chosen: Literal, rest: Literal): Literal => sat.or(chosen, sat.and(-condition.some, rest));
      pair = { some: pick(value.some, pair.some), full: pick(value.full, pair.full) };
    }
    if (implies.length === 0) return pair;
    const implied = this.selected(implies);
    const limited = literals.both(literals.either(pair, implied), literals.expr(symbol.directDep));
    const pick = (raised: Literal, plain: Literal): Literal =>
      sat.or(sat.and(implied.some, raised), sat.and(-implied.some, plain));
    return { some: pick(limited.some, pair.some), full: pick(limited.full, pair.full) };
  }

  /** A value needs a reason: the prompt's conditions, or a select, or a default. */
  private upper(symbol: KSymbol, parts: Parts, sources: string): void {
    const { value, visible, selected, standard } = parts;
    const besides: Pair = {
      some: this.sat.or(selected.some, standard.some),
      full: this.sat.or(selected.full, standard.full),
    };
    const prompts = symbol.properties.filter((property) => property.text !== null);
    const only = prompts.length === 1 ? prompts[0]! : undefined;
    if (only !== undefined && this.options.explain) {
      // Of a symbol with one definition, defaults and implies need the dependencies too; only a select does without.
      const bySelect = describeSources(this.selects.get(symbol) ?? [], [], []);
      const own = new Set(ownConditions(only).map((condition) => condition.expr));
      for (const condition of conditionsOf(only))
        if (symbol.menus.length > 1 || own.has(condition.expr))
          this.upperByCondition(symbol, value, condition, besides, sources);
        else this.upperByCondition(symbol, value, condition, selected, bySelect);
      return;
    }
    const defaults = symbol.properties.filter((property) => property.kind === "default");
    const single = prompts.length === 0 && defaults.length === 1 && (this.implies.get(symbol) ?? []).length === 0;
    if (single && this.options.explain) {
      this.upperByDefault(symbol, parts, defaults[0]!);
      return;
    }
    this.upperClauses(this.group(symbol, sourcesFact(symbol, sources)), symbol, value, {
      some: this.sat.or(visible.some, besides.some),
      full: this.sat.or(visible.full, besides.full),
    });
  }

  private upperByCondition(symbol: KSymbol, value: Pair, condition: Condition, besides: Pair, sources: string): void {
    const allowed = this.limit(symbol, this.literals.condition(condition.expr));
    if (allowed.full === this.sat.true) return;
    this.upperClauses(
      this.group(symbol, conditionFact(symbol, condition, sources, this.sourceLine(condition))),
      symbol,
      value,
      {
        some: this.sat.or(allowed.some, besides.some),
        full: this.sat.or(allowed.full, besides.full),
      },
    );
  }

  /** No prompt and one default: its value and each of its conditions are necessary by themselves. */
  private upperByDefault(symbol: KSymbol, parts: Parts, property: Property): void {
    const selects = this.selects.get(symbol) ?? [];
    const others = describeSources(selects, [], []);
    const conditions = [...ownConditions(property), ...dependencies(property.menu)];
    for (const condition of conditions) this.upperByCondition(symbol, parts.value, condition, parts.selected, others);
    const pair = this.limit(symbol, this.literals.expr(property.expr));
    if (pair.full === this.sat.true) return;
    this.upperClauses(
      this.group(symbol, sourcesFact(symbol, describeSources(selects, [], [property]))),
      symbol,
      parts.value,
      {
        some: this.sat.or(pair.some, parts.selected.some),
        full: this.sat.or(pair.full, parts.selected.full),
      },
    );
  }

  /** A condition that macros made a constant is told as it is written. */
  private sourceLine(condition: Condition): string | undefined {
    if (condition.expr.kind !== "symbol" || !condition.expr.symbol!.isConstant) return undefined;
    const lines = this.tree.source(condition.file)?.split("\n", condition.line);
    return lines?.[condition.line - 1]?.trim();
  }

  private upperClauses(on: Literal, symbol: KSymbol, value: Pair, allowed: Pair): void {
    this.sat.add(-on, -value.some, allowed.some);
    if (symbol.type === "tristate" && value.full !== value.some)
      this.sat.add(-on, -this.literals.modules, -value.full, allowed.full);
  }

  private lowerClauses(on: Literal, symbol: KSymbol, value: Pair, least: Pair, unless: Literal): void {
    this.sat.add(-on, unless, -least.some, value.some);
    if (symbol.type === "tristate" && value.full !== value.some) this.sat.add(-on, unless, -least.full, value.full);
  }

  private lowerBySelect(symbol: KSymbol, value: Pair, property: Property): void {
    const on = this.group(symbol, selectFact(property));
    this.lowerClauses(on, symbol, value, this.selectTerm(property), this.sat.false);
  }

  /** What cannot be asked for has its default. */
  private lowerByDefault(symbol: KSymbol, parts: Parts, defaults: readonly Property[]): void {
    if (parts.standard.some === this.sat.false) return;
    const on = this.group(symbol, defaultFact(symbol, defaults));
    this.lowerClauses(on, symbol, parts.value, parts.standard, parts.visible.some);
  }

  /** 6.1: the mode of a choice. Not optional: at least `m` where it is visible. */
  private defineChoiceMode(choice: KSymbol, value: Pair): void {
    this.defineChoice(choice);
    const visible = this.visible(choice);
    this.upperClauses(this.group(choice, sourcesFact(choice, "asked for")), choice, value, visible);
    if (!choice.isOptional)
      this.lowerClauses(
        this.group(choice, choiceFact(choice, "some member")),
        choice,
        value,
        { some: visible.some, full: this.sat.false },
        this.sat.false,
      );
  }

  private defineMember(member: KSymbol, choice: KSymbol, value: Pair): void {
    const visible = this.visible(member);
    const none: Pair = { some: this.sat.false, full: this.sat.false };
    this.parts.set(member, { value, visible, selected: none, standard: none });
    const prompts = member.properties.filter((property) => property.text !== null);
    if (prompts.length === 1 && this.options.explain)
      for (const condition of conditionsOf(prompts[0]!)) this.upperByCondition(member, value, condition, none, "");
    else this.upperClauses(this.group(member, sourcesFact(member, "one of a choice")), member, value, visible);
    if (this.tree.dialect === "6.1") this.sat.add(-value.some, this.literals.symbol(choice).some);
    this.defineChoice(choice);
  }

  /** Exactly one visible member is `y` (6.1: if the mode is `y`). */
  private defineChoice(choice: KSymbol): void {
    if (this.doneChoices.has(choice) || !this.options.isDefined(choice)) return;
    this.doneChoices.add(choice);
    const members = this.members(choice);
    const values = members.map((member) => this.literals.symbol(member).full);
    const one = this.group(choice, choiceFact(choice, "one member"));
    // At most one, with a chain of "one so far" instead of all pairs.
    let soFar = this.sat.false;
    for (const value of values) {
      this.sat.add(-one, -soFar, -value);
      soFar = this.sat.or(soFar, value);
    }
    const mode = this.tree.dialect === "6.1" ? this.literals.symbol(choice).full : this.sat.true;
    const some = this.group(choice, choiceFact(choice, "some member"));
    for (const member of members) this.sat.add(-some, -mode, -this.visible(member).some, soFar);
  }

  members(choice: KSymbol): readonly KSymbol[] {
    if (this.tree.dialect === "6.1") return choice.members;
    const out: KSymbol[] = [];
    for (const menu of entriesBelow(choice.menus[0]!)) if (menu.symbol?.choice === choice) out.push(menu.symbol);
    return [...new Set(out)];
  }

  private group(symbol: KSymbol, fact: Fact): Literal {
    if (!this.options.explain) return this.sat.true;
    const on = this.sat.fresh();
    this.facts.push({ fact, on, symbol });
    return on;
  }
}
