/**
 * Goal: a key says which parts a state has, whatever the plan. Method: random numbers of parts under random plans,
 * written, rewritten under a wider plan and read again by hand.
 */
import { describe, expect, it } from "vitest";
import { seededRandom } from "../random.js";
import { cpuPartLimit, type KeyPlan, planKeys, rewriteKeys, sharedPartLimit } from "./keys.js";

function write(plan: KeyPlan, states: readonly (readonly number[])[]): Int32Array {
  const keys = new Int32Array(states.length * plan.words);
  states.forEach((numbers, state) => {
    numbers.forEach((number, index) => {
      const { word, shift } = plan.fields[index]!;
      keys[state * plan.words + word]! |= number << shift;
    });
  });
  return keys;
}

describe("a plan of keys", () => {
  it("has room for what was asked, and no number crosses a word or another", () => {
    for (let cpus = 1; cpus <= 8; cpus++) {
      for (let shared = 1; shared <= 31; shared += 3) {
        for (let cpu = 1; cpu <= 31; cpu += 3) {
          const plan = planKeys(cpus, shared, cpu);
          expect(plan.fields).toHaveLength(cpus + 1);
          expect(sharedPartLimit(plan)).toBeGreaterThanOrEqual(2 ** shared - 1);
          expect(cpuPartLimit(plan)).toBeGreaterThanOrEqual(2 ** cpu - 1);
          for (let word = 0; word < plan.words; word++) {
            const here = plan.fields.filter((field) => field.word === word).sort((a, b) => a.shift - b.shift);
            const ends = here.map((field) => field.shift + field.bits);
            expect(here.length).toBeGreaterThan(0);
            expect(ends.every((end, index) => end <= (here[index + 1]?.shift ?? 32))).toBe(true);
          }
        }
      }
    }
  });

  it("takes two words for two CPUs and for three", () => {
    expect(planKeys(2, 12, 12).words).toBe(2);
    expect(planKeys(3, 12, 12).words).toBe(2);
  });
});

describe("keys under a wider plan", () => {
  it("name the same parts", () => {
    const random = seededRandom(5);
    for (let round = 0; round < 200; round++) {
      const cpus = 1 + random(5);
      const [shared, cpu] = [1 + random(15), 1 + random(15)];
      const narrow = planKeys(cpus, shared, cpu);
      const wide = planKeys(cpus, shared + random(16), cpu + random(16));
      const states = Array.from({ length: 20 }, () =>
        narrow.fields.map(({ bits }) => 1 + random(Math.min(2 ** bits - 1, 2 ** 30))),
      );
      const fits = wide.fields.every((field, index) => field.bits >= narrow.fields[index]!.bits);
      if (!fits) continue;
      expect(rewriteKeys(write(narrow, states), narrow, wide)).toEqual(write(wide, states));
    }
  });
});
