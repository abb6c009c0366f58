/**
 * A result as text: what a person reads on a terminal.
 *
 * Four lines for the stages, then, for a finding, the run: a column for each CPU, because people misread lists, and at
 * the end who waits for whom. No colour is needed to understand it.
 */
import {
  type CheckStage,
  cpuText,
  type Frame,
  findingCode,
  irqsText,
  limitText,
  linuxPlace,
  megabytes,
  type Place,
  placeFrom,
  plural,
  type Result,
  shownFrame,
  shownPath,
  stepParts,
  type TraceStep,
  violationPlace,
  type Wait,
  waitText,
  where,
} from "@shootdown/doctor";
import { pc } from "./colours.js";
import { renderLink } from "./render-link.js";
import { renderLockdep } from "./render-lockdep.js";

/** Columns of the terminal that a run may use. */
const WIDTH = 118;
/** Symbols that Kconfig gave otherwise: so many are shown. */
const MAX_NOTES = 8;
/** Indentation of a context above the task, in its CPU's column. */
const NESTING = "| ";
/** A blank at which a line is not broken. */
const NO_BREAK = "\u00a0";

export interface RenderOptions {
  /** Print lockdep's reports whole. */
  readonly lockdep?: boolean;
}

export function renderResult(result: Result, options: RenderOptions = {}): string {
  const { configure, link, boot, check } = result.stages;
  const lines: string[] = [];
  const stage = (name: string, verdict: string, text: string, isWell: boolean) =>
    lines.push(`${pc.bold(name.padEnd(10))} ${(isWell ? pc.green : pc.red)(verdict.padEnd(13))} ${text}`.trimEnd());
  const detail = (text: string) => lines.push(`           ${text}`);

  const { input } = result;
  const patches = input.patches.map((patch) => ` + ${patch}`).join("");
  lines.push(pc.dim(`${input.config}${patches} on ${input.cpu}`));
  const by = configure.tree ? `by Linux ${configure.tree}: ` : "";
  const asked = `${configure.kernel ? `Linux/${configure.kernel}, ` : ""}${by}`;
  const key = ["SMP", "MMU", "HIGHMEM"].map((name) => `${name}=${configure.symbols[name] ?? "n"}`).join(" ");
  stage("configure", configure.verdict === "as-asked" ? "as asked" : "adjusted", `${asked}${key}`, true);
  for (const note of configure.notes.slice(0, MAX_NOTES)) {
    detail(`${input.config}:${note.line}: asks for ${note.symbol}=${note.asked}, Kconfig gives ${note.got}`);
  }
  if (configure.notes.length > MAX_NOTES) {
    detail(`and ${configure.notes.length - MAX_NOTES} more; with a Linux tree: shootdown config lost`);
  }
  for (const warning of configure.warnings) detail(warning);

  stage("link", link.verdict.replaceAll("-", " "), plural(link.objects.length, "object"), link.verdict === "links");
  for (const text of renderLink(link)) detail(text);
  for (const error of link.errors) detail(`${error.file}:${error.line}:${error.column}: error: ${error.message}`);

  if (link.verdict === "not-modelled") return `${[...lines, ...renderUnmodelled(check)].join("\n")}\n`;
  stage("boot", boot.verdict, boot.verdict === "skipped" ? "" : boot.cpu, boot.verdict === "boots");
  for (const message of boot.messages) detail(`[${message.level}] ${message.text}  ${pc.dim(where(message.at))}`);

  lines.push(...renderCheck(check, options));
  if (result.prescriptions) lines.push(...renderPrescriptions(result));
  return `${lines.join("\n")}\n`;
}

/** The stages that the model has nothing to say about. */
function renderUnmodelled({ reason }: CheckStage): string[] {
  return [
    `${pc.bold("boot".padEnd(10))} ${pc.dim("not modelled")}`,
    `${pc.bold("check".padEnd(10))} ${pc.dim("not modelled")}`,
    `           ${reason ?? ""}`,
    "           configure and the list of objects are this tree's own; no verdict is given about the rest",
  ];
}

