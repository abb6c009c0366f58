/**
 * Systems of the scenario kmap-dma: what the cross-check and the benchmark measure at several sizes.
 */
import type { System } from "@shootdown/checker";
import { DEFAULT_SCENARIO } from "@shootdown/doctor";
import { describeQuestion, systemFor } from "./systems.js";

export interface Configuration {
  /** A file of `examples/` without `.config`. */
  readonly config: string;
  readonly cpu: string;
  readonly patches: readonly string[];
  /** Sizes that differ from the scenario's. */
  readonly sizes: Readonly<Record<string, number>>;
}

export function kmapDma(configuration: Configuration): System {
  const system = systemFor({ ...configuration, scenario: DEFAULT_SCENARIO });
  if (typeof system === "string") throw new Error(`${describeConfiguration(configuration)}: ${system}`);
  return system;
}

/** One line about a configuration. */
export function describeConfiguration(configuration: Configuration): string {
  return describeQuestion({ ...configuration, scenario: DEFAULT_SCENARIO });
}
