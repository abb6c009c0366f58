/**
 * Words of bits, and the positions of bits in them. Only the low BITS_PER_LONG bits of a word are used: at small sizes, so
 * few that a block of percpu's bitmap still begins a word of its own.
 */

/** @linux include/asm-generic/bitsperlong.h BITS_PER_LONG */
export const BITS_PER_LONG = size("BITS_PER_LONG", 32);
/** Every bit of a word. */
export const ALL_BITS = 0xffffffff >> (32 - BITS_PER_LONG);

/** The number of the lowest bit; `word` is not 0. @linux include/asm-generic/bitops/__ffs.h __ffs */
export function __ffs(word: u32): i32 {
  let num = 0;
  let rest = word;
  if ((rest & 0xffff) === 0) {
    num += 16;
    rest >>= 16;
  }
  if ((rest & 0xff) === 0) {
    num += 8;
    rest >>= 8;
  }
  if ((rest & 0xf) === 0) {
    num += 4;
    rest >>= 4;
  }
  if ((rest & 0x3) === 0) {
    num += 2;
    rest >>= 2;
  }
  if ((rest & 0x1) === 0) num += 1;
  return num;
}

/** __ffs() of a word of a bitmap, which at small sizes has few bits. */
export function lowestBit(word: u32): i32 {
  let num = 0;
  let rest = word;
  if (BITS_PER_LONG > 16 && (rest & 0xffff) === 0) {
    num += 16;
    rest >>= 16;
  }
  if (BITS_PER_LONG > 8 && (rest & 0xff) === 0) {
    num += 8;
    rest >>= 8;
  }
  if (BITS_PER_LONG > 4 && (rest & 0xf) === 0) {
    num += 4;
    rest >>= 4;
  }
  if (BITS_PER_LONG > 2 && (rest & 0x3) === 0) {
    num += 2;
    rest >>= 2;
  }
  if ((rest & 0x1) === 0) num += 1;
  return num;
}

/** The number of the highest bit, counted from 1; 0 of 0. @linux include/asm-generic/bitops/fls.h fls */
export function fls(word: u32): i32 {
  if (word === 0) return 0;
  let num = 32;
  let rest = word;
  if ((rest & 0xffff0000) === 0) {
    num -= 16;
    rest <<= 16;
  }
  if ((rest & 0xff000000) === 0) {
    num -= 8;
    rest <<= 8;
  }
  if ((rest & 0xf0000000) === 0) {
    num -= 4;
    rest <<= 4;
  }
  if ((rest & 0xc0000000) === 0) {
    num -= 2;
    rest <<= 2;
  }
  if ((rest & 0x80000000) === 0) num -= 1;
  return num;
}
