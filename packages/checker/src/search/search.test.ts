/**
 * Goal: the search finds every reachable state, once, and the shortest way to every kind of violation. Method: systems
 * small enough to be counted by hand (`fixtures.ts`), and the plain interpreter's search beside the generated code's.
 */
import { describe, expect, it } from "vitest";
import { FAULTY } from "../faulty-fixtures.js";
import {
  CHOICES,
  CHOSEN_WAIT,
  COUNTER,
  choices,
  chosenWait,
  counter,
  HARDWARE_STATES,
  hardware,
  INTERRUPT,
  interrupt,
  ipi,
  SOUND,
  TWO_CPUS_ONE_LOCK,
  twoCpusOneLock,
} from "../fixtures.js";
import { Interpreter } from "../interpreter.js";
import { tell } from "../run/trace.js";
import { initialState } from "../state.js";
import { referenceSearch } from "./reference.js";
import { type SearchResult, search } from "./search.js";

const facts = ({ verdict, states, transitions, depth, schedule, limit }: SearchResult) => ({
  verdict,
  states,
  transitions,
  depth,
  steps: schedule?.length,
  limit,
});

describe("the number of states", () => {
  it.each([
    ["two CPUs and a lock", twoCpusOneLock, TWO_CPUS_ONE_LOCK],
    ["a counter", counter, COUNTER],
    ["choices", choices, CHOICES],
    ["an interrupt", interrupt, INTERRUPT],
    ["hardware that waits", hardware, HARDWARE_STATES],
    ["a wait behind a choice", chosenWait, CHOSEN_WAIT],
  ])("of %s is what it is by hand", (_, system, states) => {
    expect(search(system())).toMatchObject({ verdict: "sound", states });
  });
});

describe("the generated code and the interpreter agree", () => {
  it.each(SOUND)("on %s", (_, make) => {
    const system = make();
    expect(search(system).verdict).toBe("sound");
    expect(facts(search(system))).toEqual(facts(referenceSearch(system)));
  });

  it.each(FAULTY.map((faulty) => [faulty.name, faulty] as const))("on %s", (_, { system: make }) => {
    const system = make();
    expect(facts(search(system))).toEqual(facts(referenceSearch(system)));
  });
});

describe("a violation", () => {
  it.each(FAULTY.map((faulty) => [faulty.name, faulty] as const))(
    "is caught: %s",
    (_, { kind, steps, system: make }) => {
      const system = make();
      const result = search(system);
      expect(result.verdict).toBe("finding");
      expect(result.schedule).toHaveLength(steps);
      expect(tell(system, result.schedule!).violation?.kind).toBe(kind);
    },
  );

  it("is caught where an IPI cannot be answered", () => {
    // CPU 1 waits with interrupts off for the lock that the caller holds.
    const system = ipi(true);
    const result = search(system);
    expect(tell(system, result.schedule!).violation?.kind).toBe("deadlock");
    expect(facts(result)).toEqual(facts(referenceSearch(system)));
  });
});

describe("a limit", () => {
  it("of states stops the search", () => {
    expect(search(twoCpusOneLock(), { maxStates: 5 })).toMatchObject({ verdict: "limit", limit: "states" });
  });
  it("of memory stops the search", () => {
    expect(search(twoCpusOneLock(), { maxMemory: 1 })).toMatchObject({ verdict: "limit", limit: "memory" });
  });
  it("of time stops the search", () => {
    expect(search(twoCpusOneLock(), { expired: () => true })).toMatchObject({ verdict: "limit", limit: "seconds" });
  });
  it("that is not reached does not change the verdict", () => {
    expect(search(twoCpusOneLock(), { maxStates: 1000, maxMemory: 1e9, expired: () => false })).toEqual(
      search(twoCpusOneLock()),
    );
  });
});

describe("the same system", () => {
  it.each(SOUND)("gives the same result twice: %s", (_, make) => {
    expect(search(make())).toEqual(search(make()));
  });
  it.each(FAULTY.map((faulty) => [faulty.name, faulty] as const))("gives the same run twice: %s", (_, { system }) => {
    expect(search(system()).schedule).toEqual(search(system()).schedule);
  });
});

describe("a shortest run", () => {
  it.each(FAULTY.map((faulty) => [faulty.name, faulty] as const))("can be followed: %s", (_, { system: make }) => {
    const system = make();
    const interpreter = new Interpreter(system);
    let state = initialState(system);
    const { schedule } = search(system);
    for (const [step, choice] of schedule!.entries()) {
      const successor = interpreter.successors(state)[choice]!;
      if (!successor.state) expect(step).toBe(schedule!.length - 1);
      else state = successor.state;
    }
  });
});
