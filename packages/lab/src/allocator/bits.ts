/**
 * Bitmaps as the kernel keeps them: bit `b` is bit `b % 32` of word `b / 32`.
 */

export interface Run {
  readonly start: number;
  /** Bits. */
  readonly length: number;
}

export function bitAt(words: Uint32Array, bit: number): boolean {
  return ((words[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0;
}

/** The runs of set bits in `start .. end - 1`. With `bound`, a run ends where another area begins. */
export function runsOf(words: Uint32Array, start: number, end: number, bound?: Uint32Array): readonly Run[] {
  const runs: Run[] = [];
  let bit = start;
  while (bit < end) {
    if ((bit & 31) === 0 && words[bit >>> 5] === 0) {
      bit += 32;
      continue;
    }
    if (!bitAt(words, bit)) {
      bit++;
      continue;
    }
    const first = bit++;
    while (bit < end && bitAt(words, bit) && !(bound && bitAt(bound, bit))) bit++;
    runs.push({ start: first, length: bit - first });
  }
  return runs;
}

/** `0–3, 8` : the set bits in words. */
export function bitsInWords(words: Uint32Array, count: number): string {
  const runs = runsOf(words, 0, count);
  if (runs.length === 0) return "none";
  return runs.map(({ start, length }) => (length === 1 ? `${start}` : `${start}–${start + length - 1}`)).join(", ");
}
