/**
 * "As it is now": clauses that tie every symbol the user can set to what a given configuration says, unless it is changed.
 *
 * Used by want() to ask for few changes. Each symbol with a prompt, and each choice, gets one literal: "changed".
 */
import type { Configuration } from "../configuration.js";
import { Evaluator61 } from "../evaluate-6.1.js";
import { Evaluator612 } from "../evaluate-6.12.js";
import type { KSymbol } from "../model.js";
import { YES } from "../tristate.js";
import type { Encoder, Parts } from "./encoder.js";
import type { Literal } from "./sat.js";

export class Keep {
  /** What can be changed: a symbol with a prompt, or a choice. */
  readonly changed = new Map<KSymbol, Literal>();

  constructor(
    private readonly encoder: Encoder,
    private readonly base: Configuration,
  ) {
    for (const [symbol, parts] of encoder.parts) {
      if (symbol.choice !== null) this.choice(symbol.choice);
      else if (symbol.properties.some((property) => property.text !== null)) this.symbol(symbol, parts);
    }
  }

  private symbol(symbol: KSymbol, parts: Parts): void {
    const { sat } = this.encoder;
    const { evaluator } = this.base;
    const changed = sat.fresh();
    this.changed.set(symbol, changed);
    const { value, visible, selected, standard } = parts;
    // Only what is visible can be changed, and not beyond what is visible.
    sat.add(-changed, visible.some);
    sat.add(-changed, -value.some, visible.some, selected.some);
    sat.add(-changed, -value.full, visible.full, selected.full);
    if (!evaluator.hasUser[symbol.index]) {
      this.equals(changed, value.some, sat.or(standard.some, selected.some), sat.true);
      if (value.full !== value.some)
        this.equals(changed, value.full, sat.or(standard.full, selected.full), this.encoder.literals.modules);
      return;
    }
    const user = evaluator.userTri[symbol.index]!;
    const wantsSome = user >= 1 ? visible.some : sat.false;
    const wantsFull = user >= 2 ? visible.full : sat.false;
    const asked = (want: Literal, other: Literal, otherwise: Literal): Literal =>
      sat.or(other, sat.and(visible.some, want), sat.and(-visible.some, otherwise));
    this.equals(changed, value.some, asked(wantsSome, selected.some, standard.some), sat.true);
    if (value.full !== value.some)
      this.equals(changed, value.full, asked(wantsFull, selected.full, standard.full), this.encoder.literals.modules);
  }

  /** Unless changed, and if `when`: the two are the same. */
  private equals(changed: Literal, a: Literal, b: Literal, when: Literal): void {
    const { sat } = this.encoder;
    sat.add(changed, -when, -a, b);
    sat.add(changed, -when, a, -b);
  }

  /** A choice stays with its member as long as that is visible. */
  private choice(choice: KSymbol): void {
    if (this.changed.has(choice)) return;
    const { sat } = this.encoder;
    const changed = sat.fresh();
    this.changed.set(choice, changed);
    const current = this.current(choice);
    const parts = current === undefined ? undefined : this.encoder.parts.get(current);
    if (parts !== undefined) sat.add(changed, -parts.visible.some, parts.value.full);
  }

  private current(choice: KSymbol): KSymbol | undefined {
    const { evaluator } = this.base;
    if (evaluator instanceof Evaluator61) return evaluator.chosen.get(choice) ?? undefined;
    if (!(evaluator instanceof Evaluator612)) return undefined;
    return evaluator.members(choice).find((member) => evaluator.tri[member.index] === YES);
  }
}
