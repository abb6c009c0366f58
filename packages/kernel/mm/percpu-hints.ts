/**
 * The hints of blocks and chunks: what an allocation or a free does to them, and how regions are found by them. Part of
 * mm/percpu.ts. Everything here runs with pcpu_lock held (and at boot), and counts in bits of PCPU_MIN_ALLOC_SIZE.
 *
 * A block knows its largest free region, one more before that, and how much is free at its two ends; regions that span blocks
 * are put together from those ends. Hints must never promise more than there is. They may promise less, which costs only
 * that a request goes elsewhere.
 *
 * Two functions find a region, and Linux's hand back where it begins and how long it is through two pointers. Here the
 * beginning is the result, and the length is in `region_bits` until the caller is done, which then sets it to 0.
 *
 * @object mm/percpu.o
 */

import { ALIGN } from "../include/linux/align.ts";
import { find_last_bit, find_next_bit, find_next_zero_bit } from "../include/linux/bitmap.ts";
import { __ffs } from "../include/linux/bitops.ts";
import { min } from "../include/linux/minmax.ts";
import { PCPU_BITMAP_BLOCK_BITS } from "../include/linux/percpu.ts";
import { pcpu_update_empty_pages } from "./percpu-chunk.ts";
import {
  alloc_map,
  type chunk_t,
  md_blocks,
  type pcpu_block_md_t,
  pcpu_block_off_to_off,
  pcpu_chunk,
  pcpu_chunk_map_bits,
  pcpu_chunk_nr_blocks,
  pcpu_lock,
  pcpu_off_to_block_index,
  pcpu_off_to_block_off,
} from "./percpu-internal.ts";

/** The length of the region that was found last. */
export let region_bits: i32 = guarded_by(pcpu_lock, 0);

/** The region has been looked at: nothing of it may linger in the state. */
export function forgetRegion(): void {
  region_bits = 0;
}

// ---- a block's part of alloc_map: Linux passes a pointer to its first word ----

/** The first bit in use from `from` on, or the block's end. Both count from the block's start. */
function blockNextBit(chunk: chunk_t, index: i32, from: i32): i32 {
  const start = index * PCPU_BITMAP_BLOCK_BITS;
  return find_next_bit(alloc_map[chunk], start + PCPU_BITMAP_BLOCK_BITS, start + from) - start;
}

/** The first free bit from `from` on, or the block's end. */
function blockNextZeroBit(chunk: chunk_t, index: i32, from: i32): i32 {
  const start = index * PCPU_BITMAP_BLOCK_BITS;
  return find_next_zero_bit(alloc_map[chunk], start + PCPU_BITMAP_BLOCK_BITS, start + from) - start;
}

/** Where the free bits that end before `end` begin: behind the last bit in use. */
function blockFreeBefore(chunk: chunk_t, index: i32, end: i32): i32 {
  const start = index * PCPU_BITMAP_BLOCK_BITS;
  const l_bit = find_last_bit(alloc_map[chunk], start + end, start) - start;
  return end === l_bit ? 0 : l_bit + 1;
}

// ---- finding regions by hints ----

/** Whether the largest free region holds so many bits, so aligned. @linux mm/percpu.c pcpu_check_block_hint */
export function pcpu_check_block_hint(block: pcpu_block_md_t, bits: i32, align: i32): bool {
  const bit_off = ALIGN(block.contig_hint_start, align) - block.contig_hint_start;
  return bit_off + bits <= block.contig_hint;
}

/**
 * Where to begin to look: at the first free bit, or behind scan_hint, if that is known to be too small and what fits lies
 * behind it. @linux mm/percpu.c pcpu_next_hint
 */
export function pcpu_next_hint(block: pcpu_block_md_t, alloc_bits: i32): i32 {
  const isBehind = block.contig_hint_start > block.scan_hint_start;
  if (block.scan_hint !== 0 && isBehind && alloc_bits > block.scan_hint) {
    return block.scan_hint_start + block.scan_hint;
  }
  return block.first_free;
}

