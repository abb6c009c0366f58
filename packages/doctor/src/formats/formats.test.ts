/**
 * Goal: every result is valid in every format, and the formats say what the result says.
 * Method: examinations that end in each kind of verdict, through a validator of each format: the JSON schema of SARIF, a
 * strict reader of KTAP, the rules of ITF's ADR. Each validator is seen to refuse.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import Ajv from "ajv-draft-04";
import addFormats from "ajv-formats";
import { beforeAll, describe, expect, test } from "vitest";
import { type Examination, examine } from "../doctor.js";
import { FINDINGS } from "../findings.js";
import { ModelTree } from "../model/model-tree.js";
import { exitStatus, finishResult, type Result } from "../result.js";
import type { CheckMode } from "../stages/check.js";
import { VERSION } from "../version.js";
import { formatResult, MACHINE_FORMATS } from "./format.js";
import { toItf } from "./itf.js";
import { toKtap } from "./ktap.js";
import { toSarif } from "./sarif.js";
import { itfErrors } from "./testing/itf.js";
import { parseKtap } from "./testing/ktap.js";

const REPOSITORY = join(import.meta.dirname, "../../../..");
const require = createRequire(import.meta.url);

function modelTree(): ModelTree {
  const files = new Map<string, string>();
  for (const part of ["kernel", "machine"]) {
    for (const entry of readdirSync(join(REPOSITORY, "packages", part), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(join(REPOSITORY, "packages/").length);
      if (entry.isFile() && !name.includes("node_modules")) files.set(name, readFileSync(path, "utf8"));
    }
  }
  return new ModelTree(files);
}

const tree = modelTree();
const SEARCH: CheckMode = { kind: "search", options: { chaining: true } };

interface Sample {
  readonly config?: string;
  readonly cpu: string;
  readonly patch?: string;
  readonly changes?: ReadonlyMap<string, string>;
  readonly mode?: CheckMode;
  /** As if a real tree of this architecture had been given. */
  readonly arch?: string;
}

function realTree(arch: string, text: string): NonNullable<Examination["linux"]> {
  const notes = [{ symbol: "SMP", line: 1, asked: "y", got: "n" }];
  return { version: "6.12.1", arch, text, notes, warnings: [], symbols: [], objects: () => ["mm/nommu.o"] };
}

function result({ config = "6.12-v7-smp-highmem.config", cpu, patch, changes, mode = SEARCH, arch }: Sample): Result {
  const text = readFileSync(join(REPOSITORY, "examples", config), "utf8");
  return examine({
    tree: changes ? tree.with(changes) : tree,
    config: { name: `examples/${config}`, text },
    ...(arch === undefined ? {} : { linux: realTree(arch, text) }),
    cpu,
    sets: new Map(),
    patches: patch ? [{ name: patch, text: tree.read(`kernel/patches/${patch}.patch`)! }] : [],
    scenario: "kmap-dma",
    sizes: new Map(),
    mode,
    replayCommand: (schedule) => `./shootdown replay ${schedule}`,
  });
}

/** A file of the model tree with one text in the place of another. */
function changed(path: string, from: string, to: string): ReadonlyMap<string, string> {
  const text = tree.read(path)!;
  expect(text).toContain(from);
  return new Map([[path, text.replace(from, to)]]);
}

function doesNotBuild({ input, stages }: Result): Result {
  const errors = [{ file: "machine/cache.ts", line: 3, column: 1, message: "not with this # cache" }];
  return finishResult(input, { ...stages, link: { ...stages.link, verdict: "does-not-build", undefined: [], errors } });
}

const SAMPLES = {
  sound: () => result({ cpu: "cortex-a9" }),
  deadlock: () => result({ cpu: "arm11mpcore" }),
  stale: () => result({ cpu: "cortex-a9", patch: "forget-flush" }),
  limit: () => result({ cpu: "cortex-a9", mode: { kind: "search", options: { chaining: true, maxStates: 50 } } }),
  simulation: () => result({ cpu: "cortex-a9", mode: { kind: "simulate", seed: 1, runs: 2, steps: 20 } }),
  "not applicable": () => result({ config: "6.12-rclass-smp-nommu.config", cpu: "cortex-r5" }),
  "undefined reference": () =>
    result({ cpu: "cortex-a9", changes: changed("kernel/arch/arm/kernel/Makefile", "smp_tlb.o", "") }),
  "does not build": () =>
    doesNotBuild(result({ cpu: "cortex-a9", changes: changed("kernel/arch/arm/kernel/Makefile", "smp_tlb.o", "") })),
  "not modelled": () => result({ cpu: "riscv", arch: "riscv" }),
  panic: () =>
    result({
      cpu: "cortex-a9",
      changes: changed("kernel/arch/arm/kernel/setup.ts", "  setup_processor();\n", "  BUG_ON(CONFIG.SMP);\n"),
    }),
} as const;
type SampleName = keyof typeof SAMPLES;
const NAMES = Object.keys(SAMPLES) as SampleName[];

