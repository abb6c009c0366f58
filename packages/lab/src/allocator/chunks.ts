/**
 * The allocator's words as numbers: chunks with their hints after each operation, and the areas that are in use.
 */
import type { AllocatorAnswer, AllocatorOperation, ChunkMaps } from "../engine/protocol.js";

export interface Chunk {
  readonly id: number;
  /** `13`, `14(free)` … */
  readonly slot: string;
  /** By name, as the allocator prints them: free, contig, scan, first_free, pages, populated … */
  readonly fields: ReadonlyMap<string, string>;
  readonly maps: ChunkMaps;
}

export interface Area {
  readonly id: number;
  readonly chunk: number;
  readonly offset: number;
  readonly size: number;
}

export interface Snapshot {
  readonly operation: AllocatorOperation;
  readonly chunks: readonly Chunk[];
  readonly areas: ReadonlyMap<number, Area>;
  readonly totals: string;
}

/** A trace that was run. */
export interface Told {
  readonly snapshots: readonly Snapshot[];
  /** Of each CPU: the distance of its unit from the first, in bytes. */
  readonly unitOffsets: readonly number[];
  readonly slots: number;
}

/** Bytes that one bit of a chunk's map stands for. */
export const BIT_BYTES = 4;
export const PAGE_BYTES = 4096;
/** Bits of a block, the page's worth for which the allocator keeps hints. */
export const BLOCK_BITS = PAGE_BYTES / BIT_BYTES;
/** The hints of a block, in the order of `ChunkMaps.hints`. */
export const HINTS = ["contig_hint", "contig_hint_start", "left_free", "right_free", "first_free"] as const;

export function toldOf({ unitOffsets, slots, operations }: AllocatorAnswer): Told {
  return { unitOffsets, slots, snapshots: snapshotsOf(operations) };
}

function snapshotsOf(operations: readonly AllocatorOperation[]): readonly Snapshot[] {
  let areas: ReadonlyMap<number, Area> = new Map();
  return operations.map((operation) => {
    areas = areasAfter(areas, operation);
    const [totals = "", ...lines] = operation.state;
    return {
      operation,
      areas,
      totals: totals.replace(/^S /, ""),
      chunks: lines.map((words) => chunkOf(words, operation.maps)).sort((a, b) => a.id - b.id),
    };
  });
}

function chunkOf(line: string, all: readonly ChunkMaps[]): Chunk {
  const fields = new Map<string, string>();
  for (const match of line.matchAll(/(\w+)=(\S+)/g)) fields.set(match[1]!, match[2]!);
  const slot = fields.get("slot") ?? "";
  const id = Number(fields.get("chunk"));
  fields.delete("slot");
  fields.delete("chunk");
  return { id, slot, fields, maps: all.find(({ chunk }) => chunk === id)! };
}

/** `ID CHUNK OFF` of an allocation, `f ID …` of a free. */
function areasAfter(before: ReadonlyMap<number, Area>, { line, said }: AllocatorOperation): ReadonlyMap<number, Area> {
  const areas = new Map(before);
  for (const words of said) {
    const taken = /^(\d+) (\d+) (\d+)$/.exec(words);
    const freed = /^f (\d+) \d+ \d+$/.exec(words);
    if (taken) {
      const [id, chunk, offset] = taken.slice(1).map(Number) as [number, number, number];
      const asked = Number(/^[ar]\s+(\d+)/.exec(line)?.[1] ?? 0);
      areas.set(id, { id, chunk, offset, size: Math.max(BIT_BYTES, Math.ceil(asked / BIT_BYTES) * BIT_BYTES) });
    }
    if (freed) areas.delete(Number(freed[1]));
  }
  return areas;
}

/** `6820@8540`: so many bits free from that bit on. */
export function hintOf(text: string | undefined): { readonly bits: number; readonly start: number } {
  const [bits = 0, start = 0] = (text ?? "").split("@").map(Number);
  return { bits, start };
}