function renderPrescriptions({ prescriptions = [], rejected = [], input }: Result): string[] {
  const refused = rejected.map(({ what, why }) => `  -. ${what}: ${why}`);
  if (prescriptions.length === 0) {
    return ["", "what would fix it: no single change of the configuration and no patch that ships", ...refused];
  }
  const lines = ["", pc.bold("what would fix it (each has passed all four stages, in every scenario)")];
  for (const [index, { what, about, words, takesAway, obligations }] of prescriptions.entries()) {
    lines.push(`${String(index + 1).padStart(3)}. ${what}`);
    lines.push(`     ${takesAway.length > 0 ? `takes away ${takesAway.join(", ")}` : about}`);
    for (const obligation of obligations) lines.push(`     relies on: ${obligation}`);
    if (words.length > 0)
      lines.push(pc.dim(`     ./shootdown doctor ${input.config} --cpu ${input.cpu} … ${words.join(" ")}`));
  }
  return [...lines, ...refused];
}

/** The check stage alone, unless a stage before it failed. */
export function renderCheckOnly(result: Result, options: RenderOptions = {}): string {
  const { check } = result.stages;
  return check.verdict === "skipped" || check.verdict === "not-modelled"
    ? renderResult(result, options)
    : `${renderCheck(check, options).join("\n")}\n`;
}

function renderCheck(check: CheckStage, options: RenderOptions): string[] {
  const lines: string[] = [];
  const isWell = check.verdict === "sound";
  const colour = isWell ? pc.green : check.verdict === "skipped" ? pc.dim : pc.red;
  const head = `${pc.bold("check".padEnd(10))} ${colour(check.verdict.padEnd(13))} ${check.scenario}`;
  if (!check.applies) return [`${head}: does not apply: ${check.reason}`];
  lines.push(`${head}: ${check.about}`);
  const bounds = Object.entries(check.bounds).map(([name, value]) => `${name}=${value}`);
  for (const line of wrapText(bounds.join(" "), WIDTH - 11)) lines.push(`           ${line}`);
  if (check.mode === "search") {
    const kind = check.reduction === "chaining" ? "chained step" : "step";
    const searched = `${plural(check.states, "state")}, ${plural(check.transitions, kind)}, depth ${check.depth}, ${megabytes(check.memory)}`;
    lines.push(`           ${searched}`);
  }
  if (check.mode === "simulate") lines.push(`           ${plural(check.transitions, "random step")}`);
  for (const witness of check.witnesses) {
    lines.push(`           ${witness.reached ? "reached    " : pc.yellow("NOT reached")} ${witness.name}`);
  }
  if (isWell && check.mode === "search" && check.witnesses.some((witness) => !witness.reached)) {
    lines.push(
      pc.yellow("           sound, but not every event was reached: the verdict says nothing about what follows them"),
    );
  }
  if (check.limit) lines.push(`           ${limitText(check)}`);
  if (check.trace) lines.push("", ...renderRun(check), "");
  if (check.lockdep) lines.push(...renderLockdep(check.lockdep, options.lockdep === true));
  return lines;
}

