/**
 * What can happen next: for somebody who makes up a schedule by hand, step by step.
 *
 * The choices are the interpreter's successors, in its order, so the number of a choice is its letter in a schedule.
 */
import { Interpreter, type Violation } from "../interpreter.js";
import { runningLevel, type State } from "../state.js";
import { LEVELS, type System } from "../system.js";
import { placeOf } from "./places.js";
import { describeStep, type TraceStep, type Wait } from "./trace.js";

export interface Choice {
  /** Which successor it is. */
  readonly ordinal: number;
  /** The step as a trace would tell it. */
  readonly told: TraceStep;
  /** The values of the step's `choose()`, in order. */
  readonly chosen: readonly number[];
  /** The step violates something: the run ends with it. */
  readonly violation?: Pick<Violation, "kind" | "message">;
}

/** A CPU whose running context cannot move now. */
export type Hindrance = Omit<Wait, "irqsOffSince" | "inCycle">;

export interface Choices {
  readonly choices: readonly Choice[];
  readonly blocked: readonly Hindrance[];
}

/** What each CPU can do in a state, and which cannot do anything. `step`: the number of the step to come, from 1. */
export function choicesIn(system: System, state: State, step: number): Choices {
  const interpreter = new Interpreter(system);
  const choices = interpreter.successors(state).map(({ action, violation }, ordinal): Choice => {
    const { told } = describeStep(interpreter, state, action, step);
    const chosen = [...action.choices];
    return violation
      ? { ordinal, told, chosen, violation: { kind: violation.kind, message: violation.message } }
      : { ordinal, told, chosen };
  });
  const blocked: Hindrance[] = [];
  for (let cpu = 0; cpu < system.cpus; cpu++) {
    const level = runningLevel(state, cpu);
    const found = level === undefined ? undefined : interpreter.blocked(state, cpu, level);
    if (!found) continue;
    const { on, at } = found;
    blocked.push({
      cpu,
      context: LEVELS[level!]!,
      at: placeOf(at),
      for: on.kind,
      what: on.kind === "lock" ? on.lock : on.what,
      ...(on.kind === "anyone" ? {} : { on: on.kind === "cpu" ? { cpu: on.cpu } : ownerOf(on.owner) }),
      irqsOff: state.irqOff[cpu]!,
    });
  }
  return { choices, blocked };
}

function ownerOf(context: number) {
  return { cpu: Math.floor(context / LEVELS.length), context: LEVELS[context % LEVELS.length]! };
}
