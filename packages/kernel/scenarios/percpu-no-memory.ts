/**
 * Memory runs out at every point: any page and any page table may be refused. A task allocates percpu memory, uses it if it
 * gets it, and frees it, for ever. Whatever fails, no page may stay mapped that the chunk does not have, and none that it has be unmapped.
 */
import { ipiRaised } from "../../machine/gic.ts";
import { NR_CPUS } from "../../machine/memory-map.ts";
import { pte } from "../../machine/mmu.ts";
import { do_handle_IPI } from "../arch/arm/kernel/smp.ts";
import { test_bit } from "../include/linux/bitmap.ts";
import { __alloc_percpu, free_percpu } from "../mm/percpu.ts";
import { PCPU_UNIT_PAGES, pcpu_chunk_addr, pcpu_chunk_fixed, populated } from "../mm/percpu-internal.ts";
import { pcpu_populate_chunk } from "../mm/percpu-vm.ts";
import { PAGE, start_kernel_with_percpu, useArea } from "./support/percpu.ts";

/** The chunk behind the first one. */
const SECOND = 1;
/** An area of a whole unit: only a chunk that is free from end to end has it, and all its pages are mapped at once. */
const UNIT = 2 * PAGE;

/** Nobody is at it: the second chunk has exactly the mappings that it says. */
function checkMappings(): void {
  const isMade = pcpu_chunk_fixed[SECOND].base_addr !== 0;
  for (let cpu: u8 = 0; cpu < NR_CPUS; cpu++) {
    for (let i = 0; i < PCPU_UNIT_PAGES; i++) {
      const isMapped = isMade && pte[pcpu_chunk_addr(SECOND, cpu, i)] !== 0;
      const isPopulated = isMade && test_bit(i, populated[SECOND]);
      lost_if(isMapped && !isPopulated, "a page that the chunk does not have, and that is free, is still mapped");
      lost_if(isPopulated && !isMapped, "a page that the chunk has is not mapped");
    }
  }
}

function allocateForEver(): void {
  for (;;) {
    const area = __alloc_percpu(UNIT, PAGE);
    checkMappings();
    witness("an allocation fails", area === NULL);
    if (area !== NULL) useArea(area);
    free_percpu(area);
  }
}

export const percpuNoMemory = scenario({
  about: "a task allocates percpu memory while any page and any page table may be refused",
  sizes: {
    NR_CPUS: 2,
    LAST_PKMAP: 1,
    HIGH_PAGES: 1,
    KM_MAX_IDX: 1,
    LOW_PAGES: 8,
    VMALLOC_PAGES: 4,
    LAZY_MAX_PAGES: 8,
    FAIL_PAGE_ALLOC: 1,
    PCPU_PAGE_SHIFT: 3,
    PCPU_MIN_ALLOC_SHIFT: 2,
    BITS_PER_LONG: 2,
    PCPU_UNIT_PAGES: 2,
    PCPU_MIN_UNIT_SIZE: 16,
    PERCPU_DYNAMIC_EARLY_SIZE: 4,
    PCPU_CHUNKS: 3,
    PCPU_SLOTS: 8,
    PCPU_SLOT_BASE_SHIFT: 3,
    PCPU_SLOT_FAIL_THRESHOLD: 1,
    PCPU_EMPTY_POP_PAGES_LOW: 0,
    PCPU_EMPTY_POP_PAGES_HIGH: 0,
  },
  needs: ["SMP", "MMU"],
  boot: start_kernel_with_percpu,
  tasks: onCpu(0, allocateForEver),
  interrupts: whileRaised(ipiRaised, do_handle_IPI),
  witnesses: {
    "an allocation fails": "in code",
    "pages are asked for": reaches(pcpu_populate_chunk),
  },
});
