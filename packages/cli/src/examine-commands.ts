/**
 * Commands that examine a kernel: doctor, check, simulate, replay. Each prints a result, as text or in a format that
 * programs read.
 */
import {
  type CheckMode,
  decodeSchedule,
  examine,
  InputError,
  isAddress,
  type Result,
  ScheduleError,
  withPrescriptions,
} from "@shootdown/doctor";
import type { Command } from "commander";
import { readAddress } from "./address-subject.js";
import { type JobOptions, jobOptions } from "./jobs.js";
import {
  type KernelOptions,
  kernelOptions,
  kernelWords,
  type LimitOptions,
  limitOptions,
  parseBytes,
  parseCount,
  shellWords,
} from "./options.js";
import { finish, type OutputOptions, outputOptions, readFormat } from "./output.js";
import { progressLine } from "./progress.js";
import { findRemedies } from "./remedies.js";
import { renderCheckOnly, renderResult } from "./render.js";
import { readSubject } from "./subject.js";

type DoctorOptions = KernelOptions & LimitOptions & OutputOptions & JobOptions & { readonly prescriptions: boolean };

export function examineCommands(program: Command): void {
  const doctor = program
    .command("doctor")
    .description("ask all four questions of a configuration: configure, link, boot, check");
  jobOptions(
    outputOptions(limitOptions(kernelOptions(doctor.argument("<config>", "a .config, as the kernel writes it")))),
  )
    .option("--no-prescriptions", "do not look for what would fix a finding")
    .action(async (config: string, options: DoctorOptions) => {
      const result = run(config, options, searchMode(options));
      const isFinding = result.verdict === "finding" && options.prescriptions && readFormat(options) !== "itf";
      if (!isFinding) return finish(result, options, renderResult);
      const { prescriptions, rejected } = await findRemedies(readSubject(config, options), result, options);
      finish(withPrescriptions(result, prescriptions, rejected), options, renderResult);
    });

  const check = program
    .command("check")
    .description("search every schedule of a scenario; prints the check stage alone");
  outputOptions(limitOptions(kernelOptions(check.argument("<config>", "a .config, as the kernel writes it")))).action(
    (config: string, options: KernelOptions & LimitOptions & OutputOptions) => {
      finish(run(config, options, searchMode(options)), options, renderCheckOnly);
    },
  );

  const simulate = program
    .command("simulate")
    .description("random schedules, for sizes that are out of reach of a search");
  outputOptions(kernelOptions(simulate.argument("<config>", "a .config, as the kernel writes it")))
    .option("--seed <n>", "the same seed gives the same runs", "1")
    .option("--runs <n>", "how many runs", "100")
    .option("--steps <n>", "steps of each run", "1000")
    .option("--max-seconds <n>", "stop after so many seconds")
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
    .argument("<schedule>", "the string that the finding printed: s1:…, or a whole address of the lab")
    .argument("[config]", "the configuration that it was found with; an address says its own");
  outputOptions(kernelOptions(replay)).action(
    (text: string, config: string | undefined, options: KernelOptions & OutputOptions) => {
      if (isAddress(text)) return replayAddress(text, options);
      if (config === undefined) {
        const next = "give the configuration of the finding, or a whole address of the lab in place of the schedule";
        throw new InputError("S1001", `replay ${text}`, "missing required argument 'config'", next);
      }
      const schedule = readSchedule(text);
      const mode: CheckMode = { kind: "replay", schedule };
      finish(run(config, { ...options, scenario: schedule.scenario }, mode), options, renderCheckOnly);
    },
  );
}

/** The run that an address of the lab shows: everything else is in the address. */
function replayAddress(text: string, options: OutputOptions): void {
  readFormat(options);
  const { subject, schedule } = readAddress(text);
  const mode: CheckMode = { kind: "replay", schedule: readSchedule(schedule) };
  const replayCommand = () => shellWords(["./shootdown", "replay", text]);
  finish(examine({ ...subject, mode, replayCommand }), options, renderCheckOnly);
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

function run(configFile: string, options: KernelOptions & OutputOptions, mode: CheckMode): Result {
  readFormat(options);
  const replayCommand = (schedule: string) =>
    shellWords(["./shootdown", "replay", schedule, configFile, ...kernelWords(options)]);
  return examine({ ...readSubject(configFile, options), mode, replayCommand });
}
