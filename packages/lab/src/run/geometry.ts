/**
 * Where things stand in the picture of a run. Pure arithmetic; `lanes.tsx` draws.
 *
 * A unit is a sixteenth of the page's font size (a CSS pixel unless the reader or a very wide screen has a larger one), so that
 * the picture grows with the text around it.
 */
import type { Context, Lane, Picture } from "./picture.js";

/** A context: a line for the function's name, and below it the steps. */
export const ROW = 38;
export const LABEL = 13;
export const CELL = ROW - LABEL - 3;
export const IRQ_BAR = 8;
export const LOCK_BAR = 15;
export const LANE_PADDING = 9;
/** Columns of one drawn piece: pieces come and go as the reader scrolls. */
export const TILE_STEPS = 48;
/** Room behind the last step for who waits for whom: boxes, and arrows beside them. */
export const END_WIDTH = 344;
export const END_ARROWS_WIDTH = 72;
/** The same where the screen is narrow. */
export const NARROW_END_WIDTH = 188;
export const NARROW_END_ARROWS_WIDTH = 46;
/** Room of the columns below which a screen is narrow. */
export const NARROW_ROOM = 560;
const MIN_COLUMN = 16;
const MAX_COLUMN = 56;

export interface LaneBox {
  readonly lane: Lane;
  readonly top: number;
  readonly height: number;
}

export interface Geometry {
  readonly column: number;
  readonly lanes: readonly LaneBox[];
  readonly width: number;
  readonly height: number;
}

/** `room`: units that the columns may fill; `zoom`: 0 fits if it can, each 1 is half as wide again. */
export function geometryOf(picture: Picture, room: number, zoom: number): Geometry {
  const fitting = Math.max(MIN_COLUMN, Math.min(MAX_COLUMN, Math.floor(room / Math.max(1, picture.steps))));
  const column = Math.max(6, Math.min(96, Math.round(fitting * 1.5 ** zoom)));
  let top = 0;
  const lanes = picture.lanes.map((lane): LaneBox => {
    const bars = (lane.hasIrqsOff ? IRQ_BAR + 3 : 0) + lane.locks.length * (LOCK_BAR + 2);
    const height = LANE_PADDING * 2 + Math.max(1, lane.contexts.length) * ROW + bars;
    const box = { lane, top, height };
    top += height;
    return box;
  });
  return { column, lanes, width: picture.steps * column, height: top };
}

/** The top of a context's row, from the top of its lane. */
export function rowTop(lane: Lane, context: Context): number {
  const index = lane.contexts.indexOf(context);
  return LANE_PADDING + Math.max(0, index) * ROW;
}

export function irqTop(lane: Lane): number {
  return LANE_PADDING + Math.max(1, lane.contexts.length) * ROW + 2;
}

export function lockTop(lane: Lane, lock: string): number {
  return irqTop(lane) + (lane.hasIrqsOff ? IRQ_BAR + 3 : 0) + lane.locks.indexOf(lock) * (LOCK_BAR + 2);
}

/** The left edge of a step's column. */
export function columnLeft(step: number, column: number): number {
  return (step - 1) * column;
}

/** Units as a CSS length. */
export function rem(units: number): string {
  return `${units / UNITS_PER_REM}rem`;
}

const UNITS_PER_REM = 16;

/** Pixels of a unit on this page, now. */
export function pixelsPerUnit(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / UNITS_PER_REM;
}
