/**
 * Steps and violations of a run as results carry them: with where Linux has each function, and what a stale translation
 * comes from.
 */
import type { Run, Start, TraceStep as Step, TracePlace } from "@shootdown/checker";
import type { CheckStage, Place, TraceStep } from "../result.js";
import { explainStale } from "./stale.js";

/** Adds where Linux has the functions of a place. */
export type LinuxNames = (place: TracePlace) => Place;

export function toldStep(step: Step, linux: LinuxNames): TraceStep {
  return {
    ...step,
    at: linux(step.at),
    changes: step.changes.map((change) => ({ ...change, at: linux(change.at) })),
  };
}

/** `boot` is the state that the run starts from. */
export function toldViolation({ violation, steps }: Run, boot: Start, linux: LinuxNames): CheckStage["violation"] {
  if (!violation) return undefined;
  const reads = violation.reads.map((read) => ({ ...read, at: linux(read.at) }));
  const trace = steps.map((step) => toldStep(step, linux));
  return {
    ...violation,
    at: violation.at && linux(violation.at),
    reads,
    because: violation.kind === "stale" ? explainStale({ reads, trace, boot: boot.shared }) : [],
    waits: violation.waits.map((wait) => ({ ...wait, at: linux(wait.at) })),
  };
}
