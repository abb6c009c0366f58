/**
 * What scenarios of the percpu allocator share: bringing it up, and using what was allocated.
 */
import { NR_CPUS } from "../../../machine/memory-map.ts";
import { accessMemory } from "../../../machine/mmu.ts";
import { start_kernel } from "../../arch/arm/kernel/setup.ts";
import { lowmem_page_address } from "../../include/linux/mm.ts";
import { PCPU_PAGE_SHIFT, PCPU_PAGE_SIZE, type pcpu_addr_t, pcpuPage } from "../../include/linux/percpu.ts";
import { alloc_pages } from "../../mm/page_alloc.ts";
import { percpu_enable_async } from "../../mm/percpu-balance.ts";
import { PCPU_UNIT_PAGES } from "../../mm/percpu-internal.ts";
import { pcpu_setup_first_chunk, pcpu_unit_offsets } from "../../mm/percpu-setup.ts";
import { pcpu_addr_to_page } from "../../mm/percpu-vm.ts";

/** An area of a page. */
export const PAGE = PCPU_PAGE_SIZE;
/** Bytes of a unit's dynamic part in the first chunk: a page, behind static variables that take the rest. */
const DYNAMIC = PAGE;

/** log2, rounded up. */
function orderOf(pages: u32): u32 {
  let order: u32 = 0;
  while (1 << order < pages) order++;
  return order;
}

/** Boots, and gives the allocator its first chunk, in lowmem. @linux mm/percpu.c pcpu_embed_first_chunk */
export function start_kernel_with_percpu(): void {
  start_kernel();
  const unit = PCPU_UNIT_PAGES << PCPU_PAGE_SHIFT;
  const first = alloc_pages(orderOf(NR_CPUS * PCPU_UNIT_PAGES)); // memblock_alloc()
  pcpu_setup_first_chunk(unit - DYNAMIC, 0, DYNAMIC, unit, lowmem_page_address(first));
  percpu_enable_async();
}

/** The CPU uses its own copy of an area, which the caller has. */
export function useArea(ptr: pcpu_addr_t): void {
  const addr = pcpuPage(ptr) + pcpu_unit_offsets[smp_processor_id()];
  accessMemory(addr, pcpu_addr_to_page(addr));
}
