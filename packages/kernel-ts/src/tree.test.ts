/**
 * Goal: the real kernel tree compiles in every configuration that the reports need, and what comes out keeps the
 * contract of the intermediate form. Method: the objects that the configurations build, given here by hand.
 */
import { readFileSync } from "node:fs";
import { printModule, verify } from "@shootdown/ir";
import { describe, expect, it } from "vitest";
import { compile } from "./compile.js";
import { readScenario } from "./scenario.js";

const root = new URL("../../", import.meta.url);
const tree = {
  read(path: string): string | undefined {
    try {
      return readFileSync(new URL(path, root), "utf8");
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
]);
const SCENARIO = "kernel/scenarios/kmap-dma.ts";
const ALWAYS = [
  "kernel/arch/arm/kernel/setup.ts",
  "kernel/arch/arm/mm/mmu.ts",
  "kernel/arch/arm/mm/dma-mapping.ts",
  "kernel/kernel/sched/core.ts",
];
const SMP = ["kernel/kernel/smp.ts", "kernel/arch/arm/kernel/smp.ts"];
const SMP_MMU = ["kernel/arch/arm/kernel/smp_tlb.ts"];
const HIGHMEM = ["kernel/mm/highmem.ts"];

function build(on: readonly string[]) {
  const config = new Map(on.map((name) => [name, true]));
  const objects = [
    ...ALWAYS,
    ...(config.has("SMP") ? SMP : []),
    ...(config.has("SMP") && config.has("MMU") ? SMP_MMU : []),
    ...(config.has("HIGHMEM") ? HIGHMEM : []),
  ];
  const head = readScenario(tree, SCENARIO)!;
  const result = compile({
    tree,
    roots: [SCENARIO, ...objects],
    objects: new Set(objects),
    config,
    symbols: SYMBOLS,
    sizes: head.sizes,
  });
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics, undefined, 1));
  return result;
}

describe("the kernel tree", () => {
  it("compiles", () => {
    const r = build(["SMP", "MMU", "HIGHMEM", "CPU_V7"]);
    console.log(printModule(r.module));
    console.log(JSON.stringify(r.scenarios, null, 1), r.warnings);
    expect(verify(r.module)).toEqual([]);
  });
});
