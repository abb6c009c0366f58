/**
 * Report 2's scene. A task on each CPU maps a highmem page, writes to it and unmaps it, for ever. Meanwhile a network
 * interrupt, on any CPU at any time, hands a page to a device and maintains the cache for it.
 */

import { cpuWrites } from "../../machine/cache.ts";
import { deviceReads, deviceTakes } from "../../machine/dma.ts";
import { ipiRaised } from "../../machine/gic.ts";
import { HIGH_PAGES, LAST_PKMAP, PKMAP_BASE } from "../../machine/memory-map.ts";
import { speculativeFill } from "../../machine/mmu.ts";
import { flush_tlb_kernel_range } from "../arch/arm/include/asm/tlbflush.ts";
import { start_kernel } from "../arch/arm/kernel/setup.ts";
import { do_handle_IPI } from "../arch/arm/kernel/smp.ts";
import { __dma_page_cpu_to_dev } from "../arch/arm/mm/dma-mapping.ts";
import { highmem_available } from "../arch/arm/mm/mmu.ts";
import { kmap, kunmap } from "../include/linux/highmem-internal.ts";
import { flush_all_zero_pkmaps, kmap_lock, page_address, sleepForSlot } from "../mm/highmem.ts";

function writePagesForEver(): void {
  for (;;) {
    const page = choose(HIGH_PAGES);
    const vaddr = kmap(page);
    cpuWrites(vaddr, page);
    kunmap(page);
  }
}

function networkInterrupt(): void {
  const page = choose(HIGH_PAGES);
  witness("the interrupt meets a mapped page", page_address(page) !== NULL);
  witness("the interrupt meets an unmapped page", page_address(page) === NULL);
  if (!deviceTakes(page)) return;
  __dma_page_cpu_to_dev(page);
  deviceReads(page);
}

function highmemIsInUse(): bool {
  return highmem_available;
}

function anotherCpuWaitsForKmapLock(): bool {
  return someone_waits_for(kmap_lock);
}

function walkerSpeculates(): void {
  speculativeFill(PKMAP_BASE + choose(LAST_PKMAP));
}

export const kmapDma = scenario({
  about: "tasks map highmem pages while a network interrupt maintains the cache of one",
  // One slot for two tasks: without kmap_high_get() nobody would ever have to sleep for a second one. A task alone, on
  // a uniprocessor, finds its slot free.
  sizes: { NR_CPUS: 2, LAST_PKMAP: 1, HIGH_PAGES: 2, KM_MAX_IDX: 1 },
  needs: ["HIGHMEM"],
  boot: start_kernel,
  applies: { when: highmemIsInUse, otherwise: "there is no highmem to map" },
  tasks: everyCpu(writePagesForEver),
  interrupts: [anyCpu(networkInterrupt), whileRaised(ipiRaised, do_handle_IPI)],
  hardware: anyCpu(walkerSpeculates),
  witnesses: {
    "pkmap wraps": reaches(flush_all_zero_pkmaps),
    "a flush is sent while another CPU waits for kmap_lock":
      CONFIG.SMP && reaches(flush_tlb_kernel_range, anotherCpuWaitsForKmapLock),
    "a task sleeps for a slot": CONFIG.SMP && reaches(sleepForSlot),
    "a sleeping task is woken": CONFIG.SMP && returns(sleepForSlot),
    "the interrupt meets a mapped page": "in code",
    "the interrupt meets an unmapped page": "in code",
  },
});