/**
 * The next free region from `from` on as the blocks' hints know it: the largest inside a block, or what is free at the end
 * of one together with what is free at the start of those behind it. Its length goes to region_bits; the map's end or more is
 * the result if there is none. @linux mm/percpu.c pcpu_next_md_free_region
 */
function pcpu_next_md_free_region(chunk: chunk_t, from: i32): i32 {
  const nr_blocks = pcpu_chunk_nr_blocks(chunk);
  let block_off = pcpu_off_to_block_off(from);
  let bit_off = from;
  let bits = 0;
  for (let i = pcpu_off_to_block_index(from); i < nr_blocks; i++) {
    if (bits !== 0) {
      // the region came from the block before
      const left_free = md_blocks[chunk][i].left_free;
      bits += left_free;
      if (left_free === PCPU_BITMAP_BLOCK_BITS) continue;
      break;
    }
    const contig_hint = md_blocks[chunk][i].contig_hint;
    const contig_hint_start = md_blocks[chunk][i].contig_hint_start;
    // Not one that the caller has seen, and not the one at the block's end, which may go on in the next block.
    const isInside = contig_hint + contig_hint_start < PCPU_BITMAP_BLOCK_BITS;
    if (contig_hint !== 0 && contig_hint_start >= block_off && isInside) {
      bits = contig_hint;
      bit_off = pcpu_block_off_to_off(i, contig_hint_start);
      break;
    }
    block_off = 0; // in the blocks behind, nothing has been seen
    bits = md_blocks[chunk][i].right_free;
    bit_off = (i + 1) * PCPU_BITMAP_BLOCK_BITS - bits;
  }
  region_bits = bits;
  return bit_off;
}

/**
 * The next place from `from` on where so many bits, so aligned, will fit: where to begin to look, and in region_bits how far
 * the area may then reach. The map's end if there is none. @linux mm/percpu.c pcpu_next_fit_region
 */
export function pcpu_next_fit_region(chunk: chunk_t, alloc_bits: i32, align: i32, from: i32): i32 {
  const nr_blocks = pcpu_chunk_nr_blocks(chunk);
  let block_off = pcpu_off_to_block_off(from);
  let bit_off = from;
  let bits = 0;
  for (let i = pcpu_off_to_block_index(from); i < nr_blocks; i++) {
    if (bits !== 0) {
      const left_free = md_blocks[chunk][i].left_free;
      bits += left_free;
      if (bits >= alloc_bits) {
        region_bits = bits;
        return bit_off;
      }
      if (left_free === PCPU_BITMAP_BLOCK_BITS) continue;
    }
    const contig_hint = md_blocks[chunk][i].contig_hint;
    const contig_hint_start = md_blocks[chunk][i].contig_hint_start;
    bits = ALIGN(contig_hint_start, align) - contig_hint_start;
    if (contig_hint !== 0 && contig_hint_start >= block_off && contig_hint >= bits + alloc_bits) {
      const start = pcpu_next_hint(md_blocks[chunk][i], alloc_bits);
      region_bits = bits + alloc_bits + contig_hint_start - start;
      return pcpu_block_off_to_off(i, start);
    }
    block_off = 0;
    const right = ALIGN(PCPU_BITMAP_BLOCK_BITS - md_blocks[chunk][i].right_free, align);
    bits = PCPU_BITMAP_BLOCK_BITS - right;
    bit_off = pcpu_block_off_to_off(i, right);
    if (bits >= alloc_bits) {
      region_bits = bits;
      return bit_off;
    }
  }
  region_bits = bits;
  return pcpu_chunk_map_bits(chunk);
}

// ---- keeping hints ----

/** Whether [a, b) and [x, y) have a bit in common. @linux mm/percpu.c pcpu_region_overlap */
function pcpu_region_overlap(a: i32, b: i32, x: i32, y: i32): bool {
  return a < y && x < b;
}

/**
 * [start, end) is a free region of the block, all of it: takes it into the hints. Of two regions as large, the better aligned
 * is contig_hint. @linux mm/percpu.c pcpu_block_update
 */
