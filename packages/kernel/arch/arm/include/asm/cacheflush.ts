/**
 * Cache maintenance that mapping code asks for.
 */
import { cleanDcacheAll, cleanDcacheArea } from "../../../../../machine/cache.ts";
import type { page_t, vaddr_t } from "../../../../../machine/memory-map.ts";
import { cache_is_vipt_nonaliasing, cache_is_vivt } from "./cachetype.ts";

/** Before permanent mappings go away: a virtually tagged cache still has lines under them. @linux arch/arm/include/asm/highmem.h flush_cache_kmaps */
export function flush_cache_kmaps(): void {
  if (cache_is_vivt()) cleanDcacheAll();
}

/** Writes back what was written through the page's address. @linux arch/arm/include/asm/cacheflush.h __cpuc_flush_dcache_area */
export function __cpuc_flush_dcache_area(vaddr: vaddr_t, page: page_t): void {
  cleanDcacheArea(vaddr, page);
}

/**
 * After pages have been mapped, before the addresses are used: what they were used for earlier must not be in a cache
 * that is found by address. @linux arch/arm/include/asm/cacheflush.h flush_cache_vmap
 */
export function flush_cache_vmap(_start: vaddr_t, _end: vaddr_t): void {
  if (!cache_is_vipt_nonaliasing()) cleanDcacheAll();
}

/** Before mappings go away: their dirty lines could not be written back afterwards. @linux arch/arm/include/asm/cacheflush.h flush_cache_vunmap */
export function flush_cache_vunmap(_start: vaddr_t, _end: vaddr_t): void {
  if (!cache_is_vipt_nonaliasing()) cleanDcacheAll();
}
