/**
 * What the page shows, in one place: the view, what is examined, what came of it, the run and the step in it.
 *
 * Views read it by `useSession()` and change it by the functions below; nothing else holds state that outlives a view.
 * The address follows every change (`address-bar.ts`), so that a link reproduces what is shown.
 */
import type { AddressSubject, Prescription, Result } from "@shootdown/doctor/face";
import { EngineFailure, Stopped } from "../engine/client.js";
import { engine, pharmacist } from "../engine/engines.js";
import type { Catalogue, Explored, Failure, Look, PharmacyProgress, SearchProgress } from "../engine/protocol.js";
import { Store, useStore } from "../parts/store.js";

export const VIEWS = ["doctor", "run", "matrix", "patch", "link", "allocator"] as const;
export type View = (typeof VIEWS)[number];

export interface Examined {
  /** What was asked; the stages are of it. */
  readonly subject: AddressSubject;
  readonly status: "running" | "done" | "failed" | "stopped";
  readonly stages: Partial<Result["stages"]>;
  readonly startedAt: number;
  readonly progress?: SearchProgress;
  readonly result?: Result;
  readonly failure?: Failure;
}

export interface Pharmacy {
  readonly status: "running" | "done" | "failed" | "stopped";
  readonly progress?: PharmacyProgress;
  readonly prescriptions: readonly Prescription[];
}

export interface ShownRun {
  readonly subject: AddressSubject;
  /** `finding`: as the search found it; `own`: made by hand, or opened by its schedule. */
  readonly origin: "finding" | "own";
  readonly schedule: string;
  readonly successors?: readonly number[];
  readonly initial: Explored["initial"];
  readonly trace: Explored["trace"];
  readonly violation?: Explored["violation"];
}

export interface Session {
  readonly view: View;
  readonly catalogue?: Catalogue;
  readonly subject: AddressSubject;
  readonly examined?: Examined;
  readonly pharmacy?: Pharmacy;
  readonly run?: ShownRun;
  /** A run is being fetched. */
  readonly isOpening: boolean;
  /** 0: before the first step. */
  readonly step: number;
  /** The address, a dropped file or a schedule could not be used. */
  readonly problem?: Failure;
}

/** Report 2: the boot check bypassed is today's code with kmap_high_get() again, on the CPU of the report. */
export const REPORT_2: AddressSubject = {
  config: { name: "6.1-arm11mpcore-smp-highmem.config" },
  cpu: "arm11mpcore",
  set: {},
  patches: [{ name: "report2-kmap-high-get" }],
  scenario: "kmap-dma",
  sizes: {},
};

/** Report 1: SMP without MMU, before its fix. */
export const REPORT_1: AddressSubject = {
  config: { name: "6.12-rclass-smp-nommu.config" },
  cpu: "cortex-r5",
  set: {},
  patches: [{ name: "revert-3583521aabac" }],
  scenario: "percpu-second-chunk",
  sizes: {},
};

const store = new Store<Session>({ view: "doctor", subject: REPORT_2, isOpening: false, step: 0 });

export const getSession = store.get;
export const { subscribe } = store;

function set(change: Partial<Session>): void {
  store.set({ ...store.get(), ...change });
}

export function useSession(): Session {
  return useStore(store);
}

// ---- what views do ----

export function show(view: View): void {
  set({ view, problem: undefined });
}

export function goTo(step: number): void {
  const last = getSession().run?.trace.length ?? 0;
  set({ step: Math.max(0, Math.min(last, step)) });
}

export function say(problem: Failure | undefined): void {
  set({ problem });
}

export async function loadCatalogue(): Promise<void> {
  set({ catalogue: await engine.ask("catalogue", {}) });
}

/** Examines something else, from the first stage on. What ran before is stopped. */
export async function examine(subject: AddressSubject, look: Look = { kind: "search" }): Promise<void> {
  if (getSession().examined?.status === "running") engine.stop("examine");
  if (getSession().pharmacy?.status === "running") pharmacist.stop("prescribe");
  const startedAt = performance.now();
  const begun: Examined = { subject, status: "running", stages: {}, startedAt };
  // A run of another kernel would be taken for this one's.
  const { run } = getSession();
  const isOfOther = run !== undefined && JSON.stringify(run.subject) !== JSON.stringify(subject);
  const kept = isOfOther ? { run: undefined, step: 0 } : {};
  set({ subject, examined: begun, pharmacy: undefined, problem: undefined, ...kept });
  const isCurrent = () => getSession().examined?.startedAt === startedAt;
  const update = (change: Partial<Examined>) => {
    if (isCurrent()) set({ examined: { ...getSession().examined!, ...change } });
  };
  try {
    const result = await engine.ask("examine", { subject, look }, update);
    update({ status: "done", result, stages: result.stages, progress: undefined });
    const { check } = result.stages;
    if (isCurrent() && check.trace && check.schedule && check.initial) {
      const { trace, schedule, initial, violation } = check;
      set({ run: { subject, origin: "finding", schedule, initial, trace, violation }, step: trace.length });
    } else if (isCurrent() && getSession().run?.origin === "finding") set({ run: undefined, step: 0 });
    if (isCurrent() && result.verdict === "finding") void prescribe(subject, result);
  } catch (error) {
    if (error instanceof Stopped) update({ status: "stopped" });
    else if (error instanceof EngineFailure) update({ status: "failed", failure: error.failure });
    else throw error;
  }
}

export function stopExamination(): void {
  if (getSession().examined?.status === "running") engine.stop("examine");
}

async function prescribe(subject: AddressSubject, result: Result): Promise<void> {
  const mine: Pharmacy = { status: "running", prescriptions: [] };
  set({ pharmacy: mine });
  const update = (change: Partial<Pharmacy>) => {
    if (getSession().examined?.result === result) set({ pharmacy: { ...getSession().pharmacy!, ...change } });
  };
  try {
    update({ status: "done", prescriptions: await pharmacist.ask("prescribe", { subject, result }, update) });
  } catch (error) {
    update({ status: error instanceof Stopped ? "stopped" : "failed" });
  }
}

export function stopPrescribing(): void {
  if (getSession().pharmacy?.status === "running") pharmacist.stop("prescribe");
}

/** Opens a run by its schedule, or one that is made up. Says what is wrong if there is no such run. */
export async function openRun(
  subject: AddressSubject,
  wanted: { readonly schedule?: string; readonly successors?: readonly number[] },
  step?: number,
): Promise<void> {
  // What is still being examined would put its own run in this one's place.
  stopExamination();
  set({ isOpening: true, problem: undefined });
  try {
    const explored = await engine.ask("explore", { subject, ...wanted });
    const { schedule, successors, initial, trace, violation } = explored;
    const run: ShownRun = { subject, origin: "own", schedule, successors, initial, trace, violation };
    set({ run, subject, step: Math.min(step ?? trace.length, trace.length), isOpening: false });
  } catch (error) {
    const problem = error instanceof EngineFailure ? error.failure : undefined;
    set({ isOpening: false, problem });
  }
}

/** A run that was read from a result document. */
export function openResult(run: ShownRun): void {
  stopExamination();
  set({ run, subject: run.subject, step: run.trace.length, view: "run", problem: undefined });
}

/** The letters of the shown run, asked for once. */
export async function successorsOfRun(run: ShownRun): Promise<readonly number[]> {
  if (run.successors) return run.successors;
  const { successors } = await engine.ask("explore", { subject: run.subject, schedule: run.schedule });
  if (getSession().run === run) set({ run: { ...run, successors } });
  return successors;
}
