/**
 * Report 1: what the four stages must answer to it. The questions are data (`packages/kernel/reports/1.json`); the answers
 * stand here and nowhere else. Those of the first four rows are what gcc 12 and ld make of Linux's own mm/percpu.c, in each cell
 * of "what the stub returns" and "whether pcpu_reclaim_populated() flushes".
 */
import {
  answerRow,
  type Examination,
  examine,
  linkerLines,
  prescribe,
  type Result,
  readReport,
} from "@shootdown/doctor";
import { beforeAll, describe, expect, test } from "vitest";
import { embeddedTree, exampleConfig, shippedPatch } from "./support/model-tree.js";

const tree = embeddedTree();
const mode = { kind: "search", options: { chaining: true, maxStates: 2_000_000 } } as const;
const readPatch = (name: string) => shippedPatch(tree, name);
const asker = { tree, mode, readConfig: exampleConfig, readPatch };

describe("report 1", () => {
  const { rows } = readReport(tree, "1");
  const answers = new Map<number, Result>();
  const of = (number: number): Result => {
    const row = rows.find((candidate) => candidate.row === number)!;
    const known = answers.get(number) ?? answerRow(asker, row).result;
    answers.set(number, known);
    return known;
  };

  test("asks its questions in order, and says why", () => {
    expect(rows.map((row) => row.row)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    for (const row of rows) expect(row.why).toMatch(/^\w.*[.?]$/);
  });

  test.each([
    [1, "with both commits", "pcpu_post_unmap_tlb_flush"],
    [2, "without the second caller", "pcpu_populate_chunk"],
    [3, "with the stub of old", "pcpu_balance_workfn"],
  ])("%i: %s the reference is alive, and this function holds it: %s", (row, _, holder) => {
    const { link, check } = of(row).stages;
    expect(link.undefined.map(({ symbol, object }) => `${object} ${symbol}`)).toEqual([
      "mm/percpu.o flush_tlb_kernel_range",
    ]);
    const [reference] = link.undefined;
    expect(reference).toMatchObject({ holder, isUncertain: false, both: "(!NEED_PER_CPU_KM && MMU && SMP)" });
    expect(linkerLines(link)).toEqual([
      "arm-linux-gnueabihf-ld: mm/percpu.o: in function 'pcpu_post_unmap_tlb_flush':",
      expect.stringMatching(/^mm\/percpu-vm\.ts:\d+: undefined reference to 'flush_tlb_kernel_range'$/),
    ]);
    expect(check.verdict).toBe("skipped");
  });

  test("2: the first caller's error path is alive because the stub fails, always", () => {
    const branches = of(2).stages.link.undefined[0]!.steps.filter((step) => step.kind === "branch");
    const facts = branches.flatMap((step) => step.because.map(({ text }) => text));
    expect(facts).toContain("vmap_pages_range_noflush() returns -22");
  });

  test("4: without both it links, because the stub of old never fails; and memory is lost", () => {
    const { link, check } = of(4).stages;
    expect(link.verdict).toBe("links");
    const [dropped] = link.dropped.filter(({ byConstants }) => !byConstants);
    expect(dropped).toMatchObject({ symbol: "flush_tlb_kernel_range", isUncertain: false });
    expect(dropped!.because.map(({ text }) => text)).toContain("never err < 0");
    expect(check.verdict).toBe("lost");
  });

  test("5 and 6: the fix is sound, and so is one CPU before it", () => {
    for (const row of [5, 6]) {
      const { link, check, configure } = of(row).stages;
      expect([row, link.verdict, check.verdict, configure.symbols.NEED_PER_CPU_KM]).toEqual([
        row,
        "links",
        "sound",
        "y",
      ]);
      expect(check.witnesses.filter(({ reached }) => !reached)).toEqual([]);
    }
  });

  test("7: an empty flush links, boots, and never makes a second chunk", () => {
    const { link, boot, check } = of(7).stages;
    expect([link.verdict, boot.verdict, check.verdict]).toEqual(["links", "boots", "lost"]);
    expect(check.violation!.message).toContain("no second chunk");
  });
});

describe("what would fix it", () => {
  const input: Examination = {
    tree,
    config: exampleConfig("6.12-rclass-smp-nommu.config"),
    cpu: "cortex-r5",
    sets: new Map(),
    patches: [readPatch("revert-3583521aabac")],
    scenario: "percpu-second-chunk",
    sizes: new Map(),
    mode,
    replayCommand: (schedule) => schedule,
  };
  let whats: readonly string[] = [];
  let rejected: ReturnType<typeof prescribe>["rejected"] = [];
  beforeAll(() => {
    // No shipped patch among the candidates: what is asked is what follows from the conditions.
    const found = prescribe(input, examine(input), { shipped: [] });
    whats = found.prescriptions.map(({ what }) => what);
    rejected = found.rejected;
  });

  test("the dependency of NEED_PER_CPU_KM, derived", () => {
    expect(whats).toContain("mm/Kconfig: NEED_PER_CPU_KM: depends on !SMP || !MMU");
  });

  test("not an empty stub: the search says why", () => {
    expect(whats.filter((what) => what.includes("empty"))).toEqual([]);
    expect(rejected).toEqual([
      {
        what: expect.stringContaining("an empty flush_tlb_kernel_range()"),
        why: expect.stringContaining("no second chunk"),
      },
    ]);
  });
});
