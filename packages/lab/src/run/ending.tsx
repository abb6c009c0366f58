/**
 * What stands behind the last step: who waits for what, and for whom, with the closing cycle drawn as arrows from the
 * one who waits to the one who would have to act.
 */
import { type CheckStage, irqsText, type Wait, waitText } from "@shootdown/doctor/face";
import { CELL, type Geometry, LABEL, rowTop } from "./geometry.js";

/** Room beside the boxes for the arrows. */
const ARROWS_WIDTH = 94;
const BULGE = 26;
const BULGE_STEP = 22;

export function Ending({
  violation,
  geometry,
  width,
}: {
  violation: NonNullable<CheckStage["violation"]>;
  geometry: Geometry;
  /** Pixels behind the last step. */
  width: number;
}) {
  const boxWidth = width - ARROWS_WIDTH;
  const middle = (cpu: number, context?: string) => {
    const { lane, top } = geometry.lanes[cpu]!;
    return top + rowTop(lane, (context as Wait["context"] | undefined) ?? "task") + LABEL + CELL / 2;
  };
  const waits = violation.waits;
  const boxOf = (cpu: number) => waits.find((wait) => wait.cpu === cpu);
  return (
    <div className="ending" style={{ left: geometry.width, width, height: geometry.height }}>
      {waits.map((wait) => (
        <div
          key={`${wait.cpu} ${wait.context}`}
          className={`wait-box${wait.inCycle ? " in-cycle" : ""}`}
          style={{ top: middle(wait.cpu, wait.context) - 19, width: boxWidth }}
        >
          <span>{waitText(wait)}</span>
          <small>{irqsText(wait)}</small>
        </div>
      ))}
      <svg width={width} height={geometry.height} aria-hidden="true">
        {waits.map((wait, index) => {
          if (!wait.on) return null;
          const target = boxOf(wait.on.cpu) ?? { cpu: wait.on.cpu, context: wait.on.context };
          const [y1, y2] = [middle(wait.cpu, wait.context), middle(target.cpu, target.context)];
          const isSelf = wait.cpu === wait.on.cpu;
          const start = y1 + (isSelf ? -5 : 5);
          const end = y2 + (isSelf ? 7 : -5) + (isSelf ? 0 : 4);
          const right = boxWidth + BULGE + BULGE_STEP * index;
          return (
            <path
              key={`${wait.cpu} ${wait.context}`}
              className={`closing${wait.inCycle ? " in-cycle" : ""}`}
              d={`M${boxWidth},${start} C${right + 14},${start} ${right + 14},${end} ${boxWidth + 5},${end}`}
              markerEnd="url(#head-wait)"
            />
          );
        })}
      </svg>
    </div>
  );
}
