/**
 * The reference search: breadth first, by the interpreter, over unpacked states in a Map. For small systems, and to hold
 * the generated code against: same verdict, same number of states, same length of the shortest run.
 */
import { Chaining } from "../chaining.js";
import { stuckContexts } from "../deadlock.js";
import { Interpreter } from "../interpreter.js";
import { LockRecorder } from "../lockdep/lock-facts.js";
import { initialState, type State, stateKey } from "../state.js";
import type { System } from "../system.js";
import type { SearchOptions, SearchResult } from "./search.js";

export function referenceSearch(system: System, limits: SearchOptions = {}): SearchResult {
  const interpreter = new Interpreter(system, limits.chaining ? new Chaining(system) : undefined);
  interpreter.locks = new LockRecorder(system);
  const first = initialState(system);
  const states: { state: State; parent: number; ordinal: number }[] = [{ state: first, parent: -1, ordinal: 0 }];
  const seen = new Set([stateKey(first)]);
  let transitions = 0;
  let depth = 0;
  let schedule: number[] | undefined;
  let limit: SearchResult["limit"];
  const pathTo = (id: number): number[] => {
    const path: number[] = [];
    for (let at = id; states[at]!.parent >= 0; at = states[at]!.parent) path.unshift(states[at]!.ordinal);
    return path;
  };
  for (let from = 0, to = 1; from < to && !schedule && !limit; from = to, to = states.length) {
    let deadlock: number | undefined;
    let violating: number[] | undefined;
    for (let id = from; id < to; id++) {
      const { state } = states[id]!;
      const successors = interpreter.successors(state);
      // Who runs and has no step is blocked; without one there is no deadlock to look for.
      const moving = new Set(successors.flatMap(({ action: { move } }) => (move.kind === "run" ? [move.cpu] : [])));
      const isBlocked = interpreter.moves(state).some((move) => move.kind === "run" && !moving.has(move.cpu));
      if (deadlock === undefined && isBlocked && stuckContexts(interpreter, state).length > 0) deadlock = id;
      successors.forEach((successor, ordinal) => {
        transitions++;
        if (!successor.state) {
          violating ??= [...pathTo(id), ordinal];
          return;
        }
        const key = stateKey(successor.state);
        if (seen.has(key)) return;
        seen.add(key);
        states.push({ state: successor.state, parent: id, ordinal });
      });
      if (states.length >= (limits.maxStates ?? Number.POSITIVE_INFINITY)) {
        limit = "states";
        break;
      }
      if (limits.expired?.()) {
        limit = "seconds";
        break;
      }
    }
    if (states.length > to) depth++;
    schedule = deadlock !== undefined ? pathTo(deadlock) : violating;
  }
  return {
    verdict: schedule ? "finding" : limit ? "limit" : "sound",
    states: states.length,
    transitions,
    depth,
    memory: 0,
    witnesses: system.witnesses.map((name) => ({ name, reached: interpreter.reached.has(name) })),
    lockFacts: interpreter.locks.facts,
    schedule,
    limit: schedule ? undefined : limit,
  };
}
