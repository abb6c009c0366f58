/**
 * Goal: the real kernel tree compiles in every configuration that the reports need, and what comes out keeps the
 * contract of the intermediate form. Method: the objects that each configuration builds, given here by hand.
 */
import { readFileSync } from "node:fs";
import { type Module, printModule, verify } from "@shootdown/ir";
import { describe, expect, it } from "vitest";
import { type CompileResult, compile } from "./compile.js";
import { PRELUDE } from "./prelude.js";
import { readScenario } from "./scenario.js";

const packages = new URL("../../", import.meta.url);
const tree = {
  read(path: string): string | undefined {
    try {
      return readFileSync(new URL(path, packages), "utf8");
    } catch {
      return undefined;
    }
  },
};

const SYMBOLS = new Set([
  "SMP",
  "MMU",
  "HIGHMEM",
  "CPU_V7",
  "CPU_V6K",
  "CPU_TLB_V6",
  "CPU_CACHE_VIVT",
  "ARM_ERRATA_798181",
  "KMAP_LOCAL",
  "DEBUG_KMAP_LOCAL",
  "DEBUG_PAGEALLOC",
]);
const SCENARIO = "kernel/scenarios/kmap-dma.ts";
const ALWAYS = [
  "kernel/arch/arm/kernel/setup.ts",
  "kernel/arch/arm/mm/mmu.ts",
  "kernel/arch/arm/mm/dma-mapping.ts",
  "kernel/kernel/sched/core.ts",
];
const MAPPING = [
  "kernel/arch/arm/mm/pageattr.ts",
  "kernel/mm/page_alloc.ts",
  "kernel/mm/vmalloc.ts",
  "kernel/mm/vmap-block.ts",
];
const SMP = ["kernel/kernel/smp.ts", "kernel/arch/arm/kernel/smp.ts"];

function build(on: readonly string[]): CompileResult {
  const config = new Map(on.map((name) => [name, true]));
  const objects = [
    ...ALWAYS,
    ...(config.has("SMP") ? SMP : []),
    ...(config.has("SMP") && config.has("MMU") ? ["kernel/arch/arm/kernel/smp_tlb.ts"] : []),
    ...(config.has("MMU") ? MAPPING : []),
    ...(config.has("HIGHMEM") ? ["kernel/mm/highmem.ts"] : []),
  ];
  return compile({
    tree,
    roots: [SCENARIO, ...objects],
    objects: new Set(objects),
    config,
    symbols: SYMBOLS,
    sizes: readScenario(tree, SCENARIO)!.sizes,
  });
}

function module(on: readonly string[]): Module {
  const result = build(on);
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics, undefined, 1));
  expect(verify(result.module)).toEqual([]);
  return result.module;
}

describe("the kernel tree", () => {
  it.each([
    [["SMP", "MMU", "HIGHMEM", "CPU_V7"]],
    [["SMP", "MMU", "HIGHMEM", "CPU_TLB_V6", "CPU_V6K"]],
    [["SMP", "MMU", "HIGHMEM", "CPU_V7", "ARM_ERRATA_798181"]],
    [["SMP", "MMU"]],
    [["SMP"]],
    [["MMU", "HIGHMEM"]],
    [["MMU"]],
    [[]],
  ])("compiles and verifies with %s", (on) => {
    module(on);
  });

  it("links what the configuration builds", () => {
    expect([...module(["SMP", "MMU", "HIGHMEM"]).undefinedFunctions.keys()]).toEqual([]);
    const noHighmem = module(["SMP", "MMU"]);
    expect(noHighmem.functions.has("kmap_high")).toBe(false);
    expect(noHighmem.undefinedFunctions.get("kmap_high_get")?.file).toBe("mm/highmem.ts");
    expect([...module(["SMP", "HIGHMEM"]).undefinedFunctions]).toContainEqual([
      "flush_tlb_kernel_range",
      expect.objectContaining({
        file: "arch/arm/kernel/smp_tlb.ts",
        at: expect.objectContaining({ file: "mm/highmem.ts", fn: "flush_all_zero_pkmaps" }),
      }),
    ]);
  });

  it("knows state of a file that is not linked only where a witness reads it", () => {
    expect(module(["SMP", "MMU"]).globals.has("page_address_map")).toBe(true);
    expect(module(["SMP", "MMU"]).globals.has("pkmap_count")).toBe(false);
  });

  it("reads the scenario", () => {
    const result = build(["SMP", "MMU", "HIGHMEM"]);
    expect(result.ok && result.scenarios).toMatchObject([
      {
        name: "kmap-dma",
        boot: "start_kernel",
        applies: { when: "highmemIsInUse", otherwise: "there is no highmem to map" },
        tasks: [{ cpu: "every", body: "writePagesForEver" }],
        interrupts: [{ handler: "networkInterrupt" }, { raised: "ipiRaised", handler: "do_handle_IPI" }],
        softirqs: [],
        hardware: [{ handler: "walkerSpeculates" }],
        at: { file: "scenarios/kmap-dma.ts" },
      },
    ]);
    const scenario = result.ok ? result.scenarios[0]! : undefined;
    expect([...scenario!.sizes]).toEqual([
      ["NR_CPUS", 2],
      ["LAST_PKMAP", 1],
      ["HIGH_PAGES", 2],
      ["KM_MAX_IDX", 1],
    ]);
    expect(scenario!.witnesses).toContainEqual({
      name: "a flush is sent while another CPU waits for kmap_lock",
      kind: "reaches",
      fn: "flush_tlb_kernel_range",
      condition: "anotherCpuWaitsForKmapLock",
    });
  });

  it("follows an alias to the function that the configuration chose", () => {
    const callees = (on: readonly string[]) =>
      module(on)
        .functions.get("flush_all_zero_pkmaps")!
        .blocks.flatMap((block) => block.instrs)
        .flatMap((instr) => (instr.kind === "call" ? [JSON.stringify(instr.callee)] : []))
        .join();
    expect(callees(["MMU", "HIGHMEM"])).toContain("local_flush_tlb_kernel_range");
    expect(callees(["SMP", "MMU", "HIGHMEM"])).not.toContain("local_flush_tlb_kernel_range");
  });

  it("leaves out a witness that the configuration cannot reach", () => {
    const witnesses = (on: readonly string[]) => {
      const result = build(on);
      return result.ok ? result.scenarios[0]!.witnesses.map((witness) => witness.name) : [];
    };
    expect(witnesses(["SMP", "MMU", "HIGHMEM"])).toContain("a task sleeps for a slot");
    expect(witnesses(["MMU", "HIGHMEM"])).not.toContain("a task sleeps for a slot");
  });

  it("compiles to the same module twice", () => {
    const on = ["SMP", "MMU", "HIGHMEM", "CPU_V7"];
    expect(printModule(module(on))).toBe(printModule(module(on)));
  });

  it("refuses at compile time what the source asserts", () => {
    const result = build(["SMP", "MMU", "HIGHMEM", "CPU_TLB_V6", "CPU_CACHE_VIVT"]);
    expect(!result.ok && result.diagnostics).toMatchObject([
      {
        code: "K1105",
        kind: "static_assert",
        file: "arch/arm/include/asm/highmem.ts",
        message: "The sum of features in your kernel config cannot be supported together",
      },
    ]);
  });
});

describe("the prelude", () => {
  it("is the text of kernel.d.ts (npm run prelude)", () => {
    expect(PRELUDE).toBe(readFileSync(new URL("../kernel.d.ts", import.meta.url), "utf8"));
  });
});
