/**
 * The formats of a result that programs read. Text is the faces' own.
 */
import { assertNever } from "@shootdown/ir";
import type { Result } from "../result.js";
import { type ItfTrace, toItf } from "./itf.js";
import { toKtap } from "./ktap.js";
import { toSarif } from "./sarif.js";

export const MACHINE_FORMATS = ["json", "sarif", "ktap", "itf"] as const;
export type MachineFormat = (typeof MACHINE_FORMATS)[number];

/** Ends with a newline. */
export function formatResult(result: Result, format: MachineFormat): string {
  switch (format) {
    case "json":
      return json(result);
    case "sarif":
      return json(toSarif(result));
    case "ktap":
      return toKtap(result);
    case "itf":
      return itf(toItf(result));
    default:
      return assertNever(format);
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** A state in a line: what changed is seen by comparing lines. */
function itf({ "#meta": meta, vars, states }: ItfTrace): string {
  const lines = states.map((state) => `    ${JSON.stringify(state)}`).join(",\n");
  const head = [`"#meta": ${JSON.stringify(meta)}`, `"vars": ${JSON.stringify(vars)}`, `"states": [\n${lines}\n  ]`];
  return `{\n  ${head.join(",\n  ")}\n}\n`;
}
