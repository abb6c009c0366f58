/**
 * Areas of kernel addresses, for pages that lie anywhere. Built only with an MMU.
 *
 * An area is free, then busy with its owner, then lazy: its mappings are gone but some TLB may still have them. Lazy areas
 * are purged together, with one flush over all of them, before any of their addresses is handed out again:
 *
 *      free ── alloc_vmap_area() ──► busy ── free_unmap_vmap_area() ──► lazy ── __purge_vmap_area_lazy() ──► free
 *              pcpu_get_vm_areas()           unmaps, no TLB flush               flush_tlb_kernel_range()
 *
 * So who unmaps part of an area that stays busy must flush by itself: no purge will come in time. Sleeps: not from
 * interrupts. On 32 bits Linux has one vmap_node and no pools of areas, as here.
 */
import {
  NO_PAGE,
  type page_t,
  VMALLOC_END,
  VMALLOC_PAGES,
  VMALLOC_START,
  type vaddr_t,
} from "../../machine/memory-map.ts";
import { pte } from "../../machine/mmu.ts";
import { flush_cache_vmap, flush_cache_vunmap } from "../arch/arm/include/asm/cacheflush.ts";
import { flush_tlb_kernel_range } from "../arch/arm/include/asm/tlbflush.ts";
import { EBUSY, ENOMEM } from "../include/linux/errno.ts";
import { should_fail_alloc_page, should_failslab } from "../include/linux/fault-inject.ts";
import { mutex_lock, mutex_unlock } from "../include/linux/mutex.ts";
import { spin_lock, spin_unlock } from "../include/linux/spinlock.ts";
import { debug_pagealloc_enabled } from "./page_alloc.ts";
import { purge_fragmented_blocks_allcpus } from "./vmap-block.ts";

/** Elements of an array that has one for each page of the area. */
const SLOTS = VMALLOC_PAGES > 0 ? VMALLOC_PAGES : 1;

// ---- page tables ----

/**
 * Linux allocates a page table where there is none, and stops there if it gets none: what lies before stays mapped.
 * @linux mm/vmalloc.c vmap_small_pages_range_noflush
 */
export function __vmap_pages_range_noflush(addr: vaddr_t, end: vaddr_t, pages: FixedArray<page_t>, first: u32): i32 {
  let nr = first;
  for (let va = addr; va < end; va++) {
    const page = pages[nr];
    atomic: {
      if (should_fail_alloc_page()) return -ENOMEM; // pte_alloc_kernel_track()
      WARN_ON(pte[va] !== 0, "an address that is mapped is mapped");
      if (pte[va] !== 0) return -EBUSY;
      WARN_ON(page === NO_PAGE, "no page is mapped");
      if (page === NO_PAGE) return -ENOMEM;
      pte[va] = page + 1;
    }
    nr++;
  }
  return 0;
}

/** Maps and maintains the cache. @linux mm/vmalloc.c vmap_pages_range */
export function vmap_pages_range(addr: vaddr_t, end: vaddr_t, pages: FixedArray<page_t>, first: u32): i32 {
  const err = __vmap_pages_range_noflush(addr, end, pages, first);
  flush_cache_vmap(addr, end);
  return err;
}

/** @linux mm/vmalloc.c __vunmap_range_noflush */
export function __vunmap_range_noflush(start: vaddr_t, end: vaddr_t): void {
  for (let va = start; va < end; va++) pte[va] = 0;
}

/** Unmaps for good: every TLB has forgotten when it returns. Not with interrupts off. @linux mm/vmalloc.c vunmap_range */
export function vunmap_range(addr: vaddr_t, end: vaddr_t): void {
  flush_cache_vunmap(addr, end);
  __vunmap_range_noflush(addr, end);
  flush_tlb_kernel_range(addr, end); // may wait for other CPUs
}

/** The page that is mapped at an address, or NO_PAGE. @linux mm/vmalloc.c vmalloc_to_page */
export function vmalloc_to_page(addr: vaddr_t): page_t {
  const entry = pte[addr];
  return entry === 0 ? NO_PAGE : entry - 1;
}

// ---- areas, by their first page ----

/** @linux mm/vmalloc.c free_vmap_area_lock */
const free_vmap_area_lock = spinlock();
/** By page: in an area that is not free. Linux has the free ranges, in a tree. @linux mm/vmalloc.c free_vmap_area_root */
const isTaken = guarded_by(free_vmap_area_lock, array(bool, SLOTS));

/** @linux mm/vmalloc.c vmap_node.busy.lock */
const busyLock = spinlock();
/** Pages of the busy area that begins here, 0 if none does. @linux mm/vmalloc.c vmap_node.busy */
const busy = guarded_by(busyLock, array(u32, SLOTS));

/** @linux mm/vmalloc.c vmap_node.lazy.lock */
const lazyLock = spinlock();
/** The same for areas that are unmapped and not flushed. @linux mm/vmalloc.c vmap_node.lazy */
const lazy = guarded_by(lazyLock, array(u32, SLOTS));

