/**
 * Changing mappings that exist: of module and vmalloc memory in Linux, of the linear mapping here. Built only with an MMU.
 *
 * flush_tlb_kernel_range() may wait for other CPUs, so callers have interrupts on; __kernel_map_pages(), whose callers
 * may have them off, therefore flushes this CPU alone.
 */
import type { page_t } from "../../../../machine/memory-map.ts";
import { pte } from "../../../../machine/mmu.ts";
import { lowmem_page_address } from "../../../include/linux/mm.ts";
import { flush_tlb_kernel_range, local_flush_tlb_kernel_range } from "../include/asm/tlbflush.ts";

/** @linux arch/arm/mm/pageattr.c change_page_range */
function change_page_range(page: page_t, enable: bool): void {
  pte[lowmem_page_address(page)] = enable ? page + 1 : 0;
}

/** Not with interrupts off. @linux arch/arm/mm/pageattr.c change_memory_common */
function change_memory_common(page: page_t, enable: bool): void {
  const addr = lowmem_page_address(page);
  change_page_range(page, enable);
  flush_tlb_kernel_range(addr, addr + 1); // may wait for other CPUs
}

/** Makes one page accessible or not. @linux arch/arm/mm/pageattr.c set_memory_valid */
export function set_memory_valid(page: page_t, enable: bool): void {
  change_memory_common(page, enable);
}

/**
 * The same for the page allocator's debugging, in any context. All TLBs should be flushed, but an IPI can deadlock with
 * interrupts off: so only this CPU's is, and another CPU that uses the freed page may go unnoticed. ARM has no such
 * function; this is x86's rule. @linux arch/x86/mm/pat/set_memory.c __kernel_map_pages
 */
export function __kernel_map_pages(page: page_t, enable: bool): void {
  const addr = lowmem_page_address(page);
  change_page_range(page, enable);
  local_flush_tlb_kernel_range(addr, addr + 1);
}
