/**
 * Watches the interpreter execute one step: which access it starts with, which place wrote each element last, what was
 * read. For telling a run.
 */
import { constant, type Expr, type Instr, mapExpr, type PlaceRef, placeName } from "@shootdown/ir";
import { evaluate } from "../evaluate.js";
import type { Observer } from "../interpreter.js";
import type { State } from "../state.js";
import type { System } from "../system.js";
import { elementName, placeOf, type TracePlace } from "./places.js";

/** A value that a step read. */
export interface Read {
  /** An element of shared state, as kernel TypeScript writes it. */
  readonly what: string;
  readonly value: number;
  readonly at: TracePlace;
}

export class StepWatch {
  /** The step's first access: in a hardware action, the first store, which says more than what it read before. */
  first: Instr | undefined;
  /** By element that was written, in the order of the last writes: where. */
  readonly writes = new Map<string, TracePlace>();
  private readonly byElement = new Map<string, Read>();
  private isAction = false;

  /** `state` is the one that the step changes in place. */
  constructor(
    private readonly system: System,
    private readonly state: State,
    private readonly cpu: number,
  ) {}

  /** What was read, each element once, in order. What the step itself had written before does not count. */
  get reads(): readonly Read[] {
    return [...this.byElement.values()];
  }

  readonly observer: Observer = (instr, local) => {
    this.noteFirst(instr);
    if (instr.kind === "load" && !instr.ghost) {
      const read = this.element(instr.place, local);
      if (!read || this.writes.has(read.name) || this.byElement.has(read.name)) return;
      this.byElement.set(read.name, { what: read.name, value: read.value, at: placeOf(instr.at) });
    }
    if (instr.kind === "store") {
      const written = this.element(instr.place, local);
      if (!written) return;
      this.writes.delete(written.name);
      this.writes.set(written.name, placeOf(instr.at));
    }
  };

  private noteFirst(instr: Instr): void {
    const { first } = this;
    if (first?.kind === "store" || (first && first.kind !== "load" && first.kind !== "atomicBegin")) return;
    if (instr.kind === "assign" || instr.kind === "witness" || (instr.kind === "load" && instr.ghost)) return;
    if (!first || first.kind === "atomicBegin" || (instr.kind === "store" && this.isAction)) this.first = instr;
    if (instr.kind === "atomicBegin") this.isAction = true;
    if (instr.kind === "atomicEnd") this.isAction = false;
  }

  /** The element that a place names, and its value now; undefined if the index is out of bounds. */
  private element(place: PlaceRef, local: (id: number) => number): { name: string; value: number } | undefined {
    const global = this.system.globalIndex.get(placeName(place)!)!;
    const { dims } = this.system.globals[global]!;
    let element = 0;
    for (const [i, dim] of dims.entries()) {
      const index = this.value(place.index[i]!, local);
      if (index < 0 || index >= dim) return undefined;
      element = element * dim + index;
    }
    return { name: elementName(this.system, global, element), value: this.state.shared[global]![element]! };
  }

  private value(expr: Expr, local: (id: number) => number): number {
    const known = mapExpr(expr, (e) => (e.kind === "local" ? constant(e.type, local(e.local) ?? 0) : e));
    return evaluate(known, [], this.cpu);
  }
}
