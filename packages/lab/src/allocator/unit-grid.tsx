/**
 * A chunk's pages: a row for each CPU's unit, a column for each page, and whether memory is behind it. The populated bitmap is
 * one for all units: a page is there for every CPU or for none.
 */
import { bitAt, bitsInWords } from "./bits.js";

interface UnitGridProps {
  readonly pages: number;
  readonly populated: Uint32Array;
  readonly before: Uint32Array;
  /** Of each CPU, in bytes. */
  readonly unitOffsets: readonly number[];
}

export function UnitGrid({ pages, populated, before, unitOffsets }: UnitGridProps) {
  const columns = Array.from({ length: pages }, (_, page) => page);
  const kindOf = (page: number) => {
    const [was, is] = [bitAt(before, page), bitAt(populated, page)];
    return is ? (was ? "there" : "there added") : was ? "deleted" : "absent";
  };
  return (
    <div className="unit-grid" role="img" aria-label={`pages populated: ${bitsInWords(populated, pages)}, of ${pages}`}>
      {unitOffsets.map((offset, cpu) => (
        <div key={cpu} className="unit-row">
          <span className="unit-name">
            CPU{cpu} <small>+{offset.toString(16)}</small>
          </span>
          <span className="unit-pages">
            {columns.map((page) => (
              <i key={page} className={kindOf(page)}>
                {bitAt(populated, page) === bitAt(before, page) ? "" : bitAt(populated, page) ? "+" : "−"}
              </i>
            ))}
          </span>
        </div>
      ))}
    </div>
  );
}
