/**
 * "The next step that touches kmap_lock": a step touches what it changes, takes, releases or reads, and the functions it
 * is in.
 */
import type { TraceStep } from "@shootdown/doctor/face";

function isTouched(step: TraceStep, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  const has = (words: string) => words.toLowerCase().includes(wanted);
  return (
    step.changes.some(({ what }) => has(what)) ||
    (step.locks ?? []).some(({ what }) => has(what)) ||
    has(step.what) ||
    step.at.stack.some(({ fn, file }) => has(fn) || has(file))
  );
}

/** The nearest step after (or before) `from` that touches the text; undefined if there is none. */
export function findStep(
  trace: readonly TraceStep[],
  text: string,
  from: number,
  direction: 1 | -1,
): number | undefined {
  if (text.trim() === "") return undefined;
  for (let step = from + direction; step >= 1 && step <= trace.length; step += direction) {
    if (isTouched(trace[step - 1]!, text)) return step;
  }
  return undefined;
}

/** Names worth looking for: locks first, then variables, then functions. */
export function searchTerms(trace: readonly TraceStep[]): readonly string[] {
  const locks = new Set<string>();
  const variables = new Set<string>();
  const functions = new Set<string>();
  for (const step of trace) {
    for (const { what } of step.locks ?? []) locks.add(what);
    for (const { what } of step.changes) variables.add(what.replace(/\[.*$/, ""));
    for (const { fn } of step.at.stack) functions.add(fn);
  }
  return [...new Set([...[...locks].sort(), ...[...variables].sort(), ...[...functions].sort()])];
}
