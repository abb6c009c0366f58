/**
 * A chunk's allocation bitmap, a row for each block (a page's worth of bits), with the block's hints: what the allocator looks at
 * before it looks at a bit.
 */
import { bitAt, runsOf } from "./bits.js";
import { BIT_BYTES, BLOCK_BITS, HINTS } from "./chunks.js";

interface BlockMapProps {
  readonly pages: number;
  readonly allocated: Uint32Array;
  readonly bound: Uint32Array;
  readonly hints: Int32Array;
  readonly before: { readonly allocated: Uint32Array; readonly hints: Int32Array };
}

export function BlockMap({ pages, allocated, bound, hints, before }: BlockMapProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by the keyboard
    <section className="blocks" tabIndex={0} aria-label="Allocation bitmap, block by block">
      <table>
        <thead>
          <tr>
            <th scope="col">block</th>
            <th scope="col" className="bits">
              bits in use
            </th>
            {HINTS.map((hint) => (
              <th key={hint} scope="col">
                {hint.replaceAll("_", " ")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: pages }, (_, block) => (
            <tr key={block}>
              <th scope="row">{block}</th>
              <td className="bits">
                <Bits allocated={allocated} bound={bound} before={before.allocated} block={block} />
              </td>
              {HINTS.map((hint, index) => {
                const [was, is] = [before.hints, hints].map((list) => list[block * HINTS.length + index]);
                return (
                  <td key={hint} className={was === is ? undefined : "modified"}>
                    {was !== is && <b aria-hidden="true">~ </b>}
                    {is}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface BitsProps {
  readonly allocated: Uint32Array;
  readonly bound: Uint32Array;
  readonly before: Uint32Array;
  readonly block: number;
}

/** One bit wide in the picture is one bit of the map. */
function Bits({ allocated, bound, before, block }: BitsProps) {
  const start = block * BLOCK_BITS;
  const end = start + BLOCK_BITS;
  const areas = runsOf(allocated, start, end, bound);
  const freed = runsOf(
    before.map((word, index) => word & ~(allocated[index] ?? 0)),
    start,
    end,
  );
  const isNew = (bit: number) => !bitAt(before, bit);
  const used = areas.reduce((sum, { length }) => sum + length, 0);
  return (
    <svg
      viewBox={`0 0 ${BLOCK_BITS} 10`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${used * BIT_BYTES} of ${BLOCK_BITS * BIT_BYTES} bytes in use`}
    >
      <rect className="ground" width={BLOCK_BITS} height="10" />
      {areas.map(({ start: bit, length }) => (
        <rect key={bit} className={isNew(bit) ? "area new" : "area"} x={bit - start} width={length} y="0" height="10" />
      ))}
      {freed.map(({ start: bit, length }) => (
        <rect key={`freed ${bit}`} className="area freed" x={bit - start} width={length} y="3" height="4" />
      ))}
      {areas.slice(1).map(({ start: bit }) => (
        <line key={`bound ${bit}`} className="bound" x1={bit - start} x2={bit - start} y1="0" y2="10" />
      ))}
    </svg>
  );
}
