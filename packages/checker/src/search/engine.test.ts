/**
 * Goal: which states a search finds, in which order, and the run that it gives do not depend on what it guessed first
 * about the widths of fields and the number of parts. Method: bad guesses, so that wider code takes over again and
 * again, in the middle of a level and of a batch; the result is that of good guesses, and the interpreter's.
 */
import { U32 } from "@shootdown/ir";
import { describe, expect, it } from "vitest";
import { FAULTY } from "../faulty-fixtures.js";
import {
  acquire,
  arith,
  arithmetic,
  assign,
  branch,
  check,
  choices,
  chosenWait,
  compare,
  counter,
  done,
  fixture,
  hardware,
  interrupt,
  ipi,
  jump,
  levels,
  load,
  local,
  num,
  place,
  release,
  store,
  twoCpusOneLock,
} from "../fixtures.js";
import type { System } from "../system.js";
import type { Guesses } from "./engine.js";
import { referenceSearch } from "./reference.js";
import { type SearchOptions, search } from "./search.js";

/** Turns of the tasks of `counting`. With eight CPUs and keys of one bit a part, a key begins with room for 7 parts. */
const END = 30;

/**
 * Two CPUs of eight count to `END`, each turn telling the other, as many parts of both kinds. Then the first checks what
 * it was told last, or both take two locks the wrong way round.
 */
function counting(end: "sound" | "bug" | "deadlock"): System {
  const turns = [
    [[assign(0, num(0, U32))], jump(1)],
    [[], branch(compare("<", local(0, U32), num(END, U32)), 2, 3)],
    [[store(place("told"), local(0, U32)), assign(0, arith("+", local(0, U32), num(1, U32), U32))], jump(1)],
  ] as const;
  const locks = (first: string, second: string) =>
    end === "deadlock" ? [acquire(first), acquire(second), release(second), release(first)] : [];
  const last = end === "bug" ? END - 20 : END;
  const checks = [load(1, place("told")), check(compare("!=", local(1, U32), num(last, U32)))];
  return fixture({
    cpus: 8,
    globals: [
      { name: "told", type: U32 },
      { name: "a", lock: "spinlock" },
      { name: "b", lock: "spinlock" },
    ],
    functions: {
      one: { locals: [U32, U32], blocks: [...turns, [[...checks, ...locks("a", "b")], done]] },
      two: { locals: [U32], blocks: [...turns, [locks("b", "a"), done]] },
    },
    tasks: [
      { cpu: 0, body: "one" },
      { cpu: 1, body: "two" },
    ],
  });
}

const GUESSES: readonly Guesses[] = [
  { keyBits: 1 },
  { sampleSteps: 0 },
  { keyBits: 1, sampleSteps: 0 },
  { keyBits: 3, sampleSteps: 10 },
  { keyBits: 31 },
];
const NO_LIMITS: SearchOptions = {};

/** Everything but the bytes of storage, which the guesses do decide. */
function found(system: System, options: SearchOptions, guesses?: Guesses) {
  const { memory, ...result } = search(system, options, undefined, guesses);
  return result;
}

/** The same by the interpreter. */
function meant(system: System, options: SearchOptions) {
  const { memory, ...result } = referenceSearch(system, options);
  return { ...result, lockFacts: expect.any(Uint8Array) };
}

describe("many parts and wide fields", () => {
  it.each(["sound", "bug", "deadlock"] as const)("%s: a bad guess finds what the interpreter finds", (end) => {
    const system = counting(end);
    const reference = meant(system, NO_LIMITS);
    expect(reference.verdict).toBe(end === "sound" ? "sound" : "finding");
    expect(reference.states).toBeGreaterThan(1_500);
    for (const guesses of GUESSES) {
      const widened = { fields: 0, keys: 0 };
      expect(found(system, NO_LIMITS, { ...guesses, onWider: (what) => widened[what]++ })).toEqual(reference);
      expect(widened.keys > 0).toBe((guesses.keyBits ?? 12) < 12);
      expect(widened.fields).toBeGreaterThanOrEqual(guesses.sampleSteps === 0 ? 2 : 0);
    }
  });

  it("with chained steps", () => {
    for (const end of ["sound", "bug", "deadlock"] as const) {
      const [system, options] = [counting(end), { chaining: true }];
      const reference = meant(system, options);
      for (const guesses of GUESSES) expect(found(system, options, guesses)).toEqual(reference);
    }
  });

  it("where a limit of states ends the search, the same states were found", () => {
    for (const maxStates of [8, 100, 1_000, 1_234]) {
      const [good, ...bad] = [undefined, ...GUESSES].map((guesses) => found(counting("sound"), { maxStates }, guesses));
      expect(good).toMatchObject({ verdict: "limit", states: expect.any(Number) });
      for (const result of bad) expect(result).toEqual(good);
    }
  });
});

describe("every other system of the fixtures", () => {
  const systems: readonly (readonly [string, () => System])[] = [
    ["two CPUs and a lock", twoCpusOneLock],
    ["a counter", counter],
    ["choices", choices],
    ["an interrupt", interrupt],
    ["an IPI", ipi],
    ["an IPI that cannot be answered", () => ipi(true)],
    ["softirq and hardware", levels],
    ["hardware that waits", hardware],
    ["a wait behind a choice", chosenWait],
    ["arithmetic", arithmetic],
    ...FAULTY.map(({ name, system }) => [name, system] as const),
  ];
  it.each(systems)("%s", (_, make) => {
    const good = found(make(), NO_LIMITS);
    for (const guesses of GUESSES) expect(found(make(), NO_LIMITS, guesses)).toEqual(good);
  });
});
