/**
 * What a chunk is, and all state of the percpu allocator. Part of mm/percpu.ts.
 *
 * A chunk is a stretch of addresses with a unit for each CPU, one behind the other, all laid out alike: an area that is
 * allocated lies at the same offset in each unit. One bitmap therefore serves all units:
 *
 *      base_addr
 *      | unit of CPU 0     | unit of CPU 1     | …
 *      | page | page | ... |
 *
 *      alloc_map   a bit for each PCPU_MIN_ALLOC_SIZE of a unit: set where it is in use
 *      bound_map   set where an area begins and where one ends, so that freeing needs no size
 *      populated   a bit for each page of a unit: set where every unit has memory behind it
 *      md_blocks   hints for each block (a page) of alloc_map, so that a search seldom looks at bits; chunk_md for all of it
 *
 * Locks, exactly as Linux takes them: pcpu_alloc_mutex for who sleeps (making and destroying chunks, giving and taking
 * their memory), and inside it pcpu_lock, interrupts off, for all that is below but `pcpu_chunk_fixed` and `populated`.
 * `populated` is written with both held, and may be read with either. pcpu_lock is never held while pages are allocated or
 * TLBs and caches flushed.
 *
 * There is no heap: chunks come from a pool of PCPU_CHUNKS and are named by number; NO_CHUNK is NULL. Who finds the pool empty
 * has reached a bound of the model, which is said (a BUG), never taken for a failure that Linux could have.
 *
 * Sizes. The same source serves at full size (the defaults) and in an exhaustive search, whose scenario gives small ones.
 * They go together like this: a block is a page of 2^(PCPU_PAGE_SHIFT - PCPU_MIN_ALLOC_SHIFT) bits, four to eight in a search;
 * BITS_PER_LONG divides that, best equals it; PCPU_UNIT_PAGES is the pages of a unit, two or three; PCPU_MIN_UNIT_SIZE and
 * PERCPU_DYNAMIC_EARLY_SIZE are bytes and at most what a unit has; the marks LOW and HIGH at which empty pages are made or
 * given back are small enough to be reached; PCPU_CHUNKS leaves one chunk more than the scenario may need at a time; PCPU_SLOTS is
 * at least __pcpu_size_to_slot(unit size) + 4, which setup checks. PCPU_SLOT_BASE_SHIFT and PCPU_SLOT_FAIL_THRESHOLD may be
 * lowered, so that a small unit too has several slots.
 *
 * @object mm/percpu.o
 */
import type { vaddr_t } from "../../machine/memory-map.ts";
import { BITS_PER_LONG, fls } from "../include/linux/bitops.ts";
import { max } from "../include/linux/minmax.ts";
import {
  PCPU_BITMAP_BLOCK_BITS,
  PCPU_MIN_ALLOC_SHIFT,
  PCPU_MIN_ALLOC_SIZE,
  PCPU_PAGE_SHIFT,
} from "../include/linux/percpu.ts";
import { work_struct } from "../include/linux/workqueue.ts";
import { pcpu_free_slot, pcpu_unit_map, pcpu_unit_offsets, pcpu_unit_pages, pcpu_unit_size } from "./percpu-setup.ts";

// ---- bounds of the model, and constants of Linux ----

/** Pages of the largest unit. A chunk's bitmaps are arrays of this size. */
export const PCPU_UNIT_PAGES = size("PCPU_UNIT_PAGES", 16);
/** Chunks that exist at a time, the first and the reserved one included. */
export const PCPU_CHUNKS = size("PCPU_CHUNKS", 1024);
/** Lists of chunks. */
export const PCPU_SLOTS = size("PCPU_SLOTS", 32);
/** No chunk: NULL. */
export const NO_CHUNK = PCPU_CHUNKS;

