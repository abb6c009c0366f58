/**
 * The data cache, at the fidelity that DMA maintenance of highmem pages needs: which dirty lines does maintenance
 * through an address reach?
 *
 *   VIVT            a line is found by the virtual address it was written through
 *   VIPT aliasing   likewise, but only if it holds the page that the address leads to
 *   VIPT non-aliasing, PIPT   a line is found by its page, through any mapping
 *
 * One line stands for a page. Caches of different CPUs are coherent (the SCU); maintenance by one CPU reaches all. That
 * ARM11MPCore does not broadcast maintenance is not modelled (CAVEATS.md).
 */
import { FIXMAP_BASE, KM_MAX_IDX, NR_CPUS, PAGES, type page_t, VPAGES, type vaddr_t } from "./memory-map.ts";
import { translate } from "./mmu.ts";

export const DCACHE_VIVT = 0;
export const DCACHE_VIPT_ALIASING = 1;
export const DCACHE_VIPT_NONALIASING = 2;
export const DCACHE_PIPT = 3;

/** A line for each address (each CPU's fixmap slots apart) or for each page, whichever are more. */
const ADDRESS_LINES = VPAGES + (NR_CPUS - 1) * KM_MAX_IDX;
const LINES = ADDRESS_LINES > PAGES ? ADDRESS_LINES : PAGES;
/**
 * 0: clean. Else 1 + 2 * page, plus 1 when the line was already dirty as a device was given the page: such a line must
 * be written back before the device reads. Written by the hardware actions below only.
 */
export const dcache = array(u32, LINES);

/** The line that an access to `page` through `va` hits. */
function lineOf(va: vaddr_t, page: page_t): u32 {
  if (CPU.DCACHE >= DCACHE_VIPT_NONALIASING) return page;
  return va < FIXMAP_BASE ? va : va + smp_processor_id() * KM_MAX_IDX;
}

/** The CPU writes to `page` through `va`. */
export function cpuWrites(va: vaddr_t, page: page_t): void {
  atomic: {
    translate(va, page);
    const line = lineOf(va, page);
    // A line that is owed stays owed: the old data is still in it.
    if (dcache[line] !== 2 + 2 * page) dcache[line] = 1 + 2 * page;
  }
}

/** The CPU reads `page` through `va`. A cache that is found by address does not have what was written through another. */
export function cpuReads(va: vaddr_t, page: page_t): void {
  atomic: {
    translate(va, page);
    const line = lineOf(va, page);
    for (let other: u32 = 0; other < LINES; other++) {
      const isDirty = dcache[other] === 1 + 2 * page || dcache[other] === 2 + 2 * page;
      stale_if(other !== line && isDirty, "the page is dirty in the cache under another address: old data is read");
    }
  }
}

/** Writes back, through `va`, what the cache holds of `page` (DCCMVAC). The CPU translates `va` for it. */
export function cleanDcacheArea(va: vaddr_t, page: page_t): void {
  atomic: {
    translate(va, page);
    const line = lineOf(va, page);
    if (CPU.DCACHE !== DCACHE_VIPT_ALIASING || (dcache[line] - 1) >> 1 === page) dcache[line] = 0;
  }
}

/** Writes back the whole cache. */
export function cleanDcacheAll(): void {
  atomic: {
    for (let line: u32 = 0; line < LINES; line++) dcache[line] = 0;
  }
}

/** `page` is handed to a device: from here on, what is dirty now is owed to memory. */
export function oweDirtyLines(page: page_t): void {
  atomic: {
    for (let line: u32 = 0; line < LINES; line++) {
      if (dcache[line] === 1 + 2 * page) dcache[line] = 2 + 2 * page;
    }
  }
}

/** The device reads `page` from memory. */
export function checkNothingOwed(page: page_t): void {
  atomic: {
    for (let line: u32 = 0; line < LINES; line++) {
      lost_if(dcache[line] === 2 + 2 * page, "the device reads memory that the cache still holds dirty");
    }
  }
}
