/**
 * Between pages of lowmem and their addresses.
 */
import { HIGH_PAGES, LINEAR_BASE, type page_t, type vaddr_t } from "../../../machine/memory-map.ts";

/** Where the linear mapping has a page of lowmem; without an MMU, where memory has it. @linux include/linux/mm.h lowmem_page_address */
export function lowmem_page_address(page: page_t): vaddr_t {
  return LINEAR_BASE + (page - HIGH_PAGES);
}

/** The page at an address of the linear mapping. @linux arch/arm/include/asm/memory.h virt_to_page */
export function virt_to_page(addr: vaddr_t): page_t {
  return HIGH_PAGES + (addr - LINEAR_BASE);
}
