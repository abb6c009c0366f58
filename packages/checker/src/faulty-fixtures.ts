/**
 * Small faulty systems for this package's tests, each with the kind of violation that must be found and the length of its
 * shortest run. Not part of the package.
 */
import { type Global, U8, type ValueType, type ViolationKind } from "@shootdown/ir";
import {
  acquire,
  type Bare,
  check,
  compare,
  done,
  FILL,
  fixture,
  IRQ,
  LOCK,
  load,
  local,
  num,
  place,
  release,
  store,
} from "./fixtures.js";
import type { System } from "./system.js";

export interface Faulty {
  readonly name: string;
  readonly kind: ViolationKind;
  readonly steps: number;
  readonly system: () => System;
}

const oneTask = (globals: readonly Partial<Global>[], instrs: readonly Bare[], locals: readonly ValueType[] = []) =>
  fixture({ cpus: 1, globals, functions: { task: { locals, blocks: [[instrs, done]] } } });

const X = { name: "x" };
const GUARDED = { name: "g", guard: "lock" };

/** `full`: beside hardware that finds both of its cells full or empty; it is nobody who could help. */
function crossedLocks(full?: boolean): System {
  return fixture({
    cpus: 2,
    globals: [
      { name: "a", lock: "spinlock" },
      { name: "b", lock: "spinlock" },
      { name: "cells", dims: [2], init: Number(full ?? false) },
    ],
    hardware: full === undefined ? [] : [{ handler: "fill" }],
    functions: {
      fill: FILL,
      ab: { blocks: [[[acquire("a"), acquire("b"), release("b"), release("a")], done]] },
      ba: { blocks: [[[acquire("b"), acquire("a"), release("a"), release("b")], done]] },
    },
    tasks: [
      { cpu: 0, body: "ab" },
      { cpu: 1, body: "ba" },
    ],
  });
}

/** The interrupt wants the lock that the task it interrupted holds. */
function lockInInterrupt(): System {
  return fixture({
    cpus: 1,
    globals: [LOCK],
    functions: {
      task: { blocks: [[[acquire("lock"), release("lock")], done]] },
      handler: { blocks: [[[acquire("lock"), release("lock")], done]] },
    },
    interrupts: [{ handler: "handler" }],
  });
}

const checked = (kind: ViolationKind): Faulty => ({
  name: `a check of kind ${kind}`,
  kind,
  // To the store, to the load, and the check behind it.
  steps: 3,
  system: () =>
    oneTask([X], [store(place("x"), num(1)), load(0, place("x")), check(compare("==", local(0), num(0)), kind)], [U8]),
});

export const FAULTY: readonly Faulty[] = [
  // Each takes its first lock: entry and lock on both CPUs.
  { name: "crossed locks", kind: "deadlock", steps: 4, system: () => crossedLocks() },
  { name: "crossed locks beside hardware", kind: "deadlock", steps: 4, system: () => crossedLocks(false) },
  { name: "crossed locks beside idle hardware", kind: "deadlock", steps: 4, system: () => crossedLocks(true) },
  // Entry, lock, the interrupt is taken.
  { name: "a lock in an interrupt", kind: "deadlock", steps: 3, system: lockInInterrupt },
  {
    name: "an unguarded write",
    kind: "race",
    steps: 1,
    system: () => oneTask([LOCK, GUARDED], [store(place("g"), num(1))]),
  },
  {
    name: "a release of what is not held",
    kind: "bug",
    steps: 2,
    system: () => oneTask([LOCK], [release("lock")]),
  },
  {
    name: "a task that ends with a lock held",
    kind: "bug",
    steps: 2,
    system: () => oneTask([LOCK], [acquire("lock")]),
  },
  {
    name: "sleep with a spinlock held",
    kind: "sleep-in-atomic",
    steps: 2,
    system: () => oneTask([LOCK], [acquire("lock"), { kind: "mightSleep" }, release("lock")]),
  },
  {
    name: "sleep with interrupts off",
    kind: "sleep-in-atomic",
    steps: 2,
    system: () => oneTask([], [IRQ("disable"), { kind: "mightSleep" }, IRQ("enable")]),
  },
  {
    name: "an index out of bounds",
    kind: "bug",
    steps: 2,
    system: () =>
      oneTask(
        [{ name: "a", dims: [2] }],
        [{ kind: "choose", dst: 0, count: 3 }, store(place("a", local(0)), num(1))],
        [U8],
      ),
  },
  checked("bug"),
  checked("stale"),
  checked("warn"),
  checked("lost"),
];
