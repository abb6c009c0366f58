/**
 * Areas in a chunk: finding a place by hints, then by bits, taking it and giving it back. Part of mm/percpu.ts. The caller
 * holds pcpu_lock.
 *
 * @object mm/percpu.o
 */

import { ALIGN } from "../include/linux/align.ts";
import { bitmap_clear, bitmap_set, find_next_bit, find_next_zero_bit, set_bit } from "../include/linux/bitmap.ts";
import { __ffs } from "../include/linux/bitops.ts";
import { min } from "../include/linux/minmax.ts";
import { PCPU_BITMAP_BLOCK_BITS, PCPU_MIN_ALLOC_SHIFT } from "../include/linux/percpu.ts";
import { pcpu_chunk_relocate } from "./percpu-chunk.ts";
import {
  forgetRegion,
  pcpu_block_update_hint_alloc,
  pcpu_block_update_hint_free,
  pcpu_block_update_scan,
  pcpu_check_block_hint,
  pcpu_next_fit_region,
  pcpu_next_hint,
  region_bits,
} from "./percpu-hints.ts";
import {
  alloc_map,
  bound_map,
  type chunk_t,
  PFN_DOWN,
  PFN_UP,
  pcpu_chunk,
  pcpu_chunk_map_bits,
  pcpu_chunk_slot,
  pcpu_lock,
  populated,
} from "./percpu-internal.ts";

/** The largest free region that the search for an area passed by, and where it is; 0 bits if none. */
let skipped_off: i32 = guarded_by(pcpu_lock, 0);
let skipped_bits: i32 = guarded_by(pcpu_lock, 0);

/**
 * -1 if all pages under [bit_off, bit_off + bits) have memory, else the bit behind the hole that was found: Linux returns
 * whether, and that bit through a pointer. @linux mm/percpu.c pcpu_is_populated
 */
function pcpu_is_populated(chunk: chunk_t, bit_off: i32, bits: i32): i32 {
  const end = PFN_UP((bit_off + bits) << PCPU_MIN_ALLOC_SHIFT);
  const start = find_next_zero_bit(populated[chunk], end, PFN_DOWN(bit_off << PCPU_MIN_ALLOC_SHIFT));
  if (start >= end) return -1;
  return find_next_bit(populated[chunk], end, start + 1) * PCPU_BITMAP_BLOCK_BITS;
}

/**
 * Where in the map to begin to look for so many bits, so aligned; -1 if the hints know of no place. With pop_only, all
 * pages of the place have memory. @linux mm/percpu.c pcpu_find_block_fit
 */
export function pcpu_find_block_fit(chunk: chunk_t, alloc_bits: i32, align: i32, pop_only: bool): i32 {
  if (!pcpu_check_block_hint(pcpu_chunk[chunk].chunk_md, alloc_bits, align)) return -1;
  const map_bits = pcpu_chunk_map_bits(chunk);
  let bit_off = pcpu_next_fit_region(chunk, alloc_bits, align, pcpu_next_hint(pcpu_chunk[chunk].chunk_md, alloc_bits));
  while (bit_off < map_bits) {
    if (!pop_only) break;
    const next_off = pcpu_is_populated(chunk, bit_off, region_bits);
    if (next_off < 0) break;
    bit_off = pcpu_next_fit_region(chunk, alloc_bits, align, next_off);
  }
  forgetRegion();
  return bit_off === map_bits ? -1 : bit_off;
}

/**
 * The first free, aligned run of so many bits in [from, size), or a number above size. What it passes by that is too
 * small is remembered: the largest, and of those as large the best aligned. @linux mm/percpu.c pcpu_find_zero_area
 */
function pcpu_find_zero_area(chunk: chunk_t, size: i32, from: i32, nr: i32, align: i32): i32 {
  let start = from;
  for (;;) {
    const index = ALIGN(find_next_zero_bit(alloc_map[chunk], size, start), align);
    const end = index + nr;
    if (end > size) return end;
    const used = find_next_bit(alloc_map[chunk], end, index);
    if (used >= end) return index;
    const area_bits = used - index;
    const isBetterAligned = skipped_off !== 0 && (index === 0 || __ffs(u32(index)) > __ffs(u32(skipped_off)));
    if (area_bits > skipped_bits || (area_bits === skipped_bits && isBetterAligned)) {
      skipped_off = index;
      skipped_bits = area_bits;
    }
    start = used + 1;
  }
}

/**
 * Takes the first place from `start` on, where pcpu_find_block_fit() said to look. Returns the area's offset in bytes; -1 if
 * the hints had promised too much, alignment being what they do not know. @linux mm/percpu.c pcpu_alloc_area
 */
export function pcpu_alloc_area(chunk: chunk_t, alloc_bits: i32, align: i32, start: i32): i32 {
  const oslot = pcpu_chunk_slot(chunk);
  const map_bits = pcpu_chunk_map_bits(chunk);
  const end = min(start + alloc_bits + PCPU_BITMAP_BLOCK_BITS, map_bits);
  const bit_off = pcpu_find_zero_area(chunk, end, start, alloc_bits, align);
  const area_off = skipped_off;
  const area_bits = skipped_bits;
  skipped_off = 0;
  skipped_bits = 0;
  if (bit_off >= end) return -1;
  if (area_bits !== 0) pcpu_block_update_scan(chunk, area_off, area_bits);

  bitmap_set(alloc_map[chunk], bit_off, alloc_bits);
  set_bit(bit_off, bound_map[chunk]);
  bitmap_clear(bound_map[chunk], bit_off + 1, alloc_bits - 1);
  set_bit(bit_off + alloc_bits, bound_map[chunk]);
  pcpu_chunk[chunk].free_bytes -= alloc_bits << PCPU_MIN_ALLOC_SHIFT;
  if (bit_off === pcpu_chunk[chunk].chunk_md.first_free) {
    pcpu_chunk[chunk].chunk_md.first_free = find_next_zero_bit(alloc_map[chunk], map_bits, bit_off + alloc_bits);
  }
  pcpu_block_update_hint_alloc(chunk, bit_off, alloc_bits);
  pcpu_chunk_relocate(chunk, oslot);
  return bit_off << PCPU_MIN_ALLOC_SHIFT;
}

/** Gives back the area at an offset in bytes; its end is in bound_map. @linux mm/percpu.c pcpu_free_area */
export function pcpu_free_area(chunk: chunk_t, off: i32): void {
  const oslot = pcpu_chunk_slot(chunk);
  const bit_off = off >> PCPU_MIN_ALLOC_SHIFT;
  const bits = find_next_bit(bound_map[chunk], pcpu_chunk_map_bits(chunk), bit_off + 1) - bit_off;
  bitmap_clear(alloc_map[chunk], bit_off, bits);
  pcpu_chunk[chunk].free_bytes += bits << PCPU_MIN_ALLOC_SHIFT;
  pcpu_chunk[chunk].chunk_md.first_free = min(pcpu_chunk[chunk].chunk_md.first_free, bit_off);
  pcpu_block_update_hint_free(chunk, bit_off, bits);
  pcpu_chunk_relocate(chunk, oslot);
}
