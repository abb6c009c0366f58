/**
 * The balance work: keeps a few empty pages populated for atomic allocations, and gives back what is more than that. Part
 * of mm/percpu.ts. It runs in a kworker, with pcpu_alloc_mutex held from end to end; pcpu_lock is held on entry to each of its
 * four parts and on return, and dropped wherever pages, mappings or TLBs are touched.
 *
 * @object mm/percpu.o
 */
import { find_next_bit, find_next_zero_bit, test_bit } from "../include/linux/bitmap.ts";
import { max, min } from "../include/linux/minmax.ts";
import { mutex_lock, mutex_unlock } from "../include/linux/mutex.ts";
import { PCPU_BITMAP_BLOCK_BITS, PCPU_PAGE_SIZE } from "../include/linux/percpu.ts";
import { spin_lock_irq, spin_unlock_irq } from "../include/linux/spinlock.ts";
import { schedule_work } from "../include/linux/workqueue.ts";
import {
  list_del_init,
  list_first_entry_or_null,
  list_move_tail,
  list_next_entry,
  pcpu_chunk_depopulated,
  pcpu_chunk_populated,
  pcpu_chunk_relocate,
  pcpu_nr_empty_pop_pages,
  pcpu_reintegrate_chunk,
} from "./percpu-chunk.ts";
import {
  type chunk_t,
  md_blocks,
  NO_CHUNK,
  PCPU_CHUNKS,
  PCPU_EMPTY_POP_PAGES_HIGH,
  pcpu_alloc_mutex,
  pcpu_balance_work,
  pcpu_chunk,
  pcpu_chunk_fixed,
  pcpu_lock,
  pcpu_size_to_slot,
  populated,
} from "./percpu-internal.ts";
import { pcpu_free_slot, pcpu_sidelined_slot, pcpu_to_depopulate_slot, pcpu_unit_size } from "./percpu-setup.ts";
import {
  pcpu_create_chunk,
  pcpu_depopulate_chunk,
  pcpu_destroy_chunk,
  pcpu_populate_chunk,
  pcpu_post_unmap_tlb_flush,
} from "./percpu-vm.ts";

/** Work can be scheduled: not before workqueues are there. @linux mm/percpu.c pcpu_async_enabled */
let pcpu_async_enabled: bool = false;
/** Make as many empty pages as allowed. No lock: a hint that is lost costs nothing. @linux mm/percpu.c pcpu_atomic_alloc_failed */
let pcpu_atomic_alloc_failed: bool = false;

/** Chunks on their way out, which nobody else knows any more; the last one leaves first. Linux has them on a list of its own. */
const to_free = guarded_by(pcpu_alloc_mutex, array(u32, PCPU_CHUNKS, NO_CHUNK));

/** From boot on, once. @linux mm/percpu.c percpu_enable_async */
export function percpu_enable_async(): void {
  pcpu_async_enabled = true;
}

/** From any context. @linux mm/percpu.c pcpu_schedule_balance_work */
export function pcpu_schedule_balance_work(): void {
  if (pcpu_async_enabled) schedule_work(pcpu_balance_work);
}

/** From any context. */
export function noteAtomicFailure(): void {
  pcpu_atomic_alloc_failed = true;
}

/**
 * Destroys the free chunks but the first of them; with empty_only, those that have no memory. @linux mm/percpu.c pcpu_balance_free
 */
function pcpu_balance_free(empty_only: bool): void {
  let count: u32 = 0;
  const spared = list_first_entry_or_null(pcpu_free_slot);
  let chunk = spared;
  while (chunk !== NO_CHUNK) {
    const next = list_next_entry(chunk);
    WARN_ON(pcpu_chunk_fixed[chunk].immutable, "the kernel's own chunk is free from end to end");
    if (chunk !== spared && (!empty_only || pcpu_chunk[chunk].nr_empty_pop_pages === 0)) {
      list_del_init(chunk);
      to_free[count] = chunk;
      count++;
    }
    chunk = next;
  }
  if (count === 0) return;

  spin_unlock_irq(pcpu_lock);
  while (count > 0) {
    count--;
    chunk = to_free[count];
    to_free[count] = NO_CHUNK;
    depopulateAll(chunk);
    pcpu_destroy_chunk(chunk);
  }
  spin_lock_irq(pcpu_lock);
}

/** Takes back all memory of a chunk, range by range. */
function depopulateAll(chunk: chunk_t): void {
  const nr_pages = pcpu_chunk_fixed[chunk].nr_pages;
  let rs = find_next_bit(populated[chunk], nr_pages, 0);
  while (rs < nr_pages) {
    const re = find_next_zero_bit(populated[chunk], nr_pages, rs);
    pcpu_depopulate_chunk(chunk, rs, re);
    spin_lock_irq(pcpu_lock);
    pcpu_chunk_depopulated(chunk, rs, re);
    spin_unlock_irq(pcpu_lock);
    rs = find_next_bit(populated[chunk], nr_pages, re);
  }
}

/** How many empty pages to make. */
function emptyPagesWanted(): i32 {
  if (pcpu_atomic_alloc_failed) {
    pcpu_atomic_alloc_failed = false;
    return PCPU_EMPTY_POP_PAGES_HIGH;
  }
  return min(max(PCPU_EMPTY_POP_PAGES_HIGH - pcpu_nr_empty_pop_pages, 0), PCPU_EMPTY_POP_PAGES_HIGH);
}

