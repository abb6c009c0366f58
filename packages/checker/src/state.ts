/**
 * A state of the system, unpacked: what the reference interpreter works on and what every other engine's states decode
 * to.
 */
import { contextOf, LEVELS, type StepPoint, type System, TASK } from "./system.js";

export interface State {
  /** By global (the system's order), its elements. */
  readonly shared: number[][];
  /** By context: 0 when it does not run, else its step point, 1-based within its level. */
  readonly pcs: number[];
  /** By context: the values of the locals that are live at its step point, in the point's order. */
  readonly frames: number[][];
  /** By CPU: interrupts are disabled. */
  readonly irqOff: boolean[];
}

export function copyState(state: State): State {
  return {
    shared: state.shared.map((values) => values.slice()),
    pcs: state.pcs.slice(),
    frames: state.frames.map((values) => values.slice()),
    irqOff: state.irqOff.slice(),
  };
}

/** Two states are the same if and only if their keys are. */
export function stateKey(state: State): string {
  return `${state.shared.join(";")}|${state.pcs.join()}|${state.frames.join(";")}|${state.irqOff.map(Number).join("")}`;
}

/** The same system, begun in a state that it can reach: what is searched, simulated or replayed goes on from there. */
export function startingAt(system: System, start: State): System {
  return { ...system, start };
}

/** Every task at its entry, nothing else running, interrupts on; or where `startingAt()` put the system. */
export function initialState(system: System): State {
  if (system.start) return copyState(system.start);
  const contexts = system.cpus * LEVELS.length;
  const state: State = {
    shared: system.initial.map((values) => values.slice()),
    pcs: new Array<number>(contexts).fill(0),
    frames: Array.from({ length: contexts }, () => []),
    irqOff: new Array<boolean>(system.cpus).fill(false),
  };
  system.tasks.forEach((root, cpu) => {
    if (root) state.pcs[contextOf(cpu, TASK)] = root.pcOf.get(0)!;
  });
  return state;
}

/** The level that runs on a CPU: its highest active one; undefined when the CPU is idle. */
export function runningLevel(state: State, cpu: number): number | undefined {
  for (let level = LEVELS.length - 1; level >= 0; level--) {
    if (state.pcs[contextOf(cpu, level)] !== 0) return level;
  }
  return undefined;
}

/** Where a context stands. It must be active. */
export function pointOf(system: System, state: State, cpu: number, level: number): StepPoint {
  return system.points[level]![state.pcs[contextOf(cpu, level)]! - 1]!;
}
