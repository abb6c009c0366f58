/**
 * The kernel's own `conf`: built from a tree, asked about a tree, with the answers of its compiler probes recorded once.
 *
 * Everything it makes goes into a work directory and is used again: the program (`conf-6.12/`), the probes
 * (`probes-6.12-arm.rec`), and what it answered (see kept()).
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { ShellRecord } from "@shootdown/kconfig";
import { kernelEnvironment, kernelVersion } from "@shootdown/kconfig/node";
import { CACHE, ROOT } from "../../support/root.js";
import { hasTool } from "../../support/tools.js";

/** The shell scripts and C files of this folder. */
export const HERE = join(ROOT, "tests/oracle/kconfig");
/** Where things are kept by default. */
export const WORK = join(CACHE, "kconfig-oracle");
export const PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

/** A program that building conf or making cases needs and that is not there. */
export function missingForConf(): string | undefined {
  return ["gcc", "bison", "flex", "python3"].find((name) => !hasTool(name));
}

/** One architecture of one tree. */
export interface Side {
  readonly tree: string;
  readonly arch: string;
  /** `6.12`. */
  readonly version: string;
  /** For what is kept about this tree and architecture. */
  readonly work: string;
  /** Of all trees. */
  readonly workOfAll: string;
  readonly conf: string;
  /** As `make` sets it. */
  readonly env: Record<string, string>;
  /** The same, and what makes conf's probes answer from the record. */
  readonly confEnv: Record<string, string>;
  readonly probes: ShellRecord;
}

/** The program, built from the tree's sources unless there is one of its version. */
export function buildConf(tree: string, work: string): string {
  const conf = join(work, `conf-${shortVersion(tree)}`, "conf");
  if (!existsSync(conf)) execFileSync(join(HERE, "build-conf.sh"), [tree, dirname(conf)], { stdio: "ignore" });
  return conf;
}

function shortVersion(tree: string): string {
  return kernelVersion(tree).split(".").slice(0, 2).join(".");
}

/** `live`: conf runs its probes each time. */
export function setUp(tree: string, arch: string, workOfAll: string, live = false): Side {
  const version = shortVersion(tree);
  const work = join(workOfAll, `${basename(tree)}-${arch}`);
  mkdirSync(work, { recursive: true });
  const conf = buildConf(tree, workOfAll);
  const preload = join(workOfAll, "popenlog.so");
  if (!existsSync(preload))
    execFileSync("gcc", ["-shared", "-fPIC", "-O2", "-o", preload, join(HERE, "popenlog.c"), "-ldl"]);
  const env = kernelEnvironment({ tree, arch, base: { PATH } });
  const recordFile = join(workOfAll, `probes-${version}-${arch}.rec`);
  if (!existsSync(recordFile))
    inScratch((scratch) => {
      const recording = { ...env, LD_PRELOAD: preload, POPEN_RECORD: recordFile };
      spawnSync(conf, ["-s", "--alldefconfig", "Kconfig"], { cwd: scratch, env: recording, stdio: "ignore" });
    });
  const confEnv = live ? env : { ...env, LD_PRELOAD: preload, POPEN_REPLAY: recordFile };
  return { tree, arch, version, work, workOfAll, conf, env, confEnv, probes: readRecord(recordFile) };
}

/** What popenlog.c wrote: `length length\n`, command, output, line feed. */
export function readRecord(file: string): ShellRecord {
  const bytes = readFileSync(file);
  const record: ShellRecord = {};
  for (let at = 0; at < bytes.length; ) {
    const head = bytes.indexOf(10, at);
    const [command, output] = bytes.toString("latin1", at, head).split(" ").map(Number);
    const end = head + 1 + command!;
    record[bytes.toString("utf8", head + 1, end)] = { stdout: bytes.toString("utf8", end, end + output!) };
    at = end + output! + 1;
  }
  return record;
}

/** What one run of conf left behind. All text is bytes, one a character. */
export interface ConfRun {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The file asked for; empty if there is none. */
  readonly output: string;
}

export interface ConfRequest {
  readonly conf: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** The file it should write. */
  readonly output: string;
  /** What is typed. */
  readonly input?: string;
  /** Milliseconds; a run that takes longer has the signal SIGTERM. */
  readonly timeout?: number;
}

/** More than any dialogue says. */
const MAX_BYTES = 1 << 24;

export function runConf(request: ConfRequest): ConfRun {
  const { conf, args, env, cwd, input = "", timeout } = request;
  const run = spawnSync(conf, ["-s", ...args, "Kconfig"], {
    cwd,
    env,
    encoding: "latin1",
    maxBuffer: MAX_BYTES,
    input,
    ...(timeout === undefined ? {} : { timeout }),
  });
  const file = join(cwd, request.output);
  const output = existsSync(file) ? readFileSync(file, "latin1") : "";
  return { status: run.status, signal: run.signal, stdout: run.stdout, stderr: run.stderr, output };
}

/** conf on the side's tree, in an empty directory with one file. */
export function askConf(side: Side, args: readonly string[], output: string, config?: string): ConfRun {
  return inScratch((cwd) => {
    if (config !== undefined) writeFileSync(join(cwd, ".config"), config, "latin1");
    return runConf({ conf: side.conf, args, env: side.confEnv, cwd, output });
  });
}

export function inScratch<T>(run: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "conf-"));
  try {
    return run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