/** The first chunk of a slot that lacks memory somewhere, or NO_CHUNK. */
function firstUnpopulated(slot: i32): chunk_t {
  let chunk = list_first_entry_or_null(slot);
  while (chunk !== NO_CHUNK && pcpu_chunk_fixed[chunk].nr_pages === pcpu_chunk[chunk].nr_populated) {
    chunk = list_next_entry(chunk);
  }
  return chunk;
}

/** Populates up to `wanted` pages of a chunk. Returns how many are still wanted: none after a failure. */
function populateSome(chunk: chunk_t, wanted: i32): i32 {
  const nr_pages = pcpu_chunk_fixed[chunk].nr_pages;
  let nr_to_pop = wanted;
  let rs = find_next_zero_bit(populated[chunk], nr_pages, 0);
  while (rs < nr_pages) {
    const re = find_next_bit(populated[chunk], nr_pages, rs);
    const nr = min(re - rs, nr_to_pop);
    spin_unlock_irq(pcpu_lock);
    const isPopulated = pcpu_populate_chunk(chunk, rs, rs + nr);
    spin_lock_irq(pcpu_lock);
    if (!isPopulated) return 0;
    nr_to_pop -= nr;
    pcpu_chunk_populated(chunk, rs, rs + nr);
    if (nr_to_pop === 0) return 0;
    rs = find_next_zero_bit(populated[chunk], nr_pages, re);
  }
  return nr_to_pop;
}

/**
 * Populates pages of the fullest chunks that have a page's room, until there are PCPU_EMPTY_POP_PAGES_HIGH empty ones; makes
 * a chunk if none is left that could. A failure ends it: an allocation that may sleep will try harder.
 * @linux mm/percpu.c pcpu_balance_populated
 */
function pcpu_balance_populated(): void {
  for (;;) {
    let nr_to_pop = emptyPagesWanted();
    for (let slot = pcpu_size_to_slot(PCPU_PAGE_SIZE); slot <= pcpu_free_slot; slot++) {
      if (nr_to_pop === 0) break;
      const chunk = firstUnpopulated(slot);
      if (chunk !== NO_CHUNK) nr_to_pop = populateSome(chunk, nr_to_pop);
    }
    if (nr_to_pop === 0) return;
    spin_unlock_irq(pcpu_lock);
    const created = pcpu_create_chunk();
    spin_lock_irq(pcpu_lock);
    if (created === NO_CHUNK) return;
    pcpu_chunk_relocate(created, -1);
  }
}

/**
 * Gives back the empty pages of isolated chunks, from the end of each, as long as enough are left elsewhere; then puts the
 * chunk with the sidelined ones, or back among the others if its pages are needed or it is free from end to end. Frees may come
 * meanwhile; nobody but us populates or depopulates. One TLB flush for each chunk. @linux mm/percpu.c pcpu_reclaim_populated
 */
function pcpu_reclaim_populated(): void {
  for (;;) {
    const chunk = list_first_entry_or_null(pcpu_to_depopulate_slot);
    if (chunk === NO_CHUNK) return;
    WARN_ON(pcpu_chunk_fixed[chunk].immutable, "memory of the kernel's own chunk is to be given back");
    let freed_page_start = pcpu_chunk_fixed[chunk].nr_pages;
    let freed_page_end = 0;
    let reintegrate = false;
    let end = -1;
    for (let i = pcpu_chunk_fixed[chunk].nr_pages - 1; i >= 0; i--) {
      if (pcpu_chunk[chunk].nr_empty_pop_pages === 0) break;
      if (pcpu_nr_empty_pop_pages < PCPU_EMPTY_POP_PAGES_HIGH) {
        reintegrate = true; // or atomic allocations would soon fail
        break;
      }
      // Empty and populated: begins or extends the range (i, end]. Page 0 ends it, as no page before it can.
      if (md_blocks[chunk][i].contig_hint === PCPU_BITMAP_BLOCK_BITS && test_bit(i, populated[chunk])) {
        if (end === -1) end = i;
        if (i > 0) continue;
        i--;
      }
      if (end === -1) continue;

      spin_unlock_irq(pcpu_lock);
      pcpu_depopulate_chunk(chunk, i + 1, end + 1);
      spin_lock_irq(pcpu_lock);
      pcpu_chunk_depopulated(chunk, i + 1, end + 1);
      freed_page_start = min(freed_page_start, i + 1);
      freed_page_end = max(freed_page_end, end + 1);
      end = -1;
    }

    if (freed_page_start < freed_page_end) {
      spin_unlock_irq(pcpu_lock);
      pcpu_post_unmap_tlb_flush(chunk, freed_page_start, freed_page_end);
      spin_lock_irq(pcpu_lock);
    }
    if (reintegrate || pcpu_chunk[chunk].free_bytes === pcpu_unit_size) pcpu_reintegrate_chunk(chunk);
    else list_move_tail(chunk, pcpu_sidelined_slot);
  }
}

/**
 * All four parts. Free chunks go first and last: reclaim finds some more, and those without memory need not wait.
 * @linux mm/percpu.c pcpu_balance_workfn
 */
export function pcpu_balance_workfn(): void {
  mutex_lock(pcpu_alloc_mutex);
  spin_lock_irq(pcpu_lock);
  pcpu_balance_free(false);
  pcpu_reclaim_populated();
  pcpu_balance_populated();
  pcpu_balance_free(true);
  spin_unlock_irq(pcpu_lock);
  mutex_unlock(pcpu_alloc_mutex);
}
