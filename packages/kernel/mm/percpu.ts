/**
 * The percpu allocator: memory of which every CPU has a copy of its own, at the same offset in its unit.
 *
 * Allocating may sleep, unless the caller says GFP_ATOMIC: then only what is populated already can be given, and a request that
 * fails has the balance work make more for the next one. Freeing is allowed in any context. The static area of the first unit
 * is nobody's to free.
 *
 * mm/percpu-internal.ts says what a chunk is, who holds which lock, and which sizes go together. How memory gets behind a
 * chunk is one of two files.
 *
 * Not modelled: memory cgroups, allocation tags and statistics, a killed task (mutex_lock_killable), several groups of units.
 */
import { NR_CPUS, PAGES, type page_t } from "../../machine/memory-map.ts";
import { accessMemory } from "../../machine/mmu.ts";
import { ALIGN, is_power_of_2 } from "../include/linux/align.ts";
import { find_next_bit, find_next_zero_bit } from "../include/linux/bitmap.ts";
import { GFP_ATOMIC, GFP_KERNEL, gfpflags_allow_blocking } from "../include/linux/gfp.ts";
import { mutex_lock, mutex_unlock } from "../include/linux/mutex.ts";
import {
  PCPU_MIN_ALLOC_SHIFT,
  PCPU_MIN_ALLOC_SIZE,
  PCPU_MIN_UNIT_SIZE,
  PCPU_PAGE_SHIFT,
  PCPU_PAGE_SIZE,
  type pcpu_addr_t,
  pcpuAddr,
  pcpuPage,
} from "../include/linux/percpu.ts";
import { spin_lock_irqsave, spin_unlock_irqrestore } from "../include/linux/spinlock.ts";
import { trace_percpu_alloc_percpu, trace_percpu_free_percpu } from "../include/trace/events/percpu.ts";
import { pcpu_alloc_area, pcpu_find_block_fit, pcpu_free_area } from "./percpu-area.ts";
import { noteAtomicFailure, pcpu_schedule_balance_work } from "./percpu-balance.ts";
import {
  freeSlotIsUsed,
  list_first_entry_or_null,
  list_next_entry,
  pcpu_chunk_move,
  pcpu_chunk_populated,
  pcpu_chunk_relocate,
  pcpu_isolate_chunk,
  pcpu_nr_empty_pop_pages,
  pcpu_reintegrate_chunk,
} from "./percpu-chunk.ts";
import {
  type chunk_t,
  NO_CHUNK,
  PCPU_EMPTY_POP_PAGES_LOW,
  PCPU_SLOT_FAIL_THRESHOLD,
  PFN_DOWN,
  PFN_UP,
  pcpu_alloc_mutex,
  pcpu_chunk,
  pcpu_chunk_addr,
  pcpu_chunk_fixed,
  pcpu_lock,
  pcpu_size_to_slot,
  populated,
} from "./percpu-internal.ts";
import {
  pcpu_first_chunk,
  pcpu_free_slot,
  pcpu_reserved_chunk,
  pcpu_unit_offsets,
  pcpu_unit_size,
} from "./percpu-setup.ts";
import { pcpu_addr_to_page, pcpu_create_chunk, pcpu_populate_chunk, pcpu_should_reclaim_chunk } from "./percpu-vm.ts";

include("./percpu-internal.ts", true);
include("./percpu-chunk.ts", true);
include("./percpu-hints.ts", true);
include("./percpu-area.ts", true);
include("./percpu-setup.ts", true);
include("./percpu-balance.ts", true);
include("./percpu-km.ts", CONFIG.NEED_PER_CPU_KM);
include("./percpu-vm.ts", !CONFIG.NEED_PER_CPU_KM);

/** By page that a chunk was given: the chunk. @linux include/linux/mm_types.h page */
const page_index = array(u32, PAGES, NO_CHUNK);

/** @linux mm/percpu.c pcpu_set_page_chunk */
export function pcpu_set_page_chunk(page: page_t, chunk: chunk_t): void {
  page_index[page] = chunk;
}

/** @linux mm/percpu.c pcpu_get_page_chunk */
function pcpu_get_page_chunk(page: page_t): chunk_t {
  return page_index[page];
}

/** Whether a chunk of the first unit serves an address. @linux mm/percpu.c pcpu_addr_in_chunk */
function pcpu_addr_in_chunk(chunk: chunk_t, addr: pcpu_addr_t): bool {
  if (chunk === NO_CHUNK) return false;
  const base_addr = pcpu_chunk_fixed[chunk].base_addr;
  const bytes = pcpu_chunk_fixed[chunk].nr_pages << PCPU_PAGE_SHIFT;
  const start_addr = pcpuAddr(base_addr, pcpu_chunk_fixed[chunk].start_offset);
  const end_addr = pcpuAddr(base_addr, ALIGN(bytes - pcpu_chunk_fixed[chunk].end_offset, PCPU_MIN_ALLOC_SIZE));
  return addr >= start_addr && addr < end_addr;
}

