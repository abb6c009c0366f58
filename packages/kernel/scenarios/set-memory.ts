/**
 * Two flushes meet. A task on each CPU takes away the mapping of a page of its own and gives it back, for ever: each
 * time it flushes a kernel range, while the other CPU may be doing the same.
 *
 * No lock is involved. If both flush with interrupts off and by IPI, each waits for an answer that the other cannot
 * give: a deadlock that no order of locks forbids.
 */
import { ipiRaised } from "../../machine/gic.ts";
import { HIGH_PAGES, LINEAR_BASE, LOW_PAGES, NR_CPUS } from "../../machine/memory-map.ts";
import { accessMemory, pte, speculativeFill } from "../../machine/mmu.ts";
import { flush_tlb_kernel_range } from "../arch/arm/include/asm/tlbflush.ts";
import { start_kernel } from "../arch/arm/kernel/setup.ts";
import { do_handle_IPI } from "../arch/arm/kernel/smp.ts";
import { set_memory_valid } from "../arch/arm/mm/pageattr.ts";
import { lowmem_page_address } from "../include/linux/mm.ts";

function changeMappingForEver(): void {
  const page: u32 = HIGH_PAGES + smp_processor_id();
  for (;;) {
    accessMemory(lowmem_page_address(page), page);
    set_memory_valid(page, false);
    set_memory_valid(page, true);
  }
}

/** The next CPU has changed its page table and not yet given the page back. */
function anotherCpuIsAtIt(): bool {
  return pte[LINEAR_BASE + ((smp_processor_id() + 1) % NR_CPUS)] === 0;
}

function walkerSpeculates(): void {
  speculativeFill(LINEAR_BASE + choose(LOW_PAGES));
}

export const setMemory = scenario({
  about: "tasks change mappings of their own at the same time, each with a flush of a kernel range",
  sizes: { NR_CPUS: 2, LAST_PKMAP: 1, HIGH_PAGES: 1, KM_MAX_IDX: 1, LOW_PAGES: 2 },
  needs: ["MMU"],
  boot: start_kernel,
  tasks: everyCpu(changeMappingForEver),
  interrupts: whileRaised(ipiRaised, do_handle_IPI),
  hardware: anyCpu(walkerSpeculates),
  witnesses: {
    "a kernel range is flushed": reaches(flush_tlb_kernel_range),
    "two CPUs change mappings at once": CONFIG.SMP && reaches(flush_tlb_kernel_range, anotherCpuIsAtIt),
  },
});
