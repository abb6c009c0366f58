/**
 * Chunks as wholes: the lists they are on, the counters they add to, and their coming and going. Part of mm/percpu.ts.
 *
 * Each chunk but the reserved one is on the list of its slot, which follows from its largest free region; a search begins
 * at the slot of the wanted size, so it looks at the fullest chunks that may do. Two lists behind the slots hold isolated
 * chunks, which only a request that nothing else can serve is given: those that the balance work shall depopulate, and
 * those that it has (sidelined). Isolated chunks do not count as having empty pages.
 *
 * @object mm/percpu.o
 */

import { bitmap_clear, bitmap_set } from "../include/linux/bitmap.ts";
import { BITS_PER_LONG } from "../include/linux/bitops.ts";
import { PCPU_BITMAP_BLOCK_BITS, PCPU_PAGE_SHIFT } from "../include/linux/percpu.ts";
import {
  alloc_map,
  bound_map,
  type chunk_t,
  isChunk,
  md_blocks,
  NO_CHUNK,
  PCPU_CHUNKS,
  PCPU_SLOTS,
  POPULATED_WORDS,
  type pcpu_block_md_t,
  pcpu_chunk,
  pcpu_chunk_fixed,
  pcpu_chunk_map_bits,
  pcpu_chunk_nr_blocks,
  pcpu_chunk_slot,
  pcpu_lock,
  populated,
} from "./percpu-internal.ts";
import { pcpu_free_slot, pcpu_reserved_chunk, pcpu_to_depopulate_slot, pcpu_unit_pages } from "./percpu-setup.ts";

/**
 * Pages that are populated and wholly free, in all chunks but the reserved and the isolated ones. Written with pcpu_lock held;
 * pcpu_alloc_noprof() looks at it without. @linux mm/percpu.c pcpu_nr_empty_pop_pages
 */
export let pcpu_nr_empty_pop_pages: i32 = 0;
/** Populated pages of a unit, over all chunks. @linux mm/percpu.c pcpu_nr_populated */
export let pcpu_nr_populated: u32 = guarded_by(pcpu_lock, 0);

// ---- lists ----

/**
 * The links of all lists: those of chunks by their numbers, those of list heads behind them. What is on no list links to
 * itself. @linux mm/percpu.c pcpu_chunk_lists
 */
const list = guarded_by(pcpu_lock, array(struct({ next: u32, prev: u32 }), PCPU_CHUNKS + PCPU_SLOTS));

/**
 * What list_empty(&pcpu_chunk_lists[pcpu_free_slot]) says to pcpu_alloc_noprof(), which asks without the lock. Written with it,
 * when it changes; `isFreeSlotUsed` is the same for who holds the lock.
 */
export let freeSlotIsUsed: bool = false;
let isFreeSlotUsed: bool = guarded_by(pcpu_lock, false);

/** After a list has changed. */
function noteFreeSlot(): void {
  const isUsed = list[slotHead(pcpu_free_slot)].next < PCPU_CHUNKS;
  if (isUsed === isFreeSlotUsed) return;
  isFreeSlotUsed = isUsed;
  freeSlotIsUsed = isUsed;
}

/** @linux include/linux/list.h INIT_LIST_HEAD */
function INIT_LIST_HEAD(entry: u32): void {
  list[entry].next = entry;
  list[entry].prev = entry;
}

/** Off its list, and in between two neighbours of another. @linux include/linux/list.h __list_add */
function __list_move(entry: u32, prev: u32, next: u32): void {
  list[next].prev = entry;
  list[entry].next = next;
  list[entry].prev = prev;
  list[prev].next = entry;
}

/** @linux include/linux/list.h __list_del_entry */
function __list_del_entry(entry: u32): void {
  const next = list[entry].next;
  const prev = list[entry].prev;
  list[next].prev = prev;
  list[prev].next = next;
}

/** The head of a slot's list. */
function slotHead(slot: i32): u32 {
  return PCPU_CHUNKS + slot;
}

/** Every list is empty. Boot only. */
export function initChunkLists(): void {
  for (let slot = 0; slot < PCPU_SLOTS; slot++) INIT_LIST_HEAD(slotHead(slot));
}

/** To the front of a list. @linux include/linux/list.h list_move */
function list_move(chunk: chunk_t, slot: i32): void {
  __list_del_entry(chunk);
  __list_move(chunk, slotHead(slot), list[slotHead(slot)].next);
  noteFreeSlot();
}

