/**
 * Two letters at the end of a string that people copy (a schedule, an address), so that damage is seen. An entry of its
 * own: it needs nothing.
 */
export const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
export const CHECK_LETTERS = 2;
/** Below 62 * 62, and above any character of a schedule. */
const CHECK_PRIME = 3833;
const CHECK_WEIGHT = 31;

/** A number in `count` letters, the low ones first. */
export function letters(value: number, count: number): string {
  let text = "";
  for (let rest = value, i = 0; i < count; i++, rest = Math.floor(rest / ALPHABET.length)) {
    text += ALPHABET[rest % ALPHABET.length];
  }
  return text;
}

/**
 * The two letters at the end. Positions have different weights modulo a prime, so no single changed character and no two
 * swapped neighbours go unnoticed, which a hash of two letters would let pass once in four thousand times.
 */
export function checkLetters(text: string): string {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum = (sum * CHECK_WEIGHT + text.charCodeAt(i)) % CHECK_PRIME;
  return letters(sum, CHECK_LETTERS);
}
