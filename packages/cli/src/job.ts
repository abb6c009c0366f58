/**
 * One of many examinations that do not depend on each other, as plain data, and how it is done: in this thread or, by jobs.ts, in
 * another. What a thread has read and learnt it keeps for its next job.
 */
import {
  type AnsweredRow,
  type Asker,
  answerRow,
  askCell,
  type Before,
  type Candidate,
  type Cell,
  type CellQuestion,
  type CheckMode,
  type Examination,
  failsIn,
  type ModelTree,
  type NamedText,
  type ReportRow,
  SoundSystems,
  type Subject,
  type Trial,
  tryOut,
} from "@shootdown/doctor";
import { readExample, readModelTree, readPatch } from "./files.js";

/** What is examined, without what only the thread that read it can use. */
export interface JobSubject extends Omit<Subject, "tree" | "linux" | "onStages"> {
  /** `--kernel`: the folder of the model tree, if it is not the embedded one. */
  readonly kernel?: string;
  readonly linux?: Omit<NonNullable<Subject["linux"]>, "objects">;
}

/** Each kind of job: what it takes and what it answers. */
export interface JobKinds {
  /** Does a candidate help in the scenario of the finding? */
  candidate: { ask: { subject: JobSubject; before: Before; candidate: Candidate; maxStates: number }; answer: Trial };
  /** Where candidates fail in another scenario; undefined for one that passes. */
  scenario: {
    ask: { subject: JobSubject; candidates: readonly Candidate[]; scenario: string; maxStates: number };
    answer: readonly (string | undefined)[];
  };
  /** A cell of the matrix, before and after patches. */
  cell: {
    ask: { cell: CellQuestion; onto: readonly NamedText[]; patches: readonly NamedText[]; maxStates: number };
    answer: Cell;
  };
  /** A row of a report. */
  row: { ask: { row: ReportRow; maxStates: number }; answer: AnsweredRow };
}

export type JobKind = keyof JobKinds;
export type Job = { [K in JobKind]: { readonly kind: K; readonly ask: JobKinds[K]["ask"] } }[JobKind];

/** Without what a job does not carry to another thread. */
export function jobSubject({ tree: _, onStages: __, linux, ...rest }: Subject, kernel?: string): JobSubject {
  if (!linux) return { ...rest, kernel };
  const { objects: ___, ...plain } = linux;
  return { ...rest, kernel, linux: plain };
}

const trees = new Map<string | undefined, ModelTree>();
const sound = new SoundSystems();

function treeOf(kernel?: string): ModelTree {
  const tree = trees.get(kernel) ?? readModelTree(kernel);
  trees.set(kernel, tree);
  return tree;
}

/** A system that was found sound in this thread is not searched again. */
function searchMode(maxStates: number, shortest: boolean): CheckMode {
  return { kind: "search", options: { chaining: true, shortest, maxStates }, sound };
}

function examination({ kernel, linux, ...rest }: JobSubject, maxStates: number): Examination {
  return {
    ...rest,
    tree: treeOf(kernel),
    // Asked only where the model has nothing to say, and then there is no finding to fix.
    ...(linux ? { linux: { ...linux, objects: () => [] } } : {}),
    mode: searchMode(maxStates, false),
    replayCommand: () => "",
  };
}

function asker(maxStates: number, shortest: boolean): Asker {
  const tree = treeOf();
  const mode = searchMode(maxStates, shortest);
  return { tree, mode, readConfig: readExample, readPatch: (name) => readPatch(tree, name) };
}

/**
 * Does a job in this thread.
 *
 * @throws InputError as the examination does
 */
export function perform(job: Job): JobKinds[JobKind]["answer"] {
  switch (job.kind) {
    case "candidate": {
      const { subject, before, candidate, maxStates } = job.ask;
      return tryOut(examination(subject, maxStates), before, candidate);
    }
    case "scenario": {
      const { subject, candidates, scenario, maxStates } = job.ask;
      const input = examination(subject, maxStates);
      return candidates.map((candidate) => failsIn(input, candidate, scenario));
    }
    case "cell":
      return askCell(asker(job.ask.maxStates, false), job.ask.cell, job.ask.onto, job.ask.patches);
    case "row":
      return answerRow(asker(job.ask.maxStates, true), job.ask.row);
  }
}
