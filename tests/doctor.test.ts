/**
 * Goal: the pipeline's promises hold end to end on real .config files (shows 1 to 4 of the pipeline): verdicts, exit
 * status, witnesses, who waits for whom, a replay that shows the same, and runs than which there are none shorter.
 * Method: `examine()` on the examples; the plain interpreter's breadth-first search as the judge of lengths; every
 * document held against the published JSON Schema by a validator that is not ours.
 */
import { referenceSearch } from "@shootdown/checker";
import {
  type CheckMode,
  decodeSchedule,
  type Examination,
  examine,
  exitStatus,
  type NamedText,
  prepare,
  preparedSystem,
  type Result,
  resultJsonSchema,
} from "@shootdown/doctor";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { embeddedTree, exampleConfig, shippedPatch } from "./support/model-tree.js";

const V6 = "6.1-arm11mpcore-smp-highmem.config";
const V7 = "6.12-v7-smp-highmem.config";
const V6V7 = "6.12-v6v7-smp-highmem.config";
const NOMMU = "6.12-rclass-smp-nommu.config";
/** More than any of these needs. */
const MAX_STATES = 3_000_000;
/** What the interpreter goes through in some seconds. */
const REFERENCE_STATES = 200_000;

const tree = embeddedTree();
const isSchema = new Ajv2020({ strict: false }).compile(resultJsonSchema() as object);

interface Case {
  readonly config: string;
  readonly cpu: string;
  readonly patches?: readonly string[];
  readonly set?: Readonly<Record<string, string>>;
  readonly size?: Readonly<Record<string, number>>;
}

function input({ config, cpu, patches = [], set = {}, size = {} }: Case): Omit<Examination, "mode" | "replayCommand"> {
  return {
    tree,
    config: exampleConfig(config),
    cpu,
    sets: new Map(Object.entries(set)),
    patches: patches.map((name): NamedText => shippedPatch(tree, name)),
    scenario: "kmap-dma",
    sizes: new Map(Object.entries(size)),
  };
}

const SEARCH: CheckMode = { kind: "search", options: { chaining: true, maxStates: MAX_STATES } };

/** Asks, and holds the answer against the schema. */
function ask(question: Case, mode: CheckMode = SEARCH): Result {
  const result = examine({ ...input(question), mode, replayCommand: (schedule) => `replay ${schedule}` });
  expect(isSchema(JSON.parse(JSON.stringify(result))), JSON.stringify(isSchema.errors)).toBe(true);
  return result;
}

const known = new Map<Case, Result>();
/** Asked once: the answers below are looked at from many sides. */
function answer(question: Case): Result {
  const result = known.get(question) ?? ask(question);
  known.set(question, result);
  return result;
}

const unreached = ({ stages }: Result) => stages.check.witnesses.filter((w) => !w.reached).map((w) => w.name);
const stackOf = (place: { stack: readonly { fn: string }[] }) => place.stack.map((frame) => frame.fn);

const SOUND: Readonly<Record<string, Case>> = {
  "show 1: the code of today on ARM11 MPCore": { config: V6, cpu: "arm11mpcore" },
  "show 3: hardware that broadcasts": { config: V7, cpu: "cortex-a9" },
  "a kernel for both, on either (V7)": { config: V6V7, cpu: "cortex-a9" },
  "a kernel for both, on either (V6)": { config: V6V7, cpu: "arm11mpcore" },
  "one CPU": { config: V7, cpu: "cortex-a8", set: { SMP: "n" } },
};

const HOLE: Case = { config: V7, cpu: "arm11mpcore" };
const REPORT: Case = { config: V6, cpu: "arm11mpcore", patches: ["report2-kmap-high-get"] };
const STALE: Case = { config: V7, cpu: "cortex-a9", patches: ["forget-flush"] };
const SELF: Case = { config: V7, cpu: "cortex-a9", patches: ["kmap-lock-irqs-on"] };
const FINDINGS: Readonly<Record<string, Case>> = {
  "show 2: the code of 2011": REPORT,
  "show 3: the hole, a V7-only kernel on a CPU that cannot broadcast": HOLE,
  "show 4: forget-flush": STALE,
  "show 4: kmap-lock-irqs-on": SELF,
  "one CPU, forget-flush": { config: V7, cpu: "cortex-a8", set: { SMP: "n" }, patches: ["forget-flush"] },
};

