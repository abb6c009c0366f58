/**
 * Goal: the exported Promela means the same system at the same step. Method: Spin itself, where it is installed: the
 * same verdict and, where sound, the same number of states. Without Spin these tests are skipped, by name.
 */
import { exportPromela, search } from "@shootdown/checker";
import { describe, expect, it } from "vitest";
import { FAULTY } from "../packages/checker/src/faulty-fixtures.js";
import { ipi, levels, SOUND, twoCpusOneLock } from "../packages/checker/src/fixtures.js";
import { missingTools, runSpin } from "./crosscheck/spin.js";

const withoutSpin = missingTools().length > 0;
const SMALL = { hashLog: 16, maxDepth: 100_000, optimisation: 0 } as const;

describe.skipIf(withoutSpin)("Spin", () => {
  it.each(SOUND)("stores as many states: %s", (_, make) => {
    const system = make();
    expect(runSpin(exportPromela(system), SMALL)).toMatchObject({ verdict: "sound", states: search(system).states });
  });

  it.each(FAULTY.map((faulty) => [faulty.name, faulty] as const))("finds %s", (_, { kind, system }) => {
    expect(runSpin(exportPromela(system()), SMALL).verdict).toBe(kind === "deadlock" ? "deadlock" : "assertion");
  });

  it("finds an IPI that cannot be answered", () => {
    expect(runSpin(exportPromela(ipi(true)), SMALL).verdict).toBe("deadlock");
  });
});

describe("the exported text", () => {
  it("is the same twice", () => {
    expect(exportPromela(levels())).toBe(exportPromela(levels()));
  });

  it("says where each step is", () => {
    expect(exportPromela(twoCpusOneLock())).toContain("/* fixture.ts:101 task */");
  });

  it("has no process that starts others", () => {
    expect(exportPromela(twoCpusOneLock())).not.toMatch(/^init\b|\brun [a-z_0-9]+\(/m);
  });
});
