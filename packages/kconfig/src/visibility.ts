/** Does an entry of the menu appear? Used by oldconfig() and by help texts; the `.config` writer has a shorter rule of its own. */
import type { Evaluator } from "./evaluate.js";
import { Evaluator61 } from "./evaluate-6.1.js";
import type { Menu } from "./model.js";
import { NO } from "./tristate.js";

/** An entry without a visible prompt still appears if its symbol is on and something below it appears. */
export function isEntryVisible(evaluator: Evaluator, menu: Menu): boolean {
  const { prompt, symbol } = menu;
  if (prompt === null) return false;
  if (menu.visibility !== null && evaluator.expr(menu.visibility) === NO) return false;
  if (symbol === null) return evaluator.expr(prompt.visible) !== NO;
  evaluator.calc(symbol);
  if (evaluator.wasVisible(prompt)) return true;
  if (evaluator.tri[symbol.index] === NO) return false;
  for (let child = menu.list; child !== null; child = child.next)
    if (isEntryVisible(evaluator, child)) {
      // 6.1 counts the symbol as answered then.
      if (evaluator instanceof Evaluator61) evaluator.hasUser[symbol.index] = 1;
      return true;
    }
  return false;
}