const results = new Map<SampleName, Result>();
const sample = (name: SampleName) => results.get(name)!;
beforeAll(() => {
  for (const name of NAMES) results.set(name, SAMPLES[name]());
});

test("the samples are what they are called", () => {
  const verdicts = NAMES.map((name) => {
    const { link, boot, check } = sample(name).stages;
    return [name, link.verdict, boot.verdict, check.verdict, check.applies].join(" ");
  });
  expect(verdicts).toEqual([
    "sound links boots sound true",
    "deadlock links boots deadlock true",
    "stale links boots stale true",
    "limit links boots limit true",
    "simulation links boots limit true",
    "not applicable links boots sound false",
    "undefined reference undefined-reference skipped skipped false",
    "does not build does-not-build skipped skipped false",
    "not modelled not-modelled not-modelled not-modelled false",
    "panic links panics skipped false",
  ]);
});

test("a format is text that ends with a newline, the same each time", () => {
  for (const format of MACHINE_FORMATS) {
    const text = formatResult(sample("deadlock"), format);
    expect(text.endsWith("\n") && !text.endsWith("\n\n")).toBe(true);
    expect(formatResult(SAMPLES.deadlock(), format)).toBe(text);
    if (format !== "ktap") expect(() => JSON.parse(text)).not.toThrow();
  }
  expect(JSON.parse(formatResult(sample("stale"), "itf"))).toEqual(toItf(sample("stale")));
});

test("the version is that of the package", () => {
  expect(JSON.parse(readFileSync(join(REPOSITORY, "packages/doctor/package.json"), "utf8")).version).toBe(VERSION);
});

test("every finding has a code of its own", () => {
  const codes = Object.values(FINDINGS).map((finding) => finding.code);
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes) expect(code).toMatch(/^S20[234]\d$/);
});

describe("SARIF", () => {
  // The schema as Microsoft's SDK ships it: 2.1.0-rtm.5, whose text is that of the standard, in JSON Schema draft 4.
  const folder = dirname(require.resolve("@microsoft/jest-sarif/package.json"));
  const schema = JSON.parse(readFileSync(join(folder, "lib/schemas/sarif-2.1.0-rtm.5.json"), "utf8"));
  const ajv = new Ajv.default({ allErrors: true, strict: false, unicodeRegExp: false });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  const errors = (log: unknown) => (validate(log) ? [] : validate.errors!.map((e) => `${e.instancePath} ${e.message}`));
  // biome-ignore lint/suspicious/noExplicitAny: a document of many levels
  const runOf = (name: SampleName): any => (toSarif(sample(name)) as any).runs[0];

  test.each(NAMES)("is valid: %s", (name) => expect(errors(toSarif(sample(name)))).toEqual([]));

  test("what is not valid is seen", () => {
    // biome-ignore lint/suspicious/noExplicitAny: a document of many levels
    const log: any = structuredClone(toSarif(sample("deadlock")));
    log.runs[0].results[0].level = "fatal";
    log.runs[0].results[0].locations[0].physicalLocation.region.startLine = 0;
    log.runs[0].results[0].codeFlows[0].threadFlows[0].locations = [];
    log.runs[0].results[0].extra = 1;
    delete log.runs[0].tool.driver.name;
    expect(errors(log).length).toBeGreaterThanOrEqual(5);
  });

  test.each([
    ["sound", [], true],
    ["not applicable", [], true],
    ["limit", [], false],
    ["simulation", [], false],
    ["deadlock", ["S2041"], true],
    ["stale", ["S2042"], true],
    ["undefined reference", ["S2021"], true],
    ["does not build", ["S2022"], true],
    ["panic", ["S2031"], true],
  ] as const)("%s: results %j", (name, rules, isSuccessful) => {
    const run = runOf(name);
    const ids: string[] = run.results.map((r: { ruleId: string }) => r.ruleId);
    expect([...new Set(ids)]).toEqual(rules);
    for (const { ruleId, ruleIndex } of run.results) expect(run.tool.driver.rules[ruleIndex].id).toBe(ruleId);
    const [invocation] = run.invocations;
    expect(invocation.executionSuccessful).toBe(isSuccessful);
    expect(invocation.exitCode).toBe(exitStatus(sample(name)));
    expect(invocation.toolExecutionNotifications.length).toBe(isSuccessful ? 0 : 1);
  });

  test.each(["deadlock", "stale"] as const)("%s: the run is all there, in order, CPU by CPU", (name) => {
    const { trace, violation } = sample(name).stages.check;
    const [finding] = runOf(name).results;
    const flows: { id: string; locations: { executionOrder: number }[] }[] = finding.codeFlows[0].threadFlows;
    const orders = flows.map((flow) => flow.locations.map((at) => at.executionOrder));
    expect(orders.map((order) => order.toSorted((a, b) => a - b))).toEqual(orders);
    expect(orders.flat().toSorted((a, b) => a - b)).toEqual(trace!.map((step) => step.step));
    for (const { id, locations } of flows) {
      for (const { executionOrder } of locations) expect(`CPU${trace![executionOrder - 1]!.cpu}`).toBe(id);
    }
    expect(finding.relatedLocations.length).toBe(violation!.waits.length);
    expect(finding.message.text).toContain(violation!.message);
  });

  test("every place is a line of a file that there is", () => {
    for (const name of NAMES) {
      JSON.stringify(runOf(name).results, (key, value) => {
        if (key === "physicalLocation") {
          const { uri, uriBaseId } = value.artifactLocation;
          const text = readFileSync(join(REPOSITORY, decodeURIComponent(uri)), "utf8");
          expect(uriBaseId).toBe("KERNEL");
          expect(value.region.startLine).toBeLessThanOrEqual(text.split("\n").length);
        }
        return value;
      });
    }
  });
});