/** Areas smaller than 2^this share the first slot. @linux mm/percpu.c PCPU_SLOT_BASE_SHIFT */
const PCPU_SLOT_BASE_SHIFT = size("PCPU_SLOT_BASE_SHIFT", 5);
/** A chunk below this slot that cannot serve a request goes to slot 0, where no request looks. @linux mm/percpu.c PCPU_SLOT_FAIL_THRESHOLD */
export const PCPU_SLOT_FAIL_THRESHOLD = size("PCPU_SLOT_FAIL_THRESHOLD", 3);
/** Fewer empty populated pages than this: the balance work makes more. @linux mm/percpu.c PCPU_EMPTY_POP_PAGES_LOW */
export const PCPU_EMPTY_POP_PAGES_LOW = size("PCPU_EMPTY_POP_PAGES_LOW", 2);
/** As many it makes, and more than these it gives back. @linux mm/percpu.c PCPU_EMPTY_POP_PAGES_HIGH */
export const PCPU_EMPTY_POP_PAGES_HIGH = size("PCPU_EMPTY_POP_PAGES_HIGH", 4);

static_assert(PCPU_BITMAP_BLOCK_BITS % BITS_PER_LONG === 0, "a block of the allocation bitmap must begin a word");
const ALLOC_MAP_WORDS = (PCPU_UNIT_PAGES * PCPU_BITMAP_BLOCK_BITS) / BITS_PER_LONG;
export const POPULATED_WORDS = (PCPU_UNIT_PAGES + BITS_PER_LONG - 1) / BITS_PER_LONG;

// ---- state ----

/** Chunks, maps, hints, lists, counters. Interrupts off: free_percpu() may come from any context. @linux mm/percpu.c pcpu_lock */
export const pcpu_lock = spinlock();
/** @linux mm/percpu.c pcpu_alloc_mutex */
export const pcpu_alloc_mutex = mutex();

/**
 * Hints of a block, or of a whole chunk, in bits. contig_hint is its largest free region. scan_hint is the largest known
 * before that, not necessarily the second largest; it lies behind contig_hint only if both are as large.
 * @linux mm/percpu-internal.h pcpu_block_md
 */
export const pcpu_block_md = struct({
  scan_hint: i32,
  scan_hint_start: i32,
  contig_hint: i32,
  contig_hint_start: i32,
  left_free: i32,
  right_free: i32,
  first_free: i32,
  nr_bits: i32,
});
export type pcpu_block_md_t = {
  scan_hint: i32;
  scan_hint_start: i32;
  contig_hint: i32;
  contig_hint_start: i32;
  left_free: i32;
  right_free: i32;
  first_free: i32;
  nr_bits: i32;
};

/** A chunk by its number, or NO_CHUNK. */
export type chunk_t = u32;

/** What changes while a chunk lives. @linux mm/percpu-internal.h pcpu_chunk */
export const pcpu_chunk = guarded_by(
  pcpu_lock,
  array(
    struct({ free_bytes: i32, isolated: bool, nr_populated: i32, nr_empty_pop_pages: i32, chunk_md: pcpu_block_md }),
    PCPU_CHUNKS,
  ),
);
/** By chunk and page. @linux mm/percpu-internal.h pcpu_chunk */
export const md_blocks = guarded_by(pcpu_lock, array(array(pcpu_block_md, PCPU_UNIT_PAGES), PCPU_CHUNKS));
/** @linux mm/percpu-internal.h pcpu_chunk */
export const alloc_map = guarded_by(pcpu_lock, array(array(u32, ALLOC_MAP_WORDS), PCPU_CHUNKS));
/** One bit longer than alloc_map, for the end of the last area. @linux mm/percpu-internal.h pcpu_chunk */
export const bound_map = guarded_by(pcpu_lock, array(array(u32, ALLOC_MAP_WORDS + 1), PCPU_CHUNKS));
/** @linux mm/percpu-internal.h pcpu_chunk */
export const populated = array(array(u32, POPULATED_WORDS), PCPU_CHUNKS);
/**
 * What is written while a chunk is made and then only read: from any context, with no lock.
 * @linux mm/percpu-internal.h pcpu_chunk
 */
export const pcpu_chunk_fixed = array(
  struct({
    base_addr: u32,
    /** Linux's chunk->data of the km backend. The vm backend's is what pcpu_get_vm_areas() gave, which is base_addr. */
    data: u32,
    /** Memory comes and goes with the kernel: neither populated nor depopulated. */
    immutable: bool,
    /** Bytes of the first and the last page that belong to somebody else. */
    start_offset: i32,
    end_offset: i32,
    nr_pages: i32,
  }),
  PCPU_CHUNKS,
);
/** The pool: which numbers name a chunk. */
export const isChunk = guarded_by(pcpu_alloc_mutex, array(bool, PCPU_CHUNKS));

