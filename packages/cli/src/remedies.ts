/**
 * What would fix a finding, tried on several threads: first each candidate by the scenario of the finding, then those that help by each
 * other scenario.
 */
import {
  beforeOf,
  candidates,
  otherScenarios,
  type Prescribed,
  prescribed,
  type Result,
  type Subject,
  type Trial,
} from "@shootdown/doctor";
import { readPatch } from "./files.js";
import { jobSubject } from "./job.js";
import { type JobOptions, Jobs } from "./jobs.js";

/** States of one search: a candidate that needs more is not prescribed. */
const MAX_STATES = 4_000_000;

/** The same, whatever the number of threads. `kernel`: the folder that the tree was read from, if it is not the embedded one. */
export async function findRemedies(
  input: Subject,
  found: Result,
  options: JobOptions & { readonly kernel?: string },
): Promise<Prescribed> {
  const shipped = input.tree.namesIn("kernel/patches", ".patch").map((name) => readPatch(input.tree, name));
  const all = candidates(input, found, shipped);
  const base = { subject: jobSubject(input, options.kernel), maxStates: MAX_STATES };
  const jobs = new Jobs(options);
  try {
    const trials: Trial[] = [];
    const before = beforeOf(found);
    const first = all.map((candidate) => ({ ...base, before, candidate }));
    for await (const trial of jobs.askAll("candidate", first)) trials.push(trial);

    /** Whom each question is about: numbers of candidates that have not failed by then. */
    const asked: (readonly number[])[] = [];
    const asks = function* () {
      for (const scenario of otherScenarios(input)) {
        const left = [...all.keys()].filter((index) => trials[index]!.fails === undefined);
        asked.push(left);
        yield { ...base, scenario, candidates: left.map((index) => all[index]!) };
      }
    };
    let answered = 0;
    for await (const failures of jobs.askAll("scenario", asks())) {
      for (const [at, index] of asked[answered++]!.entries()) {
        const trial = trials[index]!;
        // What is told is where it fails first, in the order of the scenarios.
        if (trial.fails === undefined) trials[index] = { ...trial, fails: failures[at] };
      }
    }
    return prescribed(input, all, trials);
  } finally {
    await jobs.close();
  }
}
