/**
 * A small seeded generator of pseudo-random numbers: the same seed gives the same run on every machine.
 */

/** Returns a function that gives an integer in [0, below). Mulberry32; `seed` is any 32-bit integer. */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}
