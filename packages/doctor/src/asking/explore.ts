/**
 * A schedule made by hand: the run so far, what each CPU can do next, and whether a violation is still ahead.
 *
 * The ordinals of a schedule are those of `decodeSchedule()`; a run that `explore()` tells is the one that `replay`
 * prints for the same string.
 */
import {
  type Choice,
  choicesIn,
  encodeSchedule,
  fingerprint,
  type Hindrance,
  type Progress,
  type Schedule,
  ScheduleError,
  type System,
  searchReduced,
  startingAt,
  startOf,
  tell,
} from "@shootdown/checker";
import { type Prepared, preparedSystem } from "../doctor.js";
import { InputError } from "../errors.js";
import type { CheckStage, Place, TraceStep } from "../result.js";
import { linuxNames } from "../stages/check.js";
import { toldStep, toldViolation } from "../stages/told.js";

export interface Explored {
  /** `s1:…`, also of an empty run. */
  readonly schedule: string;
  readonly initial: NonNullable<CheckStage["initial"]>;
  readonly trace: readonly TraceStep[];
  /** The run ends here. */
  readonly violation?: CheckStage["violation"];
  /** None after a violation. */
  readonly choices: readonly (Omit<Choice, "told"> & { readonly told: TraceStep })[];
  readonly blocked: readonly (Omit<Hindrance, "at"> & { readonly at: Place })[];
}

/** The run of a schedule, and what may follow. Throws `InputError` if the state has no such successor. */
export function explore(prepared: Prepared, successors: readonly number[]): Explored {
  const system = preparedSystem(prepared);
  const linux = linuxNames(prepared.kernel!.module);
  const run = told(system, successors);
  const schedule = encodeSchedule({ scenario: prepared.head.name, fingerprint: fingerprint(system), successors });
  const { choices, blocked } = choicesIn(system, run.final, run.steps.length + 1);
  const step = (one: (typeof run.steps)[number]): TraceStep => toldStep(one, linux);
  const initial = startOf(system);
  return {
    schedule,
    initial,
    trace: run.steps.map(step),
    violation: toldViolation(run, initial, linux),
    choices: run.violation ? [] : choices.map((choice) => ({ ...choice, told: step(choice.told) })),
    blocked: blocked.map((wait) => ({ ...wait, at: linux(wait.at) })),
  };
}

export interface Outlook {
  /** `clear`: no violation is reachable any more. */
  readonly verdict: "ahead" | "clear" | "limit";
  readonly states: number;
  /** Reachable: a shortest way on, to be put behind the schedule. */
  readonly ahead?: readonly number[];
  readonly kind?: NonNullable<CheckStage["violation"]>["kind"];
}

/** Searches on from where a schedule ends. */
export function outlook(
  prepared: Prepared,
  successors: readonly number[],
  options: { readonly maxStates?: number; readonly expired?: () => boolean },
  onProgress?: (progress: Progress) => void,
): Outlook {
  const system = startingAt(preparedSystem(prepared), told(preparedSystem(prepared), successors).final);
  const found = searchReduced(system, { ...options, chaining: true }, onProgress);
  if (found.schedule) {
    const kind = tell(system, found.schedule).violation?.kind;
    return { verdict: "ahead", states: found.states, ahead: found.schedule, kind };
  }
  return { verdict: found.verdict === "sound" ? "clear" : "limit", states: found.states };
}

/** The successors of a schedule, held against the system that it is to run on. */
export function successorsOf(prepared: Prepared, schedule: Schedule): readonly number[] {
  const system = preparedSystem(prepared);
  const print = fingerprint(system);
  if (schedule.scenario !== system.scenario.name || schedule.fingerprint !== print) {
    const why = `it was made for another model (${schedule.scenario}, ${schedule.fingerprint}; this is ${system.scenario.name}, ${print})`;
    throw new InputError("S1602", "the schedule", why, "give the configuration, CPU, patches and sizes of its finding");
  }
  return schedule.successors;
}

function told(system: System, successors: readonly number[]) {
  try {
    return tell(system, successors);
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    throw new InputError("S1602", "the schedule", error.message, error.next);
  }
}
