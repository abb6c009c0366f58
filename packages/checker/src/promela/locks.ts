/**
 * Which locks a program holds wherever it stands, whatever happened before: those without an index that it has taken on
 * every way there and not given back since. Nobody else gives back a lock, so that needs no assertion in Promela.
 *
 * Used by `code.ts`, whose steps Spin limits to so many statements.
 */
import { type Fn, type Instr, type PlaceRef, placeName, reversePostorder, successors } from "@shootdown/ir";

/** By instruction that reads or writes shared state: the names of the locks that are held for certain. */
export function locksHeld(fn: Fn): ReadonlyMap<Instr, ReadonlySet<string>> {
  const order = reversePostorder(fn);
  /** By block, at its start; absent: nothing is known that would speak against any lock. */
  const entry = new Map<number, ReadonlySet<string>>([[0, new Set()]]);
  const result = new Map<Instr, ReadonlySet<string>>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const id of order) {
      const held = through(fn, id, entry.get(id)!, result);
      for (const next of successors(fn.blocks[id]!.term)) {
        const known = entry.get(next);
        const common = known ? new Set([...known].filter((lock) => held.has(lock))) : held;
        if (known?.size === common.size) continue;
        entry.set(next, common);
        changed = true;
      }
    }
  }
  return result;
}

/** What is held behind a block; notes in `result` what is held inside. */
function through(fn: Fn, id: number, entry: ReadonlySet<string>, result: Map<Instr, ReadonlySet<string>>): Set<string> {
  const held = new Set(entry);
  for (const instr of fn.blocks[id]!.instrs) {
    if (instr.kind === "acquire" && isOne(instr.lock)) held.add(placeName(instr.lock)!);
    if (instr.kind === "release") held.delete(placeName(instr.lock)!);
    if (instr.kind === "load" || instr.kind === "store") result.set(instr, new Set(held));
  }
  return held;
}

function isOne(lock: PlaceRef): boolean {
  return lock.index.length === 0;
}