/**
 * The chunk of an address that was allocated, by the page behind it. Any CPU's copy will do, and the caller's own is at hand: the
 * first unit of a CPU that is not possible would have no memory. @linux mm/percpu.c pcpu_chunk_addr_search
 */
function pcpu_chunk_addr_search(addr: pcpu_addr_t): chunk_t {
  if (pcpu_addr_in_chunk(pcpu_first_chunk, addr)) return pcpu_first_chunk;
  if (pcpu_addr_in_chunk(pcpu_reserved_chunk, addr)) return pcpu_reserved_chunk;
  return pcpu_get_page_chunk(pcpu_addr_to_page(pcpuPage(addr) + pcpu_unit_offsets[smp_processor_id()]));
}

/** Memory for every page under the area that has none. Caller holds pcpu_alloc_mutex. False: the area is freed again. */
function populateArea(chunk: chunk_t, off: i32, bytes: i32): bool {
  const page_end = PFN_UP(off + bytes);
  let rs = find_next_zero_bit(populated[chunk], page_end, PFN_DOWN(off));
  while (rs < page_end) {
    const re = find_next_bit(populated[chunk], page_end, rs);
    WARN_ON(pcpu_chunk_fixed[chunk].immutable, "a page of the kernel's own chunk has no memory");
    const isPopulated = pcpu_populate_chunk(chunk, rs, re);
    const flags = spin_lock_irqsave(pcpu_lock);
    if (!isPopulated) {
      pcpu_free_area(chunk, off);
      spin_unlock_irqrestore(pcpu_lock, flags);
      return false;
    }
    pcpu_chunk_populated(chunk, rs, re);
    spin_unlock_irqrestore(pcpu_lock, flags);
    rs = find_next_zero_bit(populated[chunk], page_end, re);
  }
  return true;
}

/** memset() over the area of every CPU. The data do not matter, the translations do: each page is written to. */
function clearArea(chunk: chunk_t, off: i32, bytes: i32): void {
  for (let cpu: u8 = 0; cpu < NR_CPUS; cpu++) {
    for (let page = PFN_DOWN(off); page < PFN_UP(off + bytes); page++) {
      const addr = pcpu_chunk_addr(chunk, cpu, page);
      if (!CONFIG.NEED_PER_CPU_KM && !pcpu_chunk_fixed[chunk].immutable) accessMemory(addr, pcpu_addr_to_page(addr));
    }
  }
}

/** The labels fail and fail_unlock of pcpu_alloc_noprof(), behind the unlock. */
function allocFailed(is_atomic: bool): pcpu_addr_t {
  pr_warn("percpu: allocation failed");
  if (is_atomic) {
    noteAtomicFailure();
    pcpu_schedule_balance_work();
  } else mutex_unlock(pcpu_alloc_mutex);
  return NULL;
}

/**
 * An area of `size` bytes in every unit, zeroed, aligned to `align` (a power of two, at most a page); NULL if there is none.
 * `reserved` asks for the reserved chunk, if there is one. @linux mm/percpu.c pcpu_alloc_noprof
 */
