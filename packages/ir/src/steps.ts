/**
 * Cuts a flat function into steps.
 *
 * A step is one access to shared state, or one atomic primitive, with the private computation up to the next. Visible,
 * and therefore the start of a step, are: a load or store of state that no lock guards; taking and releasing a lock;
 * changing the interrupt mask; the start of a hardware action; waiting; the end of an interrupt handler. State guarded
 * by a lock does not end a step: the lock must be held, which every access checks in the same search. Nor does state
 * that only one context can ever touch, because it is not shared.
 */
import { tidyBlocks } from "./fold.js";
import { dropDeadCode, liveIn } from "./liveness.js";
import { placeName, retarget, successors } from "./rewrite.js";
import type { Block, Fn, Global, Instr, LocalId } from "./types.js";

export type Level = "task" | "softirq" | "hardirq";

/** A flat function whose steps start at block boundaries. */
export interface Program {
  readonly fn: Fn;
  readonly level: Level;
  /** The blocks that start a step, ascending. For a task, block 0 (its entry) is one of them. */
  readonly starts: readonly number[];
  /** By block that starts a step: the locals that are part of the state there, ascending. */
  readonly live: ReadonlyMap<number, readonly LocalId[]>;
}

/** What step formation must know of shared state. */
export interface SharedState {
  readonly globals: ReadonlyMap<string, Global>;
  /** State that ends no step although no lock guards it; see `privateState`. */
  readonly privates: ReadonlySet<string>;
}

/**
 * State that is not shared. Per-CPU state: every access names the accessing CPU's own copy, and all accesses are of one
 * level (a CPU has one context of a level). And what no program writes but while it is unpublished. `flats` are all the programs that will run, folded.
 */
export function privateState(
  flats: readonly { readonly fn: Fn; readonly level: Level }[],
  globals: ReadonlyMap<string, Global>,
): ReadonlySet<string> {
  const levels = new Map<string, Set<Level | undefined>>();
  for (const { fn, level } of flats) {
    for (const instr of fn.blocks.flatMap((block) => block.instrs)) {
      if (instr.kind !== "load" && instr.kind !== "store") continue;
      const name = placeName(instr.place)!;
      const isOwn = globals.get(name)?.perCpu === true && instr.place.index[0]?.kind === "cpu";
      levels.set(name, (levels.get(name) ?? new Set()).add(isOwn ? level : undefined));
    }
  }
  const own = [...levels].filter(([, seen]) => seen.size === 1 && !seen.has(undefined)).map(([name]) => name);
  return new Set([...own, ...settledState(flats)]);
}

/** State that is written during boot alone, or while it is unpublished, and then only read: nobody can see it change. */
function settledState(flats: readonly { readonly fn: Fn }[]): readonly string[] {
  const read = new Set<string>();
  const published = new Set<string>();
  for (const instr of flats.flatMap(({ fn }) => fn.blocks.flatMap((block) => block.instrs))) {
    if (instr.kind === "load") read.add(placeName(instr.place)!);
    if (instr.kind === "store" && !instr.unpublished) published.add(placeName(instr.place)!);
  }
  return [...read].filter((name) => !published.has(name));
}

/** Whether an instruction outside a hardware action is visible to other contexts. */
export function isVisible(instr: Instr, shared: SharedState): boolean {
  switch (instr.kind) {
    case "load":
      return !instr.ghost && !instr.unpublished && isShared(instr, shared);
    case "store":
      return !instr.unpublished && isShared(instr, shared);
    case "acquire":
    case "release":
    case "irq":
    case "wait":
    case "atomicBegin":
      return true;
    default:
      return false;
  }
}

function isShared(instr: Extract<Instr, { kind: "load" | "store" }>, shared: SharedState): boolean {
  const name = placeName(instr.place);
  if (name === undefined) throw new Error("steps are formed of flat functions");
  return shared.globals.get(name)?.guard === undefined && !shared.privates.has(name);
}

/** Whether an instruction inside a hardware action makes it one. Guarded state is behind its lock's own steps. */
function touchesShared(instr: Instr, shared: SharedState): boolean {
  return instr.kind !== "atomicBegin" && isVisible(instr, shared);
}

/** How many hardware actions are open at the start of each reachable block. Balanced by construction of the front end. */
function actionDepths(fn: Fn): readonly (number | undefined)[] {
  const depth: (number | undefined)[] = fn.blocks.map(() => undefined);
  depth[0] = 0;
  const work = [0];
  while (work.length > 0) {
    const id = work.pop()!;
    let d = depth[id]!;
    for (const instr of fn.blocks[id]!.instrs) {
      if (instr.kind === "atomicBegin") d++;
      if (instr.kind === "atomicEnd") d--;
    }
    for (const next of successors(fn.blocks[id]!.term)) {
      if (depth[next] === undefined) {
        depth[next] = d;
        work.push(next);
      } else if (depth[next] !== d) {
        throw new Error(`${fn.name}: block ${next} is inside a hardware action on one path and outside on another`);
      }
    }
  }
  return depth;
}

