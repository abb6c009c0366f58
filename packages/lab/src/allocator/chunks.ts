/**
 * The allocator's words as numbers: chunks with their hints after each operation, and the areas that are in use.
 */
import type { AllocatorOperation } from "../engine/protocol.js";

export interface Chunk {
  readonly id: number;
  /** `13`, `14(free)` … */
  readonly slot: string;
  /** By name, as the allocator prints them: free, contig, scan, first_free, pages, populated … */
  readonly fields: ReadonlyMap<string, string>;
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

/** Bytes that one bit of a chunk's map stands for. */
export const BIT_BYTES = 4;
export const PAGE_BYTES = 4096;

export function snapshotsOf(operations: readonly AllocatorOperation[]): readonly Snapshot[] {
  let areas: ReadonlyMap<number, Area> = new Map();
  return operations.map((operation) => {
    areas = areasAfter(areas, operation);
    const [totals = "", ...lines] = operation.state;
    return {
      operation,
      areas,
      totals: totals.replace(/^S /, ""),
      chunks: lines.map(chunkOf).sort((a, b) => a.id - b.id),
    };
  });
}

function chunkOf(line: string): Chunk {
  const fields = new Map<string, string>();
  for (const match of line.matchAll(/(\w+)=(\S+)/g)) fields.set(match[1]!, match[2]!);
  const slot = fields.get("slot") ?? "";
  const id = Number(fields.get("chunk"));
  fields.delete("slot");
  fields.delete("chunk");
  return { id, slot, fields };
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
