/**
 * Which locals may still be read: at the start of each block. Dead locals are not part of a state (two states that
 * differ only in one are the same), and assignments to them are dropped.
 */
import { definition, eachTermUse, eachUse, mapExpr, mapInstr, mapTerm, successors } from "./rewrite.js";
import type { Block, Expr, Fn, Instr, LocalId } from "./types.js";

/** What a block does to the set of live locals, from its end to its start. */
interface Effect {
  /** Read before the block writes them. */
  readonly reads: ReadonlySet<LocalId>;
  /** Written, whether or not they are read before. */
  readonly writes: ReadonlySet<LocalId>;
}

function effectOf(block: Block): Effect {
  const reads = new Set<LocalId>();
  const writes = new Set<LocalId>();
  eachTermUse(block.term, (local) => reads.add(local));
  for (let i = block.instrs.length - 1; i >= 0; i--) {
    const instr = block.instrs[i]!;
    const dst = definition(instr);
    if (dst !== undefined) {
      reads.delete(dst);
      writes.add(dst);
    }
    eachUse(instr, (local) => reads.add(local));
  }
  return { reads, writes };
}

/**
 * The locals that are live at the start of each block. A flat program has thousands of blocks: each is looked at once for
 * what it does, and then again only when what follows it has become more.
 */
export function liveIn(fn: Fn): readonly ReadonlySet<LocalId>[] {
  const effects = fn.blocks.map(effectOf);
  const live = effects.map(({ reads }) => new Set(reads));
  const sources: number[][] = fn.blocks.map(() => []);
  fn.blocks.forEach(({ term }, id) => {
    for (const next of successors(term)) sources[next]!.push(id);
  });
  /** Blocks whose set has grown since those before them heard of it. */
  const grown = fn.blocks.map((_, id) => id);
  const isGrown = fn.blocks.map(() => true);
  for (let id = grown.pop(); id !== undefined; id = grown.pop()) {
    isGrown[id] = false;
    for (const source of sources[id]!) {
      const { writes } = effects[source]!;
      const before = live[source]!.size;
      for (const local of live[id]!) if (!writes.has(local)) live[source]!.add(local);
      if (live[source]!.size === before || isGrown[source]) continue;
      isGrown[source] = true;
      grown.push(source);
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

/** Drops the locals that nothing reads or writes: those that are left are numbered anew, in their order. */
export function dropUnusedLocals(fn: Fn): Fn {
  const used = new Set<LocalId>();
  const note = (local: LocalId) => used.add(local);
  for (const block of fn.blocks) {
    for (const instr of block.instrs) {
      eachUse(instr, note);
      const dst = definition(instr);
      if (dst !== undefined) note(dst);
    }
    eachTermUse(block.term, note);
  }
  const kept = [...used].sort((a, b) => a - b);
  const numbers = new Map(kept.map((id, index) => [id, index]));
  const rename = (expr: Expr) =>
    mapExpr(expr, (e) => (e.kind === "local" ? { ...e, local: numbers.get(e.local)! } : e));
  const renameInstr = (instr: Instr): Instr => {
    const mapped = mapInstr(instr, rename);
    const dst = definition(mapped);
    return dst === undefined ? mapped : ({ ...mapped, dst: numbers.get(dst)! } as Instr);
  };
  return {
    ...fn,
    locals: kept.map((id) => fn.locals[id]!),
    blocks: fn.blocks.map(({ instrs, term }) => ({
      instrs: instrs.map(renameInstr),
      term: mapTerm(term, rename),
    })),
  };
}
