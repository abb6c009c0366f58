/**
 * The allocator's lists of chunks: a box for each slot, with the chunks that wait in it. A request looks from the slot of its
 * size to the right.
 */
import type { Chunk } from "./chunks.js";

interface SlotStripProps {
  readonly slots: number;
  readonly chunks: readonly Chunk[];
  readonly before: readonly Chunk[];
}

export function SlotStrip({ slots, chunks, before }: SlotStripProps) {
  const numberOf = ({ slot }: Chunk) => Number.parseInt(slot, 10);
  const words = new Map(chunks.map((chunk) => [numberOf(chunk), chunk.slot.replace(/^\d+/, "").replace(/[()]/g, "")]));
  return (
    <ol className="slots" aria-label="Slots">
      {Array.from({ length: slots }, (_, slot) => {
        const here = chunks.filter((chunk) => numberOf(chunk) === slot);
        return (
          <li key={slot} className={here.length > 0 ? "taken" : undefined}>
            <span className="slot-number">{slot}</span>
            {here.map((chunk) => {
              const old = before.find(({ id }) => id === chunk.id);
              const sign = !old ? "+" : numberOf(old) === slot ? "" : "~";
              return (
                <b key={chunk.id}>
                  {sign}
                  {chunk.id}
                </b>
              );
            })}
            {words.get(slot) && <small>{words.get(slot)}</small>}
          </li>
        );
      })}
    </ol>
  );
}
