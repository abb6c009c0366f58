/**
 * Cache maintenance that mapping code asks for.
 */
import { cleanDcacheAll } from "../../../../../machine/cache.ts";
import { cache_is_vivt } from "./cachetype.ts";

/** Before permanent mappings go away: a virtually tagged cache still has lines under them. @linux arch/arm/include/asm/highmem.h flush_cache_kmaps */
export function flush_cache_kmaps(): void {
  if (cache_is_vivt()) cleanDcacheAll();
}
