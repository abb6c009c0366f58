/**
 * The percpu chunks after the current step: each with its slot, its bitmaps bit by bit and its counters.
 */
import type { Bit, Bitmap, PercpuChunk } from "./percpu-chunks.js";
import { CHANGE_SIGNS, changeKind, type Element } from "./replayed-state.js";

export function PercpuPanel({ chunks }: { chunks: readonly PercpuChunk[] }) {
  if (chunks.length === 0) return null;
  return (
    <section>
      <h4>Percpu chunks</h4>
      {chunks.map(({ number, slot, slotBefore, bitmaps, counters }) => (
        <article key={number} className="percpu-chunk" aria-label={`Chunk ${number}`}>
          <h5>
            chunk {number}
            <small>
              {slot === undefined ? "in no slot" : `slot ${slot}`}
              {slotBefore !== undefined && ` (~ was ${slotBefore})`}
            </small>
          </h5>
          {bitmaps.map((bitmap) => (
            <BitmapRow key={bitmap.name} bitmap={bitmap} />
          ))}
          <p className="chunk-counters">
            {counters.map((element) => (
              <Counter key={element.name} element={element} />
            ))}
          </p>
        </article>
      ))}
    </section>
  );
}

function BitmapRow({ bitmap: { name, bits } }: { bitmap: Bitmap }) {
  const words = bits.map(({ value }) => (value ? "1" : "0")).join("");
  const changed = bits.flatMap(({ before }, index) => (before === undefined ? [] : [index]));
  const says = changed.length === 0 ? "" : `, changed: bit ${changed.join(", ")}`;
  return (
    <div className="family">
      <div className="family-name">{name}</div>
      <span className="bit-row" role="img" aria-label={`${name} ${words || "empty"}${says}`}>
        {bits.map((bit, index) => (
          <i key={index} className={classOf(bit)}>
            {bit.before === undefined ? "" : bit.value ? "+" : "−"}
          </i>
        ))}
      </span>
    </div>
  );
}

function classOf({ value, before }: Bit): string {
  return `${value ? "set" : "clear"}${before === undefined ? "" : value ? " added" : " deleted"}`;
}

function Counter({ element }: { element: Element }) {
  const kind = changeKind(element);
  const name = element.name.replace(/^.*\./, "");
  return (
    <span className={kind}>
      {name.replaceAll("_", " ")}{" "}
      <b>
        {kind && CHANGE_SIGNS[kind]}
        {element.value}
      </b>
      {element.before !== undefined && <s>{element.before}</s>}
    </span>
  );
}
