/**
 * Goal: packing loses nothing. Method: every reachable state of small systems there and back; random layouts of fields;
 * a search whose first idea of the widths is wrong.
 */

import { U32 } from "@shootdown/ir";
import { describe, expect, it } from "vitest";
import { fixture, levels, load, num, place, store, twoCpusOneLock } from "./fixtures.js";
import { Interpreter } from "./interpreter.js";
import {
  assignSlots,
  decodeState,
  encodeState,
  type Field,
  makeLayout,
  noteRanges,
  type Ranges,
  readField,
  writeField,
} from "./layout.js";
import { seededRandom } from "./random.js";
import { referenceSearch } from "./reference.js";
import { search } from "./search.js";
import { initialState, stateKey } from "./state.js";
import type { System } from "./system.js";

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

describe("a value that no sample has met", () => {
  it("widens its field and starts the search again", () => {
    // Deep: the random walk of the first sample meets 0 .. 3000 at most.
    const deep = fixture({
      cpus: 1,
      globals: [{ name: "n", type: U32 }],
      functions: {
        task: {
          locals: [U32],
          blocks: [
            [[], { kind: "jump", to: 1 }],
            [
              [load(0, place("n"))],
              {
                kind: "branch",
                cond: { kind: "compare", op: "<", left: { kind: "local", type: U32, local: 0 }, right: num(5000, U32) },
                then: 2,
                else: 3,
              },
            ],
            [
              [
                store(place("n"), {
                  kind: "arith",
                  op: "+",
                  type: U32,
                  left: { kind: "local", type: U32, local: 0 },
                  right: num(1, U32),
                }),
              ],
              { kind: "jump", to: 1 },
            ],
            [[], { kind: "return" }],
          ],
        },
      },
    });
    const result = search(deep);
    expect(result).toMatchObject({ verdict: "sound", states: referenceSearch(deep).states });
    expect(result.states).toBeGreaterThan(10_000);
  });
});
