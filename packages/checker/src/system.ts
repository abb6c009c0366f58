/**
 * The system that is searched: programs cut into steps, who runs them on which CPU, the shared state that they touch and
 * its value after boot. Made by `build-system.ts`.
 *
 * Every engine (interpreter, generated code, Promela) reads this and nothing else, so that they mean the same steps.
 */
import type { Global, Level, Program } from "@shootdown/ir";
import type { State } from "./state.js";

export const LEVELS: readonly Level[] = ["task", "softirq", "hardirq"];
export const TASK = 0;
export const SOFTIRQ = 1;
export const HARDIRQ = 2;
/** Not a level of a CPU: a hardware action runs whole, in one step, whatever the CPU does. */
export const HARDWARE = 3;

/** Who runs what, as a scenario says it. Functions and globals by name. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly tasks: readonly { readonly cpu: number | "every"; readonly body: string }[];
  readonly interrupts: readonly SourceSpec[];
  readonly softirqs: readonly SourceSpec[];
  readonly hardware: readonly SourceSpec[];
  readonly witnesses: readonly {
    readonly name: string;
    readonly kind: "reaches" | "returns" | "in code";
    readonly fn?: string;
    readonly condition?: string;
  }[];
}

export interface SourceSpec {
  /** A per-CPU bool: the source is pending on a CPU while its element is true. Absent: at any time. */
  readonly raised?: string;
  readonly handler: string;
}

/** A program in the system, with the numbers of its steps. */
export interface Root {
  readonly name: string;
  readonly program: Program;
  /** TASK, SOFTIRQ or HARDIRQ; for hardware, none of them. */
  readonly level: number;
  /** By block that starts a step: its pc, 1-based within the level. */
  readonly pcOf: ReadonlyMap<number, number>;
  /** Globals that the program may write, locks included. */
  readonly writes: ReadonlySet<string>;
}

/** A point where a context may stand between steps. */
export interface StepPoint {
  readonly root: Root;
  readonly block: number;
  /** Locals that are part of the state here. */
  readonly live: readonly number[];
}

/** An interrupt, softirq or hardware action that may begin on `cpu`. */
export interface Source {
  readonly cpu: number;
  readonly root: Root;
  readonly kind: "interrupt" | "hardware";
  /** The global whose element for the CPU must be true. */
  readonly raised?: string;
}

export interface System {
  readonly scenario: Scenario;
  readonly cpus: number;
  /** Shared state that some program touches, in a fixed order. */
  readonly globals: readonly Global[];
  /** By global, its elements after boot. */
  readonly initial: readonly (readonly number[])[];
  readonly globalIndex: ReadonlyMap<string, number>;
  readonly roots: readonly Root[];
  /** By CPU: the root of its task. */
  readonly tasks: readonly (Root | undefined)[];
  /** In the order in which the search tries them on a CPU. */
  readonly sources: readonly Source[];
  /** By level, the step points; pc `n` is element `n - 1`. */
  readonly points: readonly (readonly StepPoint[])[];
  readonly witnesses: readonly string[];
  readonly functionTable: readonly string[];
  /** Every engine starts here instead of after boot, if set; see `startingAt()`. */
  readonly start?: State;
}

/** Elements of shared state by global name, as boot left them. */
export type Memory = ReadonlyMap<string, readonly number[]>;

/** The number of a context: 0-based, by CPU and level. A lock's value is this plus 1. */
export function contextOf(cpu: number, level: number): number {
  return cpu * LEVELS.length + level;
}
