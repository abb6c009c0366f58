/**
 * What a run needs beside its steps to be followed state by state: the state that every run starts from, where each
 * context stands between steps, and who holds which lock. Values of locals are left out.
 */

import { initialState, pointOf, type State } from "../state.js";
import { contextOf, LEVELS, type System } from "../system.js";
import { elementName, type Frame, placeOf } from "./places.js";

/** Where a CPU's contexts stand: what each does next. Absent: it does not run. */
export interface Standing {
  readonly task?: Frame;
  readonly softirq?: Frame;
  readonly hardirq?: Frame;
}

export interface LockState {
  /** The lock, as kernel TypeScript writes it. */
  readonly what: string;
  /** Absent: it is free. */
  readonly holder?: { readonly cpu: number; readonly context: "task" | "softirq" | "hardirq" };
}

/** The state that every run of a system starts from, with interrupts on. */
export interface Start {
  /** Every element of shared state, locks excepted. */
  readonly shared: Readonly<Record<string, number>>;
  readonly locks: readonly LockState[];
  /** By CPU. */
  readonly stands: readonly Standing[];
}

export function startOf(system: System): Start {
  const state = initialState(system);
  const shared: Record<string, number> = {};
  const locks: LockState[] = [];
  system.globals.forEach((global, index) => {
    state.shared[index]!.forEach((value, element) => {
      const what = elementName(system, index, element);
      if (global.lock) locks.push(lockState(what, value));
      else shared[what] = value;
    });
  });
  return { shared, locks, stands: Array.from({ length: system.cpus }, (_, cpu) => standingOf(system, state, cpu)) };
}

export function standingOf(system: System, state: State, cpu: number): Standing {
  const stands: Record<string, Frame> = {};
  LEVELS.forEach((name, level) => {
    if (state.pcs[contextOf(cpu, level)] === 0) return;
    const { root, block } = pointOf(system, state, cpu, level);
    const { instrs, term } = root.program.fn.blocks[block]!;
    stands[name] = placeOf((instrs[0] ?? term).at).stack.at(-1)!;
  });
  return stands;
}

/** Locks that changed hands. */
export function lockChanges(system: System, before: State, after: State): LockState[] {
  const changed: LockState[] = [];
  system.globals.forEach((global, index) => {
    if (!global.lock) return;
    after.shared[index]!.forEach((value, element) => {
      if (value !== before.shared[index]![element]) changed.push(lockState(elementName(system, index, element), value));
    });
  });
  return changed;
}

/** A lock's value is 0, or the number of the context that holds it plus 1. */
function lockState(what: string, value: number): LockState {
  if (value === 0) return { what };
  const context = value - 1;
  return {
    what,
    holder: { cpu: Math.floor(context / LEVELS.length), context: LEVELS[context % LEVELS.length]! },
  };
}
