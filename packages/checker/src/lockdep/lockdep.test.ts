/**
 * Goal: lockdep reports what the kernel's would, from facts that every engine collects alike, and says truly which
 * deadlocks it sees.
 * Method: systems of a few instructions for each check, with the deadlock where there is one; random systems on which
 * interpreter and generated code, with and without chaining, must agree.
 */
import {
  type At,
  constant,
  type Expr,
  type Fn,
  type Global,
  type Instr,
  type Module,
  type PlaceRef,
  U8,
} from "@shootdown/ir";
import { describe, expect, it } from "vitest";
import { buildSystem } from "../build-system.js";
import { seededRandom } from "../random.js";
import { simulate } from "../run/simulate.js";
import { tell } from "../run/trace.js";
import { referenceSearch } from "../search/reference.js";
import { search } from "../search/search.js";
import type { Scenario, System } from "../system.js";
import { type LockdepReport, lockdepReports } from "./lockdep.js";
import { lockdepAlong, lockdepKey, warnsOf, whyUnseen } from "./run.js";

/**
 * Each line is an instruction: `lock a`, `unlock a`, `lock many[1]`, `off`, `on`, `assert`, `touch x`; `ask 1` waits until
 * an interrupt handler of CPU 1 has set y.
 */
type Code = readonly string[];

function fnOf(name: string, code: Code): Fn {
  const at = (line: number): At => ({ file: `mm/${name}.ts`, line, column: 1, fn: name });
  const place = (text: string): PlaceRef => {
    const [, base, index] = /^(\w+)(?:\[(\d)\])?$/.exec(text)!;
    const indices = index === undefined ? [] : [constant(U8, Number(index))];
    return { base: { kind: "global", name: base! }, path: "", index: indices };
  };
  const instrs = code.flatMap((text, index): Instr | Instr[] => {
    const [op, operand] = text.split(" ");
    const here = at(index + 1);
    if (op === "lock") return { kind: "acquire", lock: place(operand!), at: here };
    if (op === "unlock") return { kind: "release", lock: place(operand!), at: here };
    if (op === "touch") return { kind: "store", place: place(operand!), value: constant(U8, 1), at: here };
    if (op === "ask") {
      const cpu = constant(U8, Number(operand));
      const cond: Expr = {
        kind: "compare",
        op: "==",
        left: { kind: "local", type: U8, local: 0 },
        right: constant(U8, 1),
      };
      return [
        { kind: "atomicBegin", at: here },
        { kind: "load", dst: 0, place: place("y"), ghost: false, at: here },
        { kind: "wait", cond, on: { kind: "cpu", cpu, what: "answer" }, at: here },
        { kind: "atomicEnd", at: here },
      ];
    }
    if (op === "assert") return { kind: "lockdepAssert", at: here };
    return { kind: "irq", op: op === "off" ? "disable" : "enable", at: here };
  });
  const blocks = [{ instrs, term: { kind: "return" as const, at: at(code.length + 1) } }];
  return { name, params: [], locals: [{ name: "answer", type: U8 }], blocks, exported: true, at: at(1) };
}

function systemOf(roots: {
  readonly tasks: readonly Code[];
  readonly hardirq?: Code;
  readonly softirq?: Code;
}): System {
  const at: At = { file: "mm/a.ts", line: 1, column: 1, fn: "" };
  const global = (name: string, dims: number[], lock?: Global["lock"]): [string, Global] => [
    name,
    { name, type: U8, dims, perCpu: false, init: 0, at, ...(lock ? { lock } : {}) },
  ];
  const functions = new Map<string, Fn>();
  const add = (name: string, code: Code) => functions.set(name, fnOf(name, code));
  roots.tasks.forEach((code, cpu) => {
    add(`task${cpu}`, code);
  });
  if (roots.hardirq) add("handler", roots.hardirq);
  if (roots.softirq) add("bottomHalf", roots.softirq);
  const module: Module = {
    globals: new Map([
      ...["a", "b", "c"].map((name) => global(name, [], "spinlock")),
      global("many", [2], "spinlock"),
      global("x", []),
      global("y", []),
    ]),
    functions,
    functionTable: [],
    undefinedFunctions: new Map(),
  };
  const scenario: Scenario = {
    name: "test",
    about: "",
    tasks: roots.tasks.map((_, cpu) => ({ cpu, body: `task${cpu}` })),
    interrupts: roots.hardirq ? [{ handler: "handler" }] : [],
    softirqs: roots.softirq ? [{ handler: "bottomHalf" }] : [],
    hardware: [],
    witnesses: [],
  };
  return buildSystem({ module, scenario, cpus: roots.tasks.length, machine: new Map() });
}

interface Examined {
  readonly verdict: string;
  readonly reports: readonly LockdepReport[];
  /** Titles of reports about the finding, and otherwise why there are none. */
  readonly sees: readonly string[] | string | undefined;
}

