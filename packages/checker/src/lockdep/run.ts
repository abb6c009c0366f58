/**
 * What lockdep makes of one run: at which step each report would come, and whether any of them is about the run's end.
 *
 * lockdep orders locks. A deadlock is its business only if every wait of the cycle is for a lock; an acknowledgement or a
 * wait queue in the cycle it does not know, unless the assertion that guards it (interrupts on while an IPI is waited
 * for) fails. A violation that is no wait (`stale`, `lost`, …) it never sees.
 */
import { assertNever, type ViolationKind } from "@shootdown/ir";
import { Interpreter } from "../interpreter.js";
import type { TracePlace } from "../run/places.js";
import type { Run, Wait } from "../run/trace.js";
import { copyState, initialState, runningLevel } from "../state.js";
import type { System } from "../system.js";
import { type LockFacts, LockRecorder } from "./lock-facts.js";
import { type LockdepReport, type LockdepSite, lockdepReports } from "./lockdep.js";

/** Two reports of one system are about the same thing. */
export function lockdepKey(report: LockdepReport): string {
  const usages = report.sites.map((site) => site.what).sort();
  return [report.kind, report.title, ...report.classes, ...(report.kind === "irqs-off" ? [] : usages)].join(" ");
}

export interface LockdepRun {
  /** All that the run shows. */
  readonly facts: LockFacts;
  /** By `lockdepKey`: the step (1-based) at which lockdep, knowing nothing before the run, would report. */
  readonly steps: ReadonlyMap<string, number>;
}

/** Follows a run from the initial state. */
export function lockdepAlong(system: System, schedule: readonly number[]): LockdepRun {
  const finder = new Interpreter(system);
  const runner = new Interpreter(system);
  runner.locks = new LockRecorder(system);
  const { facts } = runner.locks;
  const steps = new Map<string, number>();
  let known = 0;
  const note = (step: number) => {
    const bits = facts.reduce((sum, bit) => sum + bit, 0);
    if (bits === known) return;
    known = bits;
    for (const report of lockdepReports(system, facts)) {
      const key = lockdepKey(report);
      if (!steps.has(key)) steps.set(key, step);
    }
  };
  let state = initialState(system);
  schedule.forEach((ordinal, index) => {
    const next = finder.successors(state)[ordinal]!;
    const after = copyState(state);
    runner.runStep(after, next.action.move, next.action.choices);
    note(index + 1);
    state = next.state ?? state;
  });
  // In a deadlock, whoever waits for a lock has asked for it.
  for (let cpu = 0; cpu < system.cpus; cpu++) {
    const level = runningLevel(state, cpu);
    if (level !== undefined && finder.blocked(state, cpu, level)) runner.blocked(state, cpu, level);
  }
  note(schedule.length);
  return { facts, steps };
}

/** Whether a report is about the violation: lockdep, having seen the report's places, has warned of this. */
export function warnsOf(report: LockdepReport, violation: NonNullable<Run["violation"]>): boolean {
  const cycle = violation.waits.filter((wait) => wait.inCycle);
  if (violation.kind !== "deadlock" || cycle.length === 0) return false;
  if (report.kind === "irqs-off") {
    return cycle.some(
      (wait) => wait.for === "cpu" && wait.irqsOff && report.sites.some((site) => leadsTo(site, wait.at)),
    );
  }
  if (cycle.some((wait) => wait.for !== "lock")) return false;
  const locks = new Set(cycle.map((wait) => wait.what));
  const ordered = new Set(report.classes);
  const isOf = (classes: ReadonlySet<string>) => [...classes].every((name) => ordered.has(name));
  switch (report.kind) {
    case "recursive-locking":
    case "circular-dependency":
      return isOf(locks) && ordered.size === locks.size;
    case "inconsistent-state":
    case "irq-dependency":
      return isOf(locks) && interruptsHolder(cycle);
    default:
      return assertNever(report.kind);
  }
}

/** The waiting happens in the function that asserted, by the same calls. */
function leadsTo(site: LockdepSite, at: TracePlace): boolean {
  return site.at.stack.every((frame, index) => {
    const other = at.stack[index];
    if (other?.fn !== frame.fn || other.file !== frame.file) return false;
    return index === site.at.stack.length - 1 || other.line === frame.line;
  });
}

/** Some lock of the cycle is held by what an interrupt of the cycle interrupted. */
function interruptsHolder(cycle: readonly Wait[]): boolean {
  return cycle.some((wait) =>
    cycle.some(
      (other) => wait.on?.cpu === other.cpu && wait.on.context !== undefined && wait.on.context !== other.context,
    ),
  );
}

/** Why lockdep does not see a violation; undefined if one of the reports warns of it. */
export function whyUnseen(
  reports: readonly LockdepReport[],
  violation: NonNullable<Run["violation"]>,
): string | undefined {
  if (reports.some((report) => warnsOf(report, violation))) return undefined;
  if (violation.kind !== "deadlock") return NOT_LOCKING[violation.kind];
  const cycle = violation.waits.filter((wait) => wait.inCycle);
  const waits = cycle.length > 0 ? cycle : violation.waits;
  const others = waits.filter((wait) => wait.for !== "lock");
  if (others.length === 0) return "no report orders the locks of this cycle";
  const said = others.map((wait) => {
    const what = wait.for === "cpu" && wait.on ? `CPU${wait.on.cpu} to ${wait.what}` : wait.what;
    return `CPU${wait.cpu} waits for ${what}${wait.for === "cpu" && !wait.irqsOff ? ", interrupts on" : ""}`;
  });
  return `${said.join("; ")}: no lock, and lockdep orders locks only`;
}

const NOT_LOCKING: Record<Exclude<ViolationKind, "deadlock">, string> = {
  stale: "a translation that is out of date is no matter of locks",
  lost: "data that is lost is no matter of locks",
  race: "lockdep does not know which lock guards what",
  bug: "the kernel stops by itself; lockdep has no part in it",
  warn: "the kernel warns by itself; lockdep has no part in it",
  "sleep-in-atomic": "might_sleep() warns under DEBUG_ATOMIC_SLEEP; lockdep has no part in it",
};
