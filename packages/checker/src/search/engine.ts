/**
 * The generated code of a search and the states that it has found.
 *
 * Code is generated for one layout of states and one plan of keys, and both are guesses. Where a value does not fit its
 * field, or the number of a part its key, wider code is generated; it takes over the states found so far and goes on
 * with the state whose successors were being looked for. Which states are found, and in which order, does not depend on
 * the guesses.
 */
import type { Chaining } from "../chaining.js";
import { ENDLESS_LOOP, Interpreter } from "../interpreter.js";
import { lockPlan } from "../lockdep/lock-facts.js";
import { seededRandom } from "../random.js";
import { initialState, type State } from "../state.js";
import type { System } from "../system.js";
import { generate } from "./codegen.js";
import { cpuPartLimit, type KeyPlan, planKeys, rewriteKeys, sharedPartLimit } from "./keys.js";
import {
  assignSlots,
  decodeState,
  encodeState,
  type Layout,
  makeLayout,
  noteRanges,
  type Ranges,
  recodeParts,
} from "./layout.js";
import { type StoreContents, storeText } from "./store.js";
import { widenSmallFields } from "./widths.js";

/** What the generated code tells its search. */
export interface Events {
  /** Successor `ordinal` of a state violates something. */
  violation(state: number, ordinal: number): void;
  /** A state may be a deadlock. */
  stuck(state: number): void;
}

/** What generated code offers. */
interface Code {
  /** Expands states `from` .. `to - 1` or until there are `maxStates`; the number of the state to go on with. */
  run(from: number, to: number, maxStates: number): number;
  /** The first of states `from` .. `to - 1` that leads to state `wanted`, and the number of that successor. */
  parent(from: number, to: number, wanted: number): { state: number; ordinal: number };
  seed(words: Int32Array): void;
  words(id: number): Int32Array;
  count(): number;
  memory(): number;
  transitions(): number;
  /** Ends a `run` that threw: the number of the state that it was expanding. */
  interrupted(): number;
  contents(): StoreContents;
  adopt(contents: StoreContents): void;
}

/** Thrown by generated code when a value does not fit its field. */
class FieldOverflow extends Error {
  constructor(
    readonly field: string,
    readonly value: number,
  ) {
    super(`${field} does not hold ${value}`);
  }
}

/** Thrown by generated code when there are more parts than the keys can number. */
class KeyOverflow extends Error {}

/** Steps of the random walk that finds the first widths, and how many more for each point where a context may stand. */
const SAMPLE_STEPS = 300;
const SAMPLE_STEPS_PER_POINT = 5;
/** A field that overflows gets this many bits more than the value needs. */
const HEADROOM_BITS = 1;
/** Bits of part numbers to begin with, and how many more at a time. */
const FIRST_KEY_BITS = 12;
const MORE_KEY_BITS = 2;

/** What a search begins with and corrects as it goes: its result does not depend on it. Tests guess badly. */
export interface Guesses {
  /** Bits of part numbers, 1 .. 31. */
  readonly keyBits?: number;
  /** Steps of the random walk that finds the first widths; 0: only what the initial state needs. */
  readonly sampleSteps?: number;
  /** Hears of each time that wider code takes over. */
  readonly onWider?: (what: "fields" | "keys") => void;
}

export class Engine {
  readonly reached: Uint8Array;
  readonly lockFacts: Uint8Array;
  private readonly slots: ReturnType<typeof assignSlots>;
  private readonly ranges: Ranges;
  private layout: Layout;
  private plan: KeyPlan;
  private code: Code;
  private earlierTransitions = 0;

  constructor(
    private readonly system: System,
    private readonly events: Events,
    private readonly chaining?: Chaining,
    private readonly guesses: Guesses = {},
  ) {
    this.reached = new Uint8Array(Math.max(1, system.witnesses.length));
    this.lockFacts = new Uint8Array(lockPlan(system).size);
    this.slots = assignSlots(system);
    this.ranges = sampleRanges(system, this.slots, guesses.sampleSteps ?? sampleSteps(system));
    widenSmallFields(system, this.slots, this.ranges);
    this.layout = makeLayout(system, this.slots, this.ranges);
    const keyBits = guesses.keyBits ?? FIRST_KEY_BITS;
    this.plan = planKeys(system.cpus, keyBits, keyBits);
    this.code = this.generate();
    this.code.seed(encodeState(system, this.layout, initialState(system)));
  }

  /** Expands states `from` .. `to - 1`, or until there are `maxStates`; the number of the state to go on with. */
  run(from: number, to: number, maxStates: number): number {
    for (let next = from; ; ) {
      try {
        return this.code.run(next, to, maxStates);
      } catch (error) {
        next = this.code.interrupted();
        this.widen(error);
      }
    }
  }

