/**
 * Commands that ask many questions: reports, impact.
 */
import {
  type AnsweredRow,
  type Cell,
  cellQuestions,
  InputError,
  linkerLines,
  readReport,
  reportNumbers,
  suggest,
  where,
} from "@shootdown/doctor";
import type { Command } from "commander";
import { pc } from "./colours.js";
import { readModelTree, readPatch } from "./files.js";
import { askAll, type JobOptions, jobOptions } from "./jobs.js";
import { parseCount, shellWords } from "./options.js";
import { renderLink } from "./render-link.js";

/** "undefined reference" */
const LONGEST_OUTCOME = 19;
/** States of one question: more than any scenario of the model tree needs. */
const MAX_STATES = "8000000";

const collect = (value: string, before: readonly string[]) => [...before, value];

interface MatrixOptions extends JobOptions {
  readonly json?: boolean;
  readonly maxStates: string;
}

export function matrixCommands(program: Command): void {
  jobOptions(program.command("reports"))
    .description("answer a report of the mission, row by row, by computing it")
    .argument("<number>", "1: percpu on SMP without MMU; 2: HIGHMEM on SMP without hardware TLB broadcast")
    .option("--max-states <n>", "stop a row when so many states are known", MAX_STATES)
    .option("--json", "print one JSON document")
    .action(async (number: string, options: MatrixOptions) => {
      const tree = readModelTree();
      const maxStates = parseCount("--max-states", options.maxStates);
      const numbers = reportNumbers(tree);
      if (!numbers.includes(number)) {
        throw new InputError(
          "S1001",
          `reports ${number}`,
          "there is no report of that number",
          suggest(number, numbers),
        );
      }
      const report = readReport(tree, number);
      const rows: AnsweredRow[] = [];
      if (!options.json) process.stdout.write(`${pc.bold(`Report ${number}: ${report.title}`)}\n${report.about}\n`);
      const asks = report.rows.map((row) => ({ row, maxStates }));
      for await (const answer of askAll("row", asks, options)) {
        rows.push(answer);
        if (!options.json) process.stdout.write(renderRow(answer));
      }
      if (options.json) {
        const document = rows.map(({ row, outcome, command, result }) => ({ ...row, outcome, command, result }));
        process.stdout.write(
          `${JSON.stringify({ report: report.number, title: report.title, rows: document }, null, 2)}\n`,
        );
      }
    });

  jobOptions(program.command("impact"))
    .description("what a patch fixes and breaks: every scenario on every configuration of the matrix, before and after")
    .requiredOption("--patch <name|file>", "the patch; may be given several times, in order", collect, [])
    .option(
      "--onto <name|file>",
      "a patch that both sides have, applied first; may be given several times",
      collect,
      [],
    )
    .option("--max-states <n>", "stop a cell when so many states are known", MAX_STATES)
    .option("--json", "print one JSON document")
    .action(async (options: MatrixOptions & { patch: readonly string[]; onto: readonly string[] }) => {
      if (options.patch.length === 0) {
        throw new InputError("S1001", "impact", "no patch is named", "name one with --patch NAME or --patch FILE");
      }
      const tree = readModelTree();
      const maxStates = parseCount("--max-states", options.maxStates);
      const [onto, patches] = [options.onto, options.patch].map((names) => names.map((name) => readPatch(tree, name)));
      const asks = cellQuestions(tree).map((cell) => ({ cell, onto: onto!, patches: patches!, maxStates }));
      const cells: Cell[] = [];
      for await (const cell of askAll("cell", asks, options)) {
        cells.push(cell);
        if (!options.json && cell.change !== "unchanged") process.stdout.write(renderCell(cell, options));
      }
      if (options.json)
        process.stdout.write(`${JSON.stringify({ patches: options.patch, onto: options.onto, cells }, null, 2)}\n`);
      else process.stdout.write(renderTotals(cells));
      if (cells.some(({ change }) => change === "broken" || change === "not-built")) process.exitCode = 1;
    });
}

function renderRow({ row, outcome, result, command }: AnsweredRow): string {
  const { boot, check, configure, link } = result.stages;
  const isWell = result.verdict === "sound";
  const lines = [
    "",
    `${String(row.row).padStart(2)}  ${(isWell ? pc.green : pc.red)(outcome.padEnd(LONGEST_OUTCOME))} ${row.title}`,
    `    ${pc.dim(row.why)}`,
  ];
  const [reference] = link.undefined;
  const linkLines = renderLink(link);
  for (const { symbol, asked, got } of linkLines.length > 0 ? configure.notes : []) {
    if (/^[ymn]$/.test(asked)) lines.push(`    configure: ${symbol}=${asked} is asked for, Kconfig gives ${got}`);
  }
  for (const line of reference ? linkerLines(link).slice(0, 2) : []) lines.push(`    ${line}`);
  if (reference) {
    const back = reference.steps.flatMap((step) => (step.kind === "branch" ? [step] : [])).at(-1);
    for (const fact of back?.because ?? []) lines.push(`    alive: ${fact.text}  ${where(fact)}`);
    lines.push(
      `    at -O2 inside ${reference.holder}()${reference.both ? `; meets its definition if ${reference.both}` : ""}`,
    );
  }
  if (!reference) lines.push(...linkLines.map((line) => `    ${line}`));
  for (const error of link.errors) lines.push(`    ${error.file}:${error.line}: error: ${error.message}`);
  for (const message of boot.messages) if (message.level !== "info") lines.push(`    boot: ${message.text}`);
  if (!check.applies && check.verdict === "sound") lines.push(`    does not apply: ${check.reason}`);
  if (check.violation) lines.push(`    ${check.violation.message}; ${check.trace?.length} steps`);
  for (const { name, reached } of check.witnesses) if (!reached && isWell) lines.push(`    not reached: ${name}`);
  for (const report of check.lockdep?.reports ?? []) lines.push(`    lockdep: ${report.title}`);
  if (check.violation && check.lockdep?.lockReports === 0) lines.push(`    lockdep: ${check.lockdep.summary}`);
  lines.push(pc.dim(`    ./shootdown ${shellWords(command)}`));
  return `${lines.join("\n")}\n`;
}

function renderCell(cell: Cell, options: { patch: readonly string[]; onto: readonly string[] }): string {
  const colour = cell.change === "fixed" ? pc.green : cell.change === "changed" ? pc.yellow : pc.red;
  const patches = [...options.onto, ...options.patch].flatMap((patch) => ["--patch", patch]);
  return `${colour(cell.change.padEnd(10))} ${cell.scenario.padEnd(22)} ${cell.configuration.padEnd(34)} ${cell.before} -> ${cell.after}
           ${pc.dim(`./shootdown ${shellWords([...cell.command, ...patches])}`)}
`;
}

function renderTotals(cells: readonly Cell[]): string {
  const total = (change: Cell["change"]) => cells.filter((cell) => cell.change === change).length;
  const names: readonly Cell["change"][] = ["fixed", "broken", "changed", "not-built", "unchanged"];
  return `${names.map((name) => `${name}: ${total(name)}`).join(", ")}\n`;
}
