/**
 * Goal: a patch of a reader's own making gets the answer that a maintainer of the kernel would give, at a place in the
 * code that means something.
 * Method: `fixtures/reader-patches` are such patches. Each is judged here by hand, on a kernel that flushes by IPI and on
 * one whose hardware broadcasts; the line that a finding names is read from the patched source and held against what
 * should stand there. Every patch is also seen to apply, and to leave what it does not touch alone: without it the same
 * question is sound (`doctor.test.ts`).
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeSchedule, examine, type NamedText, patched, type Result } from "@shootdown/doctor";
import { describe, expect, test } from "vitest";
import { embeddedTree, exampleConfig } from "./support/model-tree.js";

const FOLDER = join(import.meta.dirname, "fixtures/reader-patches");
const tree = embeddedTree();

/** Kernels: which configuration, on which CPU. */
const KERNELS = {
  /** ARM11 MPCore: kmap_lock leaves interrupts on, flushing interrupts the other CPUs. */
  ipi: ["6.1-arm11mpcore-smp-highmem.config", "arm11mpcore"],
  /** Cortex-A9: kmap_lock turns interrupts off, the hardware broadcasts. */
  broadcast: ["6.12-v7-smp-highmem.config", "cortex-a9"],
} as const;
type Kernel = keyof typeof KERNELS;

function read(name: string): NamedText {
  return { name, text: readFileSync(join(FOLDER, `${name}.patch`), "utf8") };
}

function ask(
  kernel: Kernel,
  names: readonly string[],
  more: { scenario?: string; sets?: [string, string][] } = {},
): Result {
  const [config, cpu] = KERNELS[kernel];
  const input = {
    tree,
    config: exampleConfig(config),
    cpu,
    sets: new Map(more.sets),
    patches: names.map(read),
    scenario: more.scenario ?? "kmap-dma",
    sizes: new Map<string, number>(),
    replayCommand: (schedule: string) => schedule,
  };
  const result = examine({ ...input, mode: { kind: "search", options: { chaining: true, maxStates: 3_000_000 } } });
  const { schedule, violation } = result.stages.check;
  if (schedule !== undefined) {
    const again = examine({ ...input, mode: { kind: "replay", schedule: decodeSchedule(schedule) } });
    expect(again.stages.check.violation).toEqual(violation);
  }
  return result;
}

/** The source line of the innermost frame that is in the kernel's own code, as the patch left it. */
function sourceLine(names: readonly string[], stack: readonly { file: string; line: number }[]): string {
  const frame = stack.findLast(
    ({ file }) => /^(mm|kernel|arch|scenarios)\//.test(file) && !file.includes("/include/"),
  )!;
  const text = patched(tree, names.map(read)).read(`kernel/${frame.file}`)!;
  return `${frame.file}: ${text.split("\n")[frame.line - 1]!.trim()}`;
}

interface Judgement {
  readonly verdict: string;
  /** What the message says. */
  readonly says?: RegExp;
  /** What stands on the line that the finding names; of a deadlock, on that of the first wait. */
  readonly line?: RegExp;
  /** A function on the way there. */
  readonly through?: string;
  /** Events that cannot have happened. */
  readonly unreached?: readonly string[];
}

const SOUND: Judgement = { verdict: "sound" };
const OTHER_PAGE: Judgement = {
  verdict: "stale",
  says: /^the translation leads to another page$/,
  line: /^scenarios\/kmap-dma\.ts: cpuWrites\(vaddr, page\);$/,
  through: "cpuWrites",
};