  /** The first of states `from` .. `to - 1`, all expanded before, that leads to state `wanted`, and by which successor. */
  parent(from: number, to: number, wanted: number): { state: number; ordinal: number } {
    return this.code.parent(from, to, wanted);
  }

  state(id: number): State {
    return decodeState(this.system, this.layout, this.code.words(id));
  }

  get count(): number {
    return this.code.count();
  }

  /** Bytes of state storage. */
  get memory(): number {
    return this.code.memory();
  }

  /** Steps taken out of the states that are expanded. */
  get transitions(): number {
    return this.earlierTransitions + this.code.transitions();
  }

  /** Goes on with code in which there is room for what `error` says did not fit. Throws any other error. */
  private widen(error: unknown): void {
    const { layout, plan, system } = this;
    const old = this.code.contents();
    if (error instanceof FieldOverflow) {
      const range = this.ranges.get(error.field) ?? { min: error.value, max: error.value };
      const min = Math.min(range.min, error.value, 0);
      const max = Math.max(range.max, error.value);
      const bits = Math.min(32, 32 - Math.clz32(max - min) + HEADROOM_BITS);
      this.ranges.set(error.field, { min, max: min + 2 ** bits - 1 });
      this.layout = makeLayout(system, this.slots, this.ranges);
    } else if (error instanceof KeyOverflow) {
      const bits = (count: number, limit: number) =>
        Math.ceil(Math.log2(count + 2)) + (count >= limit ? MORE_KEY_BITS : 0);
      this.plan = planKeys(
        system.cpus,
        bits(old.sharedCount, sharedPartLimit(plan)),
        bits(old.cpuCount, cpuPartLimit(plan)),
      );
    } else throw error;
    this.guesses.onWider?.(error instanceof KeyOverflow ? "keys" : "fields");
    this.earlierTransitions += this.code.transitions();
    this.code = this.generate();
    const recode = (which: "shared" | "cpu", parts: Int32Array, count: number) =>
      this.layout === layout ? parts : recodeParts(system, layout, this.layout, which, parts, count);
    this.code.adopt({
      ...old,
      shared: recode("shared", old.shared, old.sharedCount),
      cpu: recode("cpu", old.cpu, old.cpuCount),
      keys: this.plan === plan ? old.keys : old.keys.map((keys) => rewriteKeys(keys, plan, this.plan)),
    });
  }

  private generate(): Code {
    const { system, layout, plan, events } = this;
    const generated = generate(system, layout, this.chaining);
    const env = {
      step: generated.step,
      reached: this.reached,
      lockFacts: this.lockFacts,
      violation: (state: number, ordinal: number) => events.violation(state, ordinal),
      stuck: (state: number) => events.stuck(state),
      overflow(field: string, value: number): never {
        throw new FieldOverflow(field, value);
      },
      manyParts(): never {
        throw new KeyOverflow();
      },
    };
    const text = `${storeText(layout, plan)}
${generated.text}
let transitions = 0;
return {
  run(from, to, maxStates) {
    for (let id = from; id < to; id++) {
      load(id); current = id; expand(); transitions += ordinal;
      if (count + pending >= maxStates) { flush(); if (count >= maxStates) return id + 1; }
    }
    flush();
    return to;
  },
  parent(from, to, wanted) {
    seek(wanted);
    for (let id = from; id < to; id++) {
      load(id); current = id; expand(); flush();
      if (hit >= 0) { isSeeking = false; return { state: id, ordinal: hit }; }
    }
    throw new Error("a state has no predecessor in the level before it");
  },
  seed(words) { N.set(words); seed(); },
  words(id) { load(id); return S.slice(); },
  count() { return count; },
  memory,
  transitions() { return transitions; },
  interrupted() { flush(); return current; },
  contents,
  adopt,
};`;
    return new Function("env", text)(env) as Code;
  }
}

function sampleSteps(system: System): number {
  return SAMPLE_STEPS + SAMPLE_STEPS_PER_POINT * system.points.reduce((sum, points) => sum + points.length, 0);
}

/** A first idea of how wide the fields must be: what a random walk meets. */
function sampleRanges(system: System, slots: ReturnType<typeof assignSlots>, steps: number): Ranges {
  const ranges: Ranges = new Map();
  const interpreter = new Interpreter(system);
  const random = seededRandom(1);
  let state = initialState(system);
  noteRanges(system, slots, state, ranges);
  for (let step = 0; step < steps; step++) {
    const successors = interpreter.successors(state);
    // Each costs as much as all the rest of the walk, and the search will find it anyway.
    if (successors.some(({ violation }) => violation?.message === ENDLESS_LOOP)) break;
    const next = successors.flatMap((s) => (s.state ? [s.state] : []));
    state = next.length === 0 ? initialState(system) : next[random(next.length)]!;
    noteRanges(system, slots, state, ranges);
  }
  return ranges;
}
