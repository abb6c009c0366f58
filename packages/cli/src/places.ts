/**
 * Which of the places on a call stack to show a reader.
 */
import type { Frame, Place } from "@shootdown/doctor";

export function where(place: { readonly file: string; readonly line: number }): string {
  return `${place.file}:${place.line}`;
}

/** The frame to show for a place: the innermost that is neither hardware nor a header's one-liner. */
export function shownFrame(place: Place): Frame {
  const isPrimitive = (frame: Frame) => /^(machine|include)\/|\/include\//.test(frame.file);
  return place.stack.findLast((frame) => !isPrimitive(frame)) ?? place.stack.at(-1)!;
}
