/**
 * Commands that look without examining: list, ir, promela, schema.
 */
import {
  exportPromela,
  InputError,
  parsePatch,
  prepare,
  preparedSystem,
  printIr,
  readCatalogue,
  resultJsonSchema,
  scenarioAbout,
  scenarioNames,
  suggest,
} from "@shootdown/doctor";
import type { Command } from "commander";
import { readModelTree, readPatch } from "./files.js";
import { type KernelOptions, kernelOptions } from "./options.js";
import { readSubject } from "./subject.js";

export function inspectCommands(program: Command): void {
  program
    .command("list")
    .description("what there is to choose from: cpus, patches, scenarios")
    .argument("<what>", "cpus, patches or scenarios")
    .action((what: string) => {
      process.stdout.write(list(what));
    });

  const ir = program.command("ir").description("print the intermediate form of a function, or of the whole kernel");
  // The form does not depend on the CPU: what it reads from registers stays in it. Any CPU will do to get there.
  kernelOptions(ir.argument("[function]", "a function of the model tree"), "cortex-a9")
    .requiredOption("--config <file>", "a .config")
    .action((name: string | undefined, options: KernelOptions & { config: string }) => {
      process.stdout.write(printIr(prepareFor(options.config, options), name));
    });

  const promela = program.command("promela").description("print a scenario as Promela, at the same step, for Spin");
  kernelOptions(promela.argument("<config>", "a .config")).action((config: string, options: KernelOptions) => {
    process.stdout.write(exportPromela(preparedSystem(prepareFor(config, options))));
  });

  program
    .command("schema")
    .description("print the JSON Schema of results")
    .action(() => {
      process.stdout.write(`${JSON.stringify(resultJsonSchema(), null, 2)}\n`);
    });
}

function prepareFor(config: string, options: KernelOptions) {
  return prepare(readSubject(config, options));
}

function list(what: string): string {
  const tree = readModelTree();
  const rows = (entries: readonly (readonly [string, string])[]) => {
    const width = Math.max(0, ...entries.map(([name]) => name.length));
    return entries.map(([name, about]) => `${name.padEnd(width)}  ${about}\n`).join("");
  };
  switch (what) {
    case "cpus":
      return rows(
        readCatalogue(tree).map((cpu) => [
          cpu.name,
          `${cpu.about}; MIDR ${cpu.MIDR} ID_MMFR3 ${cpu.ID_MMFR3} ${cpu.dcache}`,
        ]),
      );
    case "patches":
      return rows(
        tree
          .namesIn("kernel/patches", ".patch")
          .map((name) => [name, parsePatch(readPatch(tree, name).text, name).description]),
      );
    case "scenarios":
      return rows(scenarioNames(tree).map((name) => [name, scenarioAbout(tree, name)]));
    default:
      throw new InputError(
        "S1001",
        `list ${what}`,
        "there is nothing of that kind to list",
        suggest(what, ["cpus", "patches", "scenarios"]),
      );
  }
}