/** The run, a column for each CPU, then the violation. */
function renderRun(check: CheckStage): string[] {
  const steps = check.trace!;
  const cpus = Math.max(1, ...Object.entries(check.bounds).flatMap(([name, n]) => (name === "NR_CPUS" ? [n] : [])));
  const shown = Math.max(...steps.map((step) => step.cpu + 1), 1, check.violation ? Math.min(cpus, 2) : 1);
  const width = Math.max(34, Math.floor((WIDTH - 5) / shown));
  const column = (cpu: number, text: string) => `${" ".repeat(width * cpu)}${text}`;
  const header = Array.from({ length: shown }, (_, cpu) => `CPU${cpu}`.padEnd(width)).join("");
  const lines = [pc.bold(`step ${header}`.trimEnd())];
  let previous: TraceStep | undefined;
  for (const step of steps) {
    const nesting = step.context === "task" ? "" : step.context === "softirq" ? NESTING : NESTING + NESTING;
    const path = shownPath(step.at);
    if (previous?.cpu !== step.cpu || previous.context !== step.context || shownPath(previous.at) !== path) {
      const file = pc.dim(`  ${shownFrame(step.at).file}${linuxElsewhere(shownFrame(step.at))}`);
      const name = step.what.startsWith("interrupt:") ? `interrupt: ${step.root}()` : `${path}()`;
      lines.push(`     ${column(step.cpu, `${nesting}${pc.bold(name)}${file}`)}`.trimEnd());
    }
    const off = step.irqsOff ? "-" : " ";
    for (const [index, text] of wrapText(sayStep(step), width - nesting.length - 4).entries()) {
      const number = index === 0 ? String(step.step).padStart(4) : "    ";
      const mark = index === 0 ? off : " ";
      lines.push(`${number} ${column(step.cpu, `${nesting}${mark} ${text}`)}`.trimEnd());
    }
    previous = step;
  }
  lines.push(pc.dim("     -: interrupts are off on that CPU after the step"), "");
  const { violation } = check;
  if (!violation) {
    lines.push(`the run has ${plural(steps.length, "step")} and violates nothing`);
    return lines;
  }
  lines.push(pc.red(`${findingCode(violation.kind)} ${violation.kind}: ${violation.message}`));
  if (violation.at) {
    const names = violation.at.stack.map((frame) => frame.fn);
    lines.push(`  ${names.join(" > ")}`);
    lines.push(`  at ${violationPlace(violation.at)}${linuxOf(violation.at)}`);
  }
  for (const sentence of violation.because ?? [])
    lines.push(...wrapText(sentence, WIDTH - 2).map((text) => `  ${text}`));
  for (const wait of violation.waits) lines.push(`  ${sayWait(wait)}`);
  const shortest = check.isShortest ? "shortest run" : "run";
  lines.push(`  ${shortest}: ${plural(steps.length, "step")}`);
  if (check.replay) lines.push(`  replay: ${check.replay}`);
  return lines;
}

/** Where Linux has a function, if it is not the file of the same name. */
function linuxElsewhere({ file, fn, linux }: Frame): string {
  const stem = (path: string) => path.replace(/\.\w+$/, "");
  const [path, symbol] = linux?.split(" ") ?? [];
  return path === undefined || (stem(path) === stem(file) && symbol === fn) ? "" : ` (Linux: ${linux})`;
}

function linuxOf(place: Place): string {
  const linux = linuxPlace(place);
  return linux ? pc.dim(`  (Linux: ${linux})`) : "";
}

function sayStep(step: TraceStep): string {
  const own = shownFrame(step.at);
  return stepParts(step)
    .map(
      ({ text, frame }) =>
        `${text.replaceAll(" = ", `${NO_BREAK}=${NO_BREAK}`)}${NO_BREAK}${NO_BREAK}${placeFrom(own, frame)}`,
    )
    .join("; ");
}

function sayWait(wait: Wait): string {
  const frame = shownFrame(wait.at);
  const names = wait.at.stack.slice(1, wait.at.stack.indexOf(frame) + 1).map(({ fn }) => fn);
  const who = cpuText(wait.cpu, wait.context).padEnd(6);
  return `${who} ${waitText(wait)}  ${irqsText(wait)}  ${where(frame)}\n         ${names.join(" > ")}${linuxOf(wait.at)}`;
}

/** Breaks a text at spaces, but not at `NO_BREAK`; a word longer than the width stays whole. */
function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((text) => text.replaceAll(NO_BREAK, " "));
}