describe.each<[patch: string, why: string, judgements: Readonly<Record<Kernel, Judgement>>]>([
  [
    "kmap-high-spin-lock",
    "the DMA interrupt takes kmap_lock too, where kmap_high_get() exists; where it does not, plain locks are what Linux uses",
    {
      ipi: SOUND,
      broadcast: {
        verdict: "deadlock",
        says: /^CPU0 waits for itself$/,
        line: /spin_lock_irqsave\(kmap_lock\)/,
        through: "kmap_high_get",
      },
    },
  ],
  [
    "lock-dropped-around-flush",
    "another CPU is given the slot before every TLB has forgotten it",
    { ipi: OTHER_PAGE, broadcast: OTHER_PAGE },
  ],
  [
    "ipi-acknowledged-before-flush",
    "the handler still flushes before its CPU runs anything else, so nobody can use the old entry",
    { ipi: SOUND, broadcast: SOUND },
  ],
  [
    "csd-unlocked-early",
    "no function is left to run: an IPI that does not flush",
    { ipi: OTHER_PAGE, broadcast: SOUND },
  ],
  ["page-address-kept", "kmap() finds the address that the page once had", { ipi: OTHER_PAGE, broadcast: OTHER_PAGE }],
  ["wake-inside-lock", "the woken task only waits a little longer", { ipi: SOUND, broadcast: SOUND }],
  [
    "kunmap-high-without-lock",
    "pkmap_count is guarded by kmap_lock",
    {
      ipi: {
        verdict: "race",
        says: /^pkmap_count is read without kmap_lock held$/,
        line: /^mm\/highmem\.ts: pkmap_count\[nr\]--;$/,
        through: "kunmap_high",
      },
      broadcast: {
        verdict: "race",
        says: /^pkmap_count is read without kmap_lock held$/,
        line: /^mm\/highmem\.ts: pkmap_count\[nr\]--;$/,
        through: "kunmap_high",
      },
    },
  ],
  [
    "ipi-before-queue",
    "the handler finds an empty queue, and nobody calls it again; hardware makes no such call",
    {
      ipi: {
        verdict: "deadlock",
        says: /^CPU0 and CPU1 wait for each other$/,
        line: /lock|csd/,
        through: "kmap_high",
      },
      broadcast: SOUND,
    },
  ],
  [
    "page-address-before-lock",
    "the address may be taken back, and given to another page, before the lock is there",
    { ipi: OTHER_PAGE, broadcast: OTHER_PAGE },
  ],
  [
    "user-counted-after-unlock",
    "pkmap_count is guarded by kmap_lock",
    {
      ipi: {
        verdict: "race",
        says: /^pkmap_count is read without kmap_lock held$/,
        line: /^mm\/highmem\.ts: pkmap_count\[PKMAP_NR\(vaddr\)\]\+\+;$/,
        through: "kmap_high",
      },
      broadcast: {
        verdict: "race",
        says: /^pkmap_count is read without kmap_lock held$/,
        line: /^mm\/highmem\.ts: pkmap_count\[PKMAP_NR\(vaddr\)\]\+\+;$/,
        through: "kmap_high",
      },
    },
  ],
  [
    "dma-unmaps-before-clean",
    "the address has no mapping any more",
    {
      ipi: {
        verdict: "stale",
        says: /^the address has no mapping any more/,
        line: /^arch\/arm\/mm\/dma-mapping\.ts: cleanDcacheArea/,
        through: "__dma_page_cpu_to_dev",
      },
      broadcast: {
        verdict: "stale",
        says: /^the address has no mapping any more/,
        line: /^arch\/arm\/mm\/dma-mapping\.ts: cleanDcacheArea/,
        through: "__dma_page_cpu_to_dev",
      },
    },
  ],
  [
    "flush-before-clear",
    "the walker fills the entry again, from a page table that still has it",
    { ipi: OTHER_PAGE, broadcast: OTHER_PAGE },
  ],
  ["flush-range-too-short", "the last slot is never flushed", { ipi: OTHER_PAGE, broadcast: OTHER_PAGE }],
  ["flush-local-only", "on a CPU that broadcasts, its own flush is everybody's", { ipi: OTHER_PAGE, broadcast: SOUND }],
  [
    "no-wait-for-csd",
    "the slot is used before the others have flushed; hardware makes no such call",
    { ipi: OTHER_PAGE, broadcast: SOUND },
  ],
  [
    "sleep-with-lock",
    "schedule() with a spinlock held",
    {
      ipi: {
        verdict: "sleep-in-atomic",
        says: /^may sleep with kmap_lock held$/,
        line: /might_sleep\(\)/,
        through: "sleepForSlot",
      },
      broadcast: {
        verdict: "sleep-in-atomic",
        says: /^may sleep with interrupts off$/,
        line: /might_sleep\(\)/,
        through: "sleepForSlot",
      },
    },
  ],
  [
    "dma-page-address",
    "kunmap() is lazy, and the slot may go while the cache is cleaned",
    {
      ipi: {
        verdict: "stale",
        says: /no mapping any more|another page/,
        line: /^arch\/arm\/mm\/dma-mapping\.ts: cleanDcacheArea/,
        through: "__dma_page_cpu_to_dev",
      },
      broadcast: {
        verdict: "stale",
        says: /no mapping any more|another page/,
        line: /^arch\/arm\/mm\/dma-mapping\.ts: cleanDcacheArea/,
        through: "__dma_page_cpu_to_dev",
      },
    },
  ],
  [
    "kunmap-twice",
    "the count that only a flush may take",
    {
      ipi: {
        verdict: "bug",
        says: /^kunmap took the count that a flush must take$/,
        line: /^mm\/highmem\.ts: BUG_ON\(pkmap_count\[nr\] === 0/,
        through: "kunmap_high",
      },
      broadcast: {
        verdict: "bug",
        says: /^kunmap took the count that a flush must take$/,
        line: /^mm\/highmem\.ts: BUG_ON\(pkmap_count\[nr\] === 0/,
        through: "kunmap_high",
      },
    },
  ],
  [
    "irqs-left-off",
    "the next function that may sleep says so; a CPU that broadcasts calls nobody",
    {
      ipi: {
        verdict: "sleep-in-atomic",
        says: /^may sleep with interrupts off$/,
        line: /^scenarios\/kmap-dma\.ts: kunmap\(page\);$/,
        through: "kunmap",
      },
      broadcast: SOUND,
    },
  ],
  [
    "irqs-off-too-late",
    "the interrupt comes between the two; without kmap_high_get() nobody uses spin_lock_irq()",
    {
      ipi: SOUND,
      broadcast: {
        verdict: "deadlock",
        says: /^CPU0 waits for itself$/,
        line: /spin_lock_irqsave\(kmap_lock\)/,
        through: "kmap_high_get",
      },
    },
  ],
  [
    "pin-without-count",
    "the interrupt gives back what it did not take; without kmap_high_get() it takes nothing",
    {
      ipi: SOUND,
      broadcast: {
        verdict: "bug",
        says: /^kunmap took the count that a flush must take$/,
        line: /^mm\/highmem\.ts: BUG_ON\(pkmap_count\[nr\] === 0/,
        through: "kunmap_atomic",
      },
    },
  ],
  ["unmap-at-once", "the slot is free before any TLB has forgotten it", { ipi: OTHER_PAGE, broadcast: OTHER_PAGE }],
])("%s: %s", (name, _why, judgements) => {
  test.each(Object.keys(KERNELS) as Kernel[])("%s", (kernel) => {
    const expected = judgements[kernel];
    const { check } = ask(kernel, [name]).stages;
    expect(check.verdict).toBe(expected.verdict);
    if (expected.verdict === "sound") {
      expect(check.witnesses.filter((witness) => !witness.reached)).toEqual([]);
      return;
    }
    const { violation } = check;
    const { stack } = violation!.at ?? violation!.waits[0]!.at;
    expect(violation!.message).toMatch(expected.says!);
    expect(sourceLine([name], stack)).toMatch(expected.line!);
    expect(stack.map((frame) => frame.fn)).toContain(expected.through!);
    expect(check.isShortest).toBe(true);
    expect(check.trace!.length).toBeLessThan(50);
  });
});

describe("a scenario of the reader's own", () => {
  test("is sound with the code as it is, and its events happen", () => {
    const { check } = ask("broadcast", ["two-rounds"], { scenario: "two-rounds" }).stages;
    expect([check.verdict, check.about]).toEqual([
      "sound",
      "each task maps two pages, one after the other, and is done",
    ]);
    expect(check.witnesses.map((witness) => witness.reached)).toEqual([true, true]);
  });

  test.each(["queue-after-unlock", "wake-before-unmap"])(
    "%s: where tasks end, a missed wake-up is a deadlock",
    (name) => {
      for (const kernel of ["broadcast", "ipi"] as const) {
        const { check } = ask(kernel, ["two-rounds", name], { scenario: "two-rounds" }).stages;
        expect(check.verdict).toBe("deadlock");
        const [wait, ...others] = check.violation!.waits;
        expect([others.length, wait!.what, wait!.irqsOff]).toEqual([0, "to be woken", false]);
        expect(wait!.at.stack.map((frame) => frame.fn)).toContain("sleepForSlot");
      }
    },
  );

  test("count-never-falls: everybody sleeps for a slot that nobody gives back", () => {
    for (const kernel of ["broadcast", "ipi"] as const) {
      const { check } = ask(kernel, ["two-rounds", "count-never-falls"], { scenario: "two-rounds" }).stages;
      expect(check.verdict).toBe("deadlock");
      expect(check.violation!.waits.map((wait) => wait.what)).toEqual(["to be woken", "to be woken"]);
    }
  });

  test("queue-after-unlock: where the other task goes on for ever, it is woken in the next round (CAVEATS.md: no liveness)", () => {
    expect(ask("broadcast", ["queue-after-unlock"]).stages.check.verdict).toBe("sound");
  });
});

test("kmap-local-pop-first: an interrupt between the two takes a slot that is still mapped", () => {
  expect(ask("broadcast", ["kmap-local-pop-first"]).stages.check.verdict).toBe("sound"); // only interrupts use slots there
  const { check } = ask("broadcast", ["kmap-local-pop-first"], { scenario: "kmap-local-switch" }).stages;
  expect([check.verdict, check.violation!.message]).toEqual(["bug", "a temporary mapping is still there"]);
});

test("flush-before-clear: on one CPU too", () => {
  const result = ask("broadcast", ["flush-before-clear"], { sets: [["SMP", "n"]] });
  expect([result.stages.check.verdict, result.stages.check.bounds.NR_CPUS]).toEqual(["stale", 1]);
});

test("each fixture is used, and says in one sentence what it does", () => {
  const source = readFileSync(import.meta.filename, "utf8");
  for (const file of readdirSync(FOLDER)) {
    const name = file.replace(/\.patch$/, "");
    expect(source).toContain(`"${name}"`);
    expect(read(name).text.split("\n")[0]).toMatch(/^(\w+\(\) |[A-Z]).*\.$/);
  }
});
