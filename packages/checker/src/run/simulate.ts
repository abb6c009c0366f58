/**
 * Random runs, for sizes that an exhaustive search does not reach. A finding is as good as a search's (it is replayed
 * and told the same way), though seldom the shortest; finding nothing proves nothing.
 */
import { ordinalsOf } from "../actions.js";
import { stuckContexts } from "../deadlock.js";
import { type Action, Interpreter } from "../interpreter.js";
import { LockRecorder } from "../lockdep/lock-facts.js";
import { seededRandom } from "../random.js";
import { copyState, initialState } from "../state.js";
import type { System } from "../system.js";

export interface SimulateOptions {
  /** Any 32-bit integer; the same seed gives the same runs. */
  readonly seed: number;
  readonly runs: number;
  /** Steps of each run. */
  readonly steps: number;
  /** Asked between runs and every few hundred steps. */
  readonly expired?: () => boolean;
}

export interface SimulateResult {
  readonly verdict: "finding" | "limit";
  /** Runs begun, the violating one included. */
  readonly runs: number;
  /** Steps taken in all runs. */
  readonly steps: number;
  readonly witnesses: readonly { readonly name: string; readonly reached: boolean }[];
  /** What lockdep has learnt from all runs; see `lockdep/lock-facts.ts`. */
  readonly lockFacts: Uint8Array;
  readonly schedule?: readonly number[];
}

/** Steps between two questions whether time is up. */
const STEPS_BETWEEN_LOOKS = 512;

export function simulate(system: System, options: SimulateOptions): SimulateResult {
  const interpreter = new Interpreter(system);
  interpreter.locks = new LockRecorder(system);
  const { facts: lockFacts } = interpreter.locks;
  const random = seededRandom(options.seed);
  let steps = 0;
  let runs = 0;
  const result = (schedule?: readonly number[]): SimulateResult => ({
    verdict: schedule ? "finding" : "limit",
    runs,
    steps,
    witnesses: system.witnesses.map((name) => ({ name, reached: interpreter.reached.has(name) })),
    lockFacts,
    schedule,
  });
  while (runs < options.runs) {
    runs++;
    let state = initialState(system);
    const actions: Action[] = [];
    for (let step = 0; step < options.steps; step++) {
      if (step % STEPS_BETWEEN_LOOKS === 0 && options.expired?.()) return result();
      const moves = interpreter.moves(state);
      let moved = false;
      while (moves.length > 0 && !moved) {
        const move = moves.splice(random(moves.length), 1)[0]!;
        const next = copyState(state);
        const choices = Array.from({ length: MAX_CHOICES }, () => random(2 ** 30));
        const outcome = interpreter.runStep(next, move, choices);
        if (outcome.kind === "blocked") continue;
        moved = true;
        steps++;
        actions.push({ move, choices: outcome.choiceCounts.map((count, i) => choices[i]! % count) });
        if (outcome.kind === "violation") return result(ordinalsOf(system, actions));
        state = next;
      }
      if (!moved || moves.length === 0) {
        if (stuckContexts(interpreter, state).length > 0) return result(ordinalsOf(system, actions));
      }
      if (!moved) break;
    }
  }
  return result();
}

/** Choices that one step may make. */
const MAX_CHOICES = 8;