function pcpu_block_update(block: pcpu_block_md_t, start: i32, end: i32): void {
  const contig = end - start;
  const contig_hint = block.contig_hint;
  const contig_hint_start = block.contig_hint_start;
  const scan_hint = block.scan_hint;
  const scan_hint_start = block.scan_hint_start;
  block.first_free = min(block.first_free, start);
  if (start === 0) block.left_free = contig;
  if (end === block.nr_bits) block.right_free = contig;

  if (contig > contig_hint) {
    if (start <= contig_hint_start) block.scan_hint = 0;
    else if (contig_hint > scan_hint) {
      block.scan_hint_start = contig_hint_start;
      block.scan_hint = contig_hint;
    } else if (start < scan_hint_start) {
      block.scan_hint = 0; // the two were as large; the one that is behind the new one is none any more
    }
    block.contig_hint_start = start;
    block.contig_hint = contig;
  } else if (contig === contig_hint) {
    if (contig_hint_start !== 0 && (start === 0 || __ffs(u32(start)) > __ffs(u32(contig_hint_start)))) {
      block.contig_hint_start = start;
      if (start < scan_hint_start && contig_hint > scan_hint) block.scan_hint = 0;
    } else if (start > scan_hint_start || contig_hint > scan_hint) {
      block.scan_hint_start = start;
      block.scan_hint = contig;
    }
  } else if (start < contig_hint_start) {
    if (contig > scan_hint || (contig === scan_hint && start > scan_hint_start)) {
      block.scan_hint_start = start;
      block.scan_hint = contig;
    }
  }
}

/**
 * A search for an aligned place skipped a free region: takes it into the block's hints. Alignment may have hidden free bits
 * before it. @linux mm/percpu.c pcpu_block_update_scan
 */
export function pcpu_block_update_scan(chunk: chunk_t, bit_off: i32, bits: i32): void {
  const s_off = pcpu_off_to_block_off(bit_off);
  const e_off = s_off + bits;
  if (e_off > PCPU_BITMAP_BLOCK_BITS) return;
  const s_index = pcpu_off_to_block_index(bit_off);
  pcpu_block_update(md_blocks[chunk][s_index], blockFreeBefore(chunk, s_index, s_off), e_off);
}

/**
 * The chunk's hints anew, from those of its blocks. An allocation broke contig_hint: then scan_hint takes its place, and the
 * look goes on behind it. After a free, all must be looked at. @linux mm/percpu.c pcpu_chunk_refresh_hint
 */
function pcpu_chunk_refresh_hint(chunk: chunk_t, full_scan: bool): void {
  const map_bits = pcpu_chunk_map_bits(chunk);
  let bit_off = 0;
  if (!full_scan && pcpu_chunk[chunk].chunk_md.scan_hint !== 0) {
    bit_off = pcpu_chunk[chunk].chunk_md.scan_hint_start + pcpu_chunk[chunk].chunk_md.scan_hint;
    pcpu_chunk[chunk].chunk_md.contig_hint_start = pcpu_chunk[chunk].chunk_md.scan_hint_start;
    pcpu_chunk[chunk].chunk_md.contig_hint = pcpu_chunk[chunk].chunk_md.scan_hint;
    pcpu_chunk[chunk].chunk_md.scan_hint = 0;
  } else {
    bit_off = pcpu_chunk[chunk].chunk_md.first_free;
    pcpu_chunk[chunk].chunk_md.contig_hint = 0;
  }
  bit_off = pcpu_next_md_free_region(chunk, bit_off);
  while (bit_off < map_bits) {
    pcpu_block_update(pcpu_chunk[chunk].chunk_md, bit_off, bit_off + region_bits);
    bit_off = pcpu_next_md_free_region(chunk, bit_off + region_bits + 1);
  }
  forgetRegion();
}

/** A block's hints anew, from its bits. @linux mm/percpu.c pcpu_block_refresh_hint */
function pcpu_block_refresh_hint(chunk: chunk_t, index: i32): void {
  let start = 0;
  if (md_blocks[chunk][index].scan_hint !== 0) {
    start = md_blocks[chunk][index].scan_hint_start + md_blocks[chunk][index].scan_hint;
    md_blocks[chunk][index].contig_hint_start = md_blocks[chunk][index].scan_hint_start;
    md_blocks[chunk][index].contig_hint = md_blocks[chunk][index].scan_hint;
    md_blocks[chunk][index].scan_hint = 0;
  } else {
    start = md_blocks[chunk][index].first_free;
    md_blocks[chunk][index].contig_hint = 0;
  }
  md_blocks[chunk][index].right_free = 0;

  start = blockNextZeroBit(chunk, index, start);
  while (start < PCPU_BITMAP_BLOCK_BITS) {
    const end = blockNextBit(chunk, index, start);
    pcpu_block_update(md_blocks[chunk][index], start, end);
    start = blockNextZeroBit(chunk, index, end);
  }
}

