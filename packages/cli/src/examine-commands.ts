/**
 * Commands that examine a kernel: doctor, check, simulate, replay. Each prints a result as text or as JSON.
 */
import {
  type CheckMode,
  decodeSchedule,
  examine,
  exitStatus,
  InputError,
  type Result,
  ScheduleError,
} from "@shootdown/doctor";
import type { Command } from "commander";
import { readModelTree, readPatch, readText } from "./files.js";
import {
  type KernelOptions,
  kernelOptions,
  type LimitOptions,
  limitOptions,
  parseBytes,
  parseCount,
  parseSizes,
} from "./options.js";
import { progressLine } from "./progress.js";
import { renderCheckOnly, renderResult } from "./render.js";

interface OutputOptions {
  readonly json?: boolean;
}

export function examineCommands(program: Command, scenario: string): void {
  const doctor = program
    .command("doctor")
    .description("ask all four questions of a configuration: configure, link, boot, check");
  limitOptions(kernelOptions(doctor.argument("<config>", "a .config, as the kernel writes it"), scenario))
    .option("--json", "print the result as one JSON document (shootdown schema)")
    .action((config: string, options: KernelOptions & LimitOptions & OutputOptions) => {
      finish(run(config, options, searchMode(options)), options, renderResult);
    });

  const check = program
    .command("check")
    .description("search every schedule of a scenario; prints the check stage alone");
  limitOptions(kernelOptions(check.argument("<config>", "a .config, as the kernel writes it"), scenario))
    .option("--json", "print the result as one JSON document (shootdown schema)")
    .action((config: string, options: KernelOptions & LimitOptions & OutputOptions) => {
      finish(run(config, options, searchMode(options)), options, renderCheckOnly);
    });

  const simulate = program
    .command("simulate")
    .description("random schedules, for sizes that are out of reach of a search");
  kernelOptions(simulate.argument("<config>", "a .config, as the kernel writes it"), scenario)
    .option("--seed <n>", "the same seed gives the same runs", "1")
    .option("--runs <n>", "how many runs", "100")
    .option("--steps <n>", "steps of each run", "1000")
    .option("--max-seconds <n>", "stop after so many seconds")
    .option("--json", "print the result as one JSON document (shootdown schema)")
    .action(
      (
        config: string,
        options: KernelOptions & OutputOptions & Record<"seed" | "runs" | "steps", string> & LimitOptions,
      ) => {
        const mode: CheckMode = {
          kind: "simulate",
          seed: parseCount("--seed", options.seed),
          runs: parseCount("--runs", options.runs),
          steps: parseCount("--steps", options.steps),
          expired: deadline(options.maxSeconds),
        };
        finish(run(config, options, mode), options, renderCheckOnly);
      },
    );

  const replay = program.command("replay").description("go through the run of a finding again, step by step");
  replay
    .argument("<schedule>", "the string that the finding printed: s1:…")
    .argument("<config>", "the configuration that it was found with");
  kernelOptions(replay, scenario)
    .option("--json", "print the result as one JSON document (shootdown schema)")
    .action((text: string, config: string, options: KernelOptions & OutputOptions) => {
      const schedule = readSchedule(text);
      const mode: CheckMode = { kind: "replay", schedule };
      finish(run(config, { ...options, scenario: schedule.scenario }, mode), options, renderCheckOnly);
    });
}

function readSchedule(text: string) {
  try {
    return decodeSchedule(text);
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    throw new InputError("S1601", text.length > 60 ? `${text.slice(0, 57)}...` : text, error.message, error.next);
  }
}

function searchMode(options: LimitOptions): CheckMode {
  return {
    kind: "search",
    options: {
      chaining: options.chaining !== false,
      maxStates: options.maxStates === undefined ? undefined : parseCount("--max-states", options.maxStates),
      maxMemory: options.maxMemory === undefined ? undefined : parseBytes("--max-memory", options.maxMemory),
      expired: deadline(options.maxSeconds),
    },
    onProgress: progressLine(),
  };
}

function deadline(seconds: string | undefined): (() => boolean) | undefined {
  if (seconds === undefined) return undefined;
  const end = performance.now() + parseCount("--max-seconds", seconds) * 1000;
  return () => performance.now() > end;
}

function run(configFile: string, options: KernelOptions, mode: CheckMode): Result {
  const tree = readModelTree(options.kernel);
  const text = readText(configFile, "a configuration");
  return examine({
    tree,
    config: { name: configFile, text },
    cpu: options.cpu,
    patches: options.patch.map((patch) => readPatch(tree, patch)),
    scenario: options.scenario,
    sizes: parseSizes(options.size),
    mode,
    replayCommand: (schedule) => replayCommand(schedule, configFile, options),
  });
}

/** The command line that replays a run: what decides the model, nothing else. */
function replayCommand(schedule: string, config: string, options: KernelOptions): string {
  const words = ["./shootdown", "replay", schedule, config, "--cpu", options.cpu];
  for (const patch of options.patch) words.push("--patch", patch);
  for (const size of options.size) words.push("--size", size);
  if (options.kernel !== undefined) words.push("--kernel", options.kernel);
  return words.map(quote).join(" ");
}

/** As a shell takes it. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function finish(result: Result, options: OutputOptions, render: (result: Result) => string): void {
  process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : render(result));
  process.exitCode = exitStatus(result);
}
