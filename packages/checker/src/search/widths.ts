/**
 * Room in small fields, beside what the sample of `engine.ts` has met. A wide field costs next to nothing, because parts
 * of states are stored once; a value that does not fit costs the code of the search being generated again.
 */
import type { LocalId, ValueType } from "@shootdown/ir";
import type { Root, System } from "../system.js";
import { globalField, type Ranges, slotField } from "./layout.js";

/** Every field holds 0 .. 7 at least; that of a bool, 0 and 1. */
const LEAST_MAX = 7;
/** A signed one holds the usual error numbers, too: -ENOSPC is -28. A search meets them where memory runs out, a sample hardly ever. */
const LEAST_MIN = -32;
/** What was seen in so few bits gets 0 and one bit more, below 0 too if it was seen there. */
const SMALL_BITS = 4;

/** Widens `ranges` of fields whose values need few bits, seen or not. */
export function widenSmallFields(
  system: System,
  slots: ReadonlyMap<Root, ReadonlyMap<LocalId, number>>,
  ranges: Ranges,
): void {
  const widen = (name: string, isSigned: boolean) => {
    const range = ranges.get(name) ?? { min: 0, max: 0 };
    const largest = Math.max(range.max, -range.min);
    const isSmall = largest < 2 ** SMALL_BITS;
    if (!isSmall && !isSigned) return;
    const max = isSmall ? Math.max(LEAST_MAX, 2 ** (33 - Math.clz32(largest)) - 1) : range.max;
    const min = isSmall && range.min < 0 ? -max - 1 : range.min;
    ranges.set(name, { min: Math.min(min, isSigned ? LEAST_MIN : 0), max });
  };
  for (const { name, type } of system.globals) {
    if (type.kind === "bool") ranges.set(globalField(name), { min: 0, max: 1 });
    else widen(globalField(name), isSigned(type));
  }
  // Locals of several types may share a slot.
  const signed = new Map<string, boolean>();
  for (const [root, slotOf] of slots) {
    for (const [local, slot] of slotOf) {
      const name = slotField(root.level, slot);
      signed.set(name, (signed.get(name) ?? false) || isSigned(root.program.fn.locals[local]!.type));
    }
  }
  for (const [name, isOfSigned] of signed) widen(name, isOfSigned);
}

function isSigned(type: ValueType): boolean {
  return type.kind === "int" && type.signed;
}
