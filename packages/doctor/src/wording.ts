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

export function stepText(step: TraceStep): string {
  const changes = step.changes.map((change) => `${change.what} = ${change.to}`).join(", ");
  const what = [step.what, changes].filter((text) => text !== "").join("; ");
  return what === "" ? "goes on" : what;
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
      return `waits for ${wait.what}`;
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