/** @linux mm/percpu.c pcpu_balance_work */
export const pcpu_balance_work = shared(work_struct);

// ---- slots ----

/** @linux mm/percpu.c __pcpu_size_to_slot */
export function __pcpu_size_to_slot(bytes: i32): i32 {
  return max(fls(u32(bytes)) - PCPU_SLOT_BASE_SHIFT + 2, 1);
}

/** Where to look for so many bytes, and where a chunk belongs whose largest free region has so many. @linux mm/percpu.c pcpu_size_to_slot */
export function pcpu_size_to_slot(bytes: i32): i32 {
  if (bytes === pcpu_unit_size) return pcpu_free_slot;
  return __pcpu_size_to_slot(bytes);
}

/** @linux mm/percpu.c pcpu_chunk_slot */
export function pcpu_chunk_slot(chunk: chunk_t): i32 {
  if (pcpu_chunk[chunk].free_bytes < PCPU_MIN_ALLOC_SIZE || pcpu_chunk[chunk].chunk_md.contig_hint === 0) return 0;
  return pcpu_size_to_slot(pcpu_chunk[chunk].chunk_md.contig_hint << PCPU_MIN_ALLOC_SHIFT);
}

// ---- between pages, blocks, bits and addresses ----

/** Blocks of a chunk; a block is a page. @linux mm/percpu-internal.h pcpu_chunk_nr_blocks */
export function pcpu_chunk_nr_blocks(chunk: chunk_t): i32 {
  return pcpu_chunk_fixed[chunk].nr_pages;
}

/** Bits of a chunk's alloc_map. @linux mm/percpu-internal.h pcpu_chunk_map_bits */
export function pcpu_chunk_map_bits(chunk: chunk_t): i32 {
  return pcpu_chunk_fixed[chunk].nr_pages * PCPU_BITMAP_BLOCK_BITS;
}

/** @linux mm/percpu.c pcpu_off_to_block_index */
export function pcpu_off_to_block_index(off: i32): i32 {
  return off / PCPU_BITMAP_BLOCK_BITS;
}

/** @linux mm/percpu.c pcpu_off_to_block_off */
export function pcpu_off_to_block_off(off: i32): i32 {
  return off & (PCPU_BITMAP_BLOCK_BITS - 1);
}

/** @linux mm/percpu.c pcpu_block_off_to_off */
export function pcpu_block_off_to_off(index: i32, off: i32): i32 {
  return index * PCPU_BITMAP_BLOCK_BITS + off;
}

/** Where a page of a CPU's unit stands among those of all units. @linux mm/percpu.c pcpu_page_idx */
export function pcpu_page_idx(cpu: u8, page_idx: i32): u32 {
  return pcpu_unit_map[cpu] * pcpu_unit_pages + page_idx;
}

/** @linux mm/percpu.c pcpu_unit_page_offset */
export function pcpu_unit_page_offset(cpu: u8, page_idx: i32): u32 {
  return pcpu_unit_offsets[cpu] + page_idx;
}

/** The address of a page of a CPU's unit. @linux mm/percpu.c pcpu_chunk_addr */
export function pcpu_chunk_addr(chunk: chunk_t, cpu: u8, page_idx: i32): vaddr_t {
  return pcpu_chunk_fixed[chunk].base_addr + pcpu_unit_page_offset(cpu, page_idx);
}

/** The page of a byte of a unit. @linux include/linux/pfn.h PFN_DOWN */
export function PFN_DOWN(bytes: i32): i32 {
  return bytes >> PCPU_PAGE_SHIFT;
}

/** The page behind the last of so many bytes. @linux include/linux/pfn.h PFN_UP */
export function PFN_UP(bytes: i32): i32 {
  return (bytes + (1 << PCPU_PAGE_SHIFT) - 1) >> PCPU_PAGE_SHIFT;
}
