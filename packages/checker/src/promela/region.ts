/**
 * The control flow of one step: its blocks from a step point up to the next ones, where branches meet again, what is
 * live inside, and from where it can still wait or choose.
 *
 * Used by `step.ts` and `code.ts`. Witnesses and messages are left out here, as nothing else needs them.
 */
import { definition, eachTermUse, eachUse, type Fn, type Instr, type LocalId, successors } from "@shootdown/ir";
import type { Root } from "../system.js";
import { locksHeld } from "./locks.js";

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
  /** By access: the locks that are held there for certain. */
  readonly held: ReadonlyMap<Instr, ReadonlySet<string>>;
  /** Whether the step is a hardware action. */
  isHardware = false;
  private meets = new Map<number, number | undefined>();
  private asking: ReadonlySet<number> = new Set();
  /** The same for all steps but those of hardware. */
  private readonly askingBetween: ReadonlySet<number>;

  constructor(private readonly root: Root) {
    const { fn } = root.program;
    const isNeeded = (instr: Instr) => instr.kind !== "witness" && instr.kind !== "print";
    this.fn = {
      ...fn,
      blocks: fn.blocks.map((block) => ({ instrs: block.instrs.filter(isNeeded), term: block.term })),
    };
    this.liveAt = this.fn.blocks.map((_, id) => new Set(this.isPoint(id) ? root.program.live.get(id)! : []));
    this.computeLiveness();
    this.askingBetween = this.findAsking();
    this.held = locksHeld(this.fn);
  }

  /** Turns to the step that starts at `entry`. Hardware has no step points: its step ends with it. */
  begin(entry: number, isHardware: boolean): void {
    this.isHardware = isHardware;
    this.meets = this.meetingPoints(entry);
    this.asking = isHardware ? this.findAsking() : this.askingBetween;
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
    /** Each node after those that follow it, loops aside. */
    const nodes: number[] = [];
    const visit = (node: number) => {
      if (next.has(node)) return;
      const block = node === ENTRY ? entry : node;
      const ends = node !== ENTRY && this.isExit(block);
      next.set(node, ends ? [] : successors(this.fn.blocks[block]!.term));
      for (const to of next.get(node)!) visit(to);
      nodes.push(node);
    };
    visit(ENTRY);
    /** By node: those that every way from it to the end of the step comes to. Until it is known, all of them. */
    const behind = new Map<number, ReadonlySet<number>>();
    for (let changed = true; changed; ) {
      changed = false;
      for (const node of nodes) {
        const sets = next.get(node)!.flatMap((to) => behind.get(to) ?? []);
        const [first = new Set<number>(), ...others] = sets;
        const common = new Set([...first].filter((n) => others.every((set) => set.has(n))));
        common.add(node);
        if (common.size !== behind.get(node)?.size) {
          behind.set(node, common);
          changed = true;
        }
      }
    }
    const result = new Map<number, number | undefined>();
    for (const node of nodes) {
      if (next.get(node)!.length < 2) continue;
      let nearest: number | undefined;
      for (const n of behind.get(node)!) {
        if (n === node) continue;
        if (nearest === undefined || behind.get(n)!.size > behind.get(nearest)!.size) nearest = n;
      }
      result.set(node, nearest !== undefined && this.isPlain(next, node, nearest) ? nearest : undefined);
    }
    return result;
  }

  /** Whether all between a branch and where it meets again is straight computation: no choice, wait, lock or loop. */
  private isPlain(next: ReadonlyMap<number, readonly number[]>, branch: number, meet: number): boolean {
    const open = new Set<number>();
    const plainly = new Set<number>([meet]);
    const visit = (node: number): boolean => {
      if (plainly.has(node)) return true;
      if (open.has(node) || node === branch || this.isExit(node)) return false;
      const { instrs, term } = this.fn.blocks[node]!;
      if (term.kind === "return") return false;
      for (const instr of instrs) {
        if (instr.kind === "choose" || instr.kind === "wait" || instr.kind === "acquire" || instr.kind === "release") {
          return false;
        }
      }
      open.add(node);
      if (!next.get(node)!.every(visit)) return false;
      open.delete(node);
      plainly.add(node);
      return true;
    };
    return next.get(branch)!.every(visit);
  }
}
