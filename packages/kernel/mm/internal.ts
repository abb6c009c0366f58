/**
 * What files of mm/ tell each other: mapping pages one by one at addresses of an area. Neither function flushes anything;
 * that is the caller's duty.
 *
 * Without an MMU these are stubs that the compiler sees at every call. That the one for mapping can only fail decides
 * what of its callers is left (report 1).
 */
import type { page_t, vaddr_t } from "../../machine/memory-map.ts";
import { EINVAL } from "../include/linux/errno.ts";
import { __vmap_pages_range_noflush, __vunmap_range_noflush } from "./vmalloc.ts";

/**
 * Maps pages[first], pages[first + 1] … at [addr, end). 0, or a negative error with part of them mapped. On success the
 * caller calls flush_cache_vmap() before the addresses are used. @linux mm/internal.h vmap_pages_range_noflush
 */
export function vmap_pages_range_noflush(addr: vaddr_t, end: vaddr_t, pages: FixedArray<page_t>, first: u32): i32 {
  if (CONFIG.MMU) return __vmap_pages_range_noflush(addr, end, pages, first);
  return -EINVAL;
}

/**
 * Takes the mappings of [start, end) away. The caller calls flush_cache_vunmap() before, and flush_tlb_kernel_range()
 * after, unless the area goes back to vmalloc, which does it before it hands the addresses out again.
 * @linux mm/internal.h vunmap_range_noflush
 */
export function vunmap_range_noflush(start: vaddr_t, end: vaddr_t): void {
  if (CONFIG.MMU) __vunmap_range_noflush(start, end);
}
