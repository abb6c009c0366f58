/**
 * The percpu allocator's chunks in the shared state of a run: their bitmaps bit by bit, and the slot that each waits in. At the
 * sizes of a search a word has few bits; how many follows from the sizes of the arrays.
 */
import type { Element } from "./replayed-state.js";

export interface Bit {
  readonly value: boolean;
  /** Absent: the step left it alone. */
  readonly before?: boolean;
}

export interface Bitmap {
  readonly name: "populated" | "alloc_map" | "bound_map";
  readonly bits: readonly Bit[];
}

export interface PercpuChunk {
  readonly number: number;
  /** The list that it is in; absent: in none. */
  readonly slot?: number;
  /** The list that it was in before the step, if that was another. */
  readonly slotBefore?: number;
  readonly bitmaps: readonly Bitmap[];
  readonly counters: readonly Element[];
}

const COUNTERS = ["free_bytes", "nr_populated", "nr_empty_pop_pages", "isolated"] as const;
const HINTS = ["contig_hint", "contig_hint_start", "first_free"] as const;

/** The chunks that exist; none where the scenario has no percpu allocator. */
export function percpuChunks(elements: readonly Element[]): readonly PercpuChunk[] {
  const state = new Map(elements.map((element) => [element.name, element]));
  const value = (name: string) => state.get(name)?.value ?? 0;
  const count = (name: (index: number) => string) => {
    let length = 0;
    while (state.has(name(length))) length++;
    return length;
  };
  const chunks = count((index) => `pcpu_chunk[${index}].free_bytes`);
  if (chunks === 0) return [];
  const pages = count((page) => `md_blocks[0][${page}].nr_bits`);
  const words = count((word) => `alloc_map[0][${word}]`);
  const blockBits = Math.max(...Array.from({ length: chunks }, (_, c) => value(`md_blocks[${c}][0].nr_bits`)));
  const bitsPerWord = words === 0 ? 0 : (pages * blockBits) / words;

  const bitsOf = (name: Bitmap["name"], chunk: number, length: number): Bitmap => {
    const bits = Array.from({ length: bitsPerWord > 0 ? length : 0 }, (_, bit): Bit => {
      const word = state.get(`${name}[${chunk}][${Math.floor(bit / bitsPerWord)}]`);
      const isSet = (of: number) => ((of >>> (bit % bitsPerWord)) & 1) !== 0;
      const now = isSet(word?.value ?? 0);
      const before = word?.before === undefined ? now : isSet(word.before);
      return before === now ? { value: now } : { value: now, before };
    });
    return { name, bits };
  };

  const existing = Array.from({ length: chunks }, (_, chunk) => chunk).filter((chunk) => {
    const alive = state.get(`isChunk[${chunk}]`);
    return alive === undefined || alive.value !== 0 || alive.before === 1;
  });
  return existing.map((number) => {
    const length = value(`pcpu_chunk_fixed[${number}].nr_pages`);
    const slot = slotOf(number, chunks, (name) => state.get(name)?.value);
    const slotBefore = slotOf(number, chunks, (name) => state.get(name)?.before ?? state.get(name)?.value);
    return {
      number,
      ...(slot === undefined ? {} : { slot }),
      ...(slotBefore === undefined || slotBefore === slot ? {} : { slotBefore }),
      bitmaps: [
        bitsOf("populated", number, length),
        bitsOf("alloc_map", number, length * blockBits),
        bitsOf("bound_map", number, length * blockBits + 1),
      ],
      counters: [
        ...COUNTERS.map((name) => `pcpu_chunk[${number}].${name}`),
        ...HINTS.map((name) => `pcpu_chunk[${number}].chunk_md.${name}`),
      ].flatMap((name) => state.get(name) ?? []),
    };
  });
}

/** Follows the list of a chunk to its head: heads stand behind the chunks. */
function slotOf(chunk: number, chunks: number, read: (name: string) => number | undefined): number | undefined {
  let at = chunk;
  for (let steps = 0; steps <= chunks; steps++) {
    const next = read(`list[${at}].next`);
    if (next === undefined || read(`list[${next}].prev`) !== at) return undefined;
    if (next >= chunks) return next - chunks;
    at = next;
  }
  return undefined;
}
