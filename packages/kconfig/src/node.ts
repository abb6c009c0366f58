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
    // Not join(): a tree has fifteen hundred files, and their paths are plain.
    return isAbsolute(path) ? path : `${this.directory}/${path}`;
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
  /** A stamp is missing, not to be trusted, or another than before: all are to be written anew. */
  let isStampOld = stamps.get(PROGRAMS) !== programs;
  const isUnchanged = (path: string, before: string): boolean => {
    const full = files.path(path);
    const known = stamps.get(path);
    if (known !== undefined && known === stamp(full)) return true;
    isStampOld = true;
    const text = readText(full);
    return text !== undefined && fingerprint(text) === before;
  };
  const cached = bytes === undefined ? undefined : loadTree(bytes, { ...options, isShellTrusted, isUnchanged });
  if (cached !== undefined) {
    // Looked at and found as before: the next run need not look.
    if (isStampOld && !isShellTrusted) keep(() => writeStamps(stampFile, cached.inputs.files, files, programs));
    return cached;
  }
  const tree = parseKconfig(options);
  keep(() => {
    mkdirSync(dirname(cacheFile), { recursive: true });
    writeWhole(cacheFile, saveTree(tree, options.root));
    writeStamps(stampFile, tree.inputs.files, files, programs);
  });
  return tree;
}

/** A cache that cannot be written (a full disk, a folder of somebody else's) costs time and nothing else. */
function keep(write: () => void): void {
  try {
    write();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
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

/** Directory under arch/ where it has another name than `make ARCH=` takes. */
const SOURCES: Readonly<Record<string, string>> = {
  i386: "x86",
  parisc64: "parisc",
  sh64: "sh",
  sparc32: "sparc",
  sparc64: "sparc",
  x86_64: "x86",
};

/** Prefix of Debian's cross compiler, by the name `make ARCH=` takes. Others have none, x86's is the usual host's. */
const CROSS_PREFIXES: Readonly<Record<string, string>> = {
  alpha: "alpha-linux-gnu-",
  arc: "arc-linux-gnu-",
  arm: "arm-linux-gnueabihf-",
  arm64: "aarch64-linux-gnu-",
  loongarch: "loongarch64-linux-gnu-",
  m68k: "m68k-linux-gnu-",
  mips: "mips-linux-gnu-",
  parisc: "hppa-linux-gnu-",
  parisc64: "hppa64-linux-gnu-",
  powerpc: "powerpc64-linux-gnu-",
  riscv: "riscv64-linux-gnu-",
  s390: "s390x-linux-gnu-",
  sh: "sh4-linux-gnu-",
  sparc64: "sparc64-linux-gnu-",
};

/** The usual prefix of an architecture's compiler; empty: the host's own compiler. */
export function usualCross(arch: string): string {
  return CROSS_PREFIXES[arch] ?? "";
}

export interface KernelEnvironmentOptions {
  /** The unpacked kernel tree. */
  readonly tree: string;
  /** As in `make ARCH=`. */
  readonly arch: string;
  /**
   * Prefix of the compiler's name. Default: {@link usualCross}, or none where no such compiler is installed: then the host's
   * answers, as in `make ARCH=` without CROSS_COMPILE, and `CC` in the environment is plain `gcc`.
   */
  readonly cross?: string;
  /** The environment to start from. Only PATH is taken from it. */
  readonly base?: Environment;
}

/** The environment in which the kernel's top Makefile runs conf. `CC_VERSION_TEXT` is empty if there is no compiler at all. */
export function kernelEnvironment(options: KernelEnvironmentOptions): Record<string, string> {
  const { tree, arch, base = process.env } = options;
  const cross = options.cross ?? usualCross(arch);
  const env: Record<string, string> = {
    PATH: base.PATH ?? "/usr/sbin:/usr/bin:/sbin:/bin",
    LC_ALL: "C",
    srctree: tree,
    ARCH: arch,
    SRCARCH: SOURCES[arch] ?? arch,
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
  // User-mode Linux takes a part of its Kconfig from the processor that it runs on; it runs on x86 only.
  if (arch === "um") Object.assign(env, { HEADER_ARCH: "x86", SUBARCH: "x86" });
  const version = spawnSync(env.CC!, ["--version"], { env, encoding: "utf8" });
  if (version.error !== undefined && options.cross === undefined && cross !== "")
    return kernelEnvironment({ ...options, cross: "" });
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
