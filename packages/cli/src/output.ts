/**
 * In which format a result is printed, and the exit status that says what it is.
 */
import {
  exitStatus,
  formatResult,
  InputError,
  MACHINE_FORMATS,
  type MachineFormat,
  type Result,
} from "@shootdown/doctor";
import type { Command } from "commander";
import type { RenderOptions } from "./render.js";

const FORMATS = ["text", ...MACHINE_FORMATS] as const;

export interface OutputOptions extends RenderOptions {
  readonly format?: string;
  readonly json?: boolean;
}

export function outputOptions(command: Command): Command {
  return command
    .option("--lockdep", "print lockdep's reports whole")
    .option("--format <name>", `print the result as ${FORMATS.join(", ")} (default: text)`)
    .option("--json", "the same as --format json: one document (shootdown schema)");
}

/** Checks `--format`. Called before the work begins. */
export function readFormat({ format, json }: OutputOptions): "text" | MachineFormat {
  const known = FORMATS.find((name) => name === (format ?? (json ? "json" : "text")));
  if (!known) {
    throw new InputError("S1002", `--format ${format}`, "there is no such format", `use one of ${FORMATS.join(", ")}`);
  }
  if (json && known !== "json") {
    throw new InputError("S1002", `--format ${format}`, "--json asks for another format", "give one of the two");
  }
  return known;
}

/** Prints a result and sets the exit status. */
export function finish(
  result: Result,
  options: OutputOptions,
  render: (result: Result, options: RenderOptions) => string,
): void {
  const format = readFormat(options);
  process.stdout.write(format === "text" ? render(result, options) : formatResult(result, format));
  process.exitCode = exitStatus(result);
}
