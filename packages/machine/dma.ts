/**
 * A device that reads memory, not caches.
 *
 * The driver gives it a page (`deviceTakes`), maintains the cache, and lets it read (`deviceReads`). What was dirty
 * when the page was given must be in memory by then; what a task writes later is the task's own race with the device.
 */
import { checkNothingOwed, oweDirtyLines } from "./cache.ts";
import type { page_t } from "./memory-map.ts";

export function deviceTakes(page: page_t): void {
  oweDirtyLines(page);
}

export function deviceReads(page: page_t): void {
  checkNothingOwed(page);
}
