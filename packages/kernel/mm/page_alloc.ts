/**
 * The page allocator, as far as debugging it is concerned: pages of lowmem, one at a time, from any context.
 *
 * With DEBUG_PAGEALLOC a free page has no mapping, so that who still uses it faults.
 */
import { HIGH_PAGES, PAGES, type page_t } from "../../machine/memory-map.ts";
import { __kernel_map_pages } from "../arch/arm/mm/pageattr.ts";
import { spin_lock_irqsave, spin_unlock_irqrestore } from "../include/linux/spinlock.ts";

/** @linux include/linux/mmzone.h zone */
export const zone_lock = spinlock();
/** By page; only lowmem is handed out. Free at boot, and mapped: debugging begins with the first allocation. @linux include/linux/mmzone.h free_area */
const isAllocated = guarded_by(zone_lock, array(bool, PAGES));

/** No page. */
export const NO_PAGE = 0xff;

/** A free page, or NO_PAGE. From any context. @linux mm/page_alloc.c rmqueue_buddy */
function rmqueue_buddy(): page_t {
  const flags = spin_lock_irqsave(zone_lock);
  let page: page_t = NO_PAGE;
  for (let candidate: page_t = HIGH_PAGES; candidate < PAGES; candidate++) {
    if (isAllocated[candidate] || page !== NO_PAGE) continue;
    isAllocated[candidate] = true;
    page = candidate;
  }
  spin_unlock_irqrestore(zone_lock, flags);
  return page;
}

/** @linux include/linux/gfp.h alloc_page */
export function alloc_page(): page_t {
  const page = rmqueue_buddy();
  if (page !== NO_PAGE && CONFIG.DEBUG_PAGEALLOC) __kernel_map_pages(page, true); // post_alloc_hook()
  return page;
}

/** @linux mm/page_alloc.c free_one_page */
function free_one_page(page: page_t): void {
  const flags = spin_lock_irqsave(zone_lock);
  BUG_ON(!isAllocated[page], "a free page is freed");
  isAllocated[page] = false;
  spin_unlock_irqrestore(zone_lock, flags);
}

/** From any context. @linux include/linux/gfp.h __free_page */
export function __free_page(page: page_t): void {
  if (CONFIG.DEBUG_PAGEALLOC) __kernel_map_pages(page, false); // free_pages_prepare(), while the page is still ours
  free_one_page(page);
}