/** To the end of a list. @linux include/linux/list.h list_move_tail */
export function list_move_tail(chunk: chunk_t, slot: i32): void {
  __list_del_entry(chunk);
  __list_move(chunk, list[slotHead(slot)].prev, slotHead(slot));
  noteFreeSlot();
}

/** Off its list, on none. @linux include/linux/list.h list_del_init */
export function list_del_init(chunk: chunk_t): void {
  __list_del_entry(chunk);
  INIT_LIST_HEAD(chunk);
  noteFreeSlot();
}

/** The first chunk of a slot, or NO_CHUNK. @linux include/linux/list.h list_first_entry_or_null */
export function list_first_entry_or_null(slot: i32): chunk_t {
  const first = list[slotHead(slot)].next;
  return first < PCPU_CHUNKS ? first : NO_CHUNK;
}

/** The chunk behind one on its list, or NO_CHUNK. @linux include/linux/list.h list_next_entry */
export function list_next_entry(chunk: chunk_t): chunk_t {
  const next = list[chunk].next;
  return next < PCPU_CHUNKS ? next : NO_CHUNK;
}

// ---- which list ----

/** The reserved chunk is on none. @linux mm/percpu.c __pcpu_chunk_move */
function __pcpu_chunk_move(chunk: chunk_t, slot: i32, move_front: bool): void {
  if (chunk === pcpu_reserved_chunk) return;
  if (move_front) list_move(chunk, slot);
  else list_move_tail(chunk, slot);
}

/** @linux mm/percpu.c pcpu_chunk_move */
export function pcpu_chunk_move(chunk: chunk_t, slot: i32): void {
  __pcpu_chunk_move(chunk, slot, true);
}

/**
 * After an allocation or a free changed the chunk: to where it belongs now, in front if it has more room than before.
 * `oslot` is where it belonged, -1 if nowhere yet. Caller holds pcpu_lock. @linux mm/percpu.c pcpu_chunk_relocate
 */
export function pcpu_chunk_relocate(chunk: chunk_t, oslot: i32): void {
  const nslot = pcpu_chunk_slot(chunk);
  if (pcpu_chunk[chunk].isolated) return;
  if (oslot !== nslot) __pcpu_chunk_move(chunk, nslot, oslot < nslot);
}

/** Out of the way of allocations, for the balance work to depopulate. Caller holds pcpu_lock. @linux mm/percpu.c pcpu_isolate_chunk */
export function pcpu_isolate_chunk(chunk: chunk_t): void {
  if (!pcpu_chunk[chunk].isolated) {
    pcpu_chunk[chunk].isolated = true;
    pcpu_nr_empty_pop_pages -= pcpu_chunk[chunk].nr_empty_pop_pages;
  }
  list_move(chunk, pcpu_to_depopulate_slot);
}

/** Back among the others. Caller holds pcpu_lock. @linux mm/percpu.c pcpu_reintegrate_chunk */
export function pcpu_reintegrate_chunk(chunk: chunk_t): void {
  if (!pcpu_chunk[chunk].isolated) return;
  pcpu_chunk[chunk].isolated = false;
  pcpu_nr_empty_pop_pages += pcpu_chunk[chunk].nr_empty_pop_pages;
  pcpu_chunk_relocate(chunk, -1);
}

// ---- counters ----

/** Blocks became wholly free (nr > 0), or are no more. Caller holds pcpu_lock. @linux mm/percpu.c pcpu_update_empty_pages */
export function pcpu_update_empty_pages(chunk: chunk_t, nr: i32): void {
  pcpu_chunk[chunk].nr_empty_pop_pages += nr;
  if (chunk !== pcpu_reserved_chunk && !pcpu_chunk[chunk].isolated) pcpu_nr_empty_pop_pages += nr;
}

/** Every unit has got memory for [page_start, page_end). Caller holds both locks. @linux mm/percpu.c pcpu_chunk_populated */
export function pcpu_chunk_populated(chunk: chunk_t, page_start: i32, page_end: i32): void {
  const nr = page_end - page_start;
  bitmap_set(populated[chunk], page_start, nr);
  pcpu_chunk[chunk].nr_populated += nr;
  pcpu_nr_populated += nr;
  pcpu_update_empty_pages(chunk, nr);
}

