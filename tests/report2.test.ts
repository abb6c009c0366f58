/**
 * Report 2, and the defects of the layer's history: what the search must answer. The questions are data
 * (`packages/kernel/reports/2.json`, the scenarios, the patches); the answers stand here and nowhere else.
 */
import { answerRow, examine, overrideConfig, type Result, readReport } from "@shootdown/doctor";
import { describe, expect, test } from "vitest";
import { embeddedTree, exampleConfig, shippedPatch } from "./support/model-tree.js";

const tree = embeddedTree();
const mode = { kind: "search", options: { chaining: true, maxStates: 2_000_000 } } as const;
const asker = {
  tree,
  mode,
  readConfig: exampleConfig,
  readPatch: (name: string) => shippedPatch(tree, name),
};
const unreached = (result: Result) =>
  result.stages.check.witnesses.filter((witness) => !witness.reached).map((witness) => witness.name);
/** The functions of a place, innermost first. */
const stackOf = (wait: { at: { stack: readonly { fn: string }[] } }) =>
  wait.at.stack.map((frame) => frame.fn).reverse();
const cycle = (result: Result) =>
  result.stages.check.violation!.waits.filter((wait) => wait.inCycle).map((wait) => `${wait.for} ${wait.what}`);

describe("report 2", () => {
  const { rows } = readReport(tree, "2");
  const answers = new Map<(typeof rows)[number], Result>();
  const of = (number: number, which = 0): Result => {
    const row = rows.filter((candidate) => candidate.row === number)[which]!;
    const known = answers.get(row) ?? answerRow(asker, row).result;
    answers.set(row, known);
    return known;
  };
  const messages = (result: Result) => result.stages.boot.messages.map((message) => message.text).join("\n");

  test("asks the twelve questions in order, and says why", () => {
    expect([...new Set(rows.map((row) => row.row))]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    for (const row of rows) expect(row.why).toMatch(/^\w.*[.?]$/);
  });

  test("1: 2.6.35 boots without highmem", () => {
    const { boot, check } = of(1).stages;
    expect(boot.verdict).toBe("boots");
    expect(messages(of(1))).toBe(
      "HIGHMEM is not supported without hardware TLB ops broadcasting, ignoring high memory",
    );
    expect([check.verdict, check.applies]).toEqual(["sound", false]);
    expect(of(1).verdict).toBe("sound");
  });

  test("2: with the guard bypassed it deadlocks in an IPI with interrupts off", () => {
    const { check } = of(2).stages;
    expect([check.verdict, check.trace!.length]).toEqual(["deadlock", 26]);
    expect(cycle(of(2))).toEqual(["lock kmap_lock", "cpu answer an IPI"]);
    const [locker, flusher] = check.violation!.waits;
    expect(stackOf(locker!)).toContain("kmap_high");
    expect(stackOf(flusher!)).toEqual(expect.arrayContaining(["flush_tlb_kernel_range", "flush_all_zero_pkmaps"]));
    expect([locker!.irqsOff, flusher!.irqsOff]).toEqual([true, true]);
  });

  test("3: proposal 1: an interrupt waits for the lock of the task that it interrupted", () => {
    const { check } = of(3).stages;
    expect([check.verdict, check.trace!.length]).toEqual(["deadlock", 5]);
    const [wait] = check.violation!.waits.filter((candidate) => candidate.for === "lock");
    expect([wait!.context, wait!.what, wait!.on!.cpu]).toEqual(["hardirq", "kmap_lock", wait!.cpu]);
    expect(stackOf(wait!)).toContain("kmap_high_get");
  });

  test("4: both proposals: no deadlock, but the slot goes away during cache maintenance", () => {
    const { check } = of(4).stages;
    expect(check.verdict).toBe("stale");
    expect(check.violation!.at!.stack.map((frame) => frame.fn)).toContain("dma_cache_maint_page");
    expect(check.trace!.length).toBeLessThanOrEqual(24); // a screen
    expect(new Set(check.trace!.map((step) => step.cpu))).toEqual(new Set([0, 1]));
  });

  test("5: with more slots than pages the same is sound, and the result says that nothing wrapped", () => {
    expect(of(5).stages.check.verdict).toBe("sound");
    expect(unreached(of(5))).toContain("pkmap wraps");
  });

  test("6: what Linux did is sound", () => {
    expect(of(6).stages.check.verdict).toBe("sound");
    expect(unreached(of(6))).toEqual([]);
  });

  test("7: with a VIVT cache it does not build; built all the same, the device reads old memory", () => {
    const { link } = of(7).stages;
    expect(link.verdict).toBe("does-not-build");
    expect(link.errors.map((error) => error.message)).toEqual([
      "The sum of features in your kernel config cannot be supported together",
    ]);
    const { check } = of(7, 1).stages;
    expect([check.verdict, check.violation!.message]).toEqual([
      "lost",
      "the device reads memory that the cache still holds dirty",
    ]);
  });

  test("8: erratum 798181: a deadlock on hardware that broadcasts; sound without kmap_high_get()", () => {
    expect(of(8).stages.check.verdict).toBe("deadlock");
    const flusher = of(8).stages.check.violation!.waits.find((wait) => wait.for === "cpu")!;
    expect(stackOf(flusher)).toContain("broadcast_tlb_a15_erratum");
    expect(of(8, 1).stages.check.verdict).toBe("sound");
    expect(unreached(of(8, 1))).toEqual([]);
  });

  test("9: the hole that remains", () => {
    expect(of(9).stages.check.verdict).toBe("deadlock");
    expect(cycle(of(9))).toEqual(["lock kmap_lock", "cpu answer an IPI"]);
  });

  test("10: one CPU with a VIVT cache is sound", () => {
    expect(of(10).stages.check.verdict).toBe("sound");
    expect(unreached(of(10))).toEqual([]);
  });

  test("11: two flushes deadlock without a lock", () => {
    expect(of(11).stages.check.verdict).toBe("deadlock");
    expect(cycle(of(11))).toEqual(["cpu answer an IPI", "cpu answer an IPI"]);
  });

  test("12: without HIGHMEM there is nothing to ask", () => {
    const { check } = of(12).stages;
    expect([check.verdict, check.applies]).toEqual(["sound", false]);
    expect(check.reason).toContain("HIGHMEM is off");
  });
});

/** Scenario, configuration and CPU; then each defect with what must become of it. */
const DEFECTS = [
  [
    "kmap-dma",
    "6.12-v7-smp-highmem.config",
    "cortex-a9",
    {},
    { "dma-unpinned": "stale", "dma-forgets-unmapped": "lost", "forget-flush": "stale" },
  ],
  [
    "kmap-alias",
    "6.12-v7-smp-highmem.config",
    "arm926",
    { SMP: "n", CPU_V7: "n", CPU_ARM926T: "y" },
    { "kmap-atomic-alias": "stale" },
  ],
  [
    "kmap-local-switch",
    "6.12-v7-smp-highmem.config",
    "cortex-a9",
    { DEBUG_KMAP_LOCAL: "y" },
    { "kmap-local-guard-pte-none": "warn" },
  ],
  ["percpu-area-map", "6.12-v7-smp-highmem.config", "cortex-a9", {}, { "percpu-free-under-lock": "deadlock" }],
  [
    "debug-pagealloc",
    "6.1-arm11mpcore-smp-highmem.config",
    "arm11mpcore",
    { DEBUG_PAGEALLOC: "y" },
    { "debug-pagealloc-flush-all": "deadlock" },
  ],
  ["set-memory", "6.1-arm11mpcore-smp-highmem.config", "arm11mpcore", {}, { "set-memory-irqs-off": "deadlock" }],
] as const;

describe.each(DEFECTS)("%s", (scenario, config, cpu, sets, defects) => {
  const { name, text } = exampleConfig(config);
  const ask = (patches: readonly string[]) =>
    examine({
      tree,
      config: { name, text: overrideConfig(text, new Map(Object.entries(sets))) },
      cpu,
      sets: new Map(),
      patches: patches.map(asker.readPatch),
      scenario,
      sizes: new Map(),
      mode,
      replayCommand: (schedule) => schedule,
    });

  test("is sound, and has seen all it must", () => {
    const result = ask([]);
    expect(result.stages.check.verdict).toBe("sound");
    expect(unreached(result)).toEqual([]);
  });

  test.each(Object.entries(defects))("%s: %s", (patch, verdict) => {
    expect(ask([patch]).stages.check.verdict).toBe(verdict);
  });
});
