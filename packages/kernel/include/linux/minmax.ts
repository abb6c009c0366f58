/** The smaller and the larger of two. */

/** @linux include/linux/minmax.h min */
export function min(a: i32, b: i32): i32 {
  return a < b ? a : b;
}

/** @linux include/linux/minmax.h max */
export function max(a: i32, b: i32): i32 {
  return a > b ? a : b;
}