export function pcpu_alloc_noprof(size: u32, align: u32, reserved: bool, gfp: u32): pcpu_addr_t {
  const is_atomic = !gfpflags_allow_blocking(gfp);
  const alignment: u32 = align < PCPU_MIN_ALLOC_SIZE ? PCPU_MIN_ALLOC_SIZE : align;
  const bytes = ALIGN(i32(size), PCPU_MIN_ALLOC_SIZE);
  const bits = bytes >> PCPU_MIN_ALLOC_SHIFT;
  const bit_align: i32 = alignment >> PCPU_MIN_ALLOC_SHIFT;
  const isIllegalSize = size === 0 || size > PCPU_MIN_UNIT_SIZE;
  if (isIllegalSize || alignment > PCPU_PAGE_SIZE || !is_power_of_2(alignment)) {
    pr_warn("percpu: illegal size or align");
    return NULL;
  }

  if (!is_atomic) mutex_lock(pcpu_alloc_mutex);
  let chunk: chunk_t = NO_CHUNK;
  let off = -1;
  let flags = spin_lock_irqsave(pcpu_lock);
  if (reserved && pcpu_reserved_chunk !== NO_CHUNK) {
    chunk = pcpu_reserved_chunk;
    off = pcpu_find_block_fit(chunk, bits, bit_align, is_atomic);
    if (off >= 0) off = pcpu_alloc_area(chunk, bits, bit_align, off);
    if (off < 0) {
      spin_unlock_irqrestore(pcpu_lock, flags);
      return allocFailed(is_atomic);
    }
  } else {
    search: for (;;) {
      for (let slot = pcpu_size_to_slot(bytes); slot <= pcpu_free_slot; slot++) {
        chunk = list_first_entry_or_null(slot);
        while (chunk !== NO_CHUNK) {
          const next = list_next_entry(chunk);
          off = pcpu_find_block_fit(chunk, bits, bit_align, is_atomic);
          if (off < 0) {
            // Nearly full, so most requests would fail here: no more until something is freed.
            if (slot < PCPU_SLOT_FAIL_THRESHOLD) pcpu_chunk_move(chunk, 0);
          } else {
            off = pcpu_alloc_area(chunk, bits, bit_align, off);
            if (off >= 0) {
              pcpu_reintegrate_chunk(chunk);
              break search;
            }
          }
          chunk = next;
        }
      }
      spin_unlock_irqrestore(pcpu_lock, flags);
      if (is_atomic) return allocFailed(is_atomic);
      if (freeSlotIsUsed) {
        flags = spin_lock_irqsave(pcpu_lock);
        continue; // somebody freed the last area of a chunk meanwhile
      }
      chunk = pcpu_create_chunk();
      if (chunk === NO_CHUNK) return allocFailed(is_atomic);
      flags = spin_lock_irqsave(pcpu_lock);
      pcpu_chunk_relocate(chunk, -1);
    }
  }
  spin_unlock_irqrestore(pcpu_lock, flags);

  if (!is_atomic) {
    if (!populateArea(chunk, off, bytes)) return allocFailed(is_atomic);
    mutex_unlock(pcpu_alloc_mutex);
  }
  if (pcpu_nr_empty_pop_pages < PCPU_EMPTY_POP_PAGES_LOW) pcpu_schedule_balance_work();
  clearArea(chunk, off, bytes);
  trace_percpu_alloc_percpu(pcpu_chunk_fixed[chunk].base_addr, off);
  return pcpuAddr(pcpu_chunk_fixed[chunk].base_addr, off);
}

/** @linux include/linux/percpu.h __alloc_percpu */
export function __alloc_percpu(size: u32, align: u32): pcpu_addr_t {
  return pcpu_alloc_noprof(size, align, false, GFP_KERNEL);
}

/** @linux include/linux/percpu.h __alloc_percpu_gfp */
export function __alloc_percpu_gfp(size: u32, align: u32, gfp: u32): pcpu_addr_t {
  return pcpu_alloc_noprof(size, align, false, gfp);
}

/** @linux include/linux/percpu.h __alloc_reserved_percpu */
export function __alloc_reserved_percpu(size: u32, align: u32): pcpu_addr_t {
  return pcpu_alloc_noprof(size, align, true, GFP_KERNEL);
}

/** From any context. */
export function allocPercpuAtomic(size: u32, align: u32): pcpu_addr_t {
  return pcpu_alloc_noprof(size, align, false, GFP_ATOMIC);
}

/** Whether there is another free chunk than this. Caller holds pcpu_lock. */
function hasOtherFreeChunk(chunk: chunk_t): bool {
  let pos = list_first_entry_or_null(pcpu_free_slot);
  while (pos !== NO_CHUNK) {
    if (pos !== chunk) return true;
    pos = list_next_entry(pos);
  }
  return false;
}

/** Frees an area of every unit; NULL is none. From any context. @linux mm/percpu.c free_percpu */
export function free_percpu(ptr: pcpu_addr_t): void {
  if (ptr === NULL) return;
  const chunk = pcpu_chunk_addr_search(ptr); // without the lock: the area is the caller's, so its chunk and page stay
  const off = (ptr - pcpuAddr(pcpu_chunk_fixed[chunk].base_addr, 0)) << PCPU_MIN_ALLOC_SHIFT;
  let need_balance = false;
  const flags = spin_lock_irqsave(pcpu_lock);
  pcpu_free_area(chunk, off);
  if (!pcpu_chunk[chunk].isolated && pcpu_chunk[chunk].free_bytes === pcpu_unit_size) {
    need_balance = hasOtherFreeChunk(chunk);
  } else if (pcpu_should_reclaim_chunk(chunk)) {
    pcpu_isolate_chunk(chunk);
    need_balance = true;
  }
  trace_percpu_free_percpu(pcpu_chunk_fixed[chunk].base_addr, off);
  spin_unlock_irqrestore(pcpu_lock, flags);
  if (need_balance) pcpu_schedule_balance_work();
}
