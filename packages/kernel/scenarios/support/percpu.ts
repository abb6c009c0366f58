/**
 * What scenarios of the percpu allocator share: bringing it up, using what was allocated, and the accounts of its memory.
 */
import { LOW_PAGES, NR_CPUS, VMALLOC_END, VMALLOC_START } from "../../../machine/memory-map.ts";
import { accessMemory, pte } from "../../../machine/mmu.ts";
import { start_kernel } from "../../arch/arm/kernel/setup.ts";
import { test_bit } from "../../include/linux/bitmap.ts";
import { lowmem_page_address } from "../../include/linux/mm.ts";
import { mutex_lock, mutex_unlock } from "../../include/linux/mutex.ts";
import {
  PCPU_BITMAP_BLOCK_BITS,
  PCPU_MIN_ALLOC_SIZE,
  PCPU_PAGE_SHIFT,
  PCPU_PAGE_SIZE,
  type pcpu_addr_t,
  pcpuPage,
} from "../../include/linux/percpu.ts";
import { spin_lock_irqsave, spin_unlock_irqrestore } from "../../include/linux/spinlock.ts";
import { alloc_pages, nr_free_pages } from "../../mm/page_alloc.ts";
import { percpu_enable_async } from "../../mm/percpu-balance.ts";
import { pcpu_nr_empty_pop_pages } from "../../mm/percpu-chunk.ts";
import {
  alloc_map,
  type chunk_t,
  isChunk,
  PCPU_CHUNKS,
  PCPU_UNIT_PAGES,
  pcpu_alloc_mutex,
  pcpu_block_off_to_off,
  pcpu_chunk,
  pcpu_chunk_addr,
  pcpu_chunk_fixed,
  pcpu_lock,
  populated,
} from "../../mm/percpu-internal.ts";
import { pcpu_first_chunk, pcpu_setup_first_chunk, pcpu_unit_offsets } from "../../mm/percpu-setup.ts";
import { pcpu_addr_to_page } from "../../mm/percpu-vm.ts";

/** The smallest allocator that still has several blocks, words and slots; two CPUs, and nothing of highmem. */
export const SMALL_PERCPU = sizes({
  NR_CPUS: 2,
  LAST_PKMAP: 1,
  HIGH_PAGES: 1,
  KM_MAX_IDX: 1,
  LAZY_MAX_PAGES: 8,
  PCPU_PAGE_SHIFT: 3,
  PCPU_MIN_ALLOC_SHIFT: 2,
  BITS_PER_LONG: 2,
  PCPU_UNIT_PAGES: 2,
  PCPU_MIN_UNIT_SIZE: 16,
  PERCPU_DYNAMIC_EARLY_SIZE: 4,
  PCPU_SLOTS: 8,
  PCPU_SLOT_BASE_SHIFT: 3,
  PCPU_SLOT_FAIL_THRESHOLD: 1,
  PCPU_EMPTY_POP_PAGES_LOW: 0,
  PCPU_EMPTY_POP_PAGES_HIGH: 0,
});

/** An area of a page. */
export const PAGE = PCPU_PAGE_SIZE;
/** Bytes of a unit's dynamic part in the first chunk: a page, behind static variables that take the rest. */
const DYNAMIC = PAGE;

/** log2, rounded up. */
function orderOf(pages: u32): u32 {
  let order: u32 = 0;
  while (1 << order < pages) order++;
  return order;
}

/** Boots, and gives the allocator its first chunk, in lowmem. @linux mm/percpu.c pcpu_embed_first_chunk */
export function start_kernel_with_percpu(): void {
  start_kernel();
  const unit = PCPU_UNIT_PAGES << PCPU_PAGE_SHIFT;
  const first = alloc_pages(orderOf(NR_CPUS * PCPU_UNIT_PAGES)); // memblock_alloc()
  pcpu_setup_first_chunk(unit - DYNAMIC, 0, DYNAMIC, unit, lowmem_page_address(first));
  percpu_enable_async();
}