/**
 * [bit_off, bit_off + bits) is in use from now on. Only a broken contig_hint needs a look at bits (of a block) or at all
 * blocks (of the chunk). @linux mm/percpu.c pcpu_block_update_hint_alloc
 */
export function pcpu_block_update_hint_alloc(chunk: chunk_t, bit_off: i32, bits: i32): void {
  const s_index = pcpu_off_to_block_index(bit_off);
  const e_index = pcpu_off_to_block_index(bit_off + bits - 1);
  const s_off = pcpu_off_to_block_off(bit_off);
  const e_off = pcpu_off_to_block_off(bit_off + bits - 1) + 1;
  let nr_empty_pages = allocStartBlock(chunk, s_index, s_off, bits, s_index === e_index, e_off);
  if (s_index !== e_index) {
    nr_empty_pages += allocEndBlock(chunk, e_index, e_off);
    nr_empty_pages += e_index - s_index - 1;
    for (let i = s_index + 1; i < e_index; i++) emptyBlock(chunk, i);
  }

  // Pages that have no memory yet are counted too; pcpu_chunk_populated() makes up for it.
  if (nr_empty_pages !== 0) pcpu_update_empty_pages(chunk, -nr_empty_pages);

  const end = bit_off + bits;
  const scan_start = pcpu_chunk[chunk].chunk_md.scan_hint_start;
  const scan_end = scan_start + pcpu_chunk[chunk].chunk_md.scan_hint;
  if (pcpu_region_overlap(scan_start, scan_end, bit_off, end)) pcpu_chunk[chunk].chunk_md.scan_hint = 0;
  const contig_start = pcpu_chunk[chunk].chunk_md.contig_hint_start;
  const contig_end = contig_start + pcpu_chunk[chunk].chunk_md.contig_hint;
  if (pcpu_region_overlap(contig_start, contig_end, bit_off, end)) pcpu_chunk_refresh_hint(chunk, false);
}

/** The block in which an allocation begins. Returns 1 if it was empty. */
function allocStartBlock(chunk: chunk_t, index: i32, s_off: i32, bits: i32, isLast: bool, e_off: i32): i32 {
  const wasEmpty = md_blocks[chunk][index].contig_hint === PCPU_BITMAP_BLOCK_BITS;
  const s_end = s_off + bits;
  if (s_off === md_blocks[chunk][index].first_free) {
    md_blocks[chunk][index].first_free = blockNextZeroBit(chunk, index, s_end);
  }
  const scan_start = md_blocks[chunk][index].scan_hint_start;
  if (pcpu_region_overlap(scan_start, scan_start + md_blocks[chunk][index].scan_hint, s_off, s_end)) {
    md_blocks[chunk][index].scan_hint = 0;
  }
  const contig_start = md_blocks[chunk][index].contig_hint_start;
  if (pcpu_region_overlap(contig_start, contig_start + md_blocks[chunk][index].contig_hint, s_off, s_end)) {
    if (s_off === 0) md_blocks[chunk][index].left_free = 0;
    pcpu_block_refresh_hint(chunk, index);
  } else {
    md_blocks[chunk][index].left_free = min(md_blocks[chunk][index].left_free, s_off);
    const right = isLast ? PCPU_BITMAP_BLOCK_BITS - e_off : 0;
    md_blocks[chunk][index].right_free = min(md_blocks[chunk][index].right_free, right);
  }
  return wasEmpty ? 1 : 0;
}

