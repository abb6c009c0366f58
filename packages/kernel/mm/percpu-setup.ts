/**
 * Setting up the first chunk, at boot, and what is decided there once and for all. Part of mm/percpu.ts.
 *
 * The first chunk is made by others before there is an allocator, with the kernel's static percpu variables at its start:
 *
 *      | static | reserved | dynamic |        a unit; the dynamic part may end before the unit does
 *
 * Nothing manages the static part. The reserved part, for modules, and the dynamic part are a chunk each, which begins at the
 * page that its part begins in and ends likewise; bits of those pages that belong to somebody else are marked as in use.
 *
 * One group of units, unit n is CPU n's, every CPU that NR_CPUS allows is possible. Boot runs alone and takes no locks.
 *
 * @object mm/percpu.o
 */
import { NR_CPUS, type vaddr_t } from "../../machine/memory-map.ts";
import { ALIGN } from "../include/linux/align.ts";
import { bitmap_set, set_bit } from "../include/linux/bitmap.ts";
import {
  PCPU_BITMAP_BLOCK_SIZE,
  PCPU_MIN_ALLOC_SHIFT,
  PCPU_MIN_ALLOC_SIZE,
  PCPU_MIN_UNIT_SIZE,
  PCPU_PAGE_SHIFT,
  PCPU_PAGE_SIZE,
  PERCPU_DYNAMIC_EARLY_SIZE,
} from "../include/linux/percpu.ts";
import { trace_percpu_create_chunk } from "../include/trace/events/percpu.ts";
import { countFirstPages, initChunk, initChunkLists, pcpu_chunk_relocate, takeFirstChunk } from "./percpu-chunk.ts";
import { pcpu_block_update_hint_alloc } from "./percpu-hints.ts";
import {
  __pcpu_size_to_slot,
  alloc_map,
  bound_map,
  type chunk_t,
  NO_CHUNK,
  PCPU_SLOTS,
  PCPU_UNIT_PAGES,
  PFN_DOWN,
  pcpu_chunk,
  pcpu_chunk_fixed,
  pcpu_chunk_map_bits,
  populated,
} from "./percpu-internal.ts";
import { pcpu_verify_alloc_info } from "./percpu-vm.ts";

/** Pages of a unit. @linux mm/percpu.c pcpu_unit_pages */
export let pcpu_unit_pages: i32 = 0;
/** Bytes of a unit. @linux mm/percpu.c pcpu_unit_size */
export let pcpu_unit_size: i32 = 0;
/** What areas of vmalloc are aligned to, in pages. @linux mm/percpu.c pcpu_atom_size */
export const pcpu_atom_size = 1;
/** Pages of all units together: of the one group. @linux mm/percpu.c pcpu_group_sizes */
export let pcpu_group_size: u32 = 0;
/** @linux mm/percpu.c pcpu_nr_slots */
export let pcpu_nr_slots: i32 = 0;
/** Isolated chunks that were depopulated. @linux mm/percpu.c pcpu_sidelined_slot */
export let pcpu_sidelined_slot: i32 = 0;
/** Chunks that are free from end to end. @linux mm/percpu.c pcpu_free_slot */
export let pcpu_free_slot: i32 = 0;
/** Isolated chunks that the balance work shall depopulate. @linux mm/percpu.c pcpu_to_depopulate_slot */
export let pcpu_to_depopulate_slot: i32 = 0;
/** The CPU with the lowest unit. @linux mm/percpu.c pcpu_low_unit_cpu */
export let pcpu_low_unit_cpu: u8 = 0;
/** The CPU with the highest unit. @linux mm/percpu.c pcpu_high_unit_cpu */
export let pcpu_high_unit_cpu: u8 = 0;
/** Where the first chunk lies, its static part included. @linux mm/percpu.c pcpu_base_addr */
export let pcpu_base_addr: vaddr_t = 0;
/** CPU to unit. @linux mm/percpu.c pcpu_unit_map */
export const pcpu_unit_map = array(u32, NR_CPUS);
/** CPU to the distance of its unit from the first, in pages. @linux mm/percpu.c pcpu_unit_offsets */
export const pcpu_unit_offsets = array(u32, NR_CPUS);
/** Of the dynamic part. @linux mm/percpu.c pcpu_first_chunk */
export let pcpu_first_chunk: chunk_t = NO_CHUNK;
/** Of the reserved part, if there is one. @linux mm/percpu.c pcpu_reserved_chunk */
export let pcpu_reserved_chunk: chunk_t = NO_CHUNK;

/**
 * A chunk for `map_size` bytes that begin `start` bytes behind base_addr; all its memory is there.
 * @linux mm/percpu.c pcpu_alloc_first_chunk
 */
