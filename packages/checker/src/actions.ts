/**
 * Between actions ("CPU1 runs, choosing 0") and ordinals ("the third successor"), which schedules are made of.
 */
import { type Action, Interpreter } from "./interpreter.js";
import { initialState } from "./state.js";
import type { System } from "./system.js";

/** Which successor each action is, from the initial state on. Throws if one is not enabled. */
export function ordinalsOf(system: System, actions: readonly Action[]): number[] {
  const interpreter = new Interpreter(system);
  let state = initialState(system);
  return actions.map((action) => {
    const all = interpreter.successors(state);
    const ordinal = all.findIndex(
      (successor) => sameMove(successor.action, action) && successor.action.choices.join() === action.choices.join(),
    );
    if (ordinal < 0) throw new Error("an action is not among the state's successors");
    state = all[ordinal]!.state ?? state;
    return ordinal;
  });
}

function sameMove(a: Action, b: Action): boolean {
  const [x, y] = [a.move, b.move];
  if (x.kind === "run") return y.kind === "run" && x.cpu === y.cpu && x.level === y.level;
  return y.kind === "take" && x.source === y.source;
}
