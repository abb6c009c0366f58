/**
 * Goal: packing loses nothing. Method: every reachable state of small systems there and back; random layouts of fields;
 * a search whose first idea of the widths is wrong.
 */

import { U32 } from "@shootdown/ir";
import { describe, expect, it } from "vitest";
import {
  arith,
  branch,
  check,
  compare,
  done,
  fixture,
  jump,
  levels,
  load,
  local,
  num,
  place,
  store,
  twoCpusOneLock,
} from "../fixtures.js";
import { Interpreter } from "../interpreter.js";
import { seededRandom } from "../random.js";
import { initialState, stateKey } from "../state.js";
import type { System } from "../system.js";
import {
  assignSlots,
  cpuPart,
  decodeState,
  encodeState,
  type Field,
  makeLayout,
  noteRanges,
  type Ranges,
  readField,
  recodeParts,
  writeField,
} from "./layout.js";
import { referenceSearch } from "./reference.js";
import { search } from "./search.js";

function walk(system: System, steps: number) {
  const interpreter = new Interpreter(system);
  const random = seededRandom(7);
  const states = [initialState(system)];
  for (let i = 0; i < steps; i++) {
    const next = interpreter.successors(states.at(-1)!).flatMap((s) => s.state ?? []);
    states.push(next.length === 0 ? initialState(system) : next[random(next.length)]!);
  }
  return states;
}

describe("a packed state", () => {
  it.each([
    ["a lock", twoCpusOneLock],
    ["all levels", levels],
  ])("is the state again: %s", (_, make) => {
    const system = make();
    const slots = assignSlots(system);
    const ranges: Ranges = new Map();
    const states = walk(system, 300);
    for (const state of states) noteRanges(system, slots, state, ranges);
    const layout = makeLayout(system, slots, ranges);
    for (const state of states) {
      expect(stateKey(decodeState(system, layout, encodeState(system, layout, state)))).toBe(stateKey(state));
    }
  });
});

describe("a part of a state", () => {
  it.each([
    ["a lock", twoCpusOneLock],
    ["all levels", levels],
  ])("is the same part under a wider layout: %s", (_, make) => {
    const system = make();
    const slots = assignSlots(system);
    const ranges: Ranges = new Map();
    const states = walk(system, 300);
    for (const state of states) noteRanges(system, slots, state, ranges);
    const narrow = makeLayout(system, slots, ranges);
    // Other bits, and another meaning of the stored value 0.
    for (const range of ranges.values()) {
      range.min -= 1;
      range.max += 2000;
    }
    const wide = makeLayout(system, slots, ranges);
    expect(wide.globals).not.toEqual(narrow.globals);
    for (const state of states) {
      const before = encodeState(system, narrow, state);
      const after = encodeState(system, wide, state);
      expect(recodeParts(system, narrow, wide, "shared", before.subarray(0, narrow.cpuBase), 1)).toEqual(
        after.slice(0, wide.cpuBase),
      );
      for (let cpu = 0; cpu < system.cpus; cpu++) {
        const part = before.subarray(cpuPart(narrow, cpu), cpuPart(narrow, cpu) + narrow.cpuWords);
        expect(recodeParts(system, narrow, wide, "cpu", part, 1)).toEqual(
          after.slice(cpuPart(wide, cpu), cpuPart(wide, cpu) + wide.cpuWords),
        );
      }
    }
  });
});

describe("a field", () => {
  it("keeps to its bits, wherever it lies", () => {
    const random = seededRandom(3);
    for (let round = 0; round < 500; round++) {
      const bits = 1 + random(32);
      const perWord = 2 ** Math.floor(Math.log2(32 / bits));
      const count = 1 + random(2 * perWord);
      const shift = count > perWord ? 0 : random(32 - bits * count + 1);
      const field: Field = {
        name: "f",
        word: 1,
        shift,
        bits,
        count,
        perWord: Math.min(perWord, count > perWord ? perWord : count),
        min: random(5),
      };
      const words = new Int32Array(6).fill(-1);
      const values = Array.from(
        { length: count },
        () => field.min + (bits === 32 ? random(2 ** 31) * 2 + 1 : random(2 ** bits)),
      );
      values.forEach((value, i) => {
        writeField(words, 0, field, i, value);
      });
      expect(values.map((_, i) => readField(words, 0, field, i))).toEqual(values);
      expect(words[0]).toBe(-1);
      for (let i = 0; i < count; i++)
        writeField(words, 0, field, i, field.min + (bits === 32 ? 2 ** 32 - 1 : 2 ** bits - 1));
      expect([...words]).toEqual(new Array(6).fill(-1));
    }
  });
});

/** One task that counts to `end`, as many shared parts, and then checks `holds`. */
function counting(end: number, holds = true): System {
  return fixture({
    cpus: 1,
    globals: [{ name: "n", type: U32 }],
    functions: {
      task: {
        locals: [U32],
        blocks: [
          [[], jump(1)],
          [[load(0, place("n"))], branch(compare("<", local(0, U32), num(end, U32)), 2, 3)],
          [[store(place("n"), arith("+", local(0, U32), num(1, U32), U32))], jump(1)],
          [[check(num(holds ? 1 : 0))], done],
        ],
      },
    },
  });
}

describe("a guess that does not hold", () => {
  it("of a field's width: the field is widened and the search goes on", () => {
    // The random walk of the first sample meets 0 .. 300 at most.
    const { verdict, states, transitions, depth } = referenceSearch(counting(5000));
    expect(search(counting(5000))).toMatchObject({ verdict, states, transitions, depth });
    expect(verdict).toBe("sound");
    expect(states).toBeGreaterThan(10_000);
  });

  it("of how many parts there are: the keys are widened and the search goes on", () => {
    // With one CPU, the first keys number 65,535 shared parts. The number of states is linear in that of turns.
    const [ten, twenty] = [referenceSearch(counting(10)).states, referenceSearch(counting(20)).states];
    const end = 70_000;
    expect(search(counting(end))).toMatchObject({ verdict: "sound", states: ten + ((twenty - ten) / 10) * (end - 10) });
  });

  it("and the run to a violation is found all the same", () => {
    const { verdict, states, schedule } = search(counting(5000, false));
    expect(verdict).toBe("finding");
    expect({ verdict, states, schedule }).toEqual(
      (({ verdict, states, schedule }) => ({ verdict, states, schedule }))(referenceSearch(counting(5000, false))),
    );
  });
});
