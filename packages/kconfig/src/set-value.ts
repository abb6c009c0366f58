/**
 * Setting one value by hand, as conf's question and answer does: what may be set, and what else that changes.
 *
 * Used by oldconfig() and by editors. Values are recomputed at once.
 */
import type { Evaluator } from "./evaluate.js";
import { Evaluator61 } from "./evaluate-6.1.js";
import { Evaluator612 } from "./evaluate-6.12.js";
import type { KSymbol } from "./model.js";
import { isWithinRange } from "./read-config.js";
import { MOD, NO, type Tristate, tristateOf, YES } from "./tristate.js";

/** Can the user change it at all now? */
export function isChangeable(evaluator: Evaluator, symbol: KSymbol): boolean {
  if (symbol.isChoice && evaluator instanceof Evaluator612) return false;
  return evaluator.visible[symbol.index]! > evaluator.reverseDep[symbol.index]!;
}

/** Can a bool or tristate be set to this value now? */
export function canBe(evaluator: Evaluator, symbol: KSymbol, value: Tristate): boolean {
  const visible = evaluator.visible[symbol.index]!;
  const least = evaluator.reverseDep[symbol.index]!;
  const type = evaluator.typeOf(symbol);
  if (visible === NO || (type !== "bool" && type !== "tristate")) return false;
  if ((type === "bool" && value === MOD) || visible <= least) return false;
  if (evaluator instanceof Evaluator61 && symbol.isChoiceMember && visible === YES) return value === YES;
  return value >= least && value <= visible;
}

/** False: not possible, nothing changed. */
export function setTristate(evaluator: Evaluator, symbol: KSymbol, value: Tristate): boolean {
  const before = evaluator.tri[symbol.index];
  const isOld = evaluator instanceof Evaluator61;
  if (!canBe(evaluator, symbol, value) && !(isOld && before === value)) return false;
  evaluator.hasUser[symbol.index] = 1;
  evaluator.userTri[symbol.index] = value;
  if (isOld && symbol.choice !== null && value === YES) {
    evaluator.userChosen.set(symbol.choice, symbol);
    evaluator.hasUser[symbol.choice.index] = 1;
    for (const member of symbol.choice.members)
      if (evaluator.visible[member.index] !== NO) evaluator.hasUser[member.index] = 1;
  }
  if (before !== value) evaluator.clearAllValid();
  return true;
}

/** Sets any symbol from text: `y`, a number, a string without quotes. False: not a possible value, nothing changed. */
export function setText(evaluator: Evaluator, symbol: KSymbol, text: string): boolean {
  if (symbol.type === "bool" || symbol.type === "tristate") {
    const value = tristateOf(text.slice(0, 1).toLowerCase());
    return value !== undefined && setTristate(evaluator, symbol, value);
  }
  if (!isWithinRange(evaluator, symbol, text)) return false;
  const at = symbol.index;
  const full = symbol.type === "hex" && !/^0[xX]/.test(text) ? `0x${text}` : text;
  if (evaluator.hasUser[at] && evaluator.userText[at] === full && full === text) return true;
  evaluator.hasUser[at] = 1;
  evaluator.userText[at] = full;
  evaluator.clearAllValid();
  return true;
}

/** 6.12: makes one member of a choice `y` and the other visible ones `n`. */
export function setChoice(evaluator: Evaluator612, choice: KSymbol, chosen: KSymbol): void {
  let changed = false;
  for (const member of evaluator.members(choice)) {
    if (evaluator.visible[member.index] === NO) continue;
    const value = member === chosen ? YES : NO;
    if (evaluator.tri[member.index] !== value) changed = true;
    evaluator.userTri[member.index] = value;
    evaluator.hasUser[member.index] = 1;
    evaluator.moveToFront(member);
  }
  if (changed) evaluator.clearAllValid();
}
