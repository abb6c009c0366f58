/**
 * Goal: gcc and our passes leave the same references, and where they do not, ours is the cautious answer.
 * Method: the functions whose thresholds the kernel's history knows, all of them; and a few generated variants (all 200:
 * `npm run oracle:gcc`). A compiler that is not there is skipped by name.
 */
import { describe, expect, test } from "vitest";
import { FIXED, variants } from "./cases.js";
import { canCompile, compare, TARGETS } from "./measure.js";

const SEED = 3;
const VARIANTS = 60;
/** gcc computes what a variable of the loop is after the last round (final value replacement); we keep its interval. */
const WE_KEEP: ReadonlySet<string> = new Set(["bad_loop_4b"]);

const told = (answers: readonly { outcome: string; target: string; level: string; symbol: string }[]) =>
  answers.map(({ outcome, target, level, symbol }) => `${outcome}: ${target} -${level} ${symbol}`);

describe.each(TARGETS)("$name", (target) => {
  const isThere = canCompile(target);

  test.skipIf(!isThere)("the known functions: the same at every level", () => {
    const answers = [...compare(FIXED, target)];
    expect(told(answers.filter(({ outcome }) => outcome !== "agree"))).toEqual([]);
    // Not because gcc or we answer always the same.
    const dropped = answers.filter(({ kept }) => !kept);
    expect(dropped.length).toBeGreaterThan(10);
    expect(answers.length - dropped.length).toBeGreaterThan(10);
  });

  test.skipIf(!isThere)(
    "generated variants: the same as a kernel is built but for a known case, cautious at -O1",
    () => {
      const answers = [...compare(variants(SEED, VARIANTS), target)];
      const differ = answers.filter(({ outcome, level }) => outcome !== "agree" && level !== "O1");
      expect(told(differ.filter(({ symbol }) => !WE_KEEP.has(symbol)))).toEqual([]);
      expect(told(answers.filter(({ outcome }) => outcome === "we drop what gcc keeps"))).toEqual([]);
      expect(answers.filter(({ kept }) => !kept).length).toBeGreaterThan(VARIANTS / 2);
    },
  );
});
