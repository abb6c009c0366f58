/**
 * What kind of data cache the CPU has, read at run time.
 */
import { DCACHE_VIPT_ALIASING, DCACHE_VIPT_NONALIASING, DCACHE_VIVT } from "../../../../../machine/cache.ts";

/** @linux arch/arm/include/asm/cachetype.h cache_is_vivt */
export function cache_is_vivt(): bool {
  return CPU.DCACHE === DCACHE_VIVT;
}

/** @linux arch/arm/include/asm/cachetype.h cache_is_vipt_aliasing */
export function cache_is_vipt_aliasing(): bool {
  return CPU.DCACHE === DCACHE_VIPT_ALIASING;
}

/** True for physically indexed caches too, as in Linux. @linux arch/arm/include/asm/cachetype.h cache_is_vipt_nonaliasing */
export function cache_is_vipt_nonaliasing(): bool {
  return CPU.DCACHE >= DCACHE_VIPT_NONALIASING;
}
