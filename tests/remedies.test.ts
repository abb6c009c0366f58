/**
 * Goal: "your fix breaks X" and "what would fix it" are computed, on the real tree. Method: patches whose effect is known
 * from the report (a defect, a cure, nothing at all) through `impact`; the hole that today's Linux has through
 * `prescribe`, whose every prescription is examined again here, by itself.
 */
import {
  type Asker,
  askCell,
  type Cell,
  type CheckMode,
  cellQuestions,
  type Examination,
  examine,
  type NamedText,
  prescribe,
  SoundSystems,
} from "@shootdown/doctor";
import { beforeAll, describe, expect, it } from "vitest";
import { embeddedTree, exampleConfig, shippedPatch } from "./support/model-tree.js";

const tree = embeddedTree();
const mode: CheckMode = { kind: "search", options: { chaining: true, shortest: false } };
/** A system that was found sound is not searched again. What is examined by itself does without. */
const remembering: CheckMode = { ...mode, sound: new SoundSystems() };
const asker: Asker = {
  tree,
  mode: remembering,
  readConfig: exampleConfig,
  readPatch: (name) => shippedPatch(tree, name),
};

function changed(onto: readonly string[], patches: readonly NamedText[]): Cell[] {
  const base = onto.map((name) => shippedPatch(tree, name));
  const cells = cellQuestions(tree).map((question) => askCell(asker, question, base, patches));
  return cells.filter((cell) => cell.change !== "unchanged");
}

describe("impact", () => {
  it("names what a defect breaks, and where it changes nothing", () => {
    const cells = changed([], [shippedPatch(tree, "kmap-lock-irqs-on")]);
    const broken = cells.filter((cell) => cell.change === "broken");
    expect(broken.map((cell) => [cell.scenario, cell.configuration, cell.after])).toContainEqual([
      "kmap-dma",
      "V7 SMP HIGHMEM, cortex-a9",
      "deadlock",
    ]);
    expect(cells.map((cell) => cell.configuration)).not.toContain("V7 SMP, cortex-a9");
    expect(cells.map((cell) => cell.configuration)).not.toContain("V6 SMP HIGHMEM, arm11mpcore");
  });

  it("says when the kernel is no longer built", () => {
    const file = "arch/arm/kernel/setup.ts";
    const line = "/** @linux init/main.c start_kernel */";
    const at = tree.read(`kernel/${file}`)!.split("\n").indexOf(line) + 1;
    const patch = `Never builds.\n\n--- a/${file}\n+++ b/${file}\n@@ -${at},1 +${at},2 @@\n+static_assert(false, "not this kernel");\n ${line}\n`;
    const cells = changed([], [{ name: "never-builds", text: patch }]);
    expect(new Set(cells.map((cell) => cell.change))).toEqual(new Set(["not-built"]));
    expect(cells.length).toBeGreaterThan(0);
  });
});

describe("prescriptions for today's hole: an ARMv7 kernel on a CPU that does not broadcast", () => {
  const input: Examination = {
    tree,
    config: exampleConfig("6.12-v7-smp-highmem.config"),
    cpu: "arm11mpcore",
    sets: new Map(),
    patches: [],
    scenario: "kmap-dma",
    sizes: new Map(),
    mode,
    replayCommand: (schedule) => schedule,
  };
  let prescriptions: ReturnType<typeof prescribe>["prescriptions"] = [];
  beforeAll(() => {
    const shipped = tree.namesIn("kernel/patches", ".patch").map((name) => shippedPatch(tree, name));
    const found = examine(input);
    expect(found.stages.check.verdict).toBe("deadlock");
    ({ prescriptions } = prescribe({ ...input, mode: remembering }, found, { shipped }));
  });

  it("finds the way that takes highmem away, and one that does not but relies on the callers", () => {
    const highmem = prescriptions.find((p) => p.what === "CONFIG_HIGHMEM=n");
    expect(highmem?.takesAway).toContain("HIGHMEM");
    const v6k = prescriptions.find((p) => p.what === "CONFIG_CPU_V6K=y");
    expect(v6k?.takesAway).toEqual([]);
    expect(v6k?.obligations).toHaveLength(1);
    expect(prescriptions.indexOf(v6k!)).toBeLessThan(prescriptions.indexOf(highmem!));
  });

  it("prescribes only what passes by itself", () => {
    expect(prescriptions.length).toBeGreaterThan(0);
    for (const { words } of prescriptions) {
      const sets = new Map<string, string>();
      const patches: NamedText[] = [];
      words.forEach((word, i) => {
        if (word === "--set") sets.set(words[i + 1]!.split("=")[0]!, words[i + 1]!.split("=")[1]!);
        if (word === "--patch") patches.push(shippedPatch(tree, words[i + 1]!));
      });
      expect(sets.size + patches.length).toBe(1);
      expect(examine({ ...input, sets, patches }).verdict).toBe("sound");
    }
  });

  it("prescribes no defect that ships", () => {
    expect(prescriptions.map((p) => p.what)).not.toContain("patch forget-flush");
  });
});

describe("systems that were found sound", () => {
  const ask = (patches: readonly string[], asked: CheckMode) =>
    examine({
      tree,
      config: exampleConfig("6.12-v7-smp-highmem.config"),
      cpu: "cortex-a9",
      sets: new Map(),
      patches: patches.map((name) => shippedPatch(tree, name)),
      scenario: "kmap-dma",
      sizes: new Map(),
      mode: asked,
      replayCommand: (schedule) => schedule,
    }).stages.check;

  it("say again what they said, hide no defect, and a patch of something else makes no other system", () => {
    const sound = new SoundSystems();
    const keeping: CheckMode = { ...mode, sound };
    const first = ask([], keeping);
    expect(first.verdict).toBe("sound");
    expect(ask([], keeping)).toEqual(first);
    let searched = 0;
    const onProgress = () => searched++;
    expect(ask([], { ...mode, onProgress })).toEqual(first);
    expect(searched).toBeGreaterThan(0);
    expect(ask(["forget-flush"], keeping).verdict).toBe("stale");
    searched = 0;
    expect(ask(["vmalloc-forget-flush"], { ...keeping, onProgress })).toEqual(first);
    expect(searched).toBe(0);
  });
});
