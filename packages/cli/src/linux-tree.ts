/**
 * A Linux tree named on the command line: its Kconfig, parsed or taken from the cache of an earlier run.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { InputError } from "@shootdown/doctor/errors";
import {
  type Configuration,
  type KbuildResult,
  KconfigError,
  type KconfigTree,
  type Lost,
  parseKbuild,
  parseKconfig,
  recordShell,
  replayShell,
  type ShellRecord,
  stderrText,
} from "@shootdown/doctor/linux";
import {
  DirectoryFiles,
  kernelEnvironment,
  kernelVersion,
  nodeShell,
  parseKconfigCached,
  usualCross,
} from "@shootdown/doctor/node";
import type { Command } from "commander";
import { cacheFolder } from "./cache.js";
import { readText, writeBytes } from "./read-text.js";

export interface LinuxTreeOptions {
  readonly tree: string;
  readonly arch: string;
  readonly cross?: string;
  readonly recordProbes?: string;
  readonly replayProbes?: string;
  readonly cache: boolean;
  readonly checkProbes?: boolean;
}

export function linuxTreeOptions(command: Command): Command {
  return command
    .requiredOption("--tree <folder>", "an unpacked Linux source tree")
    .option("--arch <name>", "the architecture, as in make ARCH=", "arm")
    .option("--cross <prefix>", "prefix of the compiler that Kconfig asks; default: Debian's for the architecture")
    .option("--record-probes <file>", "keep the answers of $(shell,…) in a file")
    .option("--replay-probes <file>", "take the answers of $(shell,…) from a file: no compiler is needed")
    .option("--no-cache", "parse the tree anew")
    .option("--check-probes", "run $(shell,…) again even if no program on the PATH has changed since the last run");
}

export interface LinuxTree {
  readonly kconfig: KconfigTree;
  readonly folder: string;
  readonly version: string;
}

/** Answers of the shell are a JSON object; anything else is refused. */
function readProbes(path: string): ShellRecord {
  try {
    return JSON.parse(readText(path, "a record of probes")) as ShellRecord;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError("S1101", path, "this is no record of probes", "make one with --record-probes");
  }
}

export function openLinuxTree(options: LinuxTreeOptions): LinuxTree {
  const folder = resolve(options.tree);
  if (!existsSync(join(folder, "Kconfig")) || kernelVersion(folder) === "") {
    const why = existsSync(folder)
      ? "this is no Linux tree: it has no Kconfig or no Makefile with a version"
      : "there is no such folder";
    throw new InputError("S1101", options.tree, why, "give the folder of an unpacked kernel source");
  }
  const replayed = options.replayProbes === undefined ? undefined : readProbes(options.replayProbes);
  const env = kernelEnvironment({ tree: folder, arch: options.arch, cross: options.cross });
  if (!existsSync(join(folder, "arch", env.SRCARCH!, "Kconfig"))) {
    const why = `the tree has no arch/${env.SRCARCH}`;
    throw new InputError("S1002", `--arch ${options.arch}`, why, `name one of: ${architectures(folder).join(", ")}`);
  }
  if (replayed === undefined) checkCompiler(options, env.CC!, env.CC_VERSION_TEXT !== "");
  const record: ShellRecord = {};
  const live = nodeShell(folder, env);
  const shell = replayed
    ? replayShell(replayed)
    : options.recordProbes === undefined
      ? live
      : recordShell(live, record);
  const files = new DirectoryFiles(folder);
  try {
    const isCached = options.cache && replayed === undefined && options.recordProbes === undefined;
    const cache = isCached ? cacheFolder() : undefined;
    const kconfig =
      cache !== undefined
        ? parseKconfigCached({
            files,
            env,
            shell,
            cacheFile: cacheFile(cache, folder, options.arch),
            shellAnswers: options.checkProbes ? "check" : "path",
          })
        : parseKconfig({ files, env, shell });
    if (options.recordProbes !== undefined) writeBytes(options.recordProbes, `${JSON.stringify(record, null, 2)}\n`);
    process.stderr.write(stderrText(kconfig.diagnostics));
    return { kconfig, folder, version: kernelVersion(folder) };
  } catch (error) {
    if (!(error instanceof KconfigError)) throw error;
    const next = "correct the tree's Kconfig files; a kernel after 6.12 may use keywords that are not known here";
    throw new InputError("S1204", options.tree, error.message, next);
  }
}

function architectures(folder: string): readonly string[] {
  const isOne = (name: string) => existsSync(join(folder, "arch", name, "Kconfig"));
  return readdirSync(join(folder, "arch")).filter(isOne).sort();
}

/** Kconfig asks the compiler what it can do. With no compiler there is no answer, and with the host's there may be another one. */
function checkCompiler({ arch, cross }: LinuxTreeOptions, compiler: string, isThere: boolean): void {
  if (!isThere) {
    const next =
      "install it, name another with --cross PREFIX, or take the answers of another machine: --replay-probes FILE";
    throw new InputError("S1002", `--arch ${arch}`, `Kconfig asks the compiler ${compiler}, which is not there`, next);
  }
  const usual = usualCross(arch);
  if (cross !== undefined || compiler === `${usual}gcc`) return;
  process.stderr.write(
    `shootdown: there is no ${usual}gcc, so ${compiler} answers Kconfig's $(cc-option,…), as in make without CROSS_COMPILE; --cross PREFIX names another\n`,
  );
}

/** What a person can choose comes before what follows from it. */
export function decisionsFirst(tree: LinuxTree, all: readonly Lost[]): readonly Lost[] {
  const isChosen = ({ name }: Lost) => tree.kconfig.symbol(name)?.menus.some((menu) => menu.prompt !== null) === true;
  return [...all.filter(isChosen), ...all.filter((item) => !isChosen(item))];
}

/** What the tree's Makefiles build for a configuration. */
export function kbuildOf(tree: LinuxTree, arch: string, configuration: Configuration): KbuildResult {
  const files = new DirectoryFiles(tree.folder);
  return parseKbuild({
    files: {
      read: (path) => files.readFile(path),
      exists: (path) => statSync(files.path(path), { throwIfNoEntry: false }) !== undefined,
      list: (path) => {
        try {
          return readdirSync(files.path(path));
        } catch {
          return undefined;
        }
      },
    },
    config: new Map(configuration.symbols().map((symbol) => [symbol.name, symbol.value])),
    arch,
  });
}

function cacheFile(cache: string, folder: string, arch: string): string {
  return join(cache, `kconfig-${folder.replaceAll(/[^\w.-]+/g, "_")}-${arch}.bin`);
}