describe("KTAP", () => {
  const outcome = (name: SampleName) => {
    const [test, ...more] = parseKtap(toKtap(sample(name)));
    expect(more).toEqual([]);
    const say = (isOk: boolean, directive?: string) => `${isOk ? "ok" : "not ok"}${directive ? ` ${directive}` : ""}`;
    expect(test!.subtests.map((sub) => sub.name)).toEqual(["configure", "link", "boot", "check"]);
    return [say(test!.isOk), ...test!.subtests.map((sub) => say(sub.isOk, sub.directive))].join(", ");
  };

  test.each([
    ["sound", "ok, ok, ok, ok, ok"],
    ["not applicable", "ok, ok, ok, ok, ok SKIP"],
    ["limit", "not ok, ok, ok, ok, not ok TIMEOUT"],
    ["simulation", "not ok, ok, ok, ok, not ok TIMEOUT"],
    ["deadlock", "not ok, ok, ok, ok, not ok"],
    ["stale", "not ok, ok, ok, ok, not ok"],
    ["undefined reference", "not ok, ok, not ok, ok SKIP, ok SKIP"],
    ["does not build", "not ok, ok, not ok, ok SKIP, ok SKIP"],
    ["panic", "not ok, ok, ok, not ok, ok SKIP"],
  ] as const)("%s: %s", (name, expected) => expect(outcome(name)).toBe(expected));

  test("the run and the waits are in the diagnostics of the check", () => {
    const { trace, violation } = sample("deadlock").stages.check;
    const check = parseKtap(toKtap(sample("deadlock")))[0]!.subtests[3]!;
    expect(check.text).toBe(`S2041 deadlock: ${violation!.message}`);
    expect(check.diagnostics.filter((line) => line.startsWith("step "))).toHaveLength(trace!.length);
    expect(check.diagnostics.filter((line) => / waits for /.test(line) && line.startsWith("CPU"))).toHaveLength(
      violation!.waits.length,
    );
  });

  test("a name cannot end a description", () => {
    const { input, stages } = sample("sound");
    const text = toKtap(finishResult({ ...input, config: "a # SKIP b\nnot ok 2 c" }, stages));
    const [test] = parseKtap(text);
    expect(test).toMatchObject({ isOk: true, directive: undefined });
    expect(test!.name).toContain("a _ SKIP b not ok 2 c");
  });

  const GOOD = "KTAP version 1\n1..1\n  KTAP version 1\n  1..2\n  # why\n  ok 1 a # SKIP b\n  ok 2\nok 1 c\n";
  test.each([
    ["", "no version line"],
    [GOOD.replace("KTAP version 1\n", "TAP version 13\n"), "no version line"],
    [GOOD.replace("1..1\n", ""), "no plan"],
    [GOOD.replace("1..2", "1..3"), "not a line of this level"],
    [GOOD.replace("1..2", "1..1"), "not a line of this level"],
    [GOOD.replace("ok 2", "ok 3"), "not number 2"],
    [GOOD.replace("  ok 2", "   ok 2"), "not a line of this level"],
    [GOOD.replace("  ok 2", "  not ok 2"), "not what its subtests say"],
    [GOOD.replace("ok 1 c", "not ok 1 c"), "not what its subtests say"],
    [GOOD.replace("# why", "why"), "no line of KTAP"],
    [GOOD.replace("SKIP", "TIMEOUT"), "ok with TIMEOUT"],
    [GOOD.replace("ok 1 c", "ok 1 c #d"), "no line of KTAP"],
    [`${GOOD}ok 2 d\n`, "more than the plan says"],
  ])("what is wrong is seen: %j", (text, error) => {
    expect(() => parseKtap(GOOD)).not.toThrow();
    expect(() => parseKtap(text)).toThrow(error);
  });
});

