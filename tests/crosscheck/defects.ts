/**
 * For each scenario, a configuration on which it is sound and a patch that ships with which it is not. A scenario that is
 * not listed here fails the cross-check: without a defect nobody knows whether it can find any.
 */
import type { Question } from "./systems.js";

export interface Defect extends Question {
  /** The patch that plants the defect, or brings one back. */
  readonly patch: string;
  /** Sizes at which every engine searches the sound system in a second. Some are too small for the defect to show. */
  readonly small?: Readonly<Record<string, number>>;
  /** The same for the system with the defect. */
  readonly planted?: Readonly<Record<string, number>>;
}

const IPI = { config: "6.1-arm11mpcore-smp-highmem", cpu: "arm11mpcore" };
const BROADCAST = { config: "6.12-v7-smp-highmem", cpu: "cortex-a9" };
const NOMMU = { config: "6.12-rclass-smp-nommu", cpu: "cortex-r5" };
const VIVT = { config: "6.12-v7-smp-highmem", cpu: "arm926", set: { SMP: "n", CPU_V7: "n", CPU_ARM926T: "y" } };

export const DEFECTS: readonly Defect[] = [
  {
    scenario: "debug-pagealloc",
    ...IPI,
    set: { DEBUG_PAGEALLOC: "y" },
    patch: "debug-pagealloc-flush-all",
    small: { LOW_PAGES: 2 },
    planted: { LOW_PAGES: 2 },
  },
  { scenario: "kmap-alias", ...VIVT, patch: "kmap-atomic-alias" },
  { scenario: "kmap-dma", ...BROADCAST, patch: "forget-flush", small: { HIGH_PAGES: 1 } },
  {
    scenario: "kmap-local-switch",
    ...BROADCAST,
    set: { DEBUG_KMAP_LOCAL: "y" },
    patch: "kmap-local-guard-pte-none",
  },
  { scenario: "percpu-alloc", ...BROADCAST, patch: "percpu-destroy-populated" },
  { scenario: "percpu-area-map", ...BROADCAST, patch: "percpu-free-under-lock", small: { CHUNK_AREAS: 1 } },
  // Interrupts for ever: with one, the other CPU would still take and leave interrupts, and Spin see no deadlock.
  { scenario: "percpu-atomic", ...BROADCAST, patch: "percpu-free-irqs-on", planted: { INTERRUPTS: 0 } },
  { scenario: "percpu-no-memory", ...BROADCAST, patch: "revert-percpu-unmap-failing-cpu" },
  { scenario: "percpu-reclaim", ...BROADCAST, patch: "percpu-reclaim-forget-flush" },
  { scenario: "percpu-second-chunk", ...NOMMU, patch: "empty-flush-stub" },
  { scenario: "percpu-under-reclaim", ...BROADCAST, patch: "percpu-balance-gfp-kernel" },
  { scenario: "set-memory", ...IPI, patch: "set-memory-irqs-off" },
  { scenario: "vmalloc-lazy-purge", ...BROADCAST, patch: "vmalloc-forget-flush" },
  {
    scenario: "vmap-blocks",
    ...BROADCAST,
    patch: "vmap-block-wrong-queue",
    small: { VMALLOC_PAGES: 2 },
  },
];

/** The questions without their defects, and with them. */
export function everyDefect(): Question[] {
  return DEFECTS.flatMap(({ patch, small: _, planted: __, ...question }) => [
    question,
    { ...question, patches: [patch] },
  ]);
}