/** No unit has memory for [page_start, page_end) any more. Caller holds both locks. @linux mm/percpu.c pcpu_chunk_depopulated */
export function pcpu_chunk_depopulated(chunk: chunk_t, page_start: i32, page_end: i32): void {
  const nr = page_end - page_start;
  bitmap_clear(populated[chunk], page_start, nr);
  pcpu_chunk[chunk].nr_populated -= nr;
  pcpu_nr_populated -= nr;
  pcpu_update_empty_pages(chunk, -nr);
}

/** The static, reserved and dynamic part of the first unit, which setup populates as one. Boot only. */
export function countFirstPages(pages: i32, empty: i32): void {
  pcpu_nr_populated += pages;
  pcpu_nr_empty_pop_pages = empty;
}

// ---- coming and going ----

/** One free region from end to end. @linux mm/percpu.c pcpu_init_md_block */
function pcpu_init_md_block(block: pcpu_block_md_t, nr_bits: i32): void {
  block.scan_hint = 0;
  block.scan_hint_start = 0;
  block.contig_hint = nr_bits;
  block.contig_hint_start = 0;
  block.left_free = nr_bits;
  block.right_free = nr_bits;
  block.first_free = 0;
  block.nr_bits = nr_bits;
}

/** @linux mm/percpu.c pcpu_init_md_blocks */
function pcpu_init_md_blocks(chunk: chunk_t): void {
  pcpu_init_md_block(pcpu_chunk[chunk].chunk_md, pcpu_chunk_map_bits(chunk));
  for (let i = 0; i < pcpu_chunk_nr_blocks(chunk); i++) pcpu_init_md_block(md_blocks[chunk][i], PCPU_BITMAP_BLOCK_BITS);
}

/** A number that names no chunk. Here Linux would ask kzalloc(); the pool is a bound of the model. Caller holds pcpu_alloc_mutex. */
function takeFromPool(): chunk_t {
  for (let chunk: chunk_t = 0; chunk < PCPU_CHUNKS; chunk++) {
    if (!isChunk[chunk]) {
      isChunk[chunk] = true;
      return chunk;
    }
  }
  BUG_ON(true, "a bound of the model: more than PCPU_CHUNKS percpu chunks");
  return NO_CHUNK;
}

/** All of a chunk as kzalloc() and the setup behind it leave it: nothing allocated, nothing populated. */
export function initChunk(chunk: chunk_t, nr_pages: i32): void {
  INIT_LIST_HEAD(chunk);
  const words = (nr_pages * PCPU_BITMAP_BLOCK_BITS) / BITS_PER_LONG;
  for (let i = 0; i < words; i++) {
    alloc_map[chunk][i] = 0;
    bound_map[chunk][i] = 0;
  }
  bound_map[chunk][words] = 0;
  for (let i = 0; i < POPULATED_WORDS; i++) populated[chunk][i] = 0;
  pcpu_chunk_fixed[chunk].base_addr = 0;
  pcpu_chunk_fixed[chunk].data = 0;
  pcpu_chunk_fixed[chunk].immutable = false;
  pcpu_chunk_fixed[chunk].start_offset = 0;
  pcpu_chunk_fixed[chunk].end_offset = 0;
  pcpu_chunk_fixed[chunk].nr_pages = nr_pages;
  pcpu_chunk[chunk].isolated = false;
  pcpu_chunk[chunk].nr_populated = 0;
  pcpu_chunk[chunk].nr_empty_pop_pages = 0;
  pcpu_init_md_blocks(chunk);
  pcpu_chunk[chunk].free_bytes = nr_pages << PCPU_PAGE_SHIFT;
}

/** A chunk without addresses or memory. Caller holds pcpu_alloc_mutex; nobody else knows the chunk yet. @linux mm/percpu.c pcpu_alloc_chunk */
export function pcpu_alloc_chunk(): chunk_t {
  const chunk = takeFromPool();
  unpublished: {
    initChunk(chunk, pcpu_unit_pages);
  }
  return chunk;
}

/** Nobody else knows the chunk any more. Caller holds pcpu_alloc_mutex. @linux mm/percpu.c pcpu_free_chunk */
export function pcpu_free_chunk(chunk: chunk_t): void {
  isChunk[chunk] = false;
}

/** The chunks of the first unit exist from boot on; memblock gives them, not the pool. Boot only. */
export function takeFirstChunk(): chunk_t {
  return takeFromPool();
}
