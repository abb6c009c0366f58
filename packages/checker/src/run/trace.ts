/**
 * A run, told: what each step did, where, with which interrupts, and at the end who waits for whom.
 *
 * Made by replaying a schedule in the reference interpreter, so every printed run has been executed twice: by the
 * engine that found it and by the one that is plain enough to be believed.
 */
import type { Instr, ViolationKind } from "@shootdown/ir";
import { stuckContexts } from "../deadlock.js";
import { type Action, type Blocked, Interpreter, type Violation } from "../interpreter.js";
import { copyState, initialState, pointOf, runningLevel, type State } from "../state.js";
import { contextOf, LEVELS, type System } from "../system.js";
import { elementName, placeOf, type TracePlace } from "./places.js";
import { fingerprint, type Schedule, ScheduleError } from "./schedule.js";
import { type LockState, lockChanges, type Standing, standingOf } from "./standing.js";
import { type Read, StepWatch } from "./watch.js";

export interface Change {
  /** An element of shared state, as kernel TypeScript writes it. */
  readonly what: string;
  readonly from: number;
  readonly to: number;
  /** Where it was written (last, in this step). */
  readonly at: TracePlace;
}

export interface TraceStep {
  /** 1-based. */
  readonly step: number;
  readonly cpu: number;
  readonly context: "task" | "softirq" | "hardirq" | "hardware";
  /** The task's body or the handler. */
  readonly root: string;
  readonly at: TracePlace;
  /** What the step did, in a few words. */
  readonly what: string;
  /** Shared state that the step changed, locks excepted, in the order of the writes. */
  readonly changes: readonly Change[];
  /** Locks that the step took or released. */
  readonly locks: readonly LockState[];
  /** Interrupts are off on this CPU after the step. */
  readonly irqsOff: boolean;
  /** Where this CPU's contexts stand after the step; one that violated something stands where it did. */
  readonly stands: Standing;
}

export interface Wait {
  readonly cpu: number;
  readonly context: "task" | "softirq" | "hardirq";
  readonly at: TracePlace;
  readonly for: "lock" | "cpu" | "anyone";
  /** The lock's name, or what is waited for in words. */
  readonly what: string;
  /** The CPU and context that would have to end the wait, where one is known. */
  readonly on?: { readonly cpu: number; readonly context?: "task" | "softirq" | "hardirq" };
  readonly irqsOff: boolean;
  /** The step that turned interrupts off, if they are. */
  readonly irqsOffSince?: number;
  /** The wait is one of those that close the cycle. */
  readonly inCycle: boolean;
}

export interface Run {
  readonly steps: readonly TraceStep[];
  readonly final: State;
  readonly violation?: {
    readonly kind: ViolationKind;
    readonly message: string;
    readonly at?: TracePlace;
    /** What the last step had read, if it is that step that violates something. */
    readonly reads: readonly Read[];
    /** For a deadlock: every context that can never move again. */
    readonly waits: readonly Wait[];
  };
}

/** Replays a schedule. Throws `ScheduleError` if it was made for another system or leaves the possible. */
export function replay(system: System, schedule: Schedule): Run {
  const print = fingerprint(system);
  if (schedule.scenario !== system.scenario.name) {
    throw new ScheduleError(
      `the schedule is for the scenario ${schedule.scenario}, this is ${system.scenario.name}`,
      `name the scenario that it was made for: --scenario ${schedule.scenario}`,
    );
  }
  if (schedule.fingerprint !== print) {
    throw new ScheduleError(
      `the schedule was made for another model (${schedule.fingerprint}; this one is ${print})`,
      "give the configuration, CPU, patches and sizes of the line that the finding printed",
    );
  }
  return tell(system, schedule.successors);
}

/** The run that takes the given successors from the initial state. */
export function tell(system: System, successors: readonly number[]): Run {
  const interpreter = new Interpreter(system);
  const steps: TraceStep[] = [];
  const irqsOffSince: (number | undefined)[] = new Array(system.cpus).fill(undefined);
  let state = initialState(system);
  for (const [index, ordinal] of successors.entries()) {
    const step = index + 1;
    const next = interpreter.successors(state)[ordinal];
    if (!next) {
      throw new ScheduleError(
        `step ${step} asks for successor ${ordinal}, and the state has fewer`,
        "copy the whole string from the line that the finding printed",
      );
    }
    const { after, told, reads } = describeStep(interpreter, state, next.action, step);
    steps.push(told);
    const { cpu } = next.action.move;
    if (!after.irqOff[cpu]) irqsOffSince[cpu] = undefined;
    else irqsOffSince[cpu] ??= step;
    if (next.violation) return { steps, final: state, violation: violationOf(next.violation, reads) };
    state = next.state!;
  }
  const waits = describeWaits(interpreter, state, irqsOffSince);
  if (waits.length === 0) return { steps, final: state };
  const cycle = waits.filter((wait) => wait.inCycle);
  const cpus = [...new Set(cycle.map((wait) => `CPU${wait.cpu}`))];
  const message =
    cpus.length === 0
      ? "nobody is left who could end the waits"
      : cpus.length === 1
        ? `${cpus[0]} waits for itself`
        : `${cpus.slice(0, -1).join(", ")} and ${cpus.at(-1)} wait for each other`;
  return { steps, final: state, violation: { kind: "deadlock", message, reads: [], waits } };
}

function violationOf(violation: Violation, reads: readonly Read[]): Run["violation"] {
  return { kind: violation.kind, message: violation.message, at: placeOf(violation.at), reads, waits: [] };
}

