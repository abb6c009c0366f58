/**
 * Goal: the bitmaps shown are the bits of the words, whatever the size of a word, and a chunk's slot is the list it is in.
 * Method: a state of two chunks of two pages, two bits a page and two bits a word, written down by hand.
 */
import { describe, expect, test } from "vitest";
import { percpuChunks } from "./percpu-chunks.js";
import type { Element } from "./replayed-state.js";

/** Chunks 0 and 1; heads of slots 0 and 1 are 2 and 3. Chunk 0 is in slot 1, chunk 1 has just been made. */
const STATE: Record<string, number | [before: number, value: number]> = {
  "pcpu_chunk[0].free_bytes": [12, 8],
  "pcpu_chunk[1].free_bytes": 0,
  "pcpu_chunk[0].chunk_md.contig_hint": 2,
  "md_blocks[0][0].nr_bits": 2,
  "md_blocks[0][1].nr_bits": 2,
  "md_blocks[1][0].nr_bits": 0,
  "alloc_map[0][0]": [0b01, 0b10],
  "alloc_map[0][1]": 0b01,
  "alloc_map[1][0]": 0,
  "bound_map[0][0]": 0b11,
  "bound_map[0][1]": 0b01,
  "bound_map[0][2]": 0b01,
  "populated[0][0]": [0b01, 0b11],
  "populated[1][0]": 0,
  "pcpu_chunk_fixed[0].nr_pages": 2,
  "pcpu_chunk_fixed[1].nr_pages": 0,
  "isChunk[0]": 1,
  "isChunk[1]": [0, 1],
  "list[0].next": 3,
  "list[0].prev": 3,
  "list[1].next": 0,
  "list[1].prev": 0,
  "list[2].next": 2,
  "list[2].prev": 2,
  "list[3].next": 0,
  "list[3].prev": 0,
};

function elements(state: typeof STATE): Element[] {
  return Object.entries(state).map(([name, value]) =>
    typeof value === "number" ? { name, value } : { name, value: value[1], before: value[0] },
  );
}

describe("percpu chunks of a state", () => {
  const [first, second] = percpuChunks(elements(STATE));
  const bits = (name: string) => first!.bitmaps.find((map) => map.name === name)!.bits;

  test("have their bits, and what the step made of each", () => {
    expect(bits("alloc_map")).toEqual([
      { value: false, before: true },
      { value: true, before: false },
      { value: true },
      { value: false },
    ]);
    expect(bits("populated")).toEqual([{ value: true }, { value: true, before: false }]);
    expect(bits("bound_map").map(({ value }) => value)).toEqual([true, true, true, false, true]);
  });

  test("are in the slot whose list leads to them, or in none", () => {
    expect(first!.slot).toBe(1);
    expect(second).toMatchObject({ number: 1 });
    expect(second!.slot).toBeUndefined();
  });

  test("carry their counters with what they were", () => {
    expect(first!.counters[0]).toEqual({ name: "pcpu_chunk[0].free_bytes", value: 8, before: 12 });
  });

  test("are those that exist", () => {
    expect(percpuChunks(elements({ ...STATE, "isChunk[1]": 0 })).map(({ number }) => number)).toEqual([0]);
    expect(percpuChunks([{ name: "pte[0]", value: 1 }])).toEqual([]);
  });
});
