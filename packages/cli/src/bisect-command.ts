/**
 * The command that finds the commit: bisect.
 */
import {
  type Asker,
  type Bisection,
  type BisectStep,
  bisect,
  type CheckMode,
  type NamedText,
  type Result,
  type Without,
  where,
} from "@shootdown/doctor";
import type { Command } from "commander";
import { pc } from "./colours.js";
import { readModelTree, readPatch } from "./files.js";
import { parseCount, parseSets, parseSizes } from "./options.js";
import { readText } from "./read-text.js";

/** States of one search: more than any scenario of the model tree needs. */
const MAX_STATES = "8000000";

interface BisectOptions {
  readonly config: string;
  readonly cpu: string;
  readonly good: string;
  readonly bad: string;
  readonly set: readonly string[];
  readonly scenario: string;
  readonly size: readonly string[];
  readonly maxStates: string;
  readonly json?: boolean;
}

const collect = (value: string, before: readonly string[]) => [...before, value];

export function bisectCommand(program: Command, scenario: string): void {
  program
    .command("bisect")
    .description("which commit of the history made a kernel bad, and whether taking it back is enough")
    .requiredOption("--config <file>", "a .config, as the kernel writes it")
    .option("--cpu <name>", "the CPU, from the catalogue (shootdown list cpus)", "cortex-a9")
    .requiredOption("--good <release|commit>", "code that is known to be well")
    .requiredOption("--bad <release|commit>", "later code that is not")
    .option("--set <SYMBOL=value>", "change the configuration before Kconfig reads it", collect, [])
    .option("--scenario <name>", "who runs on which CPU (shootdown list scenarios)", scenario)
    .option("--size <NAME=n>", "a size of the scenario; may be given several times", collect, [])
    .option("--max-states <n>", "stop a search when so many states are known", MAX_STATES)
    .option("--json", "print one JSON document")
    .action((options: BisectOptions) => {
      const write = (text: string) => {
        if (!options.json) process.stdout.write(text);
      };
      const width = Math.max(options.good.length, options.bad.length, "arm-highmem-without-tlb-broadcast".length);
      const found = bisect(
        askerOf(options),
        {
          config: options.config,
          cpu: options.cpu,
          set: Object.fromEntries(parseSets(options.set)),
          scenario: options.scenario,
          sizes: Object.fromEntries(parseSizes(options.size)),
        },
        options.good,
        options.bad,
        (step) => write(renderStep(step, width)),
      );
      write(renderFound(found));
      if (options.json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    });
}

function askerOf(options: BisectOptions): Asker {
  const tree = readModelTree();
  const text = readText(options.config, "a configuration");
  const config: NamedText = { name: options.config, text };
  const maxStates = parseCount("--max-states", options.maxStates);
  const mode: CheckMode = { kind: "search", options: { chaining: true, shortest: false, maxStates } };
  return { tree, mode, readConfig: () => config, readPatch: (name) => readPatch(tree, name) };
}

function renderStep(step: BisectStep, width: number): string {
  const verdict = (step.verdict === "good" ? pc.green : pc.red)(step.verdict.padEnd(4));
  const subject = step.subject === "" ? "" : pc.dim(`  ${step.subject}`);
  return `${verdict} ${step.at.padEnd(width)} ${outcomeText(step.outcome, step.result)}${subject}\n`;
}

/** With the place, where the kernel does not link; with how far it came, where the scenario has nothing to say. */
function outcomeText(outcome: string, result: Result | undefined): string {
  const reference = result?.stages.link.undefined[0];
  if (!reference) {
    return outcome === "does not apply" ? `links and boots; ${result?.stages.check.scenario} ${outcome}` : outcome;
  }
  return `${outcome} to '${reference.symbol}' at ${where(reference.at)}, at -O2 inside ${reference.holder}()`;
}

function renderFound({ firstBad, without, together, bad }: Bisection): string {
  const id = firstBad.isVerified ? "" : " (unverified)";
  const lines = [
    "",
    `first bad commit: ${pc.bold(firstBad.at)}${id} "${firstBad.subject}"`,
    `  ${firstBad.date}, in ${firstBad.since}. ${firstBad.about}`,
    "",
    `what it takes to make ${bad} good:`,
    ...without.map(renderWithout),
  ];
  if (together.length === 0) lines.push(`  nothing that was tried does: neither of these commits is all of it`);
  else if (together.length === 1) lines.push(`  taking back ${together[0]} is enough`);
  else lines.push(`  ${together.join(" and ")} must both be taken back: either alone leaves it bad`);
  return `${lines.join("\n")}\n`;
}

function renderWithout({ commits, outcome, isGood, result }: Without): string {
  const what = commits.length === 0 ? "as it is" : `without ${commits.join(", ")}`;
  const text = outcome === undefined ? "does not fit together" : outcomeText(outcome, result);
  return `  ${(isGood ? pc.green : pc.red)(isGood ? "good" : "bad ")} ${what.padEnd(36)} ${text}`;
}
