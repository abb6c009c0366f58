/**
 * Goal: the link half of report 1 on a tree of its shape: the 2x2 matrix of stub and reclaim, ld's words, why the reference
 * is alive or dead, and the Kconfig change that follows from the conditions.
 * Method: files of `fixtures/link` are laid over the real tree, whose `NEED_PER_CPU_KM` is put back to `depends on !SMP`;
 * the R-class configuration is examined, and each remedy again with its own patch.
 */
import { type Examination, examine, linkerLines, linkRemedies, type Result } from "@shootdown/doctor";
import { describe, expect, it } from "vitest";
import { embeddedTree, exampleConfig } from "./support/model-tree.js";
import { readText } from "./support/repository.js";

const fixture = (name: string) => readText(`tests/fixtures/link/${name}`);

function treeOf(stub: "now" | "old", reclaimFlushes: boolean) {
  const tree = embeddedTree();
  const percpu = fixture("percpu.ts").replace("RECLAIM_FLUSHES = true", `RECLAIM_FLUSHES = ${reclaimFlushes}`);
  const makefile = `${tree.read("kernel/mm/Makefile")}\nobj-y += percpu.o\nifndef CONFIG_NEED_PER_CPU_KM\nobj-y += percpu-vm.o\nelse\nobj-y += percpu-km.o\nendif\n`;
  const km = [
    "/** Nothing is mapped. */",
    "export function pcpu_post_unmap_tlb_flush(_start: u8, _end: u8): void {}",
    "export function pcpu_map_pages(_start: u8, _end: u8): i32 {",
    "  return 0;",
    "}",
    "",
  ];
  return tree.with(
    new Map([
      ["kernel/mm/percpu.ts", percpu],
      ["kernel/mm/percpu-vm.ts", fixture("percpu-vm.ts")],
      ["kernel/mm/percpu-km.ts", km.join("\n")],
      ["kernel/include/linux/map-stub.ts", fixture(`stub-${stub}.ts`)],
      ["kernel/mm/Makefile", makefile],
      ["kernel/mm/Kconfig", tree.read("kernel/mm/Kconfig")!.replace("depends on !SMP || !MMU", "depends on !SMP")],
    ]),
  );
}

function inputOf(stub: "now" | "old", reclaimFlushes: boolean, sets: Examination["sets"] = new Map()): Examination {
  return {
    tree: treeOf(stub, reclaimFlushes),
    config: exampleConfig("6.12-rclass-smp-nommu.config"),
    cpu: "cortex-r5",
    sets,
    patches: [],
    scenario: "kmap-dma",
    sizes: new Map(),
    mode: { kind: "search", options: { chaining: true } },
    replayCommand: (schedule) => schedule,
  };
}

const linkOf = (result: Result) => result.stages.link;

describe("the 2x2 matrix", () => {
  it.each([
    ["now", true, "undefined-reference"],
    ["now", false, "undefined-reference"],
    ["old", true, "undefined-reference"],
    ["old", false, "links"],
  ] as const)("stub of %s, reclaim flushes: %s", (stub, flushes, verdict) => {
    const link = linkOf(examine(inputOf(stub, flushes)));
    expect(link.verdict).toBe(verdict);
    expect(link.undefined.map(({ symbol }) => symbol)).toEqual(verdict === "links" ? [] : ["flush_tlb_kernel_range"]);
  });

  it("ld's words, and the fact that keeps the error path alive", () => {
    const link = linkOf(examine(inputOf("now", false)));
    expect(linkerLines(link)).toEqual([
      "arm-linux-gnueabihf-ld: mm/percpu.o: in function 'pcpu_post_unmap_tlb_flush':",
      "mm/percpu-vm.ts:12: undefined reference to 'flush_tlb_kernel_range'",
    ]);
    const [reference] = link.undefined;
    expect(reference).toMatchObject({
      holder: "pcpu_balance_workfn",
      path: ["pcpu_balance_workfn"],
      isUncertain: false,
    });
    const branch = reference!.steps.find((step) => step.kind === "branch" && step.condition === "err < 0");
    expect(branch).toMatchObject({
      holds: true,
      isAlways: true,
      because: [{ text: "map_pages_noflush() returns -22", file: "include/linux/map-stub.ts", line: 6 }],
    });
    expect(reference!.definers).toMatchObject([{ object: "arch/arm/kernel/smp_tlb.o", built: false }]);
  });

  it("and the range that kills it", () => {
    const [dropped] = linkOf(examine(inputOf("old", false))).dropped.filter(({ byConstants }) => !byConstants);
    expect(dropped).toMatchObject({ symbol: "flush_tlb_kernel_range", isUncertain: false });
    expect(dropped!.because.map(({ text }) => text)).toEqual([
      "never err < 0",
      "map_pages_noflush() returns 0 to 255",
      "never false",
    ]);
  });
});

describe("names that no object misses together", () => {
  const input = inputOf("now", false);
  const caller = 'import { absent } from "./absent.ts";\nexport function calls(): void {\n  absent();\n}\n';
  const files = new Map([
    ["kernel/mm/absent.ts", "export function absent(): void {}\n"],
    ["kernel/mm/caller.ts", caller],
    ["kernel/mm/Makefile", `${input.tree.read("kernel/mm/Makefile")}\nobj-y += caller.o\n`],
  ]);
  const alone = linkOf(examine(input)).undefined;
  const both = linkOf(examine({ ...input, tree: input.tree.with(files) })).undefined;

  it("are all found, each once", () => {
    expect(both.map(({ symbol, object }) => [symbol, object])).toEqual([
      ["flush_tlb_kernel_range", "mm/percpu.o"],
      ["absent", "mm/caller.o"],
    ]);
  });

  it("each as if it were missing alone", () => {
    expect(both.slice(0, 1)).toEqual(alone);
  });
});

describe("remedies follow from the conditions", () => {
  const input = inputOf("now", true);
  const found = examine(input);
  const remedies = linkRemedies(input.tree, found);

  it("the dependency that lets reference and definition part is weakened", () => {
    const [remedy] = remedies;
    expect(remedy?.what).toBe("mm/Kconfig: NEED_PER_CPU_KM: depends on !SMP || !MMU");
    const fixed = examine({ ...input, patches: [remedy!.patch] });
    expect(linkOf(fixed).verdict).toBe("links");
    expect(fixed.stages.configure.symbols.NEED_PER_CPU_KM).toBe("y");
  });

  it("an empty stub is among them, and links", () => {
    const stub = remedies.find(({ isTempting }) => isTempting);
    expect(linkOf(examine({ ...input, patches: [stub!.patch] })).verdict).toBe("links");
  });

  it("none where nothing is undefined", () => {
    const fine = inputOf("old", false);
    expect(linkRemedies(fine.tree, examine(fine))).toEqual([]);
  });
});
