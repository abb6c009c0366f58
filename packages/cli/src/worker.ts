/** A thread that jobs.ts starts: does the jobs it is given. An InputError is an answer, because threads hand on plain data only. */
import { InputError } from "@shootdown/doctor";
import { type Job, type JobKind, type JobKinds, perform } from "./job.js";

export type WorkerAnswer =
  | { readonly answer: JobKinds[JobKind]["answer"] }
  | { readonly refused: Pick<InputError, "code" | "place" | "reason" | "next" | "sites"> };

export default function work(job: Job): WorkerAnswer {
  try {
    return { answer: perform(job) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { code, place, reason, next, sites } = error;
    return { refused: { code, place, reason, next, sites } };
  }
}
