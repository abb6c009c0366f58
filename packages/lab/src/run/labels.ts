/**
 * The names of functions above the steps of a run: of each call tree the deepest names that have room, and their caller's
 * where they have none, so that a narrow picture says `kmap_high` and a wide one `lock_kmap`, `map_new_virtual`, ….
 */
import { shownFrame, type TraceStep } from "@shootdown/doctor/face";
import { type Context, contextOf } from "./picture.js";

export interface Label {
  readonly cpu: number;
  readonly context: Context;
  /** Columns, both included: up to the next step of its context that has another name. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Units that a character takes. */
const CHARACTER = 6.4;
/** Units that stay free before the next name. */
const GAP = 4;

/** A step of a context. */
interface Stand {
  readonly step: number;
  /** The functions from the context's root to the one that is shown. */
  readonly path: readonly string[];
}

/** `column`: units of a step. Sorted by their first columns. */
export function labelsOf(trace: readonly TraceStep[], column: number): readonly Label[] {
  const labels: Label[] = [];
  for (const { cpu, context, stands } of rowsOf(trace)) {
    const add = (from: number, to: number, text: string) => labels.push({ cpu, context, from, to, text });
    new Row(stands, trace.length, column, add).name(0, stands.length - 1, 0);
  }
  return labels.sort((a, b) => a.from - b.from);
}

/** By CPU and context; each interrupt that is taken is a row of its own. */
function rowsOf(trace: readonly TraceStep[]) {
  const done: { cpu: number; context: Context; stands: Stand[] }[] = [];
  const open = new Map<string, (typeof done)[number]>();
  for (const step of trace) {
    const context = contextOf(step);
    const key = `${step.cpu} ${context}`;
    const begins = step.what.startsWith("interrupt:");
    const { stack } = step.at;
    const path = begins ? [step.root] : stack.slice(0, stack.indexOf(shownFrame(step.at)) + 1).map(({ fn }) => fn);
    const known = open.get(key);
    if (known && !begins) known.stands.push({ step: step.step, path });
    else {
      const row = { cpu: step.cpu, context, stands: [{ step: step.step, path }] };
      open.set(key, row);
      done.push(row);
    }
  }
  return done;
}

class Row {
  constructor(
    private readonly stands: readonly Stand[],
    private readonly steps: number,
    private readonly column: number,
    private readonly add: (from: number, to: number, text: string) => void,
  ) {}

  /** Names the stands `first` to `last`, whose paths have the first `depth` functions in common. */
  name(first: number, last: number, depth: number): void {
    /** Where those begin that have no room for names of their own: their caller's must do. */
    let unnamed: number | undefined;
    const nameUnnamed = (end: number) => {
      const caller = unnamed === undefined ? undefined : this.stands[unnamed]!.path[depth - 1];
      if (caller !== undefined && this.hasRoom(unnamed!, end, caller)) this.put(unnamed!, end, caller);
      unnamed = undefined;
    };
    for (let begin = first; begin <= last; ) {
      const fn = this.stands[begin]!.path[depth];
      let end = begin;
      while (end < last && this.stands[end + 1]!.path[depth] === fn) end++;
      if (fn !== undefined && this.hasRoom(begin, end, fn)) {
        nameUnnamed(begin - 1);
        this.name(begin, end, depth + 1);
      } else unnamed ??= begin;
      begin = end + 1;
    }
    nameUnnamed(last);
  }

  private extent(first: number, last: number): readonly [from: number, to: number] {
    return [this.stands[first]!.step, (this.stands[last + 1]?.step ?? this.steps + 1) - 1];
  }

  private hasRoom(first: number, last: number, text: string): boolean {
    const [from, to] = this.extent(first, last);
    return text.length * CHARACTER + GAP <= (to - from + 1) * this.column;
  }

  private put(first: number, last: number, text: string): void {
    const [from, to] = this.extent(first, last);
    this.add(from, to, text);
  }
}
