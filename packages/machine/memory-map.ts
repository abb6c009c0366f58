/**
 * The pages that exist. Addresses are page numbers: PAGE_SHIFT is 0, because nothing in this layer depends on the bytes
 * inside a page and a search over small numbers is a smaller search.
 *
 *      0      1                   LINEAR_BASE         VMALLOC_START            FIXMAP_BASE                VPAGES
 *      | NULL | pkmap: LAST_PKMAP | linear: LOW_PAGES | vmalloc: VMALLOC_PAGES | fixmap: KM_MAX_IDX, each |
 *      |      |                   | page n at base + n|                        | CPU's own at one address |
 *
 * Without an MMU nothing is mapped; an address in the linear part is where memory has the page.
 *
 * Linux gives each CPU's fixmap slots addresses of their own, which no other CPU uses; here they share theirs, so that
 * nothing but the CPU itself can reach them.
 */

/** A page by its number: first the highmem pages, 0 .. HIGH_PAGES - 1, then those of lowmem. */
export type page_t = u32;
/** A virtual page number; NULL is no mapping. */
export type vaddr_t = u32;

export const PAGE_SHIFT = 0;
export const NR_CPUS = CONFIG.SMP ? size("NR_CPUS", 4) : 1;
/** Pages that lowmem does not reach. */
export const HIGH_PAGES = size("HIGH_PAGES", 4);
/** Slots of the permanent mapping area. ARM has 512 (PTRS_PER_PTE). */
export const LAST_PKMAP = size("LAST_PKMAP", 512);
/** Pages that lowmem reaches, whose mapping somebody changes. None unless a scenario wants some. */
export const LOW_PAGES = size("LOW_PAGES", 0);
export const PAGES = HIGH_PAGES + LOW_PAGES;
/** No page: what an allocation that fails returns. */
export const NO_PAGE: page_t = PAGES;
/** Addresses of vmalloc. None unless a scenario wants some. */
export const VMALLOC_PAGES = size("VMALLOC_PAGES", 0);
/** Temporary mappings that nest. */
const KM_NESTED = size("KM_MAX_IDX", 16);
/** Fixmap slots of a CPU. With DEBUG_KMAP_LOCAL each mapping has an unmapped slot before it, and one is behind the last. */
export const KM_MAX_IDX = CONFIG.DEBUG_KMAP_LOCAL ? 2 * KM_NESTED + 1 : KM_NESTED;

export const PKMAP_BASE = 1;
export const LINEAR_BASE = PKMAP_BASE + (LAST_PKMAP << PAGE_SHIFT);
export const VMALLOC_START = LINEAR_BASE + (LOW_PAGES << PAGE_SHIFT);
export const VMALLOC_END = VMALLOC_START + (VMALLOC_PAGES << PAGE_SHIFT);
export const FIXMAP_BASE = VMALLOC_END;
export const VPAGES = FIXMAP_BASE + KM_MAX_IDX;
