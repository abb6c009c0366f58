/**
 * A result as KTAP, version 1 (Documentation/dev-tools/ktap.rst): what the kernel's own test tools read.
 *
 * One test, the examination, with a subtest for each stage. A bound that was reached fails with TIMEOUT: the question
 * was not answered, and the exit status is not 0 either.
 */
import { assertNever } from "@shootdown/ir";
import { findingCode } from "../findings.js";
import type { CheckStage, Result } from "../result.js";
import {
  cpuText,
  irqsText,
  limitText,
  plural,
  shownFrame,
  shownPath,
  stepText,
  violationPlace,
  waitText,
  where,
} from "../wording.js";

const VERSION_LINE = "KTAP version 1";
/** One level of nesting. */
const INDENT = "  ";

interface Test {
  readonly name: string;
  readonly isOk: boolean;
  readonly directive?: "SKIP" | "TIMEOUT";
  /** In short, on the result line. */
  readonly reason?: string;
  /** Lines before the result line. */
  readonly diagnostics: readonly string[];
}

export function toKtap(result: Result): string {
  const tests = [configureTest(result), linkTest(result), bootTest(result), checkTest(result.stages.check)];
  const { input, stages, prescriptions } = result;
  const changes = [...(input.at === undefined ? [] : [`at ${input.at}`]), ...input.patches.map((name) => `+ ${name}`)];
  const examination: Test = {
    name: [stages.check.scenario, input.config, "on", input.cpu, ...changes].join(" "),
    isOk: tests.every((test) => test.isOk),
    diagnostics: (prescriptions ?? []).map(({ what, about }) => `would fix it: ${what}: ${about}`),
  };
  const lines = [VERSION_LINE, "1..1"];
  for (const line of [VERSION_LINE, `1..${tests.length}`]) lines.push(INDENT + line);
  for (const [index, test] of tests.entries()) lines.push(...testLines(test, index + 1).map((line) => INDENT + line));
  lines.push(...testLines(examination, 1));
  return `${lines.join("\n")}\n`;
}

function testLines(test: Test, number: number): string[] {
  const diagnosis = [test.directive, test.reason].filter((text) => text !== undefined).map(oneLine);
  const result = `${test.isOk ? "ok" : "not ok"} ${number} ${oneLine(test.name).replaceAll("#", "_")}`;
  return [
    ...test.diagnostics.map((text) => `# ${oneLine(text)}`),
    diagnosis.length === 0 ? result : `${result} # ${diagnosis.join(" ")}`,
  ];
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function configureTest({ input, stages }: Result): Test {
  const { kernel, notes, warnings } = stages.configure;
  return {
    name: "configure",
    isOk: true,
    diagnostics: [
      ...(kernel ? [`Linux/${kernel}`] : []),
      ...Object.entries(input.set ?? {}).map(([symbol, value]) => `set ${symbol}=${value}`),
      ...notes.map((n) => `${input.config}:${n.line}: asks for ${n.symbol}=${n.asked}, Kconfig gives ${n.got}`),
      ...warnings,
    ],
  };
}

function linkTest({ stages: { link } }: Result): Test {
  const undefinedOnes = link.undefined.map((reference) => {
    const { at, path, definedIn } = reference;
    const alive = `alive by ${path.join(" -> ")}; ${definedIn} would define it and is not built`;
    return `${where(at)}: in function '${at.fn}': undefined reference to '${reference.symbol}'; ${alive}`;
  });
  const errors = link.errors.map((e) => `${e.file}:${e.line}:${e.column}: error: ${e.message}`);
  const diagnostics = [
    plural(link.objects.length, "object"),
    ...link.obligations.map((text) => `relies on: ${text}`),
    ...undefinedOnes,
    ...errors,
  ];
  const base = { name: "link", diagnostics };
  switch (link.verdict) {
    case "links":
      return { ...base, isOk: true };
    case "skipped":
      return { ...base, isOk: true, directive: "SKIP" };
    case "not-modelled":
      return { ...base, isOk: true, directive: "SKIP", reason: "not modelled" };
    case "undefined-reference":
    case "does-not-build":
      return { ...base, isOk: false, reason: `${findingCode(link.verdict)} ${link.verdict.replaceAll("-", " ")}` };
    default:
      return assertNever(link.verdict);
  }
}

function bootTest({ stages: { boot } }: Result): Test {
  const base = {
    name: "boot",
    diagnostics: boot.messages.map((message) => `[${message.level}] ${message.text} (${where(message.at)})`),
  };
  switch (boot.verdict) {
    case "boots":
      return { ...base, isOk: true };
    case "skipped":
      return { ...base, isOk: true, directive: "SKIP", reason: "the kernel was not built" };
    case "not-modelled":
      return { ...base, isOk: true, directive: "SKIP", reason: "not modelled" };
    case "panics":
      return { ...base, isOk: false, reason: `${findingCode("panic")} ${boot.messages.at(-1)?.text ?? "panic"}` };
    default:
      return assertNever(boot.verdict);
  }
}

function checkTest(check: CheckStage): Test {
  const base = { name: "check", diagnostics: [`${check.scenario}: ${check.about}`] };
  if (!check.applies) return { ...base, isOk: true, directive: "SKIP", reason: check.reason };
  const diagnostics = [
    ...base.diagnostics,
    Object.entries(check.bounds)
      .map(([name, value]) => `${name}=${value}`)
      .join(" "),
    `${plural(check.states, "state")}, ${plural(check.transitions, "step")}, depth ${check.depth}`,
    ...check.witnesses.map((witness) => `${witness.reached ? "reached" : "NOT reached"}: ${witness.name}`),
    ...runLines(check),
    ...(check.lockdep?.reports ?? []).map((report) => `lockdep: ${report.title}`),
    ...(check.replay === undefined ? [] : [`replay: ${check.replay}`]),
  ];
  switch (check.verdict) {
    case "sound":
      return { ...base, diagnostics, isOk: true };
    case "limit":
      return { ...base, diagnostics, isOk: false, directive: "TIMEOUT", reason: limitText(check) };
    case "skipped":
    case "not-modelled":
      return { ...base, diagnostics, isOk: true, directive: "SKIP", reason: check.reason };
    default: {
      const reason = `${findingCode(check.verdict)} ${check.verdict}: ${check.violation?.message ?? ""}`;
      return { ...base, diagnostics, isOk: false, reason };
    }
  }
}

/** The run, a line for each step, then who waits for whom. */
function runLines({ trace, violation }: CheckStage): string[] {
  const lines = (trace ?? []).map((step) => {
    const place = `${shownPath(step.at)} ${where(shownFrame(step.at))}`;
    return `step ${step.step}: ${cpuText(step.cpu, step.context)} ${place}: ${stepText(step)}${step.irqsOff ? " [IRQs off]" : ""}`;
  });
  if (violation?.at) {
    lines.push(`at ${violation.at.stack.map(({ fn }) => fn).join(" > ")} ${violationPlace(violation.at)}`);
  }
  lines.push(...(violation?.because ?? []));
  for (const wait of violation?.waits ?? []) {
    const place = `${shownPath(wait.at)} ${where(shownFrame(wait.at))}`;
    lines.push(`${cpuText(wait.cpu, wait.context)} ${waitText(wait)}, ${irqsText(wait)}: ${place}`);
  }
  return lines;
}
