/**
 * Goal: every name above the steps has room for all its letters, and as deep a function as has room is named.
 * Method: a run of two calls, at widths from a character to a word for each step.
 */
import type { TraceStep } from "@shootdown/doctor/face";
import { describe, expect, test } from "vitest";
import { labelsOf } from "./labels.js";

function step(number: number, cpu: number, path: string): TraceStep {
  const stack = path.split(">").map((fn) => ({ fn, file: "mm/highmem.ts", line: 1 }));
  const at = { file: "mm/highmem.ts", line: 1, column: 1, fn: stack.at(-1)!.fn, stack };
  return { step: number, cpu, context: "task", root: "loop", what: "", at, changes: [], irqsOff: false } as never;
}

const trace = [
  step(1, 0, "loop"),
  step(2, 0, "loop>kmap>lock_kmap"),
  step(3, 0, "loop>kmap>lock_kmap"),
  step(4, 1, "loop"),
  step(5, 0, "loop>kmap>map_new_virtual"),
  step(6, 0, "loop>kmap>map_new_virtual>set_page_address"),
  step(7, 0, "loop>kunmap"),
];

function namesAt(column: number): readonly string[] {
  return labelsOf(trace, column).map(({ cpu, from, to, text }) => `CPU${cpu} ${from}-${to} ${text}`);
}

describe("names above the steps", () => {
  test("are those of callers where there is little room, and of the functions themselves where there is enough", () => {
    expect(namesAt(2)).toEqual([]);
    expect(namesAt(8)).toEqual(["CPU0 2-6 kmap", "CPU1 4-7 loop"]);
    // The lock's name reaches over the step that another CPU takes meanwhile.
    expect(namesAt(24)).toEqual(["CPU0 2-4 lock_kmap", "CPU1 4-7 loop", "CPU0 5-6 kmap"]);
    expect(namesAt(110)).toEqual([
      "CPU0 1-1 loop",
      "CPU0 2-4 lock_kmap",
      "CPU1 4-7 loop",
      "CPU0 5-5 map_new_virtual",
      "CPU0 6-6 set_page_address",
      "CPU0 7-7 kunmap",
    ]);
  });

  test("never overlap and never reach beyond their steps", () => {
    for (let column = 1; column <= 120; column++) {
      const ends = new Map<number, number>();
      for (const { cpu, from, to, text } of labelsOf(trace, column)) {
        expect(from).toBeGreaterThan(ends.get(cpu) ?? 0);
        expect(text.length * 6).toBeLessThan((to - from + 1) * column);
        ends.set(cpu, to);
      }
    }
  });
});
