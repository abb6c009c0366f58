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
  rowTop,
  TILE_STEPS,
} from "./geometry.js";
import type { Message } from "./messages.js";
import type { Picture } from "./picture.js";

interface TileProps {
  readonly picture: Picture;
  readonly geometry: Geometry;
  readonly index: number;
  readonly firstLane: number;
  readonly lastLane: number;
}

/** Narrower columns have no room for a character. */
const MIN_GLYPH_COLUMN = 12;
/** Pixels that a character of a label takes, about. */
const LABEL_CHARACTER = 6.6;

export const Tile = memo(function Tile({ picture, geometry, index, firstLane, lastLane }: TileProps) {
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
    <svg className="tile" style={{ left: offset, width, height }} width={width} height={height} aria-hidden="true">
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
        const hasRoom = box.width > bar.lock.length * LABEL_CHARACTER;
        return (
          <g key={`${bar.cpu} ${bar.lock} ${bar.from}`} className="held">
            <rect {...box} y={y} height={LOCK_BAR} rx={3} />
            {hasRoom && bar.from >= first && (
              <text x={box.x + 5} y={y + LOCK_BAR - 4}>
                {bar.lock}
              </text>
            )}
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
      {picture.stretches
        .filter((item) => isHere(item) && item.from >= first)
        .map((item) => {
          const { lane, top } = laneOf(item.cpu);
          const until = Math.min(item.to, picture.steps);
          const text = fitted(item.label, (until - item.from + 1) * column);
          return text === "" ? null : (
            <text
              key={`${item.cpu} ${item.context} ${item.from}`}
              className="function"
              x={x(item.from) + 2}
              y={top + rowTop(lane, item.context) + LABEL - 3}
            >
              {text}
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

/** As much of a name as fits; nothing if that would say nothing. */
function fitted(label: string, room: number): string {
  const characters = Math.floor(room / LABEL_CHARACTER);
  if (label.length <= characters) return label;
  return characters < 5 ? "" : `${label.slice(0, characters - 1)}…`;
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
  return (
    <path
      className={`message ${kind}${received === undefined ? " lost" : ""}`}
      d={`M${x1},${y1} C${x1},${y1 + bend} ${x2},${y2 - bend} ${x2},${y2}`}
      markerEnd={`url(#head-${kind})`}
    />
  );
}