/** Searches by both engines, which must have learnt the same. */
function examine(roots: Parameters<typeof systemOf>[0]): Examined {
  const system = systemOf(roots);
  const result = search(system);
  expect(result.lockFacts).toEqual(referenceSearch(system).lockFacts);
  const reports = lockdepReports(system, result.lockFacts);
  if (!result.schedule) return { verdict: result.verdict, reports, sees: undefined };
  const violation = tell(system, result.schedule).violation!;
  const about = reports.filter((report) => warnsOf(report, violation));
  const why = whyUnseen(reports, violation);
  expect(why === undefined).toBe(about.length > 0);
  return { verdict: violation.kind, reports, sees: why ?? about.map((report) => report.title) };
}

const summary = ({ reports }: Examined) => reports.map((report) => `${report.kind} ${report.classes.join(" ")}`);
/** With interrupts off. */
const safely = (...code: string[]) => ["off", ...code, "on"];
const take = (...locks: string[]) => [
  ...locks.map((lock) => `lock ${lock}`),
  "touch x",
  ...[...locks].reverse().map((lock) => `unlock ${lock}`),
];

describe("circular dependency", () => {
  it("AB-BA on two CPUs: the deadlock, and the report that is about it", () => {
    const examined = examine({ tasks: [take("a", "b"), take("b", "a")] });
    expect(examined.verdict).toBe("deadlock");
    expect(summary(examined)).toEqual(["circular-dependency a b"]);
    expect(examined.sees).toEqual(["WARNING: possible circular locking dependency detected"]);
    expect(examined.reports[0]!.text).toBe(
      `
======================================================
WARNING: possible circular locking dependency detected
------------------------------------------------------
task1 [HC0:SC0] is trying to acquire lock:
 (a){+.+.}-{2:2}, at: task1 mm/task1.ts:2
  task1  mm/task1.ts:2
but it already holds lock:
 (b){+.+.}-{2:2}, at: task1 mm/task1.ts:1
  task1  mm/task1.ts:1
the existing dependency chain, in reverse order:

-> #1 (b){+.+.}-{2:2}:
  task0  mm/task0.ts:2

Chain exists of:
  a --> b --> a

 Possible unsafe locking scenario:

       CPU0                    CPU1
       ----                    ----
  lock(b);
                               lock(a);
                               lock(b);
  lock(a);

 *** DEADLOCK ***`.trimStart(),
    );
  });

  it("three CPUs in a ring, no two of them in conflict", () => {
    const examined = examine({ tasks: [take("a", "b"), take("b", "c"), take("c", "a")] });
    expect(examined.verdict).toBe("deadlock");
    expect(summary(examined)).toEqual(["circular-dependency a b c"]);
    expect(examined.sees).toHaveLength(1);
  });

  it("is reported although it cannot happen: one task alone takes both orders", () => {
    const examined = examine({ tasks: [[...take("a", "b"), ...take("b", "a")]] });
    expect(examined.verdict).toBe("sound");
    expect(summary(examined)).toEqual(["circular-dependency a b"]);
  });

  it("names where the held lock was taken, not where it was taken before", () => {
    const examined = examine({ tasks: [[...take("b"), ...take("b", "a"), ...take("a", "b")]] });
    expect(examined.reports[0]!.text.match(/already holds lock:\n.*/g)).toEqual([
      "already holds lock:\n (b){+.+.}-{2:2}, at: task0 mm/task0.ts:4",
    ]);
  });

  it("one order everywhere is in order", () => {
    expect(examine({ tasks: [take("a", "b"), take("a", "b", "c")] })).toMatchObject({ verdict: "sound", reports: [] });
  });
});

describe("inconsistent lock state", () => {
  it("an interrupt takes the lock that a task holds with interrupts on", () => {
    const examined = examine({ tasks: [take("a")], hardirq: take("a") });
    expect(examined.verdict).toBe("deadlock");
    expect(summary(examined)).toEqual(["inconsistent-state a"]);
    expect(examined.sees).toEqual(["WARNING: inconsistent lock state"]);
    const [report] = examined.reports;
    expect(report!.text).toContain("inconsistent {HARDIRQ-ON-W} -> {IN-HARDIRQ-W} usage.");
    expect(report!.sites.map((site) => [site.what, site.context])).toEqual([
      ["HARDIRQ-ON-W", "task"],
      ["IN-HARDIRQ-W", "hardirq"],
    ]);
  });

  it("interrupts turned on while the lock is held count as well", () => {
    const examined = examine({ tasks: [["off", "lock a", "on", "touch x", "unlock a"]], hardirq: take("a") });
    expect(examined.verdict).toBe("deadlock");
    expect(summary(examined)).toEqual(["inconsistent-state a"]);
    expect(examined.reports[0]!.sites[0]!.at.line).toBe(3);
  });

  it("of softirqs", () => {
    const examined = examine({ tasks: [take("a")], softirq: take("a") });
    expect(examined.verdict).toBe("deadlock");
    expect(summary(examined)).toEqual(["inconsistent-state a"]);
    expect(examined.reports[0]!.text).toContain("{SOFTIRQ-ON-W} -> {IN-SOFTIRQ-W}");
  });

  it("a softirq by itself, which runs with hardirqs on, is consistent", () => {
    expect(examine({ tasks: [["touch x"]], softirq: take("a") })).toMatchObject({ verdict: "sound", reports: [] });
  });

  it("not with interrupts off in the task", () => {
    const examined = examine({ tasks: [safely(...take("a")), safely(...take("a"))], hardirq: take("a") });
    expect(examined).toMatchObject({ verdict: "sound", reports: [] });
  });
});