/** Keeps the outermost markers only, and drops those of actions that touch nothing. */
function normaliseActions(fn: Fn, shared: SharedState): Fn {
  const depth = actionDepths(fn);
  const blocks: Block[] = fn.blocks.map((block, id) => {
    let d = depth[id] ?? 0;
    const instrs = block.instrs.filter((instr) => {
      if (instr.kind === "atomicBegin") return d++ === 0;
      if (instr.kind === "atomicEnd") return --d === 0;
      return true;
    });
    return { instrs, term: block.term };
  });
  const dropped = new Set<Instr>();
  blocks.forEach((block, id) => {
    block.instrs.forEach((instr, index) => {
      if (instr.kind !== "atomicBegin") return;
      const { touches, ends } = scanAction(blocks, id, index + 1, shared);
      if (touches) return;
      dropped.add(instr);
      for (const end of ends) dropped.add(end);
    });
  });
  return {
    ...fn,
    blocks: blocks.map((block) => ({ ...block, instrs: block.instrs.filter((instr) => !dropped.has(instr)) })),
  };
}

/** Follows a hardware action from just behind its start: whether it touches shared state, and where it ends. */
function scanAction(
  blocks: readonly Block[],
  id: number,
  from: number,
  shared: SharedState,
): { touches: boolean; ends: Instr[] } {
  const ends: Instr[] = [];
  let touches = false;
  const seen = new Set<number>();
  const work: [number, number][] = [[id, from]];
  for (let next = work.pop(); next; next = work.pop()) {
    const [block, start] = next;
    const instrs = blocks[block]!.instrs;
    let ended = false;
    for (let i = start; i < instrs.length && !ended; i++) {
      const instr = instrs[i]!;
      if (instr.kind === "atomicEnd") {
        ends.push(instr);
        ended = true;
      } else if (touchesShared(instr, shared)) touches = true;
    }
    if (ended) continue;
    for (const to of successors(blocks[block]!.term)) {
      if (seen.has(to)) continue;
      seen.add(to);
      work.push([to, 0]);
    }
  }
  return { touches, ends };
}

/** Forms the steps of a flat function that has been folded. */
export function formSteps(flat: Fn, level: Level, shared: SharedState): Program {
  const fn = tidyBlocks(normaliseActions(tidyBlocks(dropDeadCode(flat)), shared));
  const depth = actionDepths(fn);
  const blocks: Block[] = [];
  const first: number[] = []; // by old block: its first new one
  const starts: number[] = [];
  fn.blocks.forEach((block, id) => {
    let d = depth[id] ?? 0;
    first[id] = blocks.length;
    let instrs: Instr[] = [];
    const cut = () => {
      blocks.push({ instrs, term: { kind: "jump", to: blocks.length + 1, at: block.term.at } });
      instrs = [];
    };
    block.instrs.forEach((instr) => {
      if (d === 0 && isVisible(instr, shared)) {
        cut();
        starts.push(blocks.length);
      }
      if (instr.kind === "atomicBegin") d++;
      if (instr.kind === "atomicEnd") d--;
      instrs.push(instr);
    });
    if (block.term.kind === "return" && level !== "task") {
      cut();
      starts.push(blocks.length); // leaving the handler restores the interrupt mask
    }
    blocks.push({ instrs, term: { ...block.term } });
  });
  // Old targets become new ones; the jumps made by cut() already are.
  const carriesOldTerm = new Set(fn.blocks.map((_, id) => (first[id + 1] ?? blocks.length) - 1));
  const wired = blocks.map((block, id) =>
    carriesOldTerm.has(id) ? { ...block, term: retarget(block.term, (target) => first[target]!) } : block,
  );
  return compact({ ...fn, blocks: wired }, level, new Set(level === "task" ? [0, ...starts] : starts));
}

/** Skips empty blocks that start no step, drops unreachable ones, renumbers, and computes what is live. */
function compact(fn: Fn, level: Level, starts: ReadonlySet<number>): Program {
  const skip = (from: number): number => {
    let id = from;
    for (let hops = 0; hops <= fn.blocks.length; hops++) {
      const block = fn.blocks[id]!;
      if (starts.has(id) || block.instrs.length > 0 || block.term.kind !== "jump") return id;
      id = block.term.to;
    }
    return id;
  };
  const blocks = fn.blocks.map((block) => ({ ...block, term: retarget(block.term, skip) }));
  const reachable = new Set([0]);
  const work = [0];
  for (let id = work.pop(); id !== undefined; id = work.pop()) {
    for (const next of successors(blocks[id]!.term)) {
      if (!reachable.has(next)) {
        reachable.add(next);
        work.push(next);
      }
    }
  }
  const kept = [...reachable].sort((a, b) => a - b);
  const renumbered = new Map(kept.map((id, index) => [id, index]));
  const result: Fn = {
    ...fn,
    blocks: kept.map((id) => ({
      instrs: blocks[id]!.instrs,
      term: retarget(blocks[id]!.term, (target) => renumbered.get(target)!),
    })),
  };
  const newStarts = kept.filter((id) => starts.has(id)).map((id) => renumbered.get(id)!);
  const live = liveIn(result);
  return {
    fn: result,
    level,
    starts: newStarts,
    live: new Map(newStarts.map((id) => [id, [...live[id]!].sort((a, b) => a - b)])),
  };
}
