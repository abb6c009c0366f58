/**
 * One piece of the picture: the columns of some steps on the lanes that are in view. What begins before or ends behind it
 * is drawn as far as it reaches; neighbours draw the rest.
 */
import { memo } from "react";
import {
  CELL,
  columnLeft,
  type Geometry,
  IRQ_BAR,
  irqTop,
  LABEL,
  type LaneBox,
  LOCK_BAR,
  lockTop,
  ROW,
  rem,
  rowTop,
  TILE_STEPS,
} from "./geometry.js";
import type { Label } from "./labels.js";
import type { Message } from "./messages.js";
import type { Picture, Span } from "./picture.js";

interface TileProps {
  readonly picture: Picture;
  readonly labels: readonly Label[];
  readonly geometry: Geometry;
  readonly index: number;
  readonly firstLane: number;
  readonly lastLane: number;
}

/** Narrower columns have no room for a character. */
const MIN_GLYPH_COLUMN = 12;
/** Narrower columns leave an arrow's name no room for more than a word. */
const MIN_SENTENCE_COLUMN = 22;
/** Units that a character of a lock's name takes, about. */
const LOCK_CHARACTER = 6.4;
/** Units at which a lock's name stands in its bar. */
const LOCK_INDENT = 5;

export const Tile = memo(function Tile({ picture, labels, geometry, index, firstLane, lastLane }: TileProps) {
  const { column, lanes, height } = geometry;
  const first = index * TILE_STEPS + 1;
  const last = Math.min(picture.steps, first + TILE_STEPS - 1);
  const width = (last - first + 1) * column;
  const offset = columnLeft(first, column);
  const x = (step: number) => columnLeft(step, column) - offset;
  const isHere = (item: { readonly cpu: number; readonly from: number; readonly to: number }) =>
    item.cpu >= firstLane && item.cpu <= lastLane && item.from <= last && item.to >= first;
  /** From a span to where it is drawn, a little beyond the edges so that they do not show. */
  const extent = ({ from, to }: { readonly from: number; readonly to: number }) => {
    const left = from < first ? -4 : x(from) + 1;
    const right = to > last ? width + 4 : x(to) + column - 1;
    return { x: left, width: Math.max(1, right - left) };
  };
  const laneOf = (cpu: number): LaneBox => lanes[cpu]!;
  const shown = lanes.slice(firstLane, lastLane + 1);

  return (
    <svg
      className="tile"
      style={{ left: rem(offset), width: rem(width), height: rem(height) }}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden="true"
    >
      {shown.map(({ lane, top }) =>
        lane.contexts.map((context) => (
          <line
            key={`${lane.cpu} ${context}`}
            className="track"
            x1={0}
            x2={width}
            y1={top + rowTop(lane, context) + LABEL + CELL / 2}
            y2={top + rowTop(lane, context) + LABEL + CELL / 2}
          />
        )),
      )}
      {picture.lives
        .filter((life) => life.context !== "task" && isHere(life))
        .map((life) => {
          const { lane, top } = laneOf(life.cpu);
          return (
            <rect
              key={`${life.cpu} ${life.context} ${life.from}`}
              className={`life ${life.context}`}
              {...extent(life)}
              y={top + rowTop(lane, life.context) + 1}
              height={ROW - 2}
              rx={4}
            />
          );
        })}
      {picture.irqsOff.filter(isHere).map((bar) => {
        const { lane, top } = laneOf(bar.cpu);
        return (
          <rect
            key={`${bar.cpu} ${bar.from}`}
            className="irqs-off"
            {...extent(bar)}
            y={top + irqTop(lane)}
            height={IRQ_BAR}
            rx={2}
          />
        );
      })}
      {picture.held.filter(isHere).map((bar) => {
        const { lane, top } = laneOf(bar.cpu);
        const box = extent(bar);
        const y = top + lockTop(lane, bar.lock);
        const names = placesOfName(bar, picture.steps, column, bar.lock.length * LOCK_CHARACTER + LOCK_INDENT * 2);
        return (
          <g key={`${bar.cpu} ${bar.lock} ${bar.from}`} className="held">
            <rect {...box} y={y} height={LOCK_BAR} rx={3} />
            {names.map((place) => (
              <text key={place} x={place - offset + LOCK_INDENT} y={y + LOCK_BAR - 4}>
                {bar.lock}
              </text>
            ))}
          </g>
        );
      })}
      {picture.waiting.filter(isHere).map((wait) => {
        const { lane, top } = laneOf(wait.cpu);
        return (
          <rect
            key={`${wait.cpu} ${wait.context} ${wait.from}`}
            className="waiting"
            {...extent(wait)}
            y={top + rowTop(lane, wait.context) + LABEL + 3}
            height={CELL - 6}
            rx={4}
          />
        );
      })}
      {labels.filter(isHere).map((label) => {
        const { lane, top } = laneOf(label.cpu);
        return (
          <text
            key={`${label.cpu} ${label.context} ${label.from}`}
            className="function"
            x={x(label.from) + 2}
            y={top + rowTop(lane, label.context) + LABEL - 3}
          >
            {label.text}
          </text>
        );
      })}
      {picture.cells.slice(first - 1, last).map((cell) => {
        if (cell.cpu < firstLane || cell.cpu > lastLane) return null;
        const { lane, top } = laneOf(cell.cpu);
        const y = top + rowTop(lane, cell.context) + LABEL;
        return (
          <g key={cell.step} className={`cell ${cell.kind}${cell.isViolation ? " violation" : ""}`}>
            <rect x={x(cell.step) + 1} y={y} width={column - 2} height={CELL} rx={4} />
            {column >= MIN_GLYPH_COLUMN && (
              <text x={x(cell.step) + column / 2} y={y + CELL / 2 + 4.5}>
                {cell.isViolation ? "✕" : cell.glyph}
              </text>
            )}
          </g>
        );
      })}
      {picture.messages
        .filter((message) => crosses(message, picture.steps, first, last, firstLane, lastLane))
        .map((message) => (
          <MessageArrow
            key={`${message.kind} ${message.sent} ${message.to}`}
            message={message}
            picture={picture}
            geometry={geometry}
            offset={offset}
          />
        ))}
    </svg>
  );
});

