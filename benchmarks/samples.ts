/** What several measured runs of one program come to. */
import type { Measured } from "../tests/crosscheck/meter.js";

export type Sample = Pick<Measured, "cpuSeconds" | "peakMegabytes">;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median of each figure, each by itself. */
export function medians(samples: readonly Sample[]): Sample {
  return {
    cpuSeconds: median(samples.map((sample) => sample.cpuSeconds)),
    peakMegabytes: median(samples.map((sample) => sample.peakMegabytes)),
  };
}
