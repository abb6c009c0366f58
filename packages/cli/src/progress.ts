/**
 * One line on standard error that is written over while a long search runs; nothing where nobody watches.
 */
import type { Progress } from "@shootdown/doctor";

/** Milliseconds between two lines. */
const INTERVAL = 200;
/** Milliseconds before the first line: short work needs none. */
const PATIENCE = 1000;

export function progressLine(): ((progress: Progress) => void) | undefined {
  if (!process.stderr.isTTY) return undefined;
  const start = performance.now();
  let last = start + PATIENCE - INTERVAL;
  process.once("exit", () => process.stderr.write("\r\x1b[K"));
  return ({ states, depth, memory }) => {
    const now = performance.now();
    if (now - last < INTERVAL) return;
    last = now;
    const rate = Math.round(states / ((now - start) / 1000));
    const line = `${states.toLocaleString("en-US")} states, depth ${depth}, ${rate.toLocaleString("en-US")}/s, ${Math.round(memory / 1e6)} MB`;
    process.stderr.write(`\r\x1b[K${line}`);
  };
}
