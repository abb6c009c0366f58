/**
 * Breadth-first search of every state that the system can reach, by generated code.
 *
 * Exact: every reachable state is stored whole. Breadth first, so the first violation is one of the shortest. The
 * same system gives the same result, byte for byte. There are no parent pointers: a path is found by expanding the
 * levels again, backwards, for the first state that leads to the next one.
 */
import { Chaining } from "./chaining.js";
import { generate } from "./codegen.js";
import { stuckContexts } from "./deadlock.js";
import { ENDLESS_LOOP, Interpreter } from "./interpreter.js";
import { assignSlots, decodeState, encodeState, type Layout, makeLayout, noteRanges, type Ranges } from "./layout.js";
import { seededRandom } from "./random.js";
import { initialState } from "./state.js";
import { storeText } from "./store.js";
import type { System } from "./system.js";
import { widenNarrowFields } from "./widths.js";

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
  /** What lockdep has learnt from all steps taken; see `lock-facts.ts`. */
  readonly lockFacts: Uint8Array;
  /**
   * For a finding: which successor (of the chained steps, where there are such) to take at each step from the initial state. The last one is the violating step,
   * unless the run ends in a deadlock.
   */
  readonly schedule?: readonly number[];
  readonly limit?: LimitKind;
}

/** Thrown by generated code when a value does not fit its field. */
class Overflow extends Error {
  constructor(
    readonly field: string,
    readonly value: number,
  ) {
    super(`${field} does not hold ${value}`);
  }
}

/** States between two looks at the limits. */
const SLICE = 4096;
/** Steps of the random walk that finds the first widths. */
const SAMPLE_STEPS = 3000;

interface Engine {
  /** Expands states `from` up to `to`; returns where it stopped. */
  run(from: number, to: number, maxStates: number): number;
  /** Looks for the first of states `from` .. `to - 1` that leads to state `wanted`; its number and the successor's. */
  parent(from: number, to: number, wanted: number): { state: number; ordinal: number };
  seed(words: Int32Array): void;
  words(id: number): Int32Array;
  count(): number;
  memory(): number;
  transitions(): number;
  readonly reached: Uint8Array;
  readonly lockFacts: Uint8Array;
}

interface Environment {
  /** The current state's successor `ordinal` violates something. */
  violation(ordinal: number): void;
  /** The current state may be a deadlock. */
  stuck(): void;
  overflow(field: string, value: number): never;
}

function makeEngine(system: System, layout: Layout, env: Environment, chaining?: Chaining): Engine {
  const text = `${storeText(layout.words)}
${generate(system, layout, chaining)}
let transitions = 0;
return {
  run(from, to, maxStates) {
    for (let id = from; id < to; id++) {
      load(id); env.current = id; expand(); transitions += ordinal;
      if (count + pending >= maxStates) { flush(); if (count >= maxStates) return id + 1; }
    }
    flush();
    return to;
  },
  parent(from, to, wanted) {
    target = wanted; hit = -1;
    for (let id = from; id < to; id++) {
      load(id); env.current = id; expand(); flush();
      if (hit >= 0) { const ordinal = hit; target = -1; hit = -1; return { state: id, ordinal }; }
    }
    throw new Error("a state has no predecessor in the level before it");
  },
  seed(words) { N.set(words); emit(); flush(); },
  words(id) { load(id); return S.slice(); },
  count() { return count; },
  memory,
  transitions() { return transitions; },
  reached,
  lockFacts,
};`;
  return new Function("env", text)(env) as Engine;
}

/** A first idea of how wide the fields must be: what a random walk meets. */
function sampleRanges(system: System, slots: ReturnType<typeof assignSlots>): Ranges {
  const ranges: Ranges = new Map();
  const interpreter = new Interpreter(system);
  const random = seededRandom(1);
  let state = initialState(system);
  for (let step = 0; step < SAMPLE_STEPS; step++) {
    noteRanges(system, slots, state, ranges);
    const successors = interpreter.successors(state);
    // Each costs as much as all the rest of the walk, and the search will find it anyway.
    if (successors.some(({ violation }) => violation?.message === ENDLESS_LOOP)) break;
    const next = successors.flatMap((s) => (s.state ? [s.state] : []));
    state = next.length === 0 ? initialState(system) : next[random(next.length)]!;
  }
  return ranges;
}

/** Searches the whole system, or until a limit or the first (shortest) violation. */
export function search(
  system: System,
  options: SearchOptions = {},
  onProgress?: (progress: Progress) => void,
): SearchResult {
  const slots = assignSlots(system);
  const ranges = sampleRanges(system, slots);
  widenNarrowFields(system, slots, ranges);
  for (;;) {
    try {
      return searchOnce(system, makeLayout(system, slots, ranges), options, onProgress);
    } catch (error) {
      if (!(error instanceof Overflow)) throw error;
      const range = ranges.get(error.field) ?? { min: error.value, max: error.value };
      ranges.set(error.field, { min: Math.min(range.min, error.value), max: Math.max(range.max, error.value) });
    }
  }
}

function searchOnce(
  system: System,
  layout: Layout,
  limits: SearchOptions,
  onProgress?: (progress: Progress) => void,
): SearchResult {
  const chaining = limits.chaining ? new Chaining(system) : undefined;
  const interpreter = new Interpreter(system);
  let violating: { state: number; ordinal: number } | undefined;
  let deadlock: number | undefined;
  const env = {
    current: 0,
    violation(ordinal: number) {
      violating ??= { state: env.current, ordinal };
    },
    stuck() {
      if (deadlock !== undefined) return;
      const state = decodeState(system, layout, engine.words(env.current));
      if (stuckContexts(interpreter, state).length > 0) deadlock = env.current;
    },
    overflow(field: string, value: number): never {
      throw new Overflow(field, value);
    },
  };
  const engine = makeEngine(system, layout, env, chaining);
  engine.seed(encodeState(system, layout, initialState(system)));

  /** The number of the first state of each level. */
  const levels = [0];
  let expanded = 0;
  let limit: LimitKind | undefined;
  const maxStates = limits.maxStates ?? Number.POSITIVE_INFINITY;
  const maxMemory = limits.maxMemory ?? Number.POSITIVE_INFINITY;
  while (limit === undefined && expanded < engine.count() && !violating && deadlock === undefined) {
    const end = engine.count();
    // A deadlock in this level is a step shorter than a violating step out of it: the level is always finished.
    while (expanded < end && limit === undefined) {
      expanded = engine.run(expanded, Math.min(expanded + SLICE, end), maxStates);
      if (expanded >= end && engine.count() === end) break;
      if (engine.count() >= maxStates) limit = "states";
      else if (engine.memory() > maxMemory) limit = "memory";
      else if (limits.expired?.()) limit = "seconds";
      onProgress?.({ states: engine.count(), expanded, depth: levels.length, memory: engine.memory() });
    }
    if (engine.count() > end) levels.push(end);
  }

  const witnesses = system.witnesses.map((name, index) => ({ name, reached: engine.reached[index] !== 0 }));
  const facts = {
    states: engine.count(),
    transitions: engine.transitions(),
    depth: levels.length - 1,
    memory: engine.memory(),
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
