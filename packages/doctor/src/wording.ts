/**
 * How results speak, whatever the format: places, steps, waits, limits. Plain text in one line, without colour.
 */
import { assertNever } from "@shootdown/ir";
import type { CheckStage, Frame, LinkStage, Place, TraceStep, Wait } from "./result.js";

export function count(value: number): string {
  return value.toLocaleString("en-US");
}

export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

export function where(place: { readonly file: string; readonly line: number }): string {
  return `${place.file}:${place.line}`;
}

/** The frame to show for a place: the innermost that is neither hardware nor a header's one-liner. */
export function shownFrame(place: Place): Frame {
  const isPrimitive = (frame: Frame) => /^(machine|include)\/|\/include\//.test(frame.file);
  return place.stack.findLast((frame) => !isPrimitive(frame)) ?? place.stack.at(-1)!;
}

/** The functions that lead to the shown frame, without those that every run shares. */
export function shownPath(place: Place): string {
  const names = place.stack.slice(0, place.stack.indexOf(shownFrame(place)) + 1).map((frame) => frame.fn);
  return names.slice(-2).join(" > ");
}

/** `CPU0`, `CPU1 (hardirq)`. */
export function cpuText(cpu: number, context?: string): string {
  return `CPU${cpu}${context === undefined || context === "task" ? "" : ` (${context})`}`;
}

/** What a step did and changed, each with the frame to show for it; what stands on one line is one part. */
export function stepParts(step: TraceStep): readonly { readonly text: string; readonly frame: Frame }[] {
  const parts: { text: string; frame: Frame }[] = [];
  if (step.what !== "") parts.push({ text: step.what, frame: shownFrame(step.at) });
  for (const { what, to, at } of step.changes) {
    const frame = shownFrame(at ?? step.at);
    const text = `${what} = ${to}`;
    const last = parts.at(-1);
    if (last && where(last.frame) === where(frame)) last.text += `${last.text === step.what ? ";" : ","} ${text}`;
    else parts.push({ text, frame });
  }
  return parts.length > 0 ? parts : [{ text: "goes on", frame: shownFrame(step.at) }];
}

/** One line; a place is named where it is not the step's own. */
export function stepText(step: TraceStep): string {
  const own = shownFrame(step.at);
  return stepParts(step)
    .map(({ text, frame }) => `${text}${where(frame) === where(own) ? "" : ` (${placeFrom(own, frame)})`}`)
    .join("; ");
}

/** `:12` in the file of another frame, `file:12` elsewhere. */
export function placeFrom(from: Frame, frame: Frame): string {
  return frame.file === from.file ? `:${frame.line}` : where(frame);
}

/** Where a violation happened: the kernel's or scenario's line, and below it the hardware's, if that is another. */
export function violationPlace(place: Place): string {
  const shown = shownFrame(place);
  const own = place.stack.at(-1)!;
  return where(shown) === where(own) ? where(shown) : `${where(shown)}, in ${own.fn}() ${where(own)}`;
}

/** Where Linux has the shown function, or the nearest that leads to it: file and name. */
export function linuxPlace(place: Place): string | undefined {
  const frames = place.stack.slice(0, place.stack.indexOf(shownFrame(place)) + 1);
  return frames.findLast((frame) => frame.linux !== undefined)?.linux;
}

/** `waits for kmap_lock, held by CPU1`. */
export function waitText(wait: Wait): string {
  const holder = wait.on && cpuText(wait.on.cpu, wait.on.context);
  switch (wait.for) {
    case "lock":
      return `waits for ${wait.what}, held by ${holder}`;
    case "cpu":
      return `waits for ${holder} to ${wait.what}`;
    case "anyone":
      return /^(to|for|until) /.test(wait.what) ? `waits ${wait.what}` : `waits for ${wait.what}`;
    default:
      return assertNever(wait.for);
  }
}

export function irqsText(wait: Wait): string {
  if (!wait.irqsOff) return "IRQs on";
  return `IRQs off${wait.irqsOffSince ? ` since step ${wait.irqsOffSince}` : ""}`;
}

/** Which bound ended the search. */
export function limitText(check: CheckStage): string {
  switch (check.limit) {
    case "states":
      return `stopped at --max-states: ${count(check.states)} states, depth ${check.depth}, no violation so far`;
    case "memory":
      return `stopped at --max-memory: ${megabytes(check.memory)}, ${count(check.states)} states, depth ${check.depth}, no violation so far`;
    case "seconds":
      return `stopped at --max-seconds: ${count(check.states)} states, depth ${check.depth}, no violation so far`;
    default:
      return "random runs found no violation, which proves nothing";
  }
}

/** What the model's ARM tool chain calls its linker. */
const LINKER = "arm-linux-gnueabihf-ld";

/** The link stage in ld's words, with debug information: object and function, then each place. */
export function linkerLines(link: LinkStage): readonly string[] {
  let last = "";
  return link.undefined.flatMap(({ object, at, symbol }) => {
    const head = `${LINKER}: ${object}: in function '${at.fn}':`;
    const isNew = head !== last;
    last = head;
    return [...(isNew ? [head] : []), `${where(at)}: undefined reference to '${symbol}'`];
  });
}

/** Conditions on symbols: `SMP && !MMU`. */
export function sayConditions(conditions: readonly { readonly symbol: string; readonly value: "y" | "n" }[]): string {
  return [...new Set(conditions.map(({ symbol, value }) => (value === "y" ? symbol : `!${symbol}`)))].join(" && ");
}
