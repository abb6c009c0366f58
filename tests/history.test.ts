/**
 * The history series: every prefix of it applies, compiles and boots, on each kind of kernel that the examples hold; and
 * the names that `treeAt` takes and refuses.
 */
import { InputError, inputErrorText, prepare, readHistory, treeAt } from "@shootdown/doctor";
import { describe, expect, test } from "vitest";
import { embeddedTree, exampleConfig } from "./support/model-tree.js";

const tree = embeddedTree();
const history = readHistory(tree);
const highmem = (at: string) => treeAt(tree, at).read("kernel/arch/arm/include/asm/highmem.ts")!;

describe("the series", () => {
  test("is numbered, newest first, and says what each patch takes back", () => {
    history.forEach((entry, index) => {
      expect(entry.name).toMatch(new RegExp(`^${String(index + 1).padStart(4, "0")}-[a-z0-9-]+$`));
      expect(entry.since).toMatch(/^v\d+(\.\d+)+$/);
      expect(entry.about).toMatch(/^Before it, .*\.$/);
    });
    // Releases as one number each: no part of one reaches 1000.
    const ages = history.map((entry) => {
      const [a = 0, b = 0, c = 0] = entry.since.slice(1).split(".").map(Number);
      return (a * 1000 + b) * 1000 + c;
    });
    expect(ages).toEqual(ages.toSorted((a, b) => b - a));
  });

  const states = ["v6.12", ...history.map((entry) => entry.at), "v2.6.33"];
  const kernels: [string, string][] = [
    ["6.1-arm11mpcore-smp-highmem.config", "arm11mpcore"],
    ["6.12-v7-smp-highmem.config", "cortex-a9"],
    ["6.12-rclass-smp-nommu.config", "cortex-r5"],
  ];
  // Report 1: after its cause and before its fix, SMP without MMU does not link; nor before there was a stub to map with.
  const unlinked = ["93274f1dd6b0", "f183324133ea", "4ad0ae8c64ac", "7e5a69e83ba7", "7929eb9cf643", "v2.6.33"];
  // Kernels with an MMU take turns.
  const cases = states.flatMap((at, i) =>
    [kernels[i % 2]!, kernels[2]!].map(([name, cpu]) => [at, name, cpu] as const),
  );
  test.each(cases)("at %s compiles, links and boots: %s on %s", (at, name, cpu) => {
    const { stages } = prepare({
      tree,
      config: exampleConfig(name),
      cpu,
      at,
      patches: [],
      scenario: "kmap-dma",
      sizes: new Map(),
      sets: new Map(),
    });
    const isUnlinked = cpu === "cortex-r5" && unlinked.includes(at);
    const expected = isUnlinked ? ["undefined-reference", "skipped"] : ["links", "boots"];
    expect([stages.link.verdict, stages.boot.verdict]).toEqual(expected);
  });
});

describe("treeAt", () => {
  test("a release takes back what it did not have yet", () => {
    expect(highmem("v6.12")).toBe(tree.read("kernel/arch/arm/include/asm/highmem.ts"));
    expect(highmem("v3.9")).toContain("ARM_ERRATA_798181");
    expect(highmem("v3.8")).not.toContain("ARM_ERRATA_798181");
    expect(highmem("v2.6.38")).toContain("CPU_TLB_V6");
    expect(highmem("2.6.37.6")).not.toContain("CPU_TLB_V6");
    expect(highmem("v2.6.35")).toContain("ARCH_NEEDS_KMAP_HIGH_GET = true");
  });

  test("a commit is the state right after it, by the beginning of its id, the whole id, or a name", () => {
    expect(highmem("93dc68")).toContain("ARM_ERRATA_798181");
    expect(highmem("93dc68876b608da041fe40ed39424b0fcd5aa2fb")).toBe(highmem("93dc68876b60"));
    expect(highmem("arm-highmem-without-tlb-broadcast")).toContain("CPU_TLB_V6");
    expect(highmem("39af22a79232")).not.toContain("CPU_TLB_V6");
  });

  test.each([
    ["v2.6.32", "back to v2.6.33"],
    ["v6.13", "back to v2.6.33"],
    ["v2.6.3x", "did you mean v2.6.3"],
    ["93dc69", "no commit that the history knows"],
    ["93d", "no commit"],
    ["", "no release"],
  ])("%j is not known", (at, words) => {
    expect(() => treeAt(tree, at)).toThrow(InputError);
    try {
      treeAt(tree, at);
    } catch (error) {
      expect(inputErrorText(error as InputError)).toContain(words);
    }
  });
});
