/**
 * The three values of Kconfig logic and how they combine.
 *
 * Used by every part of the package. A value is a plain number, so that a whole configuration fits in a few byte arrays.
 * This file knows nothing of symbols.
 */

/** 0: `n` (off), 1: `m` (module), 2: `y` (built in). The order is the order of Kconfig: `&&` is the minimum, `||` the maximum. */
export type Tristate = 0 | 1 | 2;

export const NO: Tristate = 0;
export const MOD: Tristate = 1;
export const YES: Tristate = 2;

const LETTERS = ["n", "m", "y"] as const;

/** The letter that stands for a value in Kconfig and `.config` files. */
export function tristateLetter(value: Tristate): "n" | "m" | "y" {
  return LETTERS[value];
}

/** The value of a letter, or undefined if it is none of `n`, `m`, `y`. */
export function tristateOf(letter: string): Tristate | undefined {
  return letter === "n" ? NO : letter === "m" ? MOD : letter === "y" ? YES : undefined;
}
