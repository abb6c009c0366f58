/**
 * What the cross-check compares: sound and faulty, two and three CPUs, flush by IPI and by hardware broadcast. Sizes
 * are chosen so that each takes seconds; the scenario's own are larger with three CPUs.
 */
import type { Configuration } from "./kmap-dma.js";

const IPI = { config: "6.1-arm11mpcore-smp-highmem", cpu: "arm11mpcore" };
const BROADCAST = { config: "6.12-v7-smp-highmem", cpu: "cortex-a9" };
/** A kernel for ARMv7 on a CPU that broadcasts nothing. */
const MISMATCH = { config: "6.12-v7-smp-highmem", cpu: "arm11mpcore" };

export const CONFIGURATIONS: readonly Configuration[] = [
  { ...IPI, patches: [], sizes: {} },
  { ...IPI, patches: [], sizes: { LAST_PKMAP: 2 } },
  { ...IPI, patches: [], sizes: { NR_CPUS: 3, HIGH_PAGES: 1 } },
  { ...IPI, patches: ["report2-kmap-high-get"], sizes: {} },
  { ...IPI, patches: ["report2-kmap-high-get"], sizes: { NR_CPUS: 3, HIGH_PAGES: 1 } },
  { ...IPI, patches: ["report2-kmap-high-get"], sizes: { NR_CPUS: 3 } },
  { ...BROADCAST, patches: [], sizes: {} },
  { ...BROADCAST, patches: [], sizes: { LAST_PKMAP: 2 } },
  { ...BROADCAST, patches: [], sizes: { NR_CPUS: 3, HIGH_PAGES: 1 } },
  { ...BROADCAST, patches: ["forget-flush"], sizes: {} },
  { ...BROADCAST, patches: ["forget-flush"], sizes: { NR_CPUS: 3 } },
  { ...BROADCAST, patches: ["kmap-lock-irqs-on"], sizes: {} },
  { ...MISMATCH, patches: [], sizes: {} },
];
