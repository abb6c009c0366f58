/**
 * What Node has to offer the package: files on disk, a shell, the environment a kernel's Makefile would set.
 *
 * The entry point `@shootdown/kconfig/node`. The rest of the package never imports it.
 */
/// <reference types="node" />
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { fingerprint, loadTree, saveTree } from "./cache.js";
import {
  type Environment,
  type FileTree,
  recordShell,
  replayShell,
  type ShellRecord,
  type ShellRunner,
} from "./environment.js";
import { decodeBytes } from "./text.js";
import { type KconfigTree, type ParseOptions, parseKconfig } from "./tree.js";

/** The bytes of a file as text; undefined if there is no such file. */
export function readText(path: string): string | undefined {
  try {
    // Node reads text in one step. What is not UTF-8 shows as U+FFFD and is read again, byte by byte.
    const text = readFileSync(path, "utf8");
    return text.includes("\ufffd") || text.startsWith("\ufeff") ? decodeBytes(readFileSync(path)) : text;
  } catch {
    return undefined;
  }
}

/** Files under a directory. Absolute paths are taken as they are. */
export class DirectoryFiles implements FileTree {
  constructor(readonly directory: string) {}

  readFile(path: string): string | undefined {
    return readText(this.path(path));
  }

  path(path: string): string {
    return isAbsolute(path) ? path : join(this.directory, path);
  }
}

export type ShellAnswers = "check" | "path" | "trust";

export interface CachedParseOptions extends ParseOptions {
  /** Where the parsed tree is kept between runs. Made, and made anew, as needed. */
  readonly cacheFile: string;
  /**
   * `check` (default): every `$(shell,…)` of the tree is answered again and compared, which takes seconds of compiler runs. `path`:
   * only if a directory on PATH has changed (a program was installed, replaced or removed) since the answers were given. `trust`:
   * never; right as long as nobody changes the compiler without changing the environment.
   */
  readonly shellAnswers?: ShellAnswers;
}

/** Size and times of a file, by which an unchanged one is recognised without reading it. */
function stamp(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat === undefined ? undefined : `${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}:${stat.ino}`;
}

/**
 * parseKconfig(), or the tree of an earlier run if nothing it was made from has changed: the content of the files, the environment,
 * the answers of the shell. A file whose size and times are as before is taken to have the same content, as git does.
 */
export function parseKconfigCached(options: CachedParseOptions & { readonly files: DirectoryFiles }): KconfigTree {
  const { cacheFile, files } = options;
  const stampFile = `${cacheFile}.stamps`;
  const stamps = readStamps(stampFile);
  const programs = programStamp(options.env?.PATH ?? "");
  const isShellTrusted =
    options.shellAnswers === "trust" || (options.shellAnswers === "path" && stamps.get(PROGRAMS) === programs);
  let bytes: Uint8Array | undefined;
  try {
    bytes = readFileSync(cacheFile);
  } catch {
    // The first run.
  }
  const isUnchanged = (path: string, before: string): boolean => {
    const full = files.path(path);
    const known = stamps.get(path);
    if (known !== undefined && known === stamp(full)) return true;
    const text = readText(full);
    return text !== undefined && fingerprint(text) === before;
  };
  const cached = bytes === undefined ? undefined : loadTree(bytes, { ...options, isShellTrusted, isUnchanged });
  if (cached !== undefined) {
    // Asked again and found as before: the next run need not ask.
    if (!isShellTrusted) writeStamps(stampFile, cached.inputs.files, files, programs);
    return cached;
  }
  const tree = parseKconfig(options);
  mkdirSync(dirname(cacheFile), { recursive: true });
  writeWhole(cacheFile, saveTree(tree, options.root));
  writeStamps(stampFile, tree.inputs.files, files, programs);
  return tree;
}

/** The name under which {@link programStamp} is kept among the stamps; no file has it. */
const PROGRAMS = "";

/** Differs when a program in one of the directories has been installed, replaced or removed. */
function programStamp(path: string): string {
  return fingerprint(
    path
      .split(":")
      .map((directory) => `${directory}\0${stamp(directory) ?? ""}`)
      .join("\0"),
  );
}

function writeStamps(stampFile: string, paths: readonly string[], files: DirectoryFiles, programs: string): void {
  const lines = paths.map((path) => `${stamp(files.path(path)) ?? ""} ${path}\n`);
  writeWhole(stampFile, `${programs} ${PROGRAMS}\n${lines.join("")}`);
}

/** Stamps are worth nothing if files changed while they were written: a file younger than its stamp's file is not trusted. */
function readStamps(stampFile: string): Map<string, string> {
  const out = new Map<string, string>();
  const made = statSync(stampFile, { throwIfNoEntry: false, bigint: true })?.mtimeNs;
  if (made === undefined) return out;
  for (const line of (readText(stampFile) ?? "").split("\n")) {
    const space = line.indexOf(" ");
    if (line.slice(space + 1) === PROGRAMS) {
      if (space > 0) out.set(PROGRAMS, line.slice(0, space));
      continue;
    }
    const times = line.slice(0, space).split(":");
    if (space > 0 && BigInt(times[1] ?? "0") + RACY_NS < made) out.set(line.slice(space + 1), line.slice(0, space));
  }
  return out;
}

/** Two changes within this time can leave a file with the same times. */
const RACY_NS = 2_000_000_000n;

/** Never leaves half a file behind. */
function writeWhole(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}