function pcpu_alloc_first_chunk(base_addr: vaddr_t, start: i32, map_size: i32): chunk_t {
  const start_offset = start & (PCPU_PAGE_SIZE - 1);
  const region_size = ALIGN(start_offset + map_size, PCPU_PAGE_SIZE);
  const end_offset = region_size - start_offset - map_size;
  const nr_pages = PFN_DOWN(region_size);
  const chunk = takeFirstChunk();
  initChunk(chunk, nr_pages);
  pcpu_chunk_fixed[chunk].base_addr = base_addr + PFN_DOWN(start);
  pcpu_chunk_fixed[chunk].start_offset = start_offset;
  pcpu_chunk_fixed[chunk].end_offset = end_offset;
  pcpu_chunk_fixed[chunk].immutable = true;
  bitmap_set(populated[chunk], 0, nr_pages);
  pcpu_chunk[chunk].nr_populated = nr_pages;
  pcpu_chunk[chunk].nr_empty_pop_pages = nr_pages;
  pcpu_chunk[chunk].free_bytes = map_size;

  if (start_offset !== 0) {
    const offset_bits = start_offset >> PCPU_MIN_ALLOC_SHIFT;
    bitmap_set(alloc_map[chunk], 0, offset_bits);
    set_bit(0, bound_map[chunk]);
    set_bit(offset_bits, bound_map[chunk]);
    pcpu_chunk[chunk].chunk_md.first_free = offset_bits;
    pcpu_block_update_hint_alloc(chunk, 0, offset_bits);
  }
  if (end_offset !== 0) {
    const map_bits = pcpu_chunk_map_bits(chunk);
    const offset_bits = end_offset >> PCPU_MIN_ALLOC_SHIFT;
    bitmap_set(alloc_map[chunk], map_bits - offset_bits, offset_bits);
    set_bit((start_offset + map_size) >> PCPU_MIN_ALLOC_SHIFT, bound_map[chunk]);
    set_bit(map_bits, bound_map[chunk]);
    pcpu_block_update_hint_alloc(chunk, map_bits - offset_bits, offset_bits);
  }
  return chunk;
}

/**
 * Takes over the first chunk, which the caller has mapped at base_addr for every CPU, and on whose sizes (in bytes) everything
 * else is decided. Once, at boot. @linux mm/percpu.c pcpu_setup_first_chunk
 */
export function pcpu_setup_first_chunk(
  ai_static_size: i32,
  ai_reserved_size: i32,
  ai_dyn_size: i32,
  ai_unit_size: i32,
  base_addr: vaddr_t,
): void {
  const size_sum = ai_static_size + ai_reserved_size + ai_dyn_size;
  BUG_ON(ai_static_size === 0 && CONFIG.SMP, "percpu: there is no static area");
  BUG_ON(base_addr === NULL, "percpu: the first chunk is nowhere");
  BUG_ON(ai_unit_size < size_sum, "percpu: the parts of a unit are larger than the unit");
  BUG_ON((ai_unit_size & (PCPU_BITMAP_BLOCK_SIZE - 1)) !== 0, "percpu: the unit is not a number of pages");
  BUG_ON(ai_unit_size < PCPU_MIN_UNIT_SIZE, "percpu: the unit is too small");
  BUG_ON(ai_dyn_size < PERCPU_DYNAMIC_EARLY_SIZE, "percpu: the dynamic part is too small");
  BUG_ON((ai_reserved_size & (PCPU_MIN_ALLOC_SIZE - 1)) !== 0, "percpu: the reserved part is no number of areas");
  BUG_ON(PFN_DOWN(ai_unit_size) > PCPU_UNIT_PAGES, "a bound of the model: a unit has more than PCPU_UNIT_PAGES");
  pcpu_verify_alloc_info(PFN_DOWN(ai_unit_size) * NR_CPUS);

  pcpu_unit_pages = ai_unit_size >> PCPU_PAGE_SHIFT;
  pcpu_unit_size = pcpu_unit_pages << PCPU_PAGE_SHIFT;
  pcpu_group_size = NR_CPUS * pcpu_unit_pages;
  for (let cpu: u8 = 0; cpu < NR_CPUS; cpu++) {
    pcpu_unit_map[cpu] = cpu;
    pcpu_unit_offsets[cpu] = cpu * pcpu_unit_pages;
    if (pcpu_unit_offsets[cpu] < pcpu_unit_offsets[pcpu_low_unit_cpu]) pcpu_low_unit_cpu = cpu;
    if (pcpu_unit_offsets[cpu] > pcpu_unit_offsets[pcpu_high_unit_cpu]) pcpu_high_unit_cpu = cpu;
  }

  pcpu_sidelined_slot = __pcpu_size_to_slot(pcpu_unit_size) + 1;
  pcpu_free_slot = pcpu_sidelined_slot + 1;
  pcpu_to_depopulate_slot = pcpu_free_slot + 1;
  pcpu_nr_slots = pcpu_to_depopulate_slot + 1;
  BUG_ON(pcpu_nr_slots > PCPU_SLOTS, "a bound of the model: more slots than PCPU_SLOTS");
  initChunkLists();

  // The static part is rounded up, at the cost of the dynamic one.
  const static_size = ALIGN(ai_static_size, PCPU_MIN_ALLOC_SIZE);
  const dyn_size = ai_dyn_size - (static_size - ai_static_size);
  if (ai_reserved_size !== 0) {
    pcpu_reserved_chunk = pcpu_alloc_first_chunk(base_addr, static_size, ai_reserved_size);
  }
  pcpu_first_chunk = pcpu_alloc_first_chunk(base_addr, static_size + ai_reserved_size, dyn_size);
  countFirstPages(PFN_DOWN(size_sum), pcpu_chunk[pcpu_first_chunk].nr_empty_pop_pages);
  pcpu_chunk_relocate(pcpu_first_chunk, -1);
  trace_percpu_create_chunk(base_addr);
  pcpu_base_addr = base_addr;
}
