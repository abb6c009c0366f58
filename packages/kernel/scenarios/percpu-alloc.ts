/**
 * Percpu memory comes and goes on every CPU while the balance work runs. A task on each CPU, for ever: allocates an area, uses
 * its own copy, frees it; or, as the kworker of that CPU, runs the work when it is pending.
 *
 * An area is as large as a unit: two pages of two bits each. The first chunk, whose first half page has the kernel's static
 * variables, has no room for one; each takes a chunk, which vmalloc and the page allocator must give. Once both CPUs have freed
 * theirs, one chunk is too many.
 */
import { ipiRaised } from "../../machine/gic.ts";
import { accessMemory } from "../../machine/mmu.ts";
import { start_kernel } from "../arch/arm/kernel/setup.ts";
import { do_handle_IPI } from "../arch/arm/kernel/smp.ts";
import { lowmem_page_address } from "../include/linux/mm.ts";
import { PCPU_MIN_ALLOC_SIZE, PCPU_PAGE_SIZE, pcpuPage } from "../include/linux/percpu.ts";
import { alloc_pages } from "../mm/page_alloc.ts";
import { __alloc_percpu, free_percpu } from "../mm/percpu.ts";
import { percpu_enable_async, runBalanceWork } from "../mm/percpu-balance.ts";
import { PCPU_UNIT_PAGES, pcpu_balance_work } from "../mm/percpu-internal.ts";
import { pcpu_setup_first_chunk, pcpu_unit_offsets } from "../mm/percpu-setup.ts";
import { pcpu_create_chunk, pcpu_destroy_chunk, pcpu_populate_chunk } from "../mm/percpu-vm.ts";
import { vmalloc_to_page } from "../mm/vmalloc.ts";

const UNIT_SIZE = PCPU_UNIT_PAGES * PCPU_PAGE_SIZE;
/** log2 of the pages of the first chunk. */
const FIRST_ORDER = size("FIRST_ORDER", 2);

/** The first chunk from lowmem, as setup_per_cpu_areas() gets it from memblock. */
function bootWithPercpu(): void {
  start_kernel();
  const base = lowmem_page_address(alloc_pages(FIRST_ORDER));
  pcpu_setup_first_chunk(PCPU_MIN_ALLOC_SIZE, 0, UNIT_SIZE - PCPU_MIN_ALLOC_SIZE, UNIT_SIZE, base);
  percpu_enable_async();
}

/** The caller's own copy of an area that it has allocated. */
function useArea(ptr: u32): void {
  const addr = pcpuPage(ptr) + pcpu_unit_offsets[smp_processor_id()];
  accessMemory(addr, vmalloc_to_page(addr));
}

function allocateForEver(): void {
  for (;;) {
    if (choose(2) === 0) {
      if (pcpu_balance_work.pending) runBalanceWork();
    } else {
      const ptr = __alloc_percpu(UNIT_SIZE, PCPU_PAGE_SIZE);
      if (ptr !== NULL) {
        useArea(ptr);
        free_percpu(ptr);
      }
    }
  }
}

export const percpuAlloc = scenario({
  about: "tasks allocate, use and free percpu memory while the balance work populates, depopulates and destroys chunks",
  sizes: {
    NR_CPUS: 2,
    LAST_PKMAP: 1,
    HIGH_PAGES: 1,
    KM_MAX_IDX: 1,
    LOW_PAGES: 12,
    VMALLOC_PAGES: 8,
    LAZY_MAX_PAGES: 8,
    PCPU_PAGE_SHIFT: 3,
    PCPU_MIN_UNIT_SIZE: 16,
    PERCPU_DYNAMIC_EARLY_SIZE: 4,
    BITS_PER_LONG: 2,
    PCPU_UNIT_PAGES: 2,
    PCPU_CHUNKS: 3,
    PCPU_SLOTS: 6,
    PCPU_EMPTY_POP_PAGES_LOW: 1,
    PCPU_EMPTY_POP_PAGES_HIGH: 1,
    FIRST_ORDER: 2,
  },
  needs: ["SMP", "MMU"],
  boot: bootWithPercpu,
  tasks: everyCpu(allocateForEver),
  interrupts: whileRaised(ipiRaised, do_handle_IPI),
  witnesses: {
    "the balance work runs": reaches(runBalanceWork),
    "a chunk is made": returns(pcpu_create_chunk),
    "a chunk gets memory": returns(pcpu_populate_chunk),
    "a chunk is destroyed": reaches(pcpu_destroy_chunk),
  },
});
