/** Goal: a report is one line, whole on request, and the text says what lockdep does and does not see of a finding. */
import type { Lockdep } from "@shootdown/doctor";
import { describe, expect, it } from "vitest";
import { pc } from "./colours.js";
import { renderLockdep } from "./render-lockdep.js";

const frame = (fn: string, file: string, line: number) => ({ fn, file, line });
const report: Lockdep["reports"][number] = {
  kind: "inconsistent-state",
  title: "WARNING: inconsistent lock state",
  class: "kmap_lock",
  sites: [
    {
      what: "HARDIRQ-ON-W",
      context: "task",
      root: "task",
      at: {
        file: "include/linux/spinlock.ts",
        line: 9,
        column: 1,
        fn: "spin_lock",
        stack: [frame("lock_kmap", "mm/highmem.ts", 75), frame("spin_lock", "include/linux/spinlock.ts", 9)],
      },
    },
  ],
  text: "THE WHOLE REPORT",
  step: 5,
  warnsOfFinding: true,
};
const plain = (lockdep: Lockdep, isWhole = false) =>
  renderLockdep(lockdep, isWhole).map((line) => line.replaceAll(new RegExp(`${"\u001b"}\\[\\d+m`, "g"), ""));

describe(`lockdep as text${pc.isColorSupported ? "" : " without colour"}`, () => {
  it("is a line for each report, with the lock and the places in the kernel's own code", () => {
    expect(plain({ enabled: false, reports: [report] })).toEqual([
      "lockdep    1 report      CONFIG_PROVE_LOCKING is off: the kernel itself would say nothing",
      "           WARNING: inconsistent lock state: kmap_lock  mm/highmem.ts:75",
      "             at step 5 of this run; it warns of the finding",
    ]);
  });

  it("ends with the whole reports if asked", () => {
    expect(plain({ enabled: true, reports: [report] }, true).slice(-2)).toEqual(["", "THE WHOLE REPORT"]);
  });

  it("says why a finding is out of its sight", () => {
    expect(plain({ enabled: true, reports: [], cannotSee: "no lock" })).toEqual([
      "lockdep    no report     CONFIG_PROVE_LOCKING=y",
      "           does not see the finding: no lock",
    ]);
  });
});
