/**
 * What the page and the engine's worker say to each other: one request at a time, any number of reports, one answer.
 *
 * Everything is plain data. A request cannot be cancelled from inside, because the engine works without a pause: who
 * wants it to stop ends the worker (`Engine.stop`).
 */
import type { AddressSubject, CheckStage, ErrorSite, Prescription, Result, TraceStep } from "@shootdown/doctor/face";

/** What there is to choose from. */
export interface Catalogue {
  readonly cpus: readonly {
    readonly name: string;
    readonly about: string;
    readonly smp: boolean;
    readonly mmu: boolean;
  }[];
  readonly scenarios: readonly { readonly name: string; readonly about: string }[];
  readonly patches: readonly { readonly name: string; readonly about: string }[];
  readonly history: readonly { readonly at: string; readonly subject: string; readonly since: string }[];
  readonly examples: readonly string[];
  readonly matrix: readonly MatrixColumn[];
}

export interface MatrixColumn {
  readonly name: string;
  readonly config: string;
  readonly cpu: string;
  readonly set: Readonly<Record<string, string>>;
  readonly at?: string;
}

export interface SearchProgress {
  readonly states: number;
  readonly depth: number;
  /** Bytes of state storage. */
  readonly memory: number;
}

/** A candidate of a prescription was tried. */
export interface PharmacyProgress {
  readonly tried: number;
  readonly total: number;
  /** The search that goes on now, and since how many milliseconds. */
  readonly search?: { readonly progress: SearchProgress; readonly milliseconds: number };
}

/** The run so far and what may follow. */
export interface Explored {
  readonly schedule: string;
  readonly successors: readonly number[];
  readonly initial: NonNullable<CheckStage["initial"]>;
  readonly trace: readonly TraceStep[];
  readonly violation?: CheckStage["violation"];
  readonly choices: readonly ChoiceShown[];
  readonly blocked: readonly BlockedShown[];
}

export interface ChoiceShown {
  readonly ordinal: number;
  readonly told: TraceStep;
  readonly chosen: readonly number[];
  readonly violation?: { readonly kind: string; readonly message: string };
}

export interface BlockedShown {
  readonly cpu: number;
  readonly context: "task" | "softirq" | "hardirq";
  readonly for: "lock" | "cpu" | "anyone";
  readonly what: string;
  readonly on?: { readonly cpu: number; readonly context?: "task" | "softirq" | "hardirq" };
  readonly irqsOff: boolean;
}

export interface Outlook {
  readonly verdict: "ahead" | "clear" | "limit";
  readonly states: number;
  readonly ahead?: readonly number[];
  readonly kind?: string;
}

/** One cell of the matrix. */
export interface CellAnswer {
  readonly outcome: string;
  readonly states: number;
  readonly steps?: number;
}

export interface Limits {
  readonly maxStates?: number;
}

/** How stage 4 looks. */
export type Look =
  | { readonly kind: "search" }
  | { readonly kind: "simulate"; readonly seed: number; readonly steps: number; readonly runs: number };

export interface AllocatorAsk {
  /** Lines as `percpu-trace` takes them. */
  readonly trace: string;
  readonly backend: "vm" | "km";
  readonly unitPages: number;
  readonly units: number;
}

/** A line of the trace, what the allocator printed while it ran and of its state after it, and its bitmaps then. */
export interface AllocatorOperation {
  readonly line: string;
  readonly said: readonly string[];
  readonly state: readonly string[];
  /** Slot by slot. What an operation left alone is the same object as before it. */
  readonly maps: readonly ChunkMaps[];
}

export interface AllocatorAnswer {
  /** Of each CPU: the distance of its unit from the first, in bytes. */
  readonly unitOffsets: readonly number[];
  readonly slots: number;
  readonly operations: readonly AllocatorOperation[];
}

/** The bitmaps of a chunk as the allocator has them: bit `b` is bit `b % 32` of word `b / 32`. */
export interface ChunkMaps {
  readonly chunk: number;
  /** A bit for each page, the same in all units. */
  readonly populated: Uint32Array;
  /** A bit for each 4 bytes of a unit: in use. */
  readonly allocated: Uint32Array;
  /** A bit for each 4 bytes: an area begins, or the last one ends. */
  readonly bound: Uint32Array;
  /** For each page the hints of its block, in bits: contig_hint, contig_hint_start, left_free, right_free, first_free. */
  readonly hints: Int32Array;
}

/** By name: what is asked with, reported meanwhile, and answered. */
export interface Methods {
  catalogue: { ask: Record<string, never>; report: never; answer: Catalogue };
  examine: {
    ask: { subject: AddressSubject; look: Look };
    report: { stages: Partial<Result["stages"]> } | { progress: SearchProgress };
    answer: Result;
  };
  prescribe: {
    ask: { subject: AddressSubject; result: Result };
    report: { progress: PharmacyProgress };
    answer: readonly Prescription[];
  };
  explore: {
    ask: { subject: AddressSubject; schedule?: string; successors?: readonly number[] };
    report: never;
    answer: Explored;
  };
  outlook: {
    ask: { subject: AddressSubject; successors: readonly number[]; maxStates: number };
    report: { progress: SearchProgress };
    answer: Outlook;
  };
  /** Every file of the subject's tree that people read, by its path in a model tree. */
  sources: { ask: { subject: AddressSubject }; report: never; answer: readonly (readonly [string, string])[] };
  /** A percpu trace, operation by operation. */
  allocate: { ask: AllocatorAsk; report: never; answer: AllocatorAnswer };
  cell: {
    ask: { subject: AddressSubject; maxStates: number };
    report: { progress: SearchProgress };
    answer: CellAnswer;
  };
}

export type MethodName = keyof Methods;

export interface Request<M extends MethodName = MethodName> {
  readonly id: number;
  readonly method: M;
  readonly ask: Methods[M]["ask"];
}

/** What is wrong with the input, as data. */
export interface Failure {
  readonly code: string;
  readonly about: string;
  readonly place: string;
  readonly reason: string;
  readonly next: string;
  readonly sites: readonly ErrorSite[];
}

export type Reply =
  | { readonly kind: "ready" }
  | { readonly kind: "report"; readonly id: number; readonly report: unknown }
  | { readonly kind: "answer"; readonly id: number; readonly answer: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly failure: Failure };