/** One purge at a time. @linux mm/vmalloc.c vmap_purge_lock */
export const vmap_purge_lock = mutex();
/** The same for areas that are being purged. @linux mm/vmalloc.c vmap_node.purge_list */
const purge_list = guarded_by(vmap_purge_lock, array(u32, SLOTS));

/** Pages in lazy areas, from how many on they are purged in the background, and whether that is due. @linux mm/vmalloc.c vmap_lazy_nr */
let vmap_lazy_nr: u32 = 0;
/** @linux mm/vmalloc.c lazy_max_pages */
const LAZY_MAX_PAGES = size("LAZY_MAX_PAGES", 8192);
/** @linux mm/vmalloc.c drain_vmap_work */
let drain_vmap_work: bool = false;

/** Caller holds free_vmap_area_lock. */
function isFree(addr: vaddr_t, size: u32): bool {
  for (let va = addr; va < addr + size; va++) if (isTaken[va - VMALLOC_START]) return false;
  return true;
}

/** Caller holds free_vmap_area_lock. @linux mm/vmalloc.c va_clip */
function va_clip(addr: vaddr_t, size: u32): void {
  for (let va = addr; va < addr + size; va++) isTaken[va - VMALLOC_START] = true;
}

/** @linux mm/vmalloc.c insert_vmap_area */
function insertBusy(addr: vaddr_t, size: u32): void {
  spin_lock(busyLock);
  busy[addr - VMALLOC_START] = size;
  spin_unlock(busyLock);
}

/** The lowest fitting address, or VMALLOC_END. Caller holds free_vmap_area_lock. @linux mm/vmalloc.c __alloc_vmap_area */
function __alloc_vmap_area(size: u32, align: u32): vaddr_t {
  for (let addr = alignUp(VMALLOC_START, align); addr + size <= VMALLOC_END; addr += align) {
    if (!isFree(addr, size)) continue;
    va_clip(addr, size);
    return addr;
  }
  return VMALLOC_END;
}

function alignUp(addr: vaddr_t, align: u32): vaddr_t {
  return (addr + align - 1) & ~(align - 1);
}

/** An area of `size` pages, from the bottom, or NULL. May sleep. @linux mm/vmalloc.c alloc_vmap_area */
export function alloc_vmap_area(size: u32, align: u32): vaddr_t {
  might_sleep();
  if (should_failslab()) return NULL; // kmem_cache_alloc_node()
  for (let attempt: u8 = 0; attempt < 2; attempt++) {
    spin_lock(free_vmap_area_lock);
    const addr = __alloc_vmap_area(size, align);
    spin_unlock(free_vmap_area_lock);
    if (addr !== VMALLOC_END) {
      insertBusy(addr, size);
      return addr;
    }
    if (attempt === 0) reclaim_and_purge_vmap_areas();
  }
  return NULL;
}

/** Takes a busy area from its owner, who frees it. @linux mm/vmalloc.c unlink_va */
export function unlink_va(addr: vaddr_t): void {
  spin_lock(busyLock);
  busy[addr - VMALLOC_START] = 0;
  spin_unlock(busyLock);
}

/** Takes an area from its owner: its pages, or 0 if none begins at the address. @linux mm/vmalloc.c find_unlink_vmap_area */
function find_unlink_vmap_area(addr: vaddr_t): u32 {
  spin_lock(busyLock);
  const size = busy[addr - VMALLOC_START];
  busy[addr - VMALLOC_START] = 0;
  spin_unlock(busyLock);
  return size;
}

/**
 * Of an area that is unmapped, with its cache maintained; its TLB entries are flushed later, by who purges it.
 * @linux mm/vmalloc.c free_vmap_area_noflush
 */
export function free_vmap_area_noflush(addr: vaddr_t, size: u32): void {
  let nr_lazy: u32 = 0;
  atomic: {
    vmap_lazy_nr += size;
    nr_lazy = vmap_lazy_nr;
  }
  spin_lock(lazyLock);
  lazy[addr - VMALLOC_START] = size;
  spin_unlock(lazyLock);
  if (nr_lazy > LAZY_MAX_PAGES) drain_vmap_work = true; // schedule_work()
}

/** @linux mm/vmalloc.c free_unmap_vmap_area */
function free_unmap_vmap_area(addr: vaddr_t, size: u32): void {
  flush_cache_vunmap(addr, addr + size);
  __vunmap_range_noflush(addr, addr + size);
  if (debug_pagealloc_enabled) flush_tlb_kernel_range(addr, addr + size);
  free_vmap_area_noflush(addr, size);
}

/**
 * Every lazy area becomes free, after one flush from the first to the last of them and over [start, end). Returns whether
 * there was one: if not, nothing has been flushed. Caller holds vmap_purge_lock; interrupts are on.
 * @linux mm/vmalloc.c __purge_vmap_area_lazy
 */
