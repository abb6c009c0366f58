/**
 * The search that people use: chained steps first, and a finding once more without, so that the run is a shortest one.
 */
import { ordinalsOf } from "../actions.js";
import { Chaining } from "../chaining.js";
import { type Action, Interpreter } from "../interpreter.js";
import { copyState, initialState } from "../state.js";
import type { System } from "../system.js";
import { type Progress, type SearchOptions, type SearchResult, search } from "./search.js";

export interface ReducedResult extends SearchResult {
  /** The run of a finding is one of the shortest there are. */
  readonly isShortest: boolean;
  /** The reduction under which the states were counted. */
  readonly reduction: "chaining" | "none";
}

export interface ReducedOptions extends SearchOptions {
  /** False: any run of a finding will do, which saves the second search. */
  readonly shortest?: boolean;
}

/** As `search`, whose options it takes; a schedule is always one of single steps. */
export function searchReduced(
  system: System,
  options: ReducedOptions,
  onProgress?: (progress: Progress) => void,
): ReducedResult {
  if (!options.chaining) return { ...search(system, options, onProgress), isShortest: true, reduction: "none" };
  const reduced = search(system, options, onProgress);
  if (!reduced.schedule) return { ...reduced, isShortest: true, reduction: "chaining" };
  if (options.shortest === false) {
    return { ...reduced, schedule: unchain(system, reduced.schedule), isShortest: false, reduction: "chaining" };
  }
  const full = search(system, { ...options, chaining: false }, onProgress);
  if (full.schedule) return { ...full, isShortest: true, reduction: "none" };
  if (full.verdict === "sound") throw new Error("chaining found a violation that is not there");
  return { ...reduced, schedule: unchain(system, reduced.schedule), isShortest: false, reduction: "chaining" };
}

/** The schedule of single steps that a schedule of chained steps stands for. */
export function unchain(system: System, schedule: readonly number[]): number[] {
  const chained = new Interpreter(system, new Chaining(system));
  const actions: Action[] = [];
  let state = initialState(system);
  for (const ordinal of schedule) {
    const next = chained.successors(state)[ordinal]!;
    const { move, choices } = next.action;
    chained.runStep(copyState(state), move, choices);
    const seams = [...chained.seams, choices.length];
    const level = move.kind === "run" ? move.level : move.source.root.level;
    seams.forEach((end, index) => {
      const own = choices.slice(index === 0 ? 0 : seams[index - 1], end);
      actions.push({ move: index === 0 ? move : { kind: "run", cpu: move.cpu, level }, choices: own });
    });
    state = next.state ?? state;
  }
  return ordinalsOf(system, actions);
}
