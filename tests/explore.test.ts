/**
 * Goal: a schedule made by hand is the same run that search and replay know, and what is said to be ahead is there.
 * Method: report 2's finding is walked choice by choice; the outlook is asked at its beginning and at its end, and on a
 * kernel without the fault.
 */
import {
  decodeSchedule,
  examine,
  explore,
  InputError,
  outlook,
  prepare,
  type Subject,
  successorsOf,
} from "@shootdown/doctor";
import { describe, expect, test } from "vitest";
import { embeddedTree, exampleConfig, shippedPatch } from "./support/model-tree.js";

const tree = embeddedTree();
const faulty: Subject = {
  tree,
  config: exampleConfig("6.1-arm11mpcore-smp-highmem.config"),
  cpu: "arm11mpcore",
  sets: new Map(),
  patches: [shippedPatch(tree, "report2-kmap-high-get")],
  scenario: "kmap-dma",
  sizes: new Map(),
};

describe("a schedule made by hand", () => {
  const found = examine({ ...faulty, mode: { kind: "search", options: { chaining: true } }, replayCommand: () => "" });
  const { check } = found.stages;
  const prepared = prepare(faulty);
  const successors = successorsOf(prepared, decodeSchedule(check.schedule!));

  test("is the run of the finding, when its choices are", () => {
    const made: number[] = [];
    for (const [index, wanted] of successors.entries()) {
      const { choices } = explore(prepared, made);
      const told = check.trace![index]!;
      expect(choices.map(({ ordinal }) => ordinal)).toEqual(choices.map((_, ordinal) => ordinal));
      expect(choices[wanted]!.told).toEqual(told);
      made.push(wanted);
    }
    const end = explore(prepared, made);
    expect(end.schedule).toBe(check.schedule);
    expect(end.trace).toEqual(check.trace);
    expect(end.violation).toEqual(check.violation);
    expect(end.choices).toEqual([]);
  });

  test("says who is blocked, and by whom", () => {
    const { blocked } = explore(prepared, successors.slice(0, -1));
    expect(blocked.map(({ cpu, for: kind, what, on }) => [cpu, kind, what, on])).toEqual([
      [0, "lock", "kmap_lock", { cpu: 1, context: "task" }],
    ]);
  });

  test("knows what is still ahead: the shortest way, nothing less", () => {
    const whole = outlook(prepared, [], {});
    expect([whole.verdict, whole.kind, whole.ahead!.length]).toEqual(["ahead", "deadlock", successors.length]);
    const late = outlook(prepared, successors.slice(0, -2), {});
    expect([late.verdict, late.ahead!.length]).toEqual(["ahead", 2]);
    expect(explore(prepared, [...successors.slice(0, -2), ...late.ahead!]).violation?.kind).toBe("deadlock");
  });

  test("knows when nothing is ahead, and when it stopped looking", () => {
    const sound = prepare({ ...faulty, patches: [] });
    const middle = [0, 0, 0];
    expect(outlook(sound, middle, {}).verdict).toBe("clear");
    expect(outlook(sound, middle, { maxStates: 10 }).verdict).toBe("limit");
  });

  test("that leaves the possible is refused", () => {
    expect(() => explore(prepared, [99])).toThrow(InputError);
    expect(() => successorsOf(prepare({ ...faulty, patches: [] }), decodeSchedule(check.schedule!))).toThrow(
      InputError,
    );
  });
});
