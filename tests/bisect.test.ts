/**
 * Goal: bisection names the commit that `git bisect` would, and says when taking that one back is not enough.
 * Method: report 1 between the releases of `--good` and `--bad`, whose commits are known from Linux's history; what gcc leaves
 * of the reference in each cell of the two suspects is known from Linux's own mm/percpu.c (report1.test.ts).
 */
import { type Bisected, type Bisection, bisect } from "@shootdown/doctor";
import { beforeAll, describe, expect, it } from "vitest";
import { embeddedTree, exampleConfig, shippedPatch } from "./support/model-tree.js";

const tree = embeddedTree();
const asker = {
  tree,
  mode: { kind: "search", options: { chaining: true, shortest: false, maxStates: 2_000_000 } },
  readConfig: exampleConfig,
  readPatch: (name: string) => shippedPatch(tree, name),
} as const;
const rclass: Bisected = {
  config: "6.12-rclass-smp-nommu.config",
  cpu: "cortex-r5",
  set: {},
  scenario: "kmap-dma",
  sizes: {},
};

describe("report 1 between v5.12 and v5.15", () => {
  let found: Bisection;
  const told: string[] = [];
  beforeAll(() => {
    found = bisect(asker, rclass, "v5.12", "v5.15", (step) => told.push(`${step.at} ${step.verdict}`));
  });

  it("the ends are good and bad", () => {
    expect(found.steps.slice(0, 2)).toMatchObject([
      { at: "v5.12", verdict: "good", outcome: "does not apply" },
      { at: "v5.15", verdict: "bad", outcome: "undefined reference" },
    ]);
  });

  it("the first bad commit is the one that changed the stub", () => {
    expect(found.firstBad).toMatchObject({ commit: "4ad0ae8c64ac", subject: "mm/vmalloc: remove unmap_kernel_range" });
  });

  it("each commit that was tried is told as it is known", () => {
    expect(told).toEqual(found.steps.map((step) => `${step.at} ${step.verdict}`));
    expect(new Set(told).size).toBe(told.length);
  });

  it("taking it back is not enough: the later flush must go too", () => {
    expect(found.together).toEqual(["4ad0ae8c64ac", "93274f1dd6b0"]);
    const holderWithout = (...commits: string[]) =>
      found.without.find((attempt) => attempt.commits.join() === commits.join())?.result?.stages.link.undefined[0]
        ?.holder;
    expect(holderWithout("4ad0ae8c64ac")).toBe("pcpu_balance_workfn");
    expect(holderWithout("93274f1dd6b0")).toBe("pcpu_populate_chunk");
  });
});

describe("ends that make no question", () => {
  it.each([
    ["v5.15", "v5.12", "the good end is newer than the bad one"],
    ["v5.15", "v5.15", "the history knows no commit between the two"],
    ["v5.13", "v5.15", "--good v5.13"],
    ["v2.6.36", "v5.12", "--bad v5.12"],
  ])("--good %s --bad %s: %s", (good, bad, why) => {
    const message = (): string => {
      try {
        bisect(asker, rclass, good, bad);
      } catch (error) {
        return (error as Error).message;
      }
      return "nothing wrong";
    };
    expect(message()).toContain(why);
  });
});
