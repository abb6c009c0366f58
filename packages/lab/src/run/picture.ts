/**
 * A run as a picture, without coordinates: which context ran what when, which locks it held, when interrupts were off,
 * who waited for whom, and what one CPU sent to another. `lanes.tsx` draws it.
 *
 * Steps are counted from 1; a span covers the columns `from` to `to`, both included.
 */
import { type CheckStage, shownPath, type TraceStep } from "@shootdown/doctor/face";
import { type Message, messagesOf } from "./messages.js";

export const CONTEXTS = ["hardirq", "softirq", "task"] as const;
export type Context = (typeof CONTEXTS)[number];

export interface Span {
  readonly cpu: number;
  readonly from: number;
  readonly to: number;
}

/** A context that exists: a task always, an interrupt from its entry to its return. */
export interface Life extends Span {
  readonly context: Context;
}

export interface Cell {
  readonly step: number;
  readonly cpu: number;
  readonly context: Context;
  /** One character that tells the kind of step, for readers without colour. */
  readonly glyph: string;
  readonly kind: "lock" | "irq" | "write" | "read" | "interrupt" | "other";
  readonly isViolation: boolean;
}

export interface Held extends Span {
  readonly lock: string;
  readonly context: Context;
}

export interface Waiting extends Span {
  readonly context: Context;
  readonly what: string;
}

export interface Lane {
  readonly cpu: number;
  /** From the top. */
  readonly contexts: readonly Context[];
  /** Locks that the CPU ever holds: a bar each. */
  readonly locks: readonly string[];
  readonly hasIrqsOff: boolean;
  readonly steps: number;
}

export interface Picture {
  readonly steps: number;
  readonly lanes: readonly Lane[];
  readonly lives: readonly Life[];
  readonly cells: readonly Cell[];
  readonly irqsOff: readonly Span[];
  readonly held: readonly Held[];
  readonly waiting: readonly Waiting[];
  readonly messages: readonly Message[];
}

interface Told {
  readonly initial: NonNullable<CheckStage["initial"]>;
  readonly trace: readonly TraceStep[];
  readonly violation?: CheckStage["violation"];
}

export function pictureOf(run: Told): Picture {
  const { trace } = run;
  const cpus = run.initial.stands.length;
  const held = heldOf(run);
  const irqsOff = irqsOffOf(trace, cpus);
  const lives = livesOf(run, cpus);
  const lanes = Array.from({ length: cpus }, (_, cpu): Lane => {
    const present = new Set(lives.filter((life) => life.cpu === cpu).map(({ context }) => context));
    return {
      cpu,
      contexts: CONTEXTS.filter((context) => present.has(context)),
      locks: [...new Set(held.filter((bar) => bar.cpu === cpu).map(({ lock }) => lock))],
      hasIrqsOff: irqsOff.some((bar) => bar.cpu === cpu),
      steps: trace.filter((step) => step.cpu === cpu).length,
    };
  });
  return {
    steps: trace.length,
    lanes,
    lives,
    cells: trace.map((step) => cellOf(step, run)),
    irqsOff,
    held,
    waiting: waitingOf(run, held),
    messages: messagesOf(trace),
  };
}

/** Hardware acts on its own; its steps are drawn with the task, on whose CPU they are told. */
export function contextOf(step: TraceStep): Context {
  return step.context === "hardware" ? "task" : step.context;
}

function cellOf(step: TraceStep, { trace, violation }: Told): Cell {
  const [glyph, kind] = glyphOf(step);
  const isViolation = violation !== undefined && violation.kind !== "deadlock" && step.step === trace.length;
  return { step: step.step, cpu: step.cpu, context: contextOf(step), glyph, kind, isViolation };
}

function glyphOf(step: TraceStep): readonly [string, Cell["kind"]] {
  if (step.locks?.length) return [step.locks.some(({ holder }) => holder) ? "+" : "−", "lock"];
  if (step.what.startsWith("interrupts ")) return [step.irqsOff ? "↓" : "↑", "irq"];
  if (step.what.startsWith("interrupt:")) return ["!", "interrupt"];
  if (step.what.startsWith("returns from")) return ["↩", "interrupt"];
  if (step.changes.length > 0) return ["w", "write"];
  if (step.what.startsWith("reads")) return ["r", "read"];
  return ["·", "other"];
}

