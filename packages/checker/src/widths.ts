/**
 * A second idea of how wide fields must be, beside the sample of `engine.ts`: where interval analysis promises a field
 * of a few bits, it gets them at once, and small fields get a little room. A wide field costs nearly nothing, because
 * parts of states are stored once; a value that does not fit costs the code of the search being generated again.
 */
import type { LocalId } from "@shootdown/ir";
import { globalRanges, localRanges } from "./bounds.js";
import { globalField, type Ranges, slotField } from "./layout.js";
import type { Root, System } from "./system.js";

/** Fields up to this many bits are worth it; a wider promise is mostly not used up. */
const NARROW_BITS = 2;
/** What was seen in so few bits gets 0 and one bit more. */
const SMALL_BITS = 4;
/** Locals that the sample never met alive hold small numbers, or flags. */
const UNSEEN_MAX = 3;

/** Widens `ranges` of fields whose values need few bits. */
export function widenNarrowFields(
  system: System,
  slots: ReadonlyMap<Root, ReadonlyMap<LocalId, number>>,
  ranges: Ranges,
): void {
  const promised: Ranges = new Map();
  const note = (name: string, min: number, max: number) => {
    const range = promised.get(name);
    promised.set(name, { min: Math.min(range?.min ?? min, min), max: Math.max(range?.max ?? max, max) });
  };
  const shared = globalRanges(system);
  for (const [name, { lo, hi }] of shared) note(globalField(name), lo, hi);
  for (const [root, slotOf] of slots) {
    const entry = localRanges(root.program.fn, shared);
    for (const [block, live] of root.program.live) {
      for (const local of live) {
        const unseen = slotField(root.level, slotOf.get(local)!);
        if (!ranges.has(unseen)) ranges.set(unseen, { min: 0, max: UNSEEN_MAX });
        const { lo, hi } = entry[block]?.get(local) ?? { lo: 0, hi: 0 };
        note(slotField(root.level, slotOf.get(local)!), lo, hi);
      }
    }
  }
  for (const [name, { min, max }] of promised) {
    const range = ranges.get(name);
    const all = { min: Math.min(range?.min ?? min, min), max: Math.max(range?.max ?? max, max) };
    if (all.max - all.min < 2 ** NARROW_BITS) ranges.set(name, all);
  }
  for (const range of ranges.values()) {
    if (range.max === 0 || range.min < 0 || range.max >= 2 ** SMALL_BITS) continue;
    range.min = 0;
    range.max = 2 ** (33 - Math.clz32(range.max)) - 1;
  }
}
