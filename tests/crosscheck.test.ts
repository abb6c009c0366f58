/**
 * Goal: on every scenario of the model tree, all engines mean the same system: the unreduced search stores as many states
 * as Spin does of the exported Promela, the reduced one gives the same verdict and a shortest run of the same length, and
 * the interpreter agrees in everything; also with a defect in the code, by verdict.
 * Method: `crosscheck/compare.ts`, on one configuration of each scenario at a size of seconds. `npm run crosscheck` goes
 * through all configurations, patches and sizes. Without Spin the rest is compared.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exportPromela, type System } from "@shootdown/checker";
import { prepare, preparedSystem, scenarioNames } from "@shootdown/doctor";
import { describe, expect, test } from "vitest";
import { compare } from "./crosscheck/compare.js";
import { DEFECTS } from "./crosscheck/defects.js";
import { missingTools } from "./crosscheck/spin.js";
import { everyScenario, everyVariant, modelTree, type Question, systemFor } from "./crosscheck/systems.js";
import { exampleConfig } from "./support/model-tree.js";

/** States that the interpreter searches: about a second. */
const REFERENCE_STATES = 8_000;
/** What needs more is not a size of seconds. Compiling Spin's verifier well would take longer than running it. */
const MAX_STATES = 200_000;
const OPTIONS = {
  spinStates: MAX_STATES,
  referenceStates: REFERENCE_STATES,
  spin: missingTools().length > 0 ? undefined : ({ hashLog: 18, maxDepth: 1_000_000, optimisation: 0 } as const),
};

/** Spin and gcc take 20 s for each export of these: of the system with a defect only `npm run crosscheck` asks Spin. */
const LARGE = ["percpu-alloc", "percpu-atomic", "percpu-reclaim"];

function built(question: Question): System {
  const system = systemFor(question);
  if (typeof system === "string") throw new Error(system);
  return system;
}

describe.each(scenarioNames(modelTree()))("%s", (scenario) => {
  const defect = DEFECTS.find((entry) => entry.scenario === scenario);

  test("is listed in tests/crosscheck/defects.ts, with a patch that breaks it", () => {
    expect(defect).toBeDefined();
  });

  test.skipIf(!defect)("is sound, and every engine says the same", () => {
    const { verdict, failures, states, spinStates, unexported } = compare(
      built({ ...defect!, sizes: defect!.small }),
      OPTIONS,
    );
    expect(failures).toEqual([]);
    expect(verdict).toBe("sound");
    if (!OPTIONS.spin) return;
    expect(unexported).toBeUndefined();
    expect(spinStates).toBe(states);
  });

  test.skipIf(!defect)("with its defect it is not, and every engine says the same", () => {
    const { verdict, failures, isUnseen } = compare(
      built({ ...defect!, patches: [defect!.patch], sizes: defect!.planted }),
      LARGE.includes(scenario) ? { ...OPTIONS, spin: undefined } : OPTIONS,
    );
    expect(failures).toEqual([]);
    expect(["assertion", "deadlock"]).toContain(verdict);
    expect(isUnseen ?? false).toBe(false);
  });
});

test("the long run asks every scenario on every configuration, and every patch", () => {
  const scenarios = new Set(everyScenario().map((question) => question.scenario));
  expect([...scenarios]).toEqual(scenarioNames(modelTree()));
  const patches = new Set(everyVariant().flatMap((question) => question.patches ?? []));
  expect([...patches]).toEqual(expect.arrayContaining([...modelTree().namesIn("kernel/patches", ".patch")]));
});

describe("loops without a bound that can be seen", () => {
  const FOLDER = join(import.meta.dirname, "fixtures/promela");
  const question = { config: "6.12-v7-smp-highmem", cpu: "cortex-a9" };
  const text = (name: string) => ({ name, text: readFileSync(join(FOLDER, `${name}.patch`), "utf8") });
  const system = (...names: string[]) =>
    preparedSystem(
      prepare({
        tree: modelTree(),
        config: exampleConfig(`${question.config}.config`),
        cpu: question.cpu,
        patches: names.map(text),
        scenario: "loops",
        sizes: new Map(),
        sets: new Map(),
      }),
    );

  test("a bitmap, a list by index and nested loops are searched alike by every engine", () => {
    const { verdict, failures, states } = compare(system("loops"), OPTIONS);
    expect(failures).toEqual([]);
    expect([verdict, states]).toEqual(["sound", 345]);
  });

  test.each(["loops-off-by-one", "loops-endless"])("and with a defect: %s", (name) => {
    const { verdict, failures } = compare(system("loops", name), OPTIONS);
    expect(failures).toEqual([]);
    expect(verdict).toBe("assertion");
  });

  test.skipIf(!OPTIONS.spin)("a comparison can fail", () => {
    const promela = exportPromela(system("loops"));
    const broken = promela.replace(/= (\w+) \+ 1;/, "= $1 + 2;");
    expect(broken).not.toBe(promela);
    expect(compare(system("loops"), { ...OPTIONS, promela: broken }).failures).not.toEqual([]);
  });
});

test.skipIf(!OPTIONS.spin)("a comparison can fail in code that large steps share", () => {
  const { patch: _, ...question } = DEFECTS.find(({ scenario }) => scenario === "percpu-second-chunk")!;
  const shared = built(question);
  const promela = exportPromela(shared);
  const at = promela.indexOf("/* what several steps come to */");
  expect(at).toBeGreaterThan(0);
  const broken = promela.slice(0, at) + promela.slice(at).replace(/(alloc_map\[[^\]]+\]) = /, "$1 = 1 | ");
  expect(broken).not.toBe(promela);
  expect(compare(shared, { ...OPTIONS, promela: broken }).failures).not.toEqual([]);
});
