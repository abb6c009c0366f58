/**
 * The part of stage 4 that says what lockdep would see of the kernel that was searched, whether or not the configuration
 * has it: in all steps taken, in the run that is printed, and of the finding.
 */
import {
  type LockFacts,
  lockdepAlong,
  lockdepKey,
  lockdepReports,
  type Run,
  type System,
  type TracePlace,
  warnsOf,
  whyUnseen,
} from "@shootdown/checker";
import type { Lockdep, Place } from "../result.js";

export interface LockdepInput {
  readonly system: System;
  /** From all steps taken; absent for a replay, which has only its run. */
  readonly facts?: LockFacts;
  /** The run that is printed, if there is one. */
  readonly told?: { readonly run: Run; readonly schedule: readonly number[] };
  /** CONFIG_PROVE_LOCKING. */
  readonly enabled: boolean;
  /** Adds where Linux has the functions of a place. */
  readonly linux: (place: TracePlace) => Place;
}

/** `lockdep_assert_irqs_enabled()`: a WARN_ON_ONCE() that is compiled in under PROVE_LOCKING only. It knows no lock. */
const ASSERTION = "irqs-off";

function summaryOf(reports: readonly { readonly kind: string }[], enabled: boolean): string {
  const assertions = reports.filter(({ kind }) => kind === ASSERTION).length;
  if (reports.length === 0) return "silent";
  if (assertions < reports.length) return enabled ? "reports" : "would report with CONFIG_PROVE_LOCKING";
  const when = enabled
    ? "lockdep_assert_irqs_enabled() warns, because CONFIG_PROVE_LOCKING is on"
    : "lockdep_assert_irqs_enabled() would warn with CONFIG_PROVE_LOCKING; without it nothing does";
  return `no report about locks or their order; ${when}`;
}

export function lockdepOf({ system, facts, told, enabled, linux }: LockdepInput): Lockdep {
  const along = told && lockdepAlong(system, told.schedule);
  const reports = lockdepReports(system, facts ?? along?.facts ?? new Uint8Array());
  const violation = told?.run.violation;
  return {
    enabled,
    lockReports: reports.filter(({ kind }) => kind !== ASSERTION).length,
    summary: summaryOf(reports, enabled),
    reports: reports.map((report) => {
      const { classes: _, ...rest } = report;
      return {
        ...rest,
        sites: report.sites.map((site) => ({ ...site, at: linux(site.at) })),
        step: along?.steps.get(lockdepKey(report)),
        warnsOfFinding: violation !== undefined && warnsOf(report, violation),
      };
    }),
    cannotSee: violation && whyUnseen(reports, violation),
  };
}
