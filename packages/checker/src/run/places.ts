/**
 * How results name places in the source and elements of shared state.
 */
import type { At } from "@shootdown/ir";
import type { System } from "../system.js";

/** A function on the way to a place, and the line in it: of the call that leads on, or of the place itself. */
export interface Frame {
  readonly fn: string;
  readonly file: string;
  readonly line: number;
}

/** A place as results carry it. `stack`: the functions that lead here, outermost first, the place's own last. */
export interface TracePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly fn: string;
  readonly stack: readonly Frame[];
}

export function placeOf(at: At): TracePlace {
  const stack: Frame[] = [];
  for (let frame: At | undefined = at; frame; frame = frame.caller) {
    stack.unshift({ fn: frame.fn, file: frame.file, line: frame.line });
  }
  return { file: at.file, line: at.line, column: at.column, fn: at.fn, stack };
}

/** `csd[0][1].func` for element 1 of the global `csd.func` with dims 2 and 2. */
export function elementName(system: System, global: number, element: number): string {
  const { name, dims } = system.globals[global]!;
  const indices: number[] = [];
  let rest = element;
  for (const dim of [...dims].reverse()) {
    indices.unshift(rest % dim);
    rest = Math.floor(rest / dim);
  }
  // A name that is private to its file may have the file before it, with a colon.
  const dot = name.indexOf(".", name.lastIndexOf(":") + 1);
  const index = indices.map((i) => `[${i}]`).join("");
  return dot < 0 ? name + index : name.slice(0, dot) + index + name.slice(dot);
}
