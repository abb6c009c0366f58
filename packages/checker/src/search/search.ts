/**
 * Breadth-first search of every state that the system can reach, by generated code.
 *
 * Exact: every reachable state is stored, none of it left out. Breadth first, so the first violation is one of the shortest. The
 * same system gives the same result, byte for byte. There are no parent pointers: a path is found by expanding the
 * levels again, backwards, for the first state that leads to the next one.
 */
import { Chaining } from "../chaining.js";
import { stuckContexts } from "../deadlock.js";
import { Interpreter } from "../interpreter.js";
import type { System } from "../system.js";
import { Engine, type Guesses } from "./engine.js";

/** Where a search must stop although it is not done. */
export interface Limits {
  readonly maxStates?: number;
  /** Bytes of state storage. */
  readonly maxMemory?: number;
  /** Asked every few thousand states; a face that has a clock answers. */
  readonly expired?: () => boolean;
}

export interface SearchOptions extends Limits {
  /** Chain steps where no other context's step is needed in between: fewer states, same verdict. */
  readonly chaining?: boolean;
}

export interface Progress {
  readonly states: number;
  /** States whose successors are known. */
  readonly expanded: number;
  readonly depth: number;
  /** Bytes of state storage. */
  readonly memory: number;
}

export type LimitKind = "states" | "memory" | "seconds";

export interface SearchResult {
  readonly verdict: "sound" | "finding" | "limit";
  /** Reachable states found; all of them when the verdict is `sound`. */
  readonly states: number;
  /** Steps taken, including those to known states. */
  readonly transitions: number;
  /** Steps from the initial state to the farthest state found. */
  readonly depth: number;
  /** Bytes of state storage. */
  readonly memory: number;
  readonly witnesses: readonly { readonly name: string; readonly reached: boolean }[];
  /** What lockdep has learnt from all steps taken; see `lockdep/lock-facts.ts`. */
  readonly lockFacts: Uint8Array;
  /**
   * For a finding: which successor (of the chained steps, where there are such) to take at each step from the initial state. The last one is the violating step,
   * unless the run ends in a deadlock.
   */
  readonly schedule?: readonly number[];
  readonly limit?: LimitKind;
}

/** States between two looks at the limits. */
const SLICE = 4096;

/** Searches the whole system, or until a limit or the first (shortest) violation. */
export function search(
  system: System,
  limits: SearchOptions = {},
  onProgress?: (progress: Progress) => void,
  guesses?: Guesses,
): SearchResult {
  const interpreter = new Interpreter(system);
  let violating: { state: number; ordinal: number } | undefined;
  let deadlock: number | undefined;
  const engine = new Engine(
    system,
    {
      violation(state, ordinal) {
        violating ??= { state, ordinal };
      },
      stuck(state) {
        if (deadlock === undefined && stuckContexts(interpreter, engine.state(state)).length > 0) deadlock = state;
      },
    },
    limits.chaining ? new Chaining(system) : undefined,
    guesses,
  );

  /** The number of the first state of each level. */
  const levels = [0];
  let expanded = 0;
  let limit: LimitKind | undefined;
  const maxStates = limits.maxStates ?? Number.POSITIVE_INFINITY;
  const maxMemory = limits.maxMemory ?? Number.POSITIVE_INFINITY;
  while (limit === undefined && expanded < engine.count && !violating && deadlock === undefined) {
    const end = engine.count;
    // A deadlock in this level is a step shorter than a violating step out of it: the level is always finished.
    while (expanded < end && limit === undefined) {
      expanded = engine.run(expanded, Math.min(expanded + SLICE, end), maxStates);
      if (expanded >= end && engine.count === end) break;
      if (engine.count >= maxStates) limit = "states";
      else if (engine.memory > maxMemory) limit = "memory";
      else if (limits.expired?.()) limit = "seconds";
      onProgress?.({ states: engine.count, expanded, depth: levels.length, memory: engine.memory });
    }
    if (engine.count > end) levels.push(end);
  }

  const witnesses = system.witnesses.map((name, index) => ({ name, reached: engine.reached[index] !== 0 }));
  const facts = {
    states: engine.count,
    transitions: engine.transitions,
    depth: levels.length - 1,
    memory: engine.memory,
    witnesses,
    lockFacts: engine.lockFacts,
  };
  if (deadlock !== undefined) {
    return { verdict: "finding", ...facts, schedule: pathTo(engine, levels, deadlock) };
  }
  if (violating) {
    return { verdict: "finding", ...facts, schedule: [...pathTo(engine, levels, violating.state), violating.ordinal] };
  }
  return limit === undefined ? { verdict: "sound", ...facts } : { verdict: "limit", ...facts, limit };
}

/** The successors to take from the initial state to a state. */
function pathTo(engine: Engine, levels: readonly number[], wanted: number): number[] {
  const path: number[] = [];
  let level = levels.findLastIndex((start) => start <= wanted);
  let state = wanted;
  for (; level > 0; level--) {
    const parent = engine.parent(levels[level - 1]!, levels[level]!, state);
    path.unshift(parent.ordinal);
    state = parent.state;
  }
  return path;
}