/** The block in which an allocation ends that began in another. Returns 1 if it was empty. */
function allocEndBlock(chunk: chunk_t, index: i32, e_off: i32): i32 {
  const wasEmpty = md_blocks[chunk][index].contig_hint === PCPU_BITMAP_BLOCK_BITS;
  md_blocks[chunk][index].first_free = blockNextZeroBit(chunk, index, e_off);
  if (e_off === PCPU_BITMAP_BLOCK_BITS) {
    emptyBlock(chunk, index);
    return wasEmpty ? 1 : 0;
  }
  if (e_off > md_blocks[chunk][index].scan_hint_start) md_blocks[chunk][index].scan_hint = 0;
  md_blocks[chunk][index].left_free = 0;
  if (e_off > md_blocks[chunk][index].contig_hint_start) pcpu_block_refresh_hint(chunk, index);
  else {
    md_blocks[chunk][index].right_free = min(md_blocks[chunk][index].right_free, PCPU_BITMAP_BLOCK_BITS - e_off);
  }
  return wasEmpty ? 1 : 0;
}

/** A block has no free bit. first_free stays: nothing looks at it while contig_hint is 0. */
function emptyBlock(chunk: chunk_t, index: i32): void {
  md_blocks[chunk][index].scan_hint = 0;
  md_blocks[chunk][index].contig_hint = 0;
  md_blocks[chunk][index].left_free = 0;
  md_blocks[chunk][index].right_free = 0;
}

/**
 * [bit_off, bit_off + bits) is free again. The region may go on before and behind, inside its blocks; how far, the hints
 * often know. The chunk's hints are made anew only if a page became free or the area spans blocks: until then its
 * contig_hint may be less than there is. @linux mm/percpu.c pcpu_block_update_hint_free
 */
export function pcpu_block_update_hint_free(chunk: chunk_t, bit_off: i32, bits: i32): void {
  const s_index = pcpu_off_to_block_index(bit_off);
  const e_index = pcpu_off_to_block_index(bit_off + bits - 1);
  const s_off = pcpu_off_to_block_off(bit_off);
  const e_off = pcpu_off_to_block_off(bit_off + bits - 1) + 1;

  let start = md_blocks[chunk][s_index].contig_hint_start;
  if (s_off !== md_blocks[chunk][s_index].contig_hint + start) start = blockFreeBefore(chunk, s_index, s_off);
  let end = e_off;
  if (e_off === md_blocks[chunk][e_index].contig_hint_start) end += md_blocks[chunk][e_index].contig_hint;
  else end = blockNextBit(chunk, e_index, e_off);

  let nr_empty_pages = 0;
  const s_end = s_index === e_index ? end : PCPU_BITMAP_BLOCK_BITS;
  if (start === 0 && s_end === PCPU_BITMAP_BLOCK_BITS) nr_empty_pages++;
  pcpu_block_update(md_blocks[chunk][s_index], start, s_end);
  if (s_index !== e_index) {
    if (end === PCPU_BITMAP_BLOCK_BITS) nr_empty_pages++;
    pcpu_block_update(md_blocks[chunk][e_index], 0, end);
    nr_empty_pages += e_index - s_index - 1;
    for (let i = s_index + 1; i < e_index; i++) {
      md_blocks[chunk][i].first_free = 0;
      md_blocks[chunk][i].scan_hint = 0;
      md_blocks[chunk][i].contig_hint_start = 0;
      md_blocks[chunk][i].contig_hint = PCPU_BITMAP_BLOCK_BITS;
      md_blocks[chunk][i].left_free = PCPU_BITMAP_BLOCK_BITS;
      md_blocks[chunk][i].right_free = PCPU_BITMAP_BLOCK_BITS;
    }
  }
  if (nr_empty_pages !== 0) pcpu_update_empty_pages(chunk, nr_empty_pages);

  // In the last line Linux gives a start that counts from the chunk's start and an end that counts from the block's. In all
  // blocks but the first that makes a region of negative length, which only first_free notices. The same here.
  if (end - start >= PCPU_BITMAP_BLOCK_BITS || s_index !== e_index) pcpu_chunk_refresh_hint(chunk, true);
  else pcpu_block_update(pcpu_chunk[chunk].chunk_md, pcpu_block_off_to_off(s_index, start), end);
}