export function __purge_vmap_area_lazy(start: vaddr_t, end: vaddr_t): bool {
  let first = start;
  let last = end;
  let areas: u32 = 0;
  spin_lock(lazyLock);
  for (let slot: u32 = 0; slot < VMALLOC_PAGES; slot++) {
    const size = lazy[slot];
    lazy[slot] = 0;
    purge_list[slot] = size;
    if (size === 0) continue;
    if (VMALLOC_START + slot < first) first = VMALLOC_START + slot;
    if (VMALLOC_START + slot + size > last) last = VMALLOC_START + slot + size;
    areas++;
  }
  spin_unlock(lazyLock);
  if (areas === 0) return false;
  flush_tlb_kernel_range(first, last); // may wait for other CPUs
  purge_vmap_node();
  return true;
}

/** The areas that were purged go back to the free ones. Caller holds vmap_purge_lock. @linux mm/vmalloc.c purge_vmap_node */
function purge_vmap_node(): void {
  let nr_purged_pages: u32 = 0;
  for (let slot: u32 = 0; slot < VMALLOC_PAGES; slot++) nr_purged_pages += purge_list[slot];
  atomic: {
    vmap_lazy_nr -= nr_purged_pages;
  }
  spin_lock(free_vmap_area_lock); // reclaim_list_global()
  for (let slot: u32 = 0; slot < VMALLOC_PAGES; slot++) {
    for (let i = slot; i < slot + purge_list[slot]; i++) isTaken[i] = false;
    purge_list[slot] = 0;
  }
  spin_unlock(free_vmap_area_lock);
}

/** May sleep. @linux mm/vmalloc.c reclaim_and_purge_vmap_areas */
function reclaim_and_purge_vmap_areas(): void {
  mutex_lock(vmap_purge_lock);
  purge_fragmented_blocks_allcpus();
  __purge_vmap_area_lazy(VMALLOC_END, VMALLOC_START);
  mutex_unlock(vmap_purge_lock);
}

/** What drain_vmap_work runs, in a worker, when too many pages are lazy. @linux mm/vmalloc.c drain_vmap_area_work */
export function drain_vmap_area_work(): void {
  drain_vmap_work = false;
  mutex_lock(vmap_purge_lock);
  __purge_vmap_area_lazy(VMALLOC_END, VMALLOC_START);
  mutex_unlock(vmap_purge_lock);
}

/** The worker has something to do. */
export function drainIsDue(): bool {
  return drain_vmap_work;
}

// ---- vmap ----

/** Every area but percpu's has a page behind it that is never mapped. */
const GUARD_PAGE = 1;

/** Maps pages[first] … in an area of their own; NULL if there is no area or no page table. May sleep. @linux mm/vmalloc.c vmap */
export function vmap(pages: FixedArray<page_t>, first: u32, count: u32): vaddr_t {
  const addr = alloc_vmap_area(count + GUARD_PAGE, 1); // get_vm_area_caller()
  if (addr === NULL) return NULL;
  if (vmap_pages_range(addr, addr + count, pages, first) < 0) {
    vunmap(addr);
    return NULL;
  }
  return addr;
}

/** The TLBs may remember the mapping until its addresses are needed again. Not in an interrupt. @linux mm/vmalloc.c vunmap */
export function vunmap(addr: vaddr_t): void {
  BUG_ON(!in_task(), "vunmap() in an interrupt");
  const size = find_unlink_vmap_area(addr); // remove_vm_area()
  WARN_ON(size === 0, "vunmap() of an address where no area begins");
  if (size !== 0) free_unmap_vmap_area(addr, size);
}

// ---- areas for percpu chunks: without pages, which mm/percpu-vm.ts maps and unmaps ----

/**
 * An area of `size` pages, from the top, or NULL. Both are multiples of `align`, a power of two. May sleep. Linux takes
 * a list of congruent areas; this is its case of one group. @linux mm/vmalloc.c pcpu_get_vm_areas
 */
export function pcpu_get_vm_areas(size: u32, align: u32): vaddr_t {
  const vmalloc_start = alignUp(VMALLOC_START, align);
  const vmalloc_end: vaddr_t = VMALLOC_END & ~(align - 1);
  BUG_ON(size === 0 || (size & (align - 1)) !== 0, "a percpu area is not aligned");
  const isTooLarge = vmalloc_end < vmalloc_start + size;
  WARN_ON(isTooLarge, "a percpu area is larger than all of vmalloc");
  if (isTooLarge) return NULL;
  if (should_failslab()) return NULL; // kcalloc()
  for (let attempt: u8 = 0; attempt < 2; attempt++) {
    let base: vaddr_t = vmalloc_end - size;
    spin_lock(free_vmap_area_lock);
    while (base > vmalloc_start && !isFree(base, size)) base -= align;
    const fits = isFree(base, size);
    if (fits) va_clip(base, size);
    spin_unlock(free_vmap_area_lock);
    if (fits) {
      insertBusy(base, size);
      return base;
    }
    if (attempt === 0) reclaim_and_purge_vmap_areas();
  }
  return NULL;
}

/** Whatever is still mapped in it is unmapped; the TLB flush comes with the purge. @linux mm/vmalloc.c pcpu_free_vm_areas */
export function pcpu_free_vm_areas(addr: vaddr_t): void {
  vunmap(addr); // free_vm_area(): remove_vm_area() and kfree()
}
