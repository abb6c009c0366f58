/**
 * What users of percpu memory and the allocator agree on: sizes, and what a percpu pointer is.
 *
 * The machine's addresses are page numbers. Percpu memory divides pages, so it has a finer measure of its own: an address
 * in units of PCPU_MIN_ALLOC_SIZE, the smallest area that there is.
 *
 *      pcpu_addr_t   = page number << (PCPU_PAGE_SHIFT - PCPU_MIN_ALLOC_SHIFT) | unit inside the page
 *
 * A percpu pointer is such an address in the unit of CPU 0; the same place of another CPU is so many pages further.
 * NULL, 0, is no pointer: nothing is ever mapped at page 0.
 *
 * At full size these are Linux's numbers. An exhaustive search takes small ones, which a scenario gives in its `sizes`; see
 * mm/percpu-internal.ts for which go together.
 */
import type { vaddr_t } from "../../../machine/memory-map.ts";

/** An address of percpu memory in units of PCPU_MIN_ALLOC_SIZE. @linux include/linux/percpu.h */
export type pcpu_addr_t = u32;

/** log2 of the bytes of a page. (The machine's own PAGE_SHIFT is 0: it does not know bytes.) */
export const PCPU_PAGE_SHIFT = size("PCPU_PAGE_SHIFT", 12);
export const PCPU_PAGE_SIZE = 1 << PCPU_PAGE_SHIFT;

/** The smallest area, in bytes, and what every size and alignment is rounded up to. @linux include/linux/percpu.h PCPU_MIN_ALLOC_SHIFT */
export const PCPU_MIN_ALLOC_SHIFT = size("PCPU_MIN_ALLOC_SHIFT", 2);
/** @linux include/linux/percpu.h PCPU_MIN_ALLOC_SIZE */
export const PCPU_MIN_ALLOC_SIZE = 1 << PCPU_MIN_ALLOC_SHIFT;

/** A page: each block of the allocation bitmap with hints of its own covers one. @linux include/linux/percpu.h PCPU_BITMAP_BLOCK_SIZE */
export const PCPU_BITMAP_BLOCK_SIZE = PCPU_PAGE_SIZE;
/** @linux include/linux/percpu.h PCPU_BITMAP_BLOCK_BITS */
export const PCPU_BITMAP_BLOCK_BITS = PCPU_BITMAP_BLOCK_SIZE >> PCPU_MIN_ALLOC_SHIFT;

/** The smallest unit, in bytes, and therefore the largest area. @linux include/linux/percpu.h PCPU_MIN_UNIT_SIZE */
export const PCPU_MIN_UNIT_SIZE = size("PCPU_MIN_UNIT_SIZE", 32768);
/** The least dynamic space of the first chunk, in bytes. @linux include/linux/percpu.h PERCPU_DYNAMIC_EARLY_SIZE */
export const PERCPU_DYNAMIC_EARLY_SIZE = size("PERCPU_DYNAMIC_EARLY_SIZE", 20480);

/** The address `off` bytes behind the start of a page. */
export function pcpuAddr(page: vaddr_t, off: i32): pcpu_addr_t {
  return (u32(page) << (PCPU_PAGE_SHIFT - PCPU_MIN_ALLOC_SHIFT)) + (off >> PCPU_MIN_ALLOC_SHIFT);
}

/** The page of an address. */
export function pcpuPage(addr: pcpu_addr_t): vaddr_t {
  return addr >> (PCPU_PAGE_SHIFT - PCPU_MIN_ALLOC_SHIFT);
}
