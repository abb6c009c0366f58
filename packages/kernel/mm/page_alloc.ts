/**
 * The page allocator: blocks of 2^order pages of lowmem, from any context.
 *
 * It may run out of pages, and a scenario may have it refuse some that there are (FAIL_PAGE_ALLOC). Callers handle both
 * alike. With DEBUG_PAGEALLOC a free page has no mapping, so that who still uses it faults.
 */
import { HIGH_PAGES, NO_PAGE, PAGES, type page_t } from "../../machine/memory-map.ts";
import { __kernel_map_pages } from "../arch/arm/mm/pageattr.ts";
import { should_fail_alloc_page } from "../include/linux/fault-inject.ts";
import { spin_lock_irqsave, spin_unlock_irqrestore } from "../include/linux/spinlock.ts";

/** @linux include/linux/mmzone.h zone */
export const zone_lock = spinlock();
/** By page; only lowmem is handed out. Free at boot, and mapped: debugging begins with the first allocation. @linux include/linux/mmzone.h free_area */
const isAllocated = guarded_by(zone_lock, array(bool, PAGES + 1));

/** Without an MMU there is no mapping to take away. @linux include/linux/mm.h debug_pagealloc_enabled_static */
export const debug_pagealloc_enabled = CONFIG.DEBUG_PAGEALLOC && CONFIG.MMU;

/** Caller holds zone_lock. */
function isFree(page: page_t, order: u32): bool {
  for (let i: page_t = page; i < page + (1 << order); i++) if (isAllocated[i]) return false;
  return true;
}

/** The lowest free block, or NO_PAGE. Blocks are aligned to their size. From any context. @linux mm/page_alloc.c rmqueue_buddy */
function rmqueue_buddy(order: u32): page_t {
  const flags = spin_lock_irqsave(zone_lock);
  let page: page_t = HIGH_PAGES;
  while (page + (1 << order) <= PAGES && !isFree(page, order)) page += 1 << order;
  // Linux asks for the failure before it takes the lock; nobody can tell, and here it is a step of its own.
  if (page + (1 << order) > PAGES || should_fail_alloc_page()) page = NO_PAGE;
  else for (let i: page_t = page; i < page + (1 << order); i++) isAllocated[i] = true;
  spin_unlock_irqrestore(zone_lock, flags);
  return page;
}

/** The first of 2^order pages, or NO_PAGE. From any context. @linux include/linux/gfp.h alloc_pages */
export function alloc_pages(order: u32): page_t {
  const page = rmqueue_buddy(order);
  if (debug_pagealloc_enabled && page !== NO_PAGE) {
    for (let i: page_t = page; i < page + (1 << order); i++) __kernel_map_pages(i, true); // post_alloc_hook()
  }
  return page;
}

/** @linux include/linux/gfp.h alloc_page */
export function alloc_page(): page_t {
  return alloc_pages(0);
}

/** @linux mm/page_alloc.c free_one_page */
function free_one_page(page: page_t, order: u32): void {
  const flags = spin_lock_irqsave(zone_lock);
  for (let i: page_t = page; i < page + (1 << order); i++) {
    BUG_ON(!isAllocated[i], "a free page is freed");
    isAllocated[i] = false;
  }
  spin_unlock_irqrestore(zone_lock, flags);
}

/** Pages that nobody has. Linux keeps count; here they are counted, under the lock. From any context. @linux include/linux/swap.h nr_free_pages */
export function nr_free_pages(): u32 {
  let free: u32 = 0;
  const flags = spin_lock_irqsave(zone_lock);
  for (let page: page_t = HIGH_PAGES; page < PAGES; page++) if (!isAllocated[page]) free++;
  spin_unlock_irqrestore(zone_lock, flags);
  return free;
}

/** Of what alloc_pages(order) returned. From any context. @linux mm/page_alloc.c __free_pages */
export function __free_pages(page: page_t, order: u32): void {
  if (debug_pagealloc_enabled) {
    // free_pages_prepare(), while the pages are still ours
    for (let i: page_t = page; i < page + (1 << order); i++) __kernel_map_pages(i, false);
  }
  free_one_page(page, order);
}

/** @linux include/linux/gfp.h __free_page */
export function __free_page(page: page_t): void {
  __free_pages(page, 0);
}
