/**
 * The picture of a run: a lane for each CPU, time to the right. Draws what is in view only, so that thousands of steps
 * and dozens of CPUs scroll like a few. A click on a column goes to its step.
 */

import type { CheckStage, TraceStep } from "@shootdown/doctor/face";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Ending } from "./ending.js";
import {
  END_ARROWS_WIDTH,
  END_WIDTH,
  type Geometry,
  geometryOf,
  NARROW_END_ARROWS_WIDTH,
  NARROW_END_WIDTH,
  NARROW_ROOM,
  pixelsPerUnit,
  rem,
  TILE_STEPS,
} from "./geometry.js";
import { labelsOf } from "./labels.js";
import { laneName, type Picture } from "./picture.js";
import { Tile } from "./tile.js";

interface LanesProps {
  readonly picture: Picture;
  readonly trace: readonly TraceStep[];
  readonly violation?: CheckStage["violation"];
  readonly step: number;
  readonly onStep: (step: number) => void;
  readonly zoom?: number;
}

/** What of the canvas is in view, in pieces. */
interface Window {
  readonly firstTile: number;
  readonly lastTile: number;
  readonly firstLane: number;
  readonly lastLane: number;
}

/** Room for a horizontal scroll bar, in units. */
const SCROLLBAR = 16;
/** Units beyond the edges in which lanes are drawn already. */
const OVERSCAN = 80;
const NOTHING: Window = { firstTile: 0, lastTile: 0, firstLane: 0, lastLane: 0 };
/** Steps that stay in view around the current one. */
const MARGIN_STEPS = 3;

export function Lanes({ picture, trace, violation, step, onStep, zoom = 0 }: LanesProps) {
  const scroller = useRef<HTMLElement>(null);
  const headers = useRef<HTMLDivElement>(null);
  /** Units that the columns may fill, and pixels of a unit. */
  const [{ room, scale }, setRoom] = useState({ room: 0, scale: 1 });
  const hasEnding = (violation?.waits.length ?? 0) > 0;
  const isNarrow = room < NARROW_ROOM;
  const ending = !hasEnding ? 0 : isNarrow ? NARROW_END_WIDTH : END_WIDTH;
  const geometry = useMemo(() => geometryOf(picture, Math.max(0, room - ending), zoom), [picture, room, ending, zoom]);
  const labels = useMemo(() => labelsOf(trace, geometry.column), [trace, geometry.column]);
  const [window, setWindow] = useState(NOTHING);

  const look = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const next = windowOf(element, geometry, picture, headers.current?.offsetWidth ?? 0, scale);
    setWindow((known) => (sameWindow(known, next) ? known : next));
  }, [geometry, picture, scale]);

  useLayoutEffect(() => {
    const element = scroller.current!;
    const observer = new ResizeObserver(() => {
      const unit = pixelsPerUnit();
      const next = {
        room: Math.floor((element.clientWidth - (headers.current?.offsetWidth ?? 0)) / unit),
        scale: unit,
      };
      setRoom((known) => (known.room === next.room && known.scale === next.scale ? known : next));
      look();
    });
    observer.observe(element);
    look();
    return () => observer.disconnect();
  }, [look]);

  useEffect(() => {
    if (room === 0) return;
    const column = geometry.column * scale;
    const extra = step === picture.steps ? ending * scale : 0;
    scrollTo(scroller.current!, column, headers.current!.offsetWidth, step, extra);
  }, [step, geometry, room, scale, picture.steps, ending]);

  const tiles: number[] = [];
  for (let index = window.firstTile; index <= window.lastTile; index++) tiles.push(index);
  const { column, height, width } = geometry;
  const onClick = (event: React.MouseEvent<HTMLDivElement>) => {
    const left = event.currentTarget.getBoundingClientRect().left;
    onStep(Math.min(picture.steps, Math.floor((event.clientX - left) / (column * scale)) + 1));
  };

  return (
    <section
      className="lanes"
      ref={scroller}
      onScroll={look}
      style={{ height: rem(height + (width + ending > room ? SCROLLBAR : 0)) }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by the keyboard
      tabIndex={0}
      aria-label="Picture of the run"
    >
      <div className="lanes-canvas" style={{ height: rem(height) }}>
        <div className="lane-headers" ref={headers} role="list" aria-label="CPUs">
          {geometry.lanes.map(({ lane, height: laneHeight }) => (
            <div
              key={lane.cpu}
              role="listitem"
              aria-label={laneName(lane, picture)}
              style={{ height: rem(laneHeight) }}
            >
              <LaneHeader cpu={lane.cpu} trace={trace} step={step} contexts={lane.contexts} />
            </div>
          ))}
        </div>
        {/* Keyboard and screen readers have the slider above the lanes; this is for pointers. */}
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the slider is the accessible control for the same thing */}
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: the slider is the accessible control for the same thing */}
        <div className="lanes-area" style={{ width: rem(width + ending), height: rem(height) }} onClick={onClick}>
          {geometry.lanes.map(({ lane, top, height: laneHeight }) => (
            <div key={lane.cpu} className="lane-ground" style={{ top: rem(top), height: rem(laneHeight) }} />
          ))}
          {tiles.map((index) => (
            <Tile
              key={index}
              index={index}
              picture={picture}
              labels={labels}
              geometry={geometry}
              firstLane={window.firstLane}
              lastLane={window.lastLane}
            />
          ))}
          {hasEnding && (
            <Ending
              violation={violation!}
              held={picture.held}
              geometry={geometry}
              width={ending}
              arrowsWidth={isNarrow ? NARROW_END_ARROWS_WIDTH : END_ARROWS_WIDTH}
            />
          )}
          <div className="now" style={{ transform: `translateX(${rem(step * column)})` }} />
          {step > 0 && (
            <div
              className="now-column"
              style={{ transform: `translateX(${rem((step - 1) * column)})`, width: rem(column) }}
            />
          )}
        </div>
      </div>
    </section>
  );
}