describe("what is sound", () => {
  test.each(Object.entries(SOUND))("%s", (_, question) => {
    const result = answer(question);
    const { configure, link, boot, check } = result.stages;
    expect([link.verdict, boot.verdict, check.verdict, result.verdict]).toEqual(["links", "boots", "sound", "sound"]);
    expect(exitStatus(result)).toBe(0);
    expect(configure.kernel).toMatch(/^arm 6\./);
    expect(check.witnesses.length).toBeGreaterThan(2);
    expect(unreached(result)).toEqual([]);
    expect(check.states).toBeGreaterThan(100);
    expect(Object.keys(check.bounds)).toEqual(expect.arrayContaining(["NR_CPUS", "LAST_PKMAP", "HIGH_PAGES"]));
    expect([check.violation, check.trace, check.schedule, check.limit]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("a uniprocessor has one CPU, and no witness of a second", () => {
    const { check } = answer(SOUND["one CPU"]!).stages;
    expect(check.bounds.NR_CPUS).toBe(1);
    expect(check.witnesses.map((witness) => witness.name).join()).not.toContain("another CPU");
  });

  test("without HIGHMEM the scenario does not apply, and says why", () => {
    const result = ask({ config: V7, cpu: "cortex-a9", set: { HIGHMEM: "n" } });
    const { check, configure, boot } = result.stages;
    expect([check.verdict, check.applies, check.states]).toEqual(["sound", false, 0]);
    expect(check.reason).toContain("HIGHMEM");
    expect(configure.symbols.HIGHMEM).not.toBe("y");
    expect(boot.messages.map((message) => message.text)).toContain("Ignoring RAM above lowmem");
    expect(exitStatus(result)).toBe(0);
  });

  test("without MMU there is nothing to map, on a CPU that has none", () => {
    const result = ask({ config: NOMMU, cpu: "cortex-r5" });
    expect(result.stages.configure.symbols).toMatchObject({ SMP: "y" });
    expect(result.stages.configure.symbols.MMU).not.toBe("y");
    expect([result.stages.check.applies, result.stages.link.objects.includes("mm/highmem.o")]).toEqual([false, false]);
  });
});

describe("what is found", () => {
  test.each(Object.entries(FINDINGS))("%s: exit 1, a run, and what was lost", (_, question) => {
    const result = answer(question);
    const { check } = result.stages;
    expect([result.verdict, exitStatus(result)]).toEqual(["finding", 1]);
    expect(check.violation!.kind).toBe(check.verdict);
    expect(check.isShortest).toBe(true);
    expect(check.trace!.map((step) => step.step)).toEqual(check.trace!.map((_step, index) => index + 1));
    for (const step of check.trace!) {
      expect(step.at.file).toMatch(/^(scenarios|mm|kernel|arch|include|machine)\/.*\.ts$/);
      expect(step.at.line).toBeGreaterThan(0);
    }
  });

  test.each([
    ["report 2", REPORT],
    ["the hole", HOLE],
  ] as const)("%s: a wait cycle through an IPI and kmap_lock", (_, question) => {
    const { violation } = answer(question).stages.check;
    const cycle = violation!.waits.filter((wait) => wait.inCycle);
    const locker = cycle.find((wait) => wait.for === "lock")!;
    const flusher = cycle.find((wait) => wait.for === "cpu")!;
    expect(cycle).toHaveLength(2);
    expect([locker.what, locker.on!.cpu, flusher.what, flusher.on!.cpu]).toEqual([
      "kmap_lock",
      flusher.cpu,
      "answer an IPI",
      locker.cpu,
    ]);
    expect([locker.irqsOff, flusher.irqsOff]).toEqual([true, true]);
    expect(locker.irqsOffSince).toBeGreaterThan(0);
    expect(stackOf(flusher.at)).toEqual(expect.arrayContaining(["flush_all_zero_pkmaps", "flush_tlb_kernel_range"]));
    expect(flusher.at.stack.map((frame) => frame.linux)).toContain("mm/highmem.c flush_all_zero_pkmaps");
  });

  test("forget-flush: stale, and the last step is the one that used the entry", () => {
    const { check } = answer(STALE).stages;
    expect(check.verdict).toBe("stale");
    const last = check.trace!.at(-1)!;
    expect(stackOf(check.violation!.at!)).toContain("cpuWrites");
    expect(check.violation!.at!.fn).toBe("translate");
    expect(last.context).toBe("task");
    expect(check.violation!.waits).toEqual([]);
    // It used the entry that it filled before the slot was given to another page.
    const filled = check.trace!.find(
      (step) => step.cpu === last.cpu && step.changes.some((c) => c.what.startsWith(`tlb[${last.cpu}]`)),
    );
    const recycled = check
      .trace!.filter((step) => step.changes.some((change) => change.what === "pte[1]" && change.to > 0))
      .at(-1);
    expect(filled!.step).toBeLessThan(recycled!.step);
    expect(recycled!.step).toBeLessThan(last.step);
  });

  test("kmap-lock-irqs-on: one CPU waits for itself", () => {
    const { violation } = answer(SELF).stages.check;
    expect(violation!.message).toMatch(/^CPU(\d) waits for itself$/);
    const [wait, ...others] = violation!.waits.filter((candidate) => candidate.inCycle);
    expect(others).toEqual([]);
    expect([wait!.context, wait!.for, wait!.what, wait!.on]).toEqual([
      "hardirq",
      "lock",
      "kmap_lock",
      { cpu: wait!.cpu, context: "task" },
    ]);
    expect(stackOf(wait!.at)).toContain("kmap_high_get");
  });

  test.each(Object.entries(FINDINGS))("%s: the printed schedule shows the same again", (_, question) => {
    const { check } = answer(question).stages;
    expect(check.replay).toBe(`replay ${check.schedule}`);
    const again = ask(question, { kind: "replay", schedule: decodeSchedule(check.schedule!) });
    expect(exitStatus(again)).toBe(1);
    expect(again.stages.check.violation).toEqual(check.violation);
    expect(again.stages.check.trace).toEqual(check.trace);
    expect(again.stages.check.schedule).toBe(check.schedule);
  });

  test.each(Object.entries(FINDINGS))("%s: the interpreter finds none shorter", (_, question) => {
    const { trace, verdict } = answer(question).stages.check;
    const reference = referenceSearch(preparedSystem(prepare(input(question))), { maxStates: REFERENCE_STATES });
    expect([verdict, reference.verdict, reference.schedule?.length]).toEqual([verdict, "finding", trace!.length]);
  });

  test.each(
    Object.entries({ ...FINDINGS, "one CPU": SOUND["one CPU"]!, today: SOUND["show 3: hardware that broadcasts"]! }),
  )("%s: the same without chaining", (_, question) => {
    const { check } = answer(question).stages;
    const plain = ask(question, { kind: "search", options: { chaining: false, maxStates: MAX_STATES } }).stages.check;
    expect([plain.verdict, plain.trace?.length, plain.reduction]).toEqual([check.verdict, check.trace?.length, "none"]);
    expect(plain.violation?.message).toBe(check.violation?.message);
    if (check.verdict === "sound") expect(plain.states).toBeGreaterThan(check.states);
  });
});

describe("the same question gives the same bytes", () => {
  test.each([
    ["a finding", REPORT],
    ["one CPU", SOUND["one CPU"]!],
  ] as const)("%s", (_, question) => {
    expect(JSON.stringify(ask(question))).toBe(JSON.stringify(answer(question)));
  });

  test("random runs too, by their seed", () => {
    const mode = (seed: number): CheckMode => ({ kind: "simulate", seed, runs: 20, steps: 300 });
    const [one, again, other] = [7, 7, 8].map((seed) => JSON.stringify(ask(HOLE, mode(seed))));
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });
});

describe("a bound is a verdict", () => {
  test.each([
    ["states", { maxStates: 1000 }],
    ["memory", { maxMemory: 4 }],
    ["seconds", { expired: () => true }],
  ] as const)("%s: exit 3, how far it got, nothing claimed", (limit, options) => {
    const result = ask(SOUND["show 1: the code of today on ARM11 MPCore"]!, {
      kind: "search",
      options: { chaining: true, ...options },
    });
    const { check } = result.stages;
    expect([result.verdict, check.verdict, check.limit, exitStatus(result)]).toEqual(["limit", "limit", limit, 3]);
    expect(check.states).toBeGreaterThan(0);
    expect(check.violation).toBe(undefined);
  });

  test("more CPUs: the hole is there with three, by random runs", () => {
    const result = ask({ ...HOLE, size: { NR_CPUS: 3 } }, { kind: "simulate", seed: 1, runs: 2000, steps: 400 });
    expect(result.stages.check.verdict).toBe("deadlock");
    expect(result.stages.check.bounds.NR_CPUS).toBe(3);
  });
});

describe("a schedule is for one model", () => {
  test.each<[string, Case]>([
    ["another CPU", { ...REPORT, cpu: "cortex-a9" }],
    ["no patch", { ...REPORT, patches: [] }],
    ["another patch", { ...REPORT, patches: ["report2-kmap-high-get", "forget-flush"] }],
    ["another size", { ...REPORT, size: { HIGH_PAGES: 3 } }],
    ["another configuration", { ...REPORT, set: { SMP: "n" } }],
  ])("%s is refused", (_, question) => {
    const schedule = decodeSchedule(answer(REPORT).stages.check.schedule!);
    expect(() => ask(question, { kind: "replay", schedule })).toThrow(
      /S1602 a replay string was made for another model/,
    );
  });

  test("the same model by other words is not", () => {
    const schedule = decodeSchedule(answer(HOLE).stages.check.schedule!);
    const same: Case = { ...HOLE, size: { NR_CPUS: 2 }, set: { HIGHMEM: "y" } };
    expect(ask(same, { kind: "replay", schedule }).stages.check.verdict).toBe("deadlock");
  });
});
