/**
 * How far a search is: the same words wherever one is shown.
 */
import { count, megabytes } from "@shootdown/doctor/face";
import type { SearchProgress } from "../engine/protocol.js";

/** Shorter times say nothing about a speed. */
const MIN_MILLISECONDS = 100;

/** `milliseconds`: since the search began. */
export function searchText({ states, depth, memory }: SearchProgress, milliseconds: number): string {
  const perSecond = Math.round((1000 * states) / Math.max(MIN_MILLISECONDS, milliseconds));
  return `${count(states)} states · ${count(perSecond)} states/s · depth ${depth} · ${megabytes(memory)}`;
}
