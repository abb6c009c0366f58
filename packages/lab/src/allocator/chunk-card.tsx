/**
 * One chunk after an operation: its map as a strip (areas in use, the largest free region, the first free byte), and its
 * hints and counters, with what the operation changed marked by a sign.
 */
import { BlockMap } from "./block-map.js";
import { type Area, BIT_BYTES, type Chunk, hintOf, PAGE_BYTES } from "./chunks.js";
import { UnitGrid } from "./unit-grid.js";

interface ChunkCardProps {
  readonly chunk: Chunk;
  readonly before: Chunk | undefined;
  readonly areas: readonly Area[];
  readonly areasBefore: readonly Area[];
  /** Of each CPU, in bytes. */
  readonly unitOffsets: readonly number[];
}

const NO_BITS = new Uint32Array();

export function ChunkCard({ chunk, before, areas, areasBefore, unitOffsets }: ChunkCardProps) {
  const bytes = Number(chunk.fields.get("pages") ?? 1) * PAGE_BYTES;
  const contig = hintOf(chunk.fields.get("contig"));
  const firstFree = Number(chunk.fields.get("first_free") ?? 0) * BIT_BYTES;
  const at = (offset: number) => `${(offset / bytes) * 100}%`;
  const isNew = (area: Area) => !areasBefore.some(({ id }) => id === area.id);
  const freed = areasBefore.filter(({ id }) => !areas.some((area) => area.id === id));
  const pages = Number(chunk.fields.get("pages") ?? 1);
  return (
    <article className={`chunk-card${before ? "" : " added"}`} aria-label={`Chunk ${chunk.id}`}>
      <header>
        <h3>Chunk {chunk.id}</h3>
        <span className={before && before.slot !== chunk.slot ? "moved" : undefined}>
          slot {chunk.slot}
          {before && before.slot !== chunk.slot ? ` (~ was ${before.slot})` : ""}
        </span>
        {!before && <b className="sign-word">+ created</b>}
      </header>
      <div className="unit-row">
        <span className="unit-name">areas</span>
        <svg
          className="chunk-map"
          role="img"
          aria-label={`${areas.length} areas in use; largest free region ${contig.bits * BIT_BYTES} bytes at ${contig.start * BIT_BYTES}`}
        >
          <rect className="ground" width="100%" height="100%" />
          {Array.from({ length: pages - 1 }, (_, page) => (
            <line
              key={page}
              className="page"
              x1={at((page + 1) * PAGE_BYTES)}
              x2={at((page + 1) * PAGE_BYTES)}
              y1="0"
              y2="100%"
            />
          ))}
          <rect
            className="contig"
            x={at(contig.start * BIT_BYTES)}
            width={at(contig.bits * BIT_BYTES)}
            y="74%"
            height="18%"
          />
          {areas.map((area) => (
            <rect
              key={area.id}
              className={isNew(area) ? "area new" : "area"}
              x={at(area.offset)}
              width={at(area.size)}
              y="6%"
              height="60%"
            >
              <title>{`allocation ${area.id}: ${area.size} bytes at ${area.offset}`}</title>
            </rect>
          ))}
          {freed.map((area) => (
            <rect key={area.id} className="area freed" x={at(area.offset)} width={at(area.size)} y="6%" height="60%" />
          ))}
          <line className="first-free" x1={at(firstFree)} x2={at(firstFree)} y1="0" y2="100%" />
        </svg>
      </div>
      <UnitGrid
        pages={pages}
        populated={chunk.maps.populated}
        before={before?.maps.populated ?? NO_BITS}
        unitOffsets={unitOffsets}
      />
      <dl>
        {[...chunk.fields].map(([name, value]) => {
          const was = before?.fields.get(name);
          const isChanged = was !== undefined && was !== value;
          return (
            <div key={name} className={isChanged ? "modified" : undefined}>
              <dt>{name.replaceAll("_", " ")}</dt>
              <dd>
                {isChanged && <b aria-hidden="true">~ </b>}
                {isChanged && <s>{was}</s>} {value}
              </dd>
            </div>
          );
        })}
      </dl>
      <details className="blocks-fold">
        <summary>Allocation bitmap and hints, block by block</summary>
        <BlockMap
          pages={pages}
          {...chunk.maps}
          before={before?.maps ?? { allocated: NO_BITS, hints: chunk.maps.hints }}
        />
      </details>
    </article>
  );
}
