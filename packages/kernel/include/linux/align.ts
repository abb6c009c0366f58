/** Rounding up to a power of two. */

/** @linux include/linux/align.h ALIGN */
export function ALIGN(x: i32, a: i32): i32 {
  return (x + (a - 1)) & ~(a - 1);
}

/** @linux include/linux/log2.h is_power_of_2 */
export function is_power_of_2(n: u32): bool {
  return n !== 0 && (n & (n - 1)) === 0;
}
