/**
 * How a state is written as a key of a few 32-bit words: the numbers of its parts.
 *
 *      | number of the shared part | number of CPU 0's part | number of CPU 1's part … |
 *
 * A state is the product of its shared part and its CPUs' parts, and millions of states share a few thousand of them
 * (Spin's -DCOLLAPSE is built on the same fact). `store.ts` keeps each part once and numbers it from 1 on, so a key says
 * exactly which state it is, in a third of the words. The numbers need more bits as parts are found: then keys are
 * written anew, under a wider plan.
 */

/** Where the number of a part sits in a key. No number crosses a word. */
export interface KeyField {
  readonly word: number;
  readonly shift: number;
  /** Part numbers are 1 .. 2^bits - 1. */
  readonly bits: number;
}

export interface KeyPlan {
  /** Words in a key. Each holds at least one number, so none of them is ever 0. */
  readonly words: number;
  /** The shared part, then the CPUs' parts in order. */
  readonly fields: readonly KeyField[];
}

const WORD_BITS = 32;
/** A number is an element of an Int32Array. */
const MAX_BITS = 31;

/**
 * The plan with room for part numbers of so many bits, 1 .. 31, and for as many more as the words have left.
 * Numbers of CPU parts come from one list, so all have the same bits.
 */
export function planKeys(cpus: number, sharedBits: number, cpuBits: number): KeyPlan {
  const needs = [sharedBits, ...new Array<number>(cpus).fill(cpuBits)].map((bits) => Math.min(bits, MAX_BITS));
  // The fewest words that hold them: first fit, wide ones first.
  const order = needs.map((_, index) => index).sort((a, b) => needs[b]! - needs[a]! || a - b);
  const words: number[][] = [];
  const load = (members: readonly number[]) => members.reduce((sum, index) => sum + needs[index]!, 0);
  for (const index of order) {
    const word = words.find((members) => load(members) + needs[index]! <= WORD_BITS);
    if (word) word.push(index);
    else words.push([index]);
  }
  const fields: KeyField[] = [];
  words.forEach((members, word) => {
    const spare = Math.floor((WORD_BITS - load(members)) / members.length);
    let shift = 0;
    for (const index of members) {
      const bits = Math.min(needs[index]! + spare, MAX_BITS);
      fields[index] = { word, shift, bits };
      shift += bits;
    }
  });
  return { words: words.length, fields };
}

/** The highest part number that every field of the CPUs holds. */
export function cpuPartLimit({ fields }: KeyPlan): number {
  return 2 ** Math.min(...fields.slice(1).map((field) => field.bits)) - 1;
}

export function sharedPartLimit({ fields }: KeyPlan): number {
  return 2 ** fields[0]!.bits - 1;
}

/** Keys of one plan, written as another has them. */
export function rewriteKeys(keys: Int32Array, from: KeyPlan, to: KeyPlan): Int32Array {
  const states = keys.length / from.words;
  const result = new Int32Array(states * to.words);
  from.fields.forEach((source, index) => {
    const target = to.fields[index]!;
    const mask = 2 ** source.bits - 1;
    for (let state = 0; state < states; state++) {
      const number = (keys[state * from.words + source.word]! >>> source.shift) & mask;
      result[state * to.words + target.word]! |= number << target.shift;
    }
  });
  return result;
}