describe("ITF", () => {
  test.each(NAMES)("is valid: %s", (name) => {
    const { check } = sample(name).stages;
    const itf = JSON.parse(formatResult(sample(name), "itf"));
    expect(itfErrors(itf)).toEqual([]);
    expect(itf.states).toHaveLength(1 + (check.trace?.length ?? 0));
    expect(itf.vars.length > 0).toBe(check.applies);
  });

  test("the states are those of the run: what a step changes, and nothing else", () => {
    for (const name of ["deadlock", "stale"] as const) {
      const { trace } = sample(name).stages.check;
      const { states } = toItf(sample(name));
      for (const step of trace!) {
        const before = flat(states[step.step - 1]!);
        const after = flat(states[step.step]!);
        const differs = [...after].filter(([what, value]) => before.get(what) !== value).map(([what]) => what);
        const own = /^(pc|irqOff)\[(\d+)\]/;
        for (const what of differs) if (own.test(what)) expect(Number(own.exec(what)![2])).toBe(step.cpu);
        const locks = step.locks!.map(({ what }) => what);
        expect(differs.filter((what) => !own.test(what)).sort()).toEqual(
          [...step.changes.map(({ what }) => what), ...locks].sort(),
        );
        for (const { what, from, to } of step.changes) {
          expect([before.get(what), after.get(what)]).toEqual([String(from), String(to)]);
        }
        expect(after.get(`irqOff[${step.cpu}]`)).toBe(String(step.irqsOff));
      }
    }
  });

  test("at the end of a deadlock, those who wait stand where they wait, and the lock's holder holds it", () => {
    const { violation } = sample("deadlock").stages.check;
    const last = flat(toItf(sample("deadlock")).states.at(-1)!);
    for (const wait of violation!.waits) {
      expect(last.get(`pc[${wait.cpu}].${wait.context}`)).toBe(`${wait.at.fn}:${wait.at.line}`);
      if (wait.for === "lock") expect(last.get(wait.what)).toBe(`CPU${wait.on!.cpu} ${wait.on!.context}`);
    }
  });

  const good = {
    "#meta": { source: "x" },
    vars: ["a", "b"],
    states: [
      { "#meta": { index: 0 }, a: { "#bigint": "-1" }, b: [{ f: "x", g: true }] },
      { "#meta": { index: 1 }, a: { "#bigint": "20" }, b: [{ f: "", g: false }] },
    ],
    loop: 1,
  };
  // biome-ignore lint/suspicious/noExplicitAny: what is spoilt has no type any more
  test.each<[string, (trace: any) => void]>([
    ["the trace has a field extra", (t) => (t.extra = 1)],
    ["#meta is no object", (t) => (t["#meta"] = 1)],
    ["vars are no names", (t) => (t.vars = ["#a"])],
    ["vars has a name twice", (t) => t.vars.push("a")],
    ["there are no states", (t) => (t.states = [])],
    ["loop is no index of a state", (t) => (t.loop = 2)],
    ["state 1: #meta.index is not its index", (t) => (t.states[1]["#meta"].index = 0)],
    ["state 1: has no a", (t) => delete t.states[1].a],
    ["state 1: c is not in vars", (t) => (t.states[1].c = "")],
    ["state 0: a is no expression: !1", (t) => (t.states[0].a = 1)],
    ['state 0: a is no expression: !"01"', (t) => (t.states[0].a = { "#bigint": "01" })],
    ["state 0: a is no expression: !#nat", (t) => (t.states[0].a = { "#nat": "1" })],
    ["state 0: b is no expression: !null", (t) => (t.states[0].b = null)],
    ["state 1: b has another shape", (t) => t.states[1].b.push({ f: "", g: true })],
  ])("what is wrong is seen: %s", (error, spoil) => {
    expect(itfErrors(good)).toEqual([]);
    const trace = structuredClone(good);
    spoil(trace);
    expect(itfErrors(trace)).toContain(error);
  });
});

/** The elements of a state by name, as kernel TypeScript writes them: `csd[0][1].func`. */
function flat(state: Readonly<Record<string, unknown>>): Map<string, string> {
  const result = new Map<string, string>();
  const visit = (what: string, value: unknown) => {
    if (typeof value !== "object" || value === null) result.set(what, String(value));
    else if ("#bigint" in value) result.set(what, String(value["#bigint"]));
    else if (Array.isArray(value)) value.forEach((inner, index) => void visit(`${what}[${index}]`, inner));
    else for (const [field, inner] of Object.entries(value)) visit(`${what}.${field}`, inner);
  };
  for (const [name, value] of Object.entries(state)) if (name !== "#meta") visit(name, value);
  return result;
}