/** The CPU's name, and what runs on it after the current step. */
function LaneHeader({
  cpu,
  trace,
  step,
  contexts,
}: {
  cpu: number;
  trace: readonly TraceStep[];
  step: number;
  contexts: readonly string[];
}) {
  let last: TraceStep | undefined;
  for (let index = step - 1; index >= 0 && !last; index--) if (trace[index]!.cpu === cpu) last = trace[index];
  return (
    <div className="lane-header">
      <b>CPU{cpu}</b>
      <span className={last?.irqsOff ? "irq-state off" : "irq-state"}>{last?.irqsOff ? "IRQs off" : "IRQs on"}</span>
      {contexts.length > 1 && <small>{contexts.join(" / ")}</small>}
    </div>
  );
}

function windowOf(
  element: HTMLElement,
  { column, lanes }: Geometry,
  picture: Picture,
  header: number,
  scale: number,
): Window {
  const tiles = Math.max(1, Math.ceil(picture.steps / TILE_STEPS));
  const tile = TILE_STEPS * column * scale;
  const top = element.scrollTop / scale - OVERSCAN;
  const bottom = (element.scrollTop + element.clientHeight) / scale + OVERSCAN;
  const isInView = (box: { top: number; height: number }) => box.top + box.height >= top && box.top <= bottom;
  return {
    firstTile: Math.max(0, Math.floor(element.scrollLeft / tile) - 1),
    lastTile: Math.min(tiles - 1, Math.floor((element.scrollLeft + element.clientWidth - header) / tile) + 1),
    firstLane: Math.max(0, lanes.findIndex(isInView)),
    lastLane: lanes.findLastIndex(isInView),
  };
}

function sameWindow(a: Window, b: Window): boolean {
  return (
    a.firstTile === b.firstTile && a.lastTile === b.lastTile && a.firstLane === b.firstLane && a.lastLane === b.lastLane
  );
}

/** Moves the picture so that the step, and what stands behind the last one, is in view. All in pixels. */
function scrollTo(element: HTMLElement, column: number, header: number, step: number, extra: number): void {
  const left = (step - 1 - MARGIN_STEPS) * column;
  const right = (step + MARGIN_STEPS) * column + extra;
  const seen = element.clientWidth - header;
  if (left < element.scrollLeft) element.scrollLeft = Math.max(0, left);
  else if (right > element.scrollLeft + seen)
    element.scrollLeft = Math.max(0, right - seen > left ? left : right - seen);
}
