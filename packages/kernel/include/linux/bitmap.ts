/**
 * Bitmaps: arrays of words. Where Linux passes a pointer into the middle of a bitmap, these take the whole and offsets.
 * The searches return their end, `size`, if there is no such bit.
 */
import { ALL_BITS, BITS_PER_LONG, fls, lowestBit } from "./bitops.ts";

/** The word that a bit is in. */
export function bitWord(bit: i32): i32 {
  return bit / BITS_PER_LONG;
}

/** @linux include/linux/bits.h BIT_MASK */
export function BIT_MASK(bit: i32): u32 {
  return u32(1) << (bit % BITS_PER_LONG);
}

/** The bits of a word from `bit` on. @linux include/linux/bitmap.h BITMAP_FIRST_WORD_MASK */
export function BITMAP_FIRST_WORD_MASK(bit: i32): u32 {
  return ALL_BITS & (u32(ALL_BITS) << (bit % BITS_PER_LONG));
}

/** @linux include/asm-generic/bitops/non-atomic.h test_bit */
export function test_bit(nr: i32, map: FixedArray<u32>): bool {
  return (map[bitWord(nr)] & BIT_MASK(nr)) !== 0;
}

/** Callers serialise: none needs the atomic operation that Linux uses. @linux include/asm-generic/bitops/non-atomic.h set_bit */
export function set_bit(nr: i32, map: FixedArray<u32>): void {
  map[bitWord(nr)] |= BIT_MASK(nr);
}

/** Sets `nr` bits from `start` on. @linux lib/bitmap.c bitmap_set */
export function bitmap_set(map: FixedArray<u32>, start: i32, nr: i32): void {
  let bit = start;
  const end = start + nr;
  while (bit < end) {
    const next = bit - (bit % BITS_PER_LONG) + BITS_PER_LONG;
    let mask = BITMAP_FIRST_WORD_MASK(bit);
    if (next > end) mask &= ~BITMAP_FIRST_WORD_MASK(end);
    map[bitWord(bit)] |= mask;
    bit = next;
  }
}

/** Clears `nr` bits from `start` on. @linux lib/bitmap.c bitmap_clear */
export function bitmap_clear(map: FixedArray<u32>, start: i32, nr: i32): void {
  let bit = start;
  const end = start + nr;
  while (bit < end) {
    const next = bit - (bit % BITS_PER_LONG) + BITS_PER_LONG;
    let mask = BITMAP_FIRST_WORD_MASK(bit);
    if (next > end) mask &= ~BITMAP_FIRST_WORD_MASK(end);
    map[bitWord(bit)] &= ~mask;
    bit = next;
  }
}

/** The first set bit in [offset, size). @linux include/linux/find.h find_next_bit */
export function find_next_bit(map: FixedArray<u32>, size: i32, offset: i32): i32 {
  if (offset >= size) return size;
  let word = map[bitWord(offset)] & BITMAP_FIRST_WORD_MASK(offset);
  let start = offset - (offset % BITS_PER_LONG);
  while (word === 0) {
    start += BITS_PER_LONG;
    if (start >= size) return size;
    word = map[bitWord(start)];
  }
  const bit = start + lowestBit(word);
  return bit < size ? bit : size;
}

/** The first clear bit in [offset, size). @linux include/linux/find.h find_next_zero_bit */
export function find_next_zero_bit(map: FixedArray<u32>, size: i32, offset: i32): i32 {
  if (offset >= size) return size;
  let word = ~map[bitWord(offset)] & BITMAP_FIRST_WORD_MASK(offset);
  let start = offset - (offset % BITS_PER_LONG);
  while (word === 0) {
    start += BITS_PER_LONG;
    if (start >= size) return size;
    word = ~map[bitWord(start)] & ALL_BITS;
  }
  const bit = start + lowestBit(word);
  return bit < size ? bit : size;
}

/**
 * The last set bit in [from, size), or `size`; `from` begins a word. Linux's has no `from`: its callers pass a pointer
 * to that word. @linux include/linux/find.h find_last_bit
 */
export function find_last_bit(map: FixedArray<u32>, size: i32, from: i32): i32 {
  if (from >= size) return size;
  let start = size - 1 - ((size - 1) % BITS_PER_LONG);
  let word = map[bitWord(start)];
  if (size < start + BITS_PER_LONG) word &= ~BITMAP_FIRST_WORD_MASK(size);
  while (word === 0) {
    start -= BITS_PER_LONG;
    if (start < from) return size;
    word = map[bitWord(start)];
  }
  return start + fls(word) - 1;
}