function livesOf({ initial, trace }: Told, cpus: number): Life[] {
  const lives: Life[] = [];
  const open = new Map<string, { cpu: number; context: Context; from: number }>();
  for (let cpu = 0; cpu < cpus; cpu++) {
    if (initial.stands[cpu]?.task) open.set(`${cpu} task`, { cpu, context: "task", from: 1 });
  }
  for (const step of trace) {
    const context = contextOf(step);
    const key = `${step.cpu} ${context}`;
    if (!open.has(key)) open.set(key, { cpu: step.cpu, context, from: step.step });
    const isOver = step.context !== "hardware" && step.stands !== undefined && step.stands[step.context] === undefined;
    if (!isOver) continue;
    lives.push({ ...open.get(key)!, to: step.step });
    open.delete(key);
  }
  for (const life of open.values()) lives.push({ ...life, to: Number.POSITIVE_INFINITY });
  return lives;
}

function irqsOffOf(trace: readonly TraceStep[], cpus: number): Span[] {
  const spans: Span[] = [];
  const since: (number | undefined)[] = new Array(cpus).fill(undefined);
  for (const { cpu, step, irqsOff } of trace) {
    if (irqsOff) since[cpu] ??= step;
    else if (since[cpu] !== undefined) {
      spans.push({ cpu, from: since[cpu]!, to: step });
      since[cpu] = undefined;
    }
  }
  since.forEach((from, cpu) => {
    if (from !== undefined) spans.push({ cpu, from, to: Number.POSITIVE_INFINITY });
  });
  return spans;
}

function heldOf({ initial, trace }: Told): Held[] {
  const spans: Held[] = [];
  const open = new Map<string, Held>();
  const take = (lock: string, holder: { cpu: number; context: string } | undefined, step: number) => {
    const known = open.get(lock);
    if (known) spans.push({ ...known, to: step });
    open.delete(lock);
    if (!holder) return;
    const context = holder.context as Context;
    open.set(lock, { lock, cpu: holder.cpu, context, from: Math.max(1, step), to: Number.POSITIVE_INFINITY });
  };
  for (const { what, holder } of initial.locks) take(what, holder, 0);
  for (const step of trace) for (const { what, holder } of step.locks ?? []) take(what, holder, step.step);
  return [...spans, ...open.values()];
}

/** Who came to a taken lock and got it later, and who waits at the end. */
function waitingOf({ trace, violation }: Told, held: readonly Held[]): Waiting[] {
  const spans: Waiting[] = [];
  const last = new Map<string, number>();
  for (const step of trace) {
    const context = contextOf(step);
    const key = `${step.cpu} ${context}`;
    for (const { what, holder } of step.locks ?? []) {
      if (!holder) continue;
      const came = last.get(key) ?? 0;
      const others = held.filter(
        (bar) => bar.lock === what && bar.to < step.step && bar.to > came && bar.cpu !== step.cpu && came > 0,
      );
      if (others.length === 0) continue;
      const from = Math.max(came + 1, Math.min(...others.map((bar) => bar.from)));
      const to = Math.max(...others.map((bar) => bar.to));
      if (from <= to) spans.push({ cpu: step.cpu, context, from, to, what });
    }
    last.set(key, step.step);
  }
  for (const wait of violation?.waits ?? []) {
    const from = (last.get(`${wait.cpu} ${wait.context}`) ?? 0) + 1;
    spans.push({ cpu: wait.cpu, context: wait.context, from, to: Number.POSITIVE_INFINITY, what: wait.what });
  }
  return spans;
}

/** One sentence for whoever does not see the picture. */
export function laneName(lane: Lane, picture: Picture): string {
  const held = picture.held.filter((bar) => bar.cpu === lane.cpu);
  const locks = held.map((bar) => `holds ${bar.lock} ${stretch(bar, picture)}`);
  const off = picture.irqsOff.filter((bar) => bar.cpu === lane.cpu).map((bar) => stretch(bar, picture));
  return [
    `CPU${lane.cpu}: ${lane.steps} steps`,
    ...locks.slice(0, MAX_NAMED),
    off.length > 0 ? `interrupts off ${off.slice(0, MAX_NAMED).join(", ")}` : "interrupts on throughout",
  ].join("; ");
}

/** Spans that a lane's name lists; more would not be listened to. */
const MAX_NAMED = 4;

function stretch({ from, to }: Span, { steps }: Picture): string {
  return to > steps ? `from step ${from} to the end` : `in steps ${from} to ${to}`;
}

/** One sentence about a step. */
export function stepName(step: TraceStep, total: number, what: string): string {
  const context = step.context === "task" ? "" : ` ${step.context}`;
  return `Step ${step.step} of ${total}: CPU${step.cpu}${context} in ${shownPath(step.at)}: ${what}`;
}