/** Commands take a few milliseconds each; one that takes longer than this hangs. */
const SHELL_TIMEOUT_MS = 60_000;
const SHELL_OUTPUT_BYTES = 16 << 20;

/** Runs commands with `/bin/sh -c`, in `directory`, with exactly the environment given. */
export function nodeShell(directory: string, env: Environment): ShellRunner {
  return (command) => {
    const run = spawnSync("/bin/sh", ["-c", command], {
      cwd: directory,
      env: { ...env } as NodeJS.ProcessEnv,
      timeout: SHELL_TIMEOUT_MS,
      maxBuffer: SHELL_OUTPUT_BYTES,
      stdio: ["ignore", "pipe", "pipe"],
    });
    if (run.error !== undefined) throw new Error(`cannot run "${command}": ${run.error.message}`);
    return { stdout: decodeBytes(run.stdout), stderr: decodeBytes(run.stderr) };
  };
}

/** Directory under arch/ and prefix of the cross compiler, by the name `make ARCH=` takes. */
const ARCHITECTURES: Readonly<Record<string, { readonly source: string; readonly cross: string }>> = {
  arm: { source: "arm", cross: "arm-linux-gnueabihf-" },
  arm64: { source: "arm64", cross: "aarch64-linux-gnu-" },
  i386: { source: "x86", cross: "" },
  parisc64: { source: "parisc", cross: "" },
  riscv: { source: "riscv", cross: "riscv64-linux-gnu-" },
  sparc32: { source: "sparc", cross: "" },
  sparc64: { source: "sparc", cross: "" },
  x86: { source: "x86", cross: "" },
  x86_64: { source: "x86", cross: "" },
};

export interface KernelEnvironmentOptions {
  /** The unpacked kernel tree. */
  readonly tree: string;
  /** As in `make ARCH=`. */
  readonly arch: string;
  /** Prefix of the compiler's name. Default: the usual one for the architecture; empty for x86. */
  readonly cross?: string;
  /** The environment to start from. Only PATH is taken from it. */
  readonly base?: Environment;
}

/** The environment in which the kernel's top Makefile runs conf. */
export function kernelEnvironment(options: KernelEnvironmentOptions): Record<string, string> {
  const { tree, arch, base = process.env } = options;
  const known = ARCHITECTURES[arch] ?? { source: arch, cross: "" };
  const cross = options.cross ?? known.cross;
  const env: Record<string, string> = {
    PATH: base.PATH ?? "/usr/sbin:/usr/bin:/sbin:/bin",
    LC_ALL: "C",
    srctree: tree,
    ARCH: arch,
    SRCARCH: known.source,
    KERNELVERSION: kernelVersion(tree),
    CC: `${cross}gcc`,
    LD: `${cross}ld`,
    AR: `${cross}ar`,
    NM: `${cross}nm`,
    OBJCOPY: `${cross}objcopy`,
    CLANG_FLAGS: "",
    PYTHON3: "python3",
    PAHOLE: "pahole",
    RUSTC: "rustc",
    BINDGEN: "bindgen",
    RUSTC_VERSION_TEXT: "",
  };
  const version = spawnSync(env.CC!, ["--version"], { env, encoding: "utf8" });
  env.CC_VERSION_TEXT = (version.stdout ?? "").split("\n")[0] ?? "";
  return env;
}

export interface KernelTreeOptions extends KernelEnvironmentOptions {
  /** Keep the parsed tree here between runs. Default: parse each time. */
  readonly cacheDirectory?: string;
  /** A JSON file with the answers of `$(shell,…)`. If it is there, nothing is run; if not, it is made. */
  readonly probes?: string;
  /** See {@link CachedParseOptions.shellAnswers}. */
  readonly shellAnswers?: ShellAnswers;
}

/**
 * The Kconfig of a kernel tree for one architecture, as the kernel's own Makefile would have `conf` read it.
 *
 * @throws KconfigError with conf's messages; Error if a command cannot be run.
 */
export function openKernelTree(options: KernelTreeOptions): KconfigTree {
  const { tree, arch, cacheDirectory, probes, shellAnswers } = options;
  const env = kernelEnvironment(options);
  const known = probes === undefined ? undefined : readText(probes);
  const record: ShellRecord = known === undefined ? {} : (JSON.parse(known) as ShellRecord);
  const shell = known === undefined ? recordShell(nodeShell(tree, env), record) : replayShell(record);
  const parse: ParseOptions & { readonly files: DirectoryFiles } = { files: new DirectoryFiles(tree), env, shell };
  const parsed =
    cacheDirectory === undefined
      ? parseKconfig(parse)
      : parseKconfigCached({
          ...parse,
          cacheFile: join(cacheDirectory, `${fingerprint(`${tree}\0${arch}\0${env.CC ?? ""}`)}.kconfig`),
          ...(shellAnswers === undefined ? {} : { shellAnswers }),
        });
  if (probes !== undefined && known === undefined)
    writeWhole(probes, `${JSON.stringify(Object.fromEntries(parsed.inputs.shell), null, 1)}\n`);
  return parsed;
}

/** As `make kernelversion` prints it; empty if the directory is no kernel tree. */
export function kernelVersion(tree: string): string {
  const makefile = readText(join(tree, "Makefile")) ?? "";
  const field = (name: string): string => new RegExp(`^${name} =[ \\t]*(.*)$`, "m").exec(makefile)?.[1] ?? "";
  const numbers = [field("VERSION"), field("PATCHLEVEL"), field("SUBLEVEL")].filter((part) => part !== "");
  return numbers.join(".") + field("EXTRAVERSION");
}
