/**
 * What stands behind the last step: who waits for what, and for whom, with the closing cycle drawn as arrows from the
 * one who waits to the one who would have to act.
 */
import { type CheckStage, irqsText, type Wait, waitText } from "@shootdown/doctor/face";
import { CELL, type Geometry, LABEL, rem, rowTop } from "./geometry.js";
import type { Held } from "./picture.js";

/** Parts of the arrows' room: how far the first bends out, and each next one farther. */
const BULGE = 0.28;
const BULGE_STEP = 0.24;
/** Half the height of a box of two lines. */
const HALF_BOX = 19;

interface EndingProps {
  readonly violation: NonNullable<CheckStage["violation"]>;
  readonly held: readonly Held[];
  readonly geometry: Geometry;
  /** Units behind the last step, and those of them that the arrows take. */
  readonly width: number;
  readonly arrowsWidth: number;
}

export function Ending({ violation, held, geometry, width, arrowsWidth }: EndingProps) {
  const boxWidth = width - arrowsWidth;
  const middle = (cpu: number, context?: string) => {
    const { lane, top } = geometry.lanes[cpu]!;
    return top + rowTop(lane, (context as Wait["context"] | undefined) ?? "task") + LABEL + CELL / 2;
  };
  const waits = violation.waits;
  const boxOf = (cpu: number) => waits.find((wait) => wait.cpu === cpu);
  return (
    <div className="ending" style={{ left: rem(geometry.width), width: rem(width), height: rem(geometry.height) }}>
      {waits.map((wait) => (
        <div
          key={`${wait.cpu} ${wait.context}`}
          className={`wait-box${wait.inCycle ? " in-cycle" : ""}`}
          style={{ top: rem(middle(wait.cpu, wait.context) - HALF_BOX), width: rem(boxWidth) }}
        >
          <span>{waitText(wait)}</span>
          <small>{[...holds(wait, held), irqsText(wait)].join(" · ")}</small>
        </div>
      ))}
      <svg viewBox={`0 0 ${width} ${geometry.height}`} aria-hidden="true">
        {waits.map((wait, index) => {
          if (!wait.on) return null;
          const target = boxOf(wait.on.cpu) ?? { cpu: wait.on.cpu, context: wait.on.context };
          const [y1, y2] = [middle(wait.cpu, wait.context), middle(target.cpu, target.context)];
          const isSelf = wait.cpu === wait.on.cpu;
          const start = y1 + (isSelf ? -5 : 5);
          const end = y2 + (isSelf ? 7 : -5) + (isSelf ? 0 : 4);
          const right = boxWidth + arrowsWidth * (BULGE + BULGE_STEP * index);
          return (
            <path
              key={`${wait.cpu} ${wait.context}`}
              className={`closing${wait.inCycle ? " in-cycle" : ""}`}
              d={`M${boxWidth},${start} C${right + arrowsWidth / 6},${start} ${right + arrowsWidth / 6},${end} ${boxWidth + 5},${end}`}
              markerEnd="url(#head-wait)"
            />
          );
        })}
      </svg>
    </div>
  );
}

/** What it keeps from the others while it waits. */
function holds({ cpu, context }: Wait, held: readonly Held[]): readonly string[] {
  const locks = held.filter((bar) => bar.cpu === cpu && bar.context === context && bar.to === Number.POSITIVE_INFINITY);
  return locks.length === 0 ? [] : [`holds ${locks.map(({ lock }) => lock).join(", ")}`];
}
