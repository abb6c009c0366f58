/**
 * The control flow of one step: its blocks from a step point up to the next ones, where branches meet again, what is
 * live inside, and from where it can still wait or choose.
 *
 * Used by `promela-step.ts` and `promela-code.ts`. Witnesses and messages are left out here, as nothing else needs them.
 */
import { definition, eachTermUse, eachUse, type Fn, type Instr, type LocalId, successors } from "@shootdown/ir";
import type { Root } from "./system.js";

/** The number of a region's entry: not its block's, because the step may come back to where it started. */
export const ENTRY = -1;

/** Whether an instruction decides if or how the step is taken: whether it is enabled, or which of several it is. */
function isAsking(instr: Instr): boolean {
  return instr.kind === "wait" || instr.kind === "acquire" || instr.kind === "choose";
}

export class Region {
  readonly fn: Fn;
  readonly liveAfter = new Map<Instr, ReadonlySet<LocalId>>();
  readonly liveAt: Set<LocalId>[];
  /** Whether the step is a hardware action. */
  isHardware = false;
  private meets = new Map<number, number | undefined>();
  private asking = new Set<number>();

  constructor(private readonly root: Root) {
    const { fn } = root.program;
    const isNeeded = (instr: Instr) => instr.kind !== "witness" && instr.kind !== "print";
    this.fn = {
      ...fn,
      blocks: fn.blocks.map((block) => ({ instrs: block.instrs.filter(isNeeded), term: block.term })),
    };
    this.liveAt = this.fn.blocks.map((_, id) => new Set(this.isPoint(id) ? root.program.live.get(id)! : []));
    this.computeLiveness();
  }

  /** Turns to the step that starts at `entry`. Hardware has no step points: its step ends with it. */
  begin(entry: number, isHardware: boolean): void {
    this.isHardware = isHardware;
    this.meets = this.meetingPoints(entry);
    this.asking = this.findAsking();
  }

  /** Where the ways of a branch meet again, if they do before the step ends; `ENTRY` for the entry's. */
  meet(node: number): number | undefined {
    return this.meets.get(node);
  }

  /** Whether the step may still wait or choose, from instruction `index` of a block on. */
  asks(block: number, index: number): boolean {
    const { instrs, term } = this.fn.blocks[block]!;
    if (instrs.slice(index).some(isAsking)) return true;
    return successors(term).some((to) => !this.isExit(to) && this.asking.has(to));
  }

  private findAsking(): Set<number> {
    const { blocks } = this.fn;
    const found = new Set<number>();
    for (let changed = true; changed; ) {
      changed = false;
      for (let id = blocks.length - 1; id >= 0; id--) {
        if (found.has(id)) continue;
        const { instrs, term } = blocks[id]!;
        if (!instrs.some(isAsking) && !successors(term).some((to) => !this.isExit(to) && found.has(to))) continue;
        found.add(id);
        changed = true;
      }
    }
    return found;
  }

  /** Whether a step ends at the block. */
  isPoint(block: number): boolean {
    return this.root.pcOf.has(block);
  }

  isExit(block: number): boolean {
    return !this.isHardware && this.isPoint(block);
  }

  /** Liveness inside steps: at a step point, what the state holds there (which may serve a witness only). */
  private computeLiveness(): void {
    const { blocks } = this.fn;
    for (let changed = true; changed; ) {
      changed = false;
      for (let id = blocks.length - 1; id >= 0; id--) {
        const block = blocks[id]!;
        const live = new Set(successors(block.term).flatMap((next) => [...this.liveAt[next]!]));
        eachTermUse(block.term, (local) => live.add(local));
        for (let i = block.instrs.length - 1; i >= 0; i--) {
          const instr = block.instrs[i]!;
          this.liveAfter.set(instr, new Set(live));
          const dst = definition(instr);
          if (dst !== undefined) live.delete(dst);
          eachUse(instr, (local) => live.add(local));
        }
        if (this.isPoint(id)) continue;
        if (live.size !== this.liveAt[id]!.size) {
          this.liveAt[id] = live;
          changed = true;
        }
      }
    }
  }

  /**
   * By block of the region that ends in a branch: the block where all ways from it meet again; undefined if they do not
   * before the step ends.
   */
  private meetingPoints(entry: number): Map<number, number | undefined> {
    const next = new Map<number, readonly number[]>();
    const visit = (node: number) => {
      if (next.has(node)) return;
      const block = node === ENTRY ? entry : node;
      const ends = node !== ENTRY && this.isExit(block);
      next.set(node, ends ? [] : successors(this.fn.blocks[block]!.term));
      for (const to of next.get(node)!) visit(to);
    };
    visit(ENTRY);
    const nodes = [...next.keys()];
    const behind = new Map(nodes.map((node) => [node, new Set(nodes)]));
    for (let changed = true; changed; ) {
      changed = false;
      for (const node of nodes) {
        const sets = next.get(node)!.map((to) => behind.get(to)!);
        const common = new Set(sets.length === 0 ? [] : [...sets[0]!].filter((n) => sets.every((set) => set.has(n))));
        common.add(node);
        if (common.size !== behind.get(node)!.size) {
          behind.set(node, common);
          changed = true;
        }
      }
    }
    const result = new Map<number, number | undefined>();
    for (const node of nodes) {
      if (next.get(node)!.length < 2) continue;
      const candidates = [...behind.get(node)!].filter((n) => n !== node);
      const nearest = candidates.sort((a, b) => behind.get(b)!.size - behind.get(a)!.size)[0];
      result.set(node, nearest !== undefined && this.isPlain(next, node, nearest) ? nearest : undefined);
    }
    return result;
  }

  /** Whether all between a branch and where it meets again is straight computation: no choice, wait, lock or loop. */
  private isPlain(next: ReadonlyMap<number, readonly number[]>, branch: number, meet: number): boolean {
    const open = new Set<number>();
    const visit = (node: number): boolean => {
      if (node === meet) return true;
      if (open.has(node) || node === branch || this.isExit(node)) return false;
      const { instrs, term } = this.fn.blocks[node]!;
      if (term.kind === "return") return false;
      for (const instr of instrs) {
        if (instr.kind === "choose" || instr.kind === "wait" || instr.kind === "acquire" || instr.kind === "release") {
          return false;
        }
      }
      open.add(node);
      const plain = next.get(node)!.every(visit);
      open.delete(node);
      return plain;
    };
    return next.get(branch)!.every(visit);
  }
}
