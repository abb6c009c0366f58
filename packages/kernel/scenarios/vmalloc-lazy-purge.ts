/**
 * Addresses of vmalloc come back. A task on each CPU maps one page or another and unmaps it, for ever; there are addresses
 * for few areas, so that those that were unmapped are purged again and again, and come back for another page.
 *
 * Between unmapping and purge the TLBs remember addresses that nobody uses. That is sound for as long as nobody gets such
 * an address before the flush, which is what the order of __purge_vmap_area_lazy() is for.
 */
import { ipiRaised } from "../../machine/gic.ts";
import { HIGH_PAGES, NR_CPUS, type page_t, VMALLOC_PAGES, VMALLOC_START } from "../../machine/memory-map.ts";
import { accessMemory, pte, speculativeFill, tlb } from "../../machine/mmu.ts";
import { flush_tlb_kernel_range } from "../arch/arm/include/asm/tlbflush.ts";
import { start_kernel } from "../arch/arm/kernel/setup.ts";
import { do_handle_IPI } from "../arch/arm/kernel/smp.ts";
import { __purge_vmap_area_lazy, vmap, vunmap } from "../mm/vmalloc.ts";

/** By CPU: the page that its task maps, one of any CPU's. */
const pages = per_cpu(array(u32, 1));

function mapForEver(): void {
  const cpu = smp_processor_id();
  for (;;) {
    const page: page_t = HIGH_PAGES + choose(2);
    pages[cpu][0] = page;
    const addr = vmap(pages[cpu], 0, 1);
    if (addr !== NULL) {
      accessMemory(addr, page);
      vunmap(addr);
    }
  }
}

/** Some TLB remembers the first address, which has no mapping any more. */
function aTlbIsBehind(): bool {
  return pte[VMALLOC_START] === 0 && tlb[(smp_processor_id() + 1) % NR_CPUS][VMALLOC_START] !== 0;
}

function walkerSpeculates(): void {
  speculativeFill(VMALLOC_START + choose(VMALLOC_PAGES));
}

export const vmallocLazyPurge = scenario({
  about: "tasks map and unmap pages at addresses that are few, so that lazily unmapped areas are purged and used again",
  sizes: { NR_CPUS: 2, LAST_PKMAP: 1, HIGH_PAGES: 1, KM_MAX_IDX: 1, LOW_PAGES: 2, VMALLOC_PAGES: 4, LAZY_MAX_PAGES: 8 },
  needs: ["MMU"],
  boot: start_kernel,
  tasks: everyCpu(mapForEver),
  interrupts: whileRaised(ipiRaised, do_handle_IPI),
  hardware: anyCpu(walkerSpeculates),
  witnesses: {
    "lazy areas are purged": reaches(__purge_vmap_area_lazy),
    "a flush finds a TLB that remembers what is unmapped": CONFIG.SMP && reaches(flush_tlb_kernel_range, aTlbIsBehind),
  },
});
