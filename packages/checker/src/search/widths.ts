/**
 * Room in small fields, beside what the sample of `engine.ts` has met. A wide field costs next to nothing, because parts
 * of states are stored once; a value that does not fit costs the code of the search being generated again.
 */
import type { LocalId } from "@shootdown/ir";
import type { Root, System } from "../system.js";
import { globalField, type Ranges, slotField } from "./layout.js";

/** Every field holds 0 .. 7 at least; that of a bool, 0 and 1. */
const LEAST_MAX = 7;
/** What was seen in so few bits gets 0 and one bit more, below 0 too if it was seen there. */
const SMALL_BITS = 4;

/** Widens `ranges` of fields whose values need few bits, seen or not. */
export function widenSmallFields(
  system: System,
  slots: ReadonlyMap<Root, ReadonlyMap<LocalId, number>>,
  ranges: Ranges,
): void {
  const widen = (name: string) => {
    const range = ranges.get(name) ?? { min: 0, max: 0 };
    const largest = Math.max(range.max, -range.min);
    if (largest >= 2 ** SMALL_BITS) return;
    const max = Math.max(LEAST_MAX, 2 ** (33 - Math.clz32(largest)) - 1);
    ranges.set(name, { min: range.min < 0 ? -max - 1 : 0, max });
  };
  for (const global of system.globals) {
    if (global.type.kind === "bool") ranges.set(globalField(global.name), { min: 0, max: 1 });
    else widen(globalField(global.name));
  }
  const fields = [...slots].flatMap(([root, slotOf]) =>
    [...slotOf.values()].map((slot) => slotField(root.level, slot)),
  );
  for (const name of new Set(fields)) widen(name);
}