describe("interrupt-safe to interrupt-unsafe", () => {
  it("an interrupt needs what waits for a lock whose holder it interrupted", () => {
    const examined = examine({ tasks: [safely(...take("a", "b")), take("b")], hardirq: take("a") });
    expect(examined.verdict).toBe("deadlock");
    expect(summary(examined)).toEqual(["irq-dependency a b"]);
    expect(examined.sees).toEqual(["WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected"]);
    expect(examined.reports[0]!.text.split("\n").slice(-12)).toEqual([
      " Possible interrupt unsafe locking scenario:",
      "",
      "       CPU0                    CPU1",
      "       ----                    ----",
      "  lock(b);",
      "                               local_irq_disable();",
      "                               lock(a);",
      "                               lock(b);",
      "  <Interrupt>",
      "    lock(a);",
      "",
      " *** DEADLOCK ***",
    ]);
  });

  it("over a lock in between", () => {
    const examined = examine({
      tasks: [safely(...take("a", "c")), [...safely(...take("c", "b")), ...take("b")]],
      hardirq: take("a"),
    });
    expect(summary(examined)).toContain("irq-dependency a c b");
  });
});

describe("recursive locking", () => {
  it("of one lock: the attempt that never succeeds is a fact", () => {
    const examined = examine({ tasks: [take("a", "a")] });
    expect(examined.verdict).toBe("deadlock");
    expect(summary(examined)).toEqual(["recursive-locking a"]);
    expect(examined.sees).toEqual(["WARNING: possible recursive locking detected"]);
  });

  it("of two locks of an array, which are one class, though in order", () => {
    const examined = examine({ tasks: [take("many[0]", "many[1]"), take("many[0]", "many[1]")] });
    expect(examined.verdict).toBe("sound");
    expect(summary(examined)).toEqual(["recursive-locking many"]);
  });
});

describe("lockdep_assert_irqs_enabled()", () => {
  it("reports a place once, and the run goes on", () => {
    const examined = examine({ tasks: [["lock a", ...safely("assert"), "unlock a"], ["assert"]] });
    expect(examined.verdict).toBe("sound");
    expect(summary(examined)).toEqual(["irqs-off "]);
    const [{ title, text }] = examined.reports as [LockdepReport];
    expect(title).toBe("WARNING: at mm/task0.ts:3 task0");
    expect(text).toContain("while it holds lock:\n (a){+.+.}-{2:2}");
  });
});

