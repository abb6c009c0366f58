/**
 * Goal: defects of the percpu allocator's history are found as what they were, at the place that was changed, and what was
 * done about them is sound. Method: the patch that brings one back, on a kernel and a scenario that has to do with it; the
 * crosscheck holds the engines against each other on the same.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { examine, type NamedText, type Result, revertOf } from "@shootdown/doctor";
import { describe, expect, test } from "vitest";
import { embeddedTree, exampleConfig } from "./support/model-tree.js";

const tree = embeddedTree();

/** Unwinding gone wrong. */
const LEAKS = join(import.meta.dirname, "fixtures/percpu");

function textOf(patch: string): string | undefined {
  const leak = join(LEAKS, `${patch}.patch`);
  if (existsSync(leak)) return readFileSync(leak, "utf8");
  return tree.read(`kernel/patches/${patch}.patch`) ?? revertOf(tree, patch)?.text;
}

function ask(config: string, cpu: string, scenario: string, patch?: string): Result["stages"] {
  const text = patch && textOf(patch);
  const patches: NamedText[] = patch ? [{ name: patch, text: text! }] : [];
  return examine({
    tree,
    config: exampleConfig(config),
    cpu,
    sets: new Map(),
    patches,
    scenario,
    sizes: new Map(),
    mode: { kind: "search", options: { chaining: true, maxStates: 1_000_000 } },
    replayCommand: (schedule) => schedule,
  }).stages;
}

const SMP = ["6.12-v7-smp-highmem.config", "cortex-a9"] as const;

describe.each<[bug: string, scenario: string, patch: string, verdict: string, says: RegExp]>([
  ["bug 12", "percpu-reclaim", "percpu-reclaim-forget-flush", "stale", /^the translation leads to another page$/],
  ["bug 14", "percpu-under-reclaim", "percpu-one-mutex", "deadlock", /^CPU\d waits for itself$/],
  ["bug 18", "percpu-under-reclaim", "percpu-balance-gfp-kernel", "deadlock", /^CPU0 and CPU1 wait for each other$/],
  ["the older unwinding", "percpu-no-memory", "revert-percpu-unmap-failing-cpu", "lost", /still mapped$/],
])("%s, in %s", (_bug, scenario, patch, verdict, says) => {
  test(`with ${patch}`, () => {
    const { check } = ask(...SMP, scenario, patch);
    expect(check.verdict).toBe(verdict);
    expect(check.violation!.message).toMatch(says);
    expect(check.isShortest).toBe(true);
  });

  test("without", () => {
    const { check } = ask(...SMP, scenario);
    expect(check.verdict).toBe("sound");
    expect(check.witnesses.filter((witness) => !witness.reached)).toEqual([]);
  });
});

describe("whatever fails, the accounts of memory are right, and what makes them wrong is found", () => {
  test.each(readdirSync(LEAKS).map((file) => file.replace(".patch", "")))("%s", (patch) => {
    const { check } = ask(...SMP, "percpu-no-memory", patch);
    expect(check.verdict).toBe("lost");
    expect(check.violation!.message).toMatch(
      patch === "map-failure-unmaps-less" ? /still mapped$/ : /^a page is neither free nor a chunk's$/,
    );
  });
});

describe("bug 1: percpu-vm.ts without an MMU", () => {
  const RCLASS = ["6.12-rclass-smp-nommu.config", "cortex-r5"] as const;

  test("does not link", () => {
    const { link } = ask(...RCLASS, "percpu-second-chunk", "percpu-vm-without-mmu");
    expect(link.undefined.map(({ symbol }) => symbol)).toContain("flush_tlb_kernel_range");
  });

  test("links without it, and a second chunk is made", () => {
    const { link, check } = ask(...RCLASS, "percpu-second-chunk");
    expect([link.verdict, check.verdict]).toEqual(["links", "sound"]);
  });
});
