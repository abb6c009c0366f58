/**
 * The control flow of code inside steps: which blocks are behind its starts, which of them need a label, which edges turn
 * back. A block without a label stands where the one edge to it is. So that no run of statements becomes longer than Spin
 * takes, a block is given a label, too, where what stands there would be long.
 *
 * Used by `code.ts`. Blocks that cannot be reached, by the bounds of locals, are left out.
 */
import { successors, type Term } from "@shootdown/ir";
import type { Region } from "./region.js";

/** The number of a start, which may lie inside a block. */
export const START = -1;

/** Statements, roughly, from which on a block is given a label. */
const LONG = 400;
/** Statements, roughly, of an instruction, and of what ends a block. */
const INSTRUCTION = 2;
const BRANCH = 5;

export interface Start {
  readonly block: number;
  readonly index: number;
}

export interface CodeFlow {
  /** Blocks behind the starts, and step points, in an order in which only turns go back. */
  readonly order: readonly number[];
  /** Those of them that need a label. */
  readonly labelled: ReadonlySet<number>;
  /** Edges that turn back, as `from to`. */
  readonly turns: ReadonlySet<string>;
}

/** What comes next, as far as it can be reached. */
export function reachable(term: Term, isReachable: (block: number) => boolean): readonly number[] {
  return successors(term).filter(isReachable);
}

export function codeFlow(region: Region, starts: readonly Start[], isReachable: (block: number) => boolean): CodeFlow {
  const { blocks } = region.fn;
  const entries = new Map<number, number>();
  const open = new Set<number>();
  const done: number[] = [];
  const seen = new Set<number>();
  const turns = new Set<string>();
  const turned = new Set<number>();
  const next = (block: number) => (region.isExit(block) ? [] : reachable(blocks[block]!.term, isReachable));
  const follow = (from: number, to: readonly number[]) => {
    for (const block of to) {
      entries.set(block, (entries.get(block) ?? 0) + 1);
      if (open.has(block)) {
        turns.add(`${from} ${block}`);
        turned.add(block);
      }
      if (!seen.has(block)) visit(block);
    }
  };
  const visit = (block: number) => {
    seen.add(block);
    open.add(block);
    follow(block, next(block));
    open.delete(block);
    done.push(block);
  };
  for (const { block } of starts) follow(START, reachable(blocks[block]!.term, isReachable));
  const labelled = new Set(done.filter((block) => entries.get(block)! > 1 || turned.has(block)));
  /** By block: the statements that stand where it stands. */
  const weights = new Map<number, number>();
  for (const block of done) {
    let weight = blockWeight(region, block);
    for (const to of next(block)) weight += labelled.has(to) ? 1 : weights.get(to)!;
    if (weight > LONG) labelled.add(block);
    weights.set(block, weight);
  }
  return { order: done.reverse(), labelled, turns };
}

/** Statements of a block, roughly; of a step point, those that leave what lives there. */
export function blockWeight(region: Region, block: number): number {
  if (region.isExit(block)) return region.liveAt[block]!.size;
  return region.fn.blocks[block]!.instrs.length * INSTRUCTION + BRANCH;
}
