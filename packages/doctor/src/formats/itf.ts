/**
 * A result's run in the Informal Trace Format of Apalache (its ADR 015): the state before the first step and after each.
 *
 * Variables are shared state as kernel TypeScript declares it (arrays as lists, structs as records), locks ("" or who
 * holds them), `pc` (by CPU, "function:line" of what each context does next, "" where none runs) and `irqOff` (by CPU).
 * Locals are left out. Integers are written as big integers, which every version of the format reads. A result without
 * a run has one state: the one that every run starts from, or an empty one where nothing was built to run.
 */
import type { CheckStage, Result, TraceStep } from "../result.js";
import { stepText, where } from "../wording.js";

const FORMAT_DESCRIPTION = "https://apalache.informal.systems/docs/adr/015adr-trace.html";
const CONTEXTS = ["task", "softirq", "hardirq"] as const;

export type ItfValue =
  | string
  | boolean
  | { readonly "#bigint": string }
  | readonly ItfValue[]
  | { readonly [field: string]: ItfValue };

export interface ItfTrace {
  readonly "#meta": Readonly<Record<string, unknown>>;
  readonly vars: readonly string[];
  readonly states: readonly Readonly<Record<string, unknown>>[];
}

type Initial = NonNullable<CheckStage["initial"]>;
type Standing = Initial["stands"][number];
type LockState = Initial["locks"][number];

export function toItf(result: Result): ItfTrace {
  const { check } = result.stages;
  const meta = {
    format: "ITF",
    "format-description": FORMAT_DESCRIPTION,
    source: result.input.config,
    description: `shootdown: ${check.scenario}: ${check.about}`,
    status: check.violation ? "violation" : "ok",
    verdict: check.verdict,
    input: result.input,
    ...(check.replay === undefined ? {} : { replay: check.replay }),
  };
  const { initial } = check;
  if (!initial) return { "#meta": meta, vars: [], states: [{ "#meta": { index: 0 } }] };
  const machine = new Machine(initial);
  const first = machine.variables();
  const states: Record<string, unknown>[] = [{ "#meta": { index: 0, action: "init" }, ...first }];
  for (const step of check.trace ?? []) {
    machine.take(step);
    states.push({ "#meta": { index: step.step, ...actionOf(step) }, ...machine.variables() });
  }
  const last = states.at(-1)!;
  const { violation } = check;
  if (violation) {
    const { kind, message, waits } = violation;
    last["#meta"] = { ...(last["#meta"] as object), violation: { kind, message, waits } };
  }
  return { "#meta": meta, vars: Object.keys(first), states };
}

function actionOf(step: TraceStep) {
  return { action: stepText(step), cpu: step.cpu, context: step.context, root: step.root, at: where(step.at) };
}

/** The state that a run has reached. */
class Machine {
  private readonly elements = new Map<string, ItfValue>();
  private readonly stands: Standing[];
  private readonly irqOff: boolean[];

  constructor(initial: Initial) {
    for (const [what, value] of Object.entries(initial.shared)) this.elements.set(what, integer(value));
    for (const lock of initial.locks) this.elements.set(lock.what, holderOf(lock));
    this.stands = [...initial.stands];
    this.irqOff = this.stands.map(() => false);
  }

  take(step: TraceStep): void {
    for (const { what, to } of step.changes) this.elements.set(what, integer(to));
    for (const lock of step.locks ?? []) this.elements.set(lock.what, holderOf(lock));
    if (step.stands) this.stands[step.cpu] = step.stands;
    this.irqOff[step.cpu] = step.irqsOff;
  }

  variables(): Record<string, ItfValue> {
    const shared = nested(this.elements);
    const own = { pc: this.stands.map(pcOf), irqOff: this.irqOff.slice() };
    const twice = Object.keys(own).find((name) => name in shared);
    if (twice) throw new Error(`the kernel has shared state called ${twice}, as the trace has`);
    return { ...shared, ...own };
  }
}

function integer(value: number): ItfValue {
  return { "#bigint": String(value) };
}

function holderOf({ holder }: LockState): string {
  return holder ? `CPU${holder.cpu} ${holder.context}` : "";
}

function pcOf(stands: Standing): ItfValue {
  return Object.fromEntries(
    CONTEXTS.map((context) => {
      const frame = stands[context];
      return [context, frame ? `${frame.fn}:${frame.line}` : ""];
    }),
  );
}

type Container = ItfValue[] | { [field: string]: ItfValue };

/** `csd[0][1].func` as field `func` of element 1 of element 0 of `csd`. */
function nested(elements: ReadonlyMap<string, ItfValue>): Record<string, ItfValue> {
  const root: Record<string, ItfValue> = {};
  for (const [what, value] of elements) {
    const keys = what.match(/[^.[\]]+/g)!;
    let at: Container = root;
    for (const [index, key] of keys.entries()) {
      const container = at as Record<string, ItfValue>;
      if (index === keys.length - 1) container[key] = value;
      else at = (container[key] ??= isIndex(keys[index + 1]!) ? [] : {}) as Container;
    }
  }
  return root;
}

function isIndex(key: string): boolean {
  return /^\d+$/.test(key);
}
