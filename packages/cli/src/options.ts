/**
 * Options that several commands share, and how their values are read.
 */
import { InputError } from "@shootdown/doctor/errors";
import { type Command, Option } from "commander";

export interface KernelOptions {
  /** Left out only where no CPU runs: with a tree of another architecture than the model's. */
  readonly cpu?: string;
  readonly patch: readonly string[];
  /** Absent: what suits the configuration. */
  readonly scenario?: string;
  readonly size: readonly string[];
  readonly set: readonly string[];
  readonly at?: string;
  readonly tree?: string;
  readonly arch?: string;
  readonly kernel?: string;
}

export interface LimitOptions {
  readonly maxStates?: string;
  readonly maxMemory?: string;
  readonly maxSeconds?: string;
  /** False with --no-chaining. */
  readonly chaining?: boolean;
}

/** Bytes of state storage unless --max-memory says otherwise: what a small machine has. */
const DEFAULT_MAX_MEMORY = "2G";

const collect = (value: string, before: readonly string[]) => [...before, value];

/** What decides which kernel is examined, and by which scenario. */
export function kernelOptions(command: Command, cpu?: string): Command {
  const cpuOption = new Option("--cpu <name>", "the CPU, from the catalogue (shootdown list cpus)");
  return command
    .addOption(cpu === undefined ? cpuOption : cpuOption.default(cpu))
    .option(
      "--set <SYMBOL=value>",
      "change the configuration before Kconfig reads it; may be given several times",
      collect,
      [],
    )
    .option("--at <release|commit>", "examine the code as Linux had it then, such as v2.6.35")
    .option("--patch <name|file>", "apply a patch to the model tree; may be given several times, in order", collect, [])
    .option(
      "--scenario <name>",
      "who runs on which CPU (shootdown list scenarios; default: kmap-dma, without highmem percpu-second-chunk)",
    )
    .option("--size <NAME=n>", "a size of the scenario, such as NR_CPUS=3; may be given several times", collect, [])
    .option(
      "--tree <folder>",
      "a Linux source tree: stage 1 is its own Kconfig, and the model gets the values it gives",
    )
    .option("--arch <name>", "with --tree: the architecture, as in make ARCH=; the model is ARM's", "arm")
    .option("--kernel <folder>", "examine another model tree: a changed copy of packages/kernel");
}

export function limitOptions(command: Command): Command {
  return command
    .option("--max-states <n>", "stop when so many states are known")
    .option(
      "--max-memory <bytes>",
      "stop when states take so much memory; K, M and G are powers of 1024",
      DEFAULT_MAX_MEMORY,
    )
    .option("--max-seconds <n>", "stop after so many seconds")
    .option("--no-chaining", "count every step: more states, the same verdict");
}

export function parseSizes(options: readonly string[]): ReadonlyMap<string, number> {
  return new Map(
    options.map((text) => {
      const match = /^([A-Z_]\w*)=(\d+)$/.exec(text);
      if (!match || Number(match[2]) < 1 || Number(match[2]) > MAX_SIZE) {
        throw new InputError(
          "S1002",
          `--size ${text}`,
          `a size is NAME=n with n from 1 to ${MAX_SIZE}`,
          "for example --size NR_CPUS=3",
        );
      }
      return [match[1]!, Number(match[2])];
    }),
  );
}

/** SYMBOL=value. */
export function parseSets(options: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    options.map((text) => {
      const match = /^(?:CONFIG_)?([A-Za-z0-9_]+)=(.+)$/.exec(text);
      if (!match) {
        throw new InputError("S1002", `--set ${text}`, "this is not SYMBOL=value", "for example --set HIGHMEM=n");
      }
      return [match[1]!, match[2]!];
    }),
  );
}

/** The words of a command line that decide which kernel is examined, by which scenario. */
export function kernelWords(options: KernelOptions): readonly string[] {
  return [
    ...(options.cpu === undefined ? [] : ["--cpu", options.cpu]),
    ...options.set.flatMap((set) => ["--set", set]),
    ...(options.at === undefined ? [] : ["--at", options.at]),
    ...options.patch.flatMap((patch) => ["--patch", patch]),
    ...options.size.flatMap((size) => ["--size", size]),
    ...(options.tree === undefined ? [] : ["--tree", options.tree]),
    ...(options.kernel === undefined ? [] : ["--kernel", options.kernel]),
  ];
}

/** As a shell takes it. */
export function shellWords(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}

/** More of anything than an exhaustive search could ever visit, and what bit masks of CPUs hold. */
const MAX_SIZE = 64;

/** A positive whole number. */
export function parseCount(option: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || !Number.isSafeInteger(value)) {
    throw new InputError(
      "S1002",
      `${option} ${text}`,
      "this is no positive whole number",
      `for example ${option} 1000000`,
    );
  }
  return value;
}

/** Bytes, with an optional K, M or G. */
export function parseBytes(option: string, text: string): number {
  const match = /^(\d+)([KMG])?$/i.exec(text);
  const value = match ? Number(match[1]) * 1024 ** (match[2] ? "KMG".indexOf(match[2].toUpperCase()) + 1 : 0) : 0;
  if (value < 1 || !Number.isSafeInteger(value)) {
    throw new InputError("S1002", `${option} ${text}`, "this is no amount of memory", `for example ${option} 512M`);
  }
  return value;
}
