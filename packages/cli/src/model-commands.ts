/**
 * Every command that needs the model tree, and with it the compiler.
 */
import { DEFAULT_SCENARIO } from "@shootdown/doctor";
import type { Command } from "commander";
import { bisectCommand } from "./bisect-command.js";
import { examineCommands } from "./examine-commands.js";
import { inspectCommands } from "./inspect-commands.js";
import { matrixCommands } from "./matrix-commands.js";

export function modelCommands(program: Command): void {
  examineCommands(program);
  inspectCommands(program);
  matrixCommands(program);
  bisectCommand(program, DEFAULT_SCENARIO);
}
