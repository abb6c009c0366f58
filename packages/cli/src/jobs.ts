/**
 * Examinations that do not depend on each other, as many at a time as the machine has processors. Answers come in the order of the
 * questions, and do not depend on how many threads there are.
 */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { InputError } from "@shootdown/doctor";
import type { Command } from "commander";
import { Piscina } from "piscina";
import { type Job, type JobKind, type JobKinds, perform } from "./job.js";
import { parseCount } from "./options.js";
import type { WorkerAnswer } from "./worker.js";

/** Each search may need some hundred megabytes. */
const MAX_DEFAULT_JOBS = 8;
/** Many short-lived objects: with V8's usual 16 MB a fifth of the time goes into collecting them. */
const YOUNG_MEGABYTES = 64;
/** Not there where the sources run unbuilt, as in tests: then all is done in this thread. */
const WORKER = fileURLToPath(new URL("./worker.js", import.meta.url));

export interface JobOptions {
  readonly jobs?: number;
}

export function jobOptions(command: Command): Command {
  const about = "examine so many at a time (default: the machine's processors, at most 8)";
  return command.option("-j, --jobs <n>", about, (text) => parseCount("--jobs", text));
}

/** Threads, and what they are asked. Close it. */
export class Jobs {
  private readonly threads: number;
  private readonly pool: Piscina<Job, WorkerAnswer> | undefined;

  constructor({ jobs }: JobOptions) {
    const wanted = jobs ?? Math.min(availableParallelism(), MAX_DEFAULT_JOBS);
    this.threads = existsSync(WORKER) ? wanted : 1;
    if (this.threads === 1) return;
    this.pool = new Piscina({
      filename: WORKER,
      minThreads: 1,
      maxThreads: this.threads,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
    });
  }

  /**
   * Asks all, and yields the answers in the order of the questions, each as soon as it and those before it are there. A question is
   * taken from `asks` when a thread is free for it, so it may depend on the answers so far.
   */
  async *askAll<K extends JobKind>(
    kind: K,
    asks: Iterable<JobKinds[K]["ask"]>,
  ): AsyncGenerator<JobKinds[K]["answer"], void, void> {
    const { pool } = this;
    const jobOf = (ask: JobKinds[K]["ask"]) => ({ kind, ask }) as unknown as Job;
    if (!pool) {
      for (const ask of asks) yield perform(jobOf(ask)) as JobKinds[K]["answer"];
      return;
    }
    const left = asks[Symbol.iterator]();
    const answers: Promise<WorkerAnswer>[] = [];
    const askNext = (): void => {
      const next = left.next();
      if (next.done) return;
      const answer = pool.run(jobOf(next.value));
      answers.push(answer);
      // One that fails is heard of in its turn.
      answer.then(askNext, () => {});
    };
    for (let thread = 0; thread < this.threads; thread++) askNext();
    for (let at = 0; at < answers.length; at++) yield unpacked(await answers[at]!) as JobKinds[K]["answer"];
  }

  async close(): Promise<void> {
    await this.pool?.destroy();
  }
}

/** Asks with threads of its own. */
export async function* askAll<K extends JobKind>(
  kind: K,
  asks: Iterable<JobKinds[K]["ask"]>,
  options: JobOptions,
): AsyncGenerator<JobKinds[K]["answer"], void, void> {
  const jobs = new Jobs(options);
  try {
    yield* jobs.askAll(kind, asks);
  } finally {
    await jobs.close();
  }
}

function unpacked(reply: WorkerAnswer): JobKinds[JobKind]["answer"] {
  if ("answer" in reply) return reply.answer;
  const { code, place, reason, next, sites } = reply.refused;
  throw new InputError(code, place, reason, next, sites);
}