describe("a deadlock that is no matter of locks", () => {
  it("two CPUs with interrupts off ask each other: the assertion sees it, and no lock is reported", () => {
    const examined = examine({ tasks: [safely("assert", "ask 1"), safely("assert", "ask 0")], hardirq: ["touch y"] });
    expect(examined.verdict).toBe("deadlock");
    expect(examined.reports.map((report) => report.title)).toEqual([
      "WARNING: at mm/task0.ts:2 task0",
      "WARNING: at mm/task1.ts:2 task1",
    ]);
    expect(examined.sees).toHaveLength(2);
  });

  it("without the assertion lockdep is silent", () => {
    const examined = examine({ tasks: [safely("ask 1"), safely("ask 0")], hardirq: ["touch y"] });
    expect(examined).toEqual({
      verdict: "deadlock",
      reports: [],
      sees: "CPU0 waits for CPU1 to answer; CPU1 waits for CPU0 to answer: no lock, and lockdep orders locks only",
    });
  });

  it("nor does the assertion help when it is the other CPU that has interrupts off", () => {
    const examined = examine({
      tasks: [["lock a", "assert", "ask 1", "unlock a"], safely(...take("a"))],
      hardirq: ["touch y"],
    });
    expect(examined).toEqual({
      verdict: "deadlock",
      reports: [],
      sees: "CPU0 waits for CPU1 to answer, interrupts on: no lock, and lockdep orders locks only",
    });
  });

  it("an assertion that failed there in another run, and not in this one, is not about it", () => {
    const system = systemOf({ tasks: [["lock a", "ask 1", "unlock a"], safely(...take("a"))], hardirq: ["touch y"] });
    const violation = tell(system, search(system).schedule!).violation!;
    const { at } = violation.waits.find((wait) => wait.for === "cpu")!;
    const site = { what: "", context: "task" as const, root: "task0", at };
    const report: LockdepReport = { kind: "irqs-off", title: "", classes: [], sites: [site], text: "" };
    expect(warnsOf(report, violation)).toBe(false);
    const waits = violation.waits.map((wait) => ({ ...wait, irqsOff: true }));
    expect(warnsOf(report, { ...violation, waits })).toBe(true);
  });

  it("a report of the right locks is not about it either, if the cycle needs more than locks", () => {
    const system = systemOf({ tasks: [["lock a", "ask 1", "unlock a"], safely(...take("a"))], hardirq: ["touch y"] });
    const violation = tell(system, search(system).schedule!).violation!;
    const report: LockdepReport = { kind: "recursive-locking", title: "", classes: ["a"], sites: [], text: "" };
    expect(warnsOf(report, violation)).toBe(false);
  });

  it("nor one of interrupts, if no interrupt is part of the cycle", () => {
    const system = systemOf({ tasks: [take("a", "b"), take("b", "a")] });
    const violation = tell(system, search(system).schedule!).violation!;
    const report: LockdepReport = { kind: "irq-dependency", title: "", classes: ["a", "b"], sites: [], text: "" };
    expect(warnsOf(report, violation)).toBe(false);
    expect(warnsOf({ ...report, kind: "circular-dependency" }, violation)).toBe(true);
  });

  it("an assertion that fails somewhere else is not about it", () => {
    const examined = examine({ tasks: [safely("ask 1"), safely("ask 0")], hardirq: ["assert", "touch y"] });
    expect(summary(examined)).toEqual(["irqs-off "]);
    expect(typeof examined.sees).toBe("string");
  });
});

describe("a run", () => {
  it("has each report at the step that completes it", () => {
    const system = systemOf({ tasks: [take("a", "b"), take("b", "a")] });
    const { schedule, lockFacts } = search(system);
    const [report] = lockdepReports(system, lockFacts);
    const along = lockdepAlong(system, schedule!);
    expect([...along.steps]).toEqual([[lockdepKey(report!), schedule!.length]]);
    const random = simulate(system, { seed: 1, runs: 50, steps: 20 });
    expect(lockdepReports(system, random.lockFacts)).toEqual([report]);
  });

  it("shows less than the search of all of them", () => {
    const system = systemOf({ tasks: [[...take("a", "b"), ...take("b", "a")]] });
    expect(lockdepReports(system, search(system).lockFacts)).toHaveLength(1);
    expect(lockdepAlong(system, [0, 0, 0]).steps.size).toBe(0);
  });
});

describe("random systems", () => {
  /** Nested sections of locks and of interrupts off, so that every program releases what it took. */
  const section = (random: (below: number) => number, depth: number): string[] => {
    const code: string[] = [];
    for (let n = random(2) + 1; n > 0; n--) {
      const inner = depth > 0 ? section(random, depth - 1) : ["touch x"];
      const lock = ["a", "b", "many[0]", "many[1]"][random(4)]!;
      const kinds = [
        inner,
        ["off", ...inner, "on"],
        [`lock ${lock}`, ...inner, `unlock ${lock}`],
        ["assert", ...inner],
      ];
      code.push(...kinds[random(4)]!);
    }
    return code;
  };
  const seeds = Array.from({ length: 24 }, (_, seed) => seed);
  const verdicts = new Set<string>();

  it.each(seeds)("seed %i: the engines learn the same, and lockdep sees every deadlock", (seed) => {
    const random = seededRandom(seed);
    const system = systemOf({
      tasks: [section(random, 2), section(random, 1)],
      hardirq: random(2) === 0 ? undefined : section(random, 1),
      softirq: random(3) === 0 ? section(random, 0) : undefined,
    });
    const full = search(system);
    verdicts.add(full.verdict);
    expect(full.lockFacts).toEqual(referenceSearch(system).lockFacts);
    const chained = search(system, { chaining: true });
    expect(chained.lockFacts).toEqual(referenceSearch(system, { chaining: true }).lockFacts);
    if (full.verdict === "sound") expect(chained.lockFacts).toEqual(full.lockFacts);
    if (!full.schedule) return;
    // Every wait here is for a lock: what lockdep was made for.
    const violation = tell(system, full.schedule).violation!;
    if (violation.kind === "deadlock") {
      expect(whyUnseen(lockdepReports(system, full.lockFacts), violation)).toBeUndefined();
    }
  });

  it("were of both kinds", () => {
    expect([...verdicts].sort()).toEqual(["finding", "sound"]);
  });
});
