/**
 * Which locals may still be read: at the start of each block. Dead locals are not part of a state (two states that
 * differ only in one are the same), and assignments to them are dropped.
 */
import { definition, eachTermUse, eachUse, successors } from "./rewrite.js";
import type { Block, Fn, LocalId } from "./types.js";

function transfer(block: Block, liveOut: ReadonlySet<LocalId>): Set<LocalId> {
  const live = new Set(liveOut);
  eachTermUse(block.term, (local) => live.add(local));
  for (let i = block.instrs.length - 1; i >= 0; i--) {
    const instr = block.instrs[i]!;
    const dst = definition(instr);
    if (dst !== undefined) live.delete(dst);
    eachUse(instr, (local) => live.add(local));
  }
  return live;
}

/** The locals that are live at the start of each block. */
export function liveIn(fn: Fn): readonly ReadonlySet<LocalId>[] {
  const live: Set<LocalId>[] = fn.blocks.map(() => new Set());
  let changed = true;
  while (changed) {
    changed = false;
    for (let id = fn.blocks.length - 1; id >= 0; id--) {
      const next = transfer(fn.blocks[id]!, liveOut(fn, live, id));
      if (next.size !== live[id]!.size) {
        live[id] = next;
        changed = true;
      }
    }
  }
  return live;
}

function liveOut(fn: Fn, live: readonly ReadonlySet<LocalId>[], id: number): Set<LocalId> {
  const out = new Set<LocalId>();
  for (const next of successors(fn.blocks[id]!.term)) for (const local of live[next]!) out.add(local);
  return out;
}

/** Drops assignments, loads and other effect-free definitions of locals that nobody reads. */
export function dropDeadCode(fn: Fn): Fn {
  for (let current = fn; ; ) {
    const live = liveIn(current);
    let dropped = false;
    const blocks = current.blocks.map((block, id) => {
      const alive = liveOut(current, live, id);
      eachTermUse(block.term, (local) => alive.add(local));
      const kept = [];
      for (let i = block.instrs.length - 1; i >= 0; i--) {
        const instr = block.instrs[i]!;
        const dst = definition(instr);
        const droppable =
          instr.kind === "assign" ||
          instr.kind === "load" ||
          instr.kind === "irqsDisabled" ||
          instr.kind === "inTask" ||
          instr.kind === "waiters";
        const isNoCheck = instr.kind === "check" && instr.cond.kind === "const" && instr.cond.value !== 0;
        if (isNoCheck || (droppable && dst !== undefined && !alive.has(dst))) {
          dropped = true;
          continue;
        }
        if (dst !== undefined) alive.delete(dst);
        eachUse(instr, (local) => alive.add(local));
        kept.push(instr);
      }
      return { instrs: kept.reverse(), term: block.term };
    });
    if (!dropped) return current;
    current = { ...current, blocks };
  }
}