/** Executes a step, watching it: the state after it, and what it did. */
export function describeStep(
  interpreter: Interpreter,
  before: State,
  action: Action,
  step: number,
): { after: State; told: TraceStep; reads: readonly Read[] } {
  const { system } = interpreter;
  const { move } = action;
  const after = copyState(before);
  const watch = new StepWatch(system, after, move.cpu);
  interpreter.observer = watch.observer;
  const outcome = interpreter.runStep(after, move, action.choices);
  interpreter.observer = undefined;
  const { first, reads } = watch;
  const level = move.kind === "run" ? move.level : move.source.root.level;
  const point = move.kind === "run" ? pointOf(system, before, move.cpu, level) : undefined;
  const root = point?.root ?? (move.kind === "take" ? move.source.root : undefined)!;
  const block = root.program.fn.blocks[point?.block ?? 0]!;
  const start = block.instrs[0] ?? block.term;
  const at = move.kind === "take" ? root.program.fn.at : first && first.kind !== "atomicBegin" ? first.at : start.at;
  const context = move.kind === "take" && move.source.kind === "hardware" ? "hardware" : LEVELS[level]!;
  const changes = changesBetween(system, before, after, watch.writes);
  const violated =
    outcome.kind === "violation" && context !== "hardware"
      ? { [context]: placeOf(outcome.violation.at).stack.at(-1)! }
      : {};
  return {
    after,
    reads,
    told: {
      step,
      cpu: move.cpu,
      context,
      root: root.name,
      at: placeOf(at),
      what: sayStep(
        move.kind === "take" ? undefined : block.instrs[0],
        context,
        root.name,
        changes,
        outcome.kind === "violation" ? reads : reads.slice(0, 1),
        before,
        after,
        move.cpu,
      ),
      changes,
      locks: lockChanges(system, before, after),
      irqsOff: after.irqOff[move.cpu]!,
      stands: { ...standingOf(system, after, move.cpu), ...violated },
    },
  };
}

function sayStep(
  first: Instr | undefined,
  context: TraceStep["context"],
  root: string,
  changes: readonly Change[],
  reads: readonly Read[],
  before: State,
  after: State,
  cpu: number,
): string {
  if (context === "hardware") return "hardware acts";
  if (!first) {
    if (before.irqOff[cpu] === after.irqOff[cpu] && context !== "softirq") return `${root} begins`;
    return after.irqOff[cpu] ? `interrupt: ${root}` : "returns from the interrupt";
  }
  const lockName = (instr: Extract<Instr, { kind: "acquire" | "release" }>) =>
    instr.lock.base.kind === "global" ? instr.lock.base.name + instr.lock.path : "a lock";
  switch (first.kind) {
    case "acquire":
      return `takes ${lockName(first)}`;
    case "release":
      return `releases ${lockName(first)}`;
    case "irq":
      return before.irqOff[cpu] === after.irqOff[cpu]
        ? `interrupts stay ${after.irqOff[cpu] ? "off" : "on"}`
        : `interrupts ${after.irqOff[cpu] ? "off" : "on"}`;
    default:
      if ((changes.length > 0 && first.kind !== "load") || reads.length === 0) return "";
      return `reads ${reads.map(({ what, value }) => `${what} (${value})`).join(", ")}`;
  }
}

/** In the order of `writes`. */
function changesBetween(
  system: System,
  before: State,
  after: State,
  writes: ReadonlyMap<string, TracePlace>,
): Change[] {
  const changes = new Map<string, Change>();
  system.globals.forEach((global, index) => {
    if (global.lock) return;
    after.shared[index]!.forEach((to, element) => {
      const from = before.shared[index]![element]!;
      const what = elementName(system, index, element);
      if (from !== to) changes.set(what, { what, from, to, at: writes.get(what)! });
    });
  });
  return [...writes.keys()].flatMap((what) => changes.get(what) ?? []);
}

/** Who can never move again, with the cycle marked. */
function describeWaits(interpreter: Interpreter, state: State, irqsOffSince: readonly (number | undefined)[]): Wait[] {
  const stuck = stuckContexts(interpreter, state).filter((context) => context.blocked);
  const helperOf = (blocked: Blocked): { cpu: number; level?: number } | undefined => {
    if (blocked.on.kind === "lock") {
      return { cpu: Math.floor(blocked.on.owner / LEVELS.length), level: blocked.on.owner % LEVELS.length };
    }
    return blocked.on.kind === "cpu" ? { cpu: blocked.on.cpu } : undefined;
  };
  // Whoever must act, it is the running context of that CPU that keeps it from acting.
  const cyclic = new Set<number>();
  for (const start of stuck) {
    const path: number[] = [];
    let at = start;
    for (;;) {
      const id = contextOf(at.cpu, at.level);
      if (path.includes(id)) {
        for (const member of path.slice(path.indexOf(id))) cyclic.add(member);
        break;
      }
      path.push(id);
      const helper = helperOf(at.blocked!);
      const next =
        helper && stuck.find((other) => other.cpu === helper.cpu && other.level === runningLevel(state, helper.cpu));
      if (!next) break;
      at = next;
    }
  }
  return stuck.map(({ cpu, level, blocked }): Wait => {
    const { on, at } = blocked!;
    const helper = helperOf(blocked!);
    return {
      cpu,
      context: LEVELS[level]!,
      at: placeOf(at),
      for: on.kind,
      what: on.kind === "lock" ? on.lock : on.what,
      on: helper && { cpu: helper.cpu, context: helper.level === undefined ? undefined : LEVELS[helper.level] },
      irqsOff: state.irqOff[cpu]!,
      irqsOffSince: irqsOffSince[cpu],
      inCycle: cyclic.has(contextOf(cpu, level)),
    };
  });
}
