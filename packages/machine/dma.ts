/**
 * Devices that read memory, not caches.
 *
 * The driver gives a device a page (`deviceTakes`), maintains the cache, and lets it read (`deviceReads`). What was
 * dirty when the page was given must be in memory by then; what a task writes later is the task's own race with the
 * device. A page is with one device at a time.
 */
import { checkNothingOwed, oweDirtyLines } from "./cache.ts";
import { HIGH_PAGES, type page_t } from "./memory-map.ts";

/** By page: a device has it. */
const pageIsTaken = array(bool, HIGH_PAGES);

/** Whether the device gets the page: not if another one has it. */
export function deviceTakes(page: page_t): bool {
  atomic: {
    if (pageIsTaken[page]) return false;
    pageIsTaken[page] = true;
    oweDirtyLines(page);
    return true;
  }
}

export function deviceReads(page: page_t): void {
  atomic: {
    checkNothingOwed(page);
    pageIsTaken[page] = false;
  }
}