/** Left edges, on the canvas, of a name in its bar: at its start; where the run ends if it is still held, where its reader looks; in a long one both. */
function placesOfName({ from, to }: Span, steps: number, column: number, width: number): readonly number[] {
  const left = columnLeft(from, column);
  const right = columnLeft(Math.min(to, steps) + 1, column);
  if (right - left < width) return [];
  if (to <= steps) return [left];
  return right - left > width * 3 ? [left, right - width] : [right - width];
}

function crosses(
  { sent, received, from, to }: Message,
  steps: number,
  first: number,
  last: number,
  top: number,
  bottom: number,
) {
  const isInColumns = sent <= last && (received ?? steps + 1) >= first;
  return isInColumns && Math.min(from, to) <= bottom && Math.max(from, to) >= top;
}

const NAMES: Readonly<Record<Message["kind"], string>> = { ipi: "IPI", ack: "answer", wake: "wake-up" };

function MessageArrow({
  message,
  picture,
  geometry,
  offset,
}: {
  message: Message;
  picture: Picture;
  geometry: Geometry;
  offset: number;
}) {
  const { column, lanes } = geometry;
  const { kind, from, to, sent, received } = message;
  const isDown = to > from;
  const edge = (cpu: number, leaving: boolean) => {
    const { lane, top } = lanes[cpu]!;
    const upper = top + rowTop(lane, lane.contexts[0] ?? "task") + LABEL;
    const lower = top + rowTop(lane, lane.contexts.at(-1) ?? "task") + ROW - 3;
    return leaving === isDown ? lower : upper;
  };
  const x1 = columnLeft(sent, column) + column / 2 - offset;
  const end = received === undefined ? picture.steps * column - 4 : columnLeft(received, column) + column / 2;
  const x2 = end - offset;
  const [y1, y2] = [edge(from, true), edge(to, false)];
  const bend = Math.max(16, Math.abs(y2 - y1) / 2) * (isDown ? 1 : -1);
  const isLost = received === undefined;
  return (
    <g className={`message ${kind}${isLost ? " lost" : ""}`}>
      <path d={`M${x1},${y1} C${x1},${y1 + bend} ${x2},${y2 - bend} ${x2},${y2}`} markerEnd={`url(#head-${kind})`} />
      {isLost && (
        <text x={Math.min(x1, x2) - 6} y={(y1 + y2) / 2 + 4}>
          {NAMES[kind]}
          {column >= MIN_SENTENCE_COLUMN && ", unanswered"}
        </text>
      )}
    </g>
  );
}