/** The CPU uses its own copy of an area, which the caller has. */
export function useArea(ptr: pcpu_addr_t): void {
  const addr = pcpuPage(ptr) + pcpu_unit_offsets[smp_processor_id()];
  accessMemory(addr, pcpu_addr_to_page(addr));
}

/** Bits of a page of a chunk that are in use. Caller holds pcpu_lock. */
function bitsInUse(chunk: chunk_t, page: i32): i32 {
  let bits = 0;
  for (let i = 0; i < PCPU_BITMAP_BLOCK_BITS; i++)
    if (test_bit(pcpu_block_off_to_off(page, i), alloc_map[chunk])) bits++;
  return bits;
}

/** Caller holds both locks. What the page tables have of a page of a chunk is what the chunk says. */
function checkMappings(chunk: chunk_t, page: i32): void {
  const isPopulated = test_bit(page, populated[chunk]);
  for (let cpu: u8 = 0; cpu < NR_CPUS; cpu++) {
    const isMapped = pte[pcpu_chunk_addr(chunk, cpu, page)] !== 0;
    lost_if(isMapped && !isPopulated, "a page that the chunk does not have, and that is free, is still mapped");
    lost_if(isPopulated && !isMapped, "a page that the chunk has is not mapped");
  }
}

/** Caller holds both locks. A chunk's counters are what its bitmaps say; its populated pages. */
function countChunk(chunk: chunk_t): i32 {
  let pages = 0;
  let empty = 0;
  let inUse = 0;
  for (let i = 0; i < pcpu_chunk_fixed[chunk].nr_pages; i++) {
    const bits = bitsInUse(chunk, i);
    inUse += bits;
    if (!test_bit(i, populated[chunk])) continue;
    pages++;
    if (bits === 0) empty++;
  }
  lost_if(pcpu_chunk[chunk].nr_populated !== pages, "a chunk has miscounted its populated pages");
  lost_if(pcpu_chunk[chunk].nr_empty_pop_pages !== empty, "a chunk has miscounted its empty pages");
  const bytes = pcpu_chunk_fixed[chunk].nr_pages << PCPU_PAGE_SHIFT;
  lost_if(
    pcpu_chunk[chunk].free_bytes !== bytes - inUse * PCPU_MIN_ALLOC_SIZE,
    "a chunk has miscounted its free bytes",
  );
  return pages;
}

/**
 * The accounts: every page of lowmem is free, or the first chunk's, which boot took for good, or of a chunk that says so, or one
 * of `others`, which somebody has; vmalloc's part of the page tables maps the chunks' pages and nothing else; the chunks'
 * counters are what their bitmaps say. That is so whenever both locks can be had. Sleeps.
 */
export function checkPercpuMemory(others: u32): void {
  mutex_lock(pcpu_alloc_mutex);
  const free = nr_free_pages();
  const flags = spin_lock_irqsave(pcpu_lock);
  atomic: {
    let pages: u32 = 0;
    let empty = pcpu_chunk[pcpu_first_chunk].nr_empty_pop_pages;
    for (let chunk: chunk_t = 0; chunk < PCPU_CHUNKS; chunk++) {
      if (chunk === pcpu_first_chunk || !isChunk[chunk]) continue;
      for (let i = 0; i < PCPU_UNIT_PAGES; i++) checkMappings(chunk, i);
      pages += NR_CPUS * u32(countChunk(chunk));
      if (!pcpu_chunk[chunk].isolated) empty += pcpu_chunk[chunk].nr_empty_pop_pages;
    }
    lost_if(pcpu_nr_empty_pop_pages !== empty, "the chunks' empty pages are miscounted");
    let mapped: u32 = 0;
    for (let addr = VMALLOC_START; addr < VMALLOC_END; addr++) if (pte[addr] !== 0) mapped++;
    lost_if(mapped !== pages, "pages are mapped that no chunk has");
    const first = 1 << orderOf(NR_CPUS * PCPU_UNIT_PAGES);
    lost_if(first + pages + others + free !== LOW_PAGES, "a page is neither free nor a chunk's");
  }
  spin_unlock_irqrestore(pcpu_lock, flags);
  mutex_unlock(pcpu_alloc_mutex);
}
