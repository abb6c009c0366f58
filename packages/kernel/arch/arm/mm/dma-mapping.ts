/**
 * Cache maintenance for DMA on caches that are not coherent with devices. Called by drivers, from interrupts too.
 */
import { cleanDcacheArea } from "../../../../machine/cache.ts";
import type { page_t, vaddr_t } from "../../../../machine/memory-map.ts";
import { kmap_atomic, kunmap_atomic, PageHighMem } from "../../../include/linux/highmem-internal.ts";
import { kmap_high_get, kunmap_high } from "../../../mm/highmem.ts";
import { cache_is_vipt_nonaliasing } from "../include/asm/cachetype.ts";

/** Writes the page's dirty lines back. @linux arch/arm/include/asm/glue-cache.h dmac_map_area */
function dmac_map_area(vaddr: vaddr_t, page: page_t): void {
  cleanDcacheArea(vaddr, page);
}

/**
 * A highmem page may have no mapping. Where any address will do, a temporary one is made; else the lines are found
 * only under the page's permanent mapping, and if it has none, there are none. @linux arch/arm/mm/dma-mapping.c dma_cache_maint_page
 */
function dma_cache_maint_page(page: page_t, op: (vaddr: vaddr_t, page: page_t) => void): void {
  if (!PageHighMem(page)) return; // lowmem is mapped for ever, and not modelled

  if (cache_is_vipt_nonaliasing()) {
    const vaddr = kmap_atomic(page);
    op(vaddr, page);
    kunmap_atomic(vaddr, page);
  } else {
    const vaddr = kmap_high_get(page);
    if (vaddr !== NULL) {
      op(vaddr, page);
      kunmap_high(page);
    }
  }
}

/** Hands a page to a device that will read it. @linux arch/arm/mm/dma-mapping.c __dma_page_cpu_to_dev */
export function __dma_page_cpu_to_dev(page: page_t): void {
  dma_cache_maint_page(page, dmac_map_area);
}
