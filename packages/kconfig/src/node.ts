/**
 * What Node has to offer the package: files on disk, a shell, the environment a kernel's Makefile would set.
 *
 * The entry point `@shootdown/kconfig/node`. The rest of the package never imports it.
 */
/// <reference types="node" />
import { isAscii } from "node:buffer";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { Environment, FileTree, ShellRunner } from "./environment.js";
import { decodeBytes } from "./text.js";

/** The bytes of a file as text; undefined if there is no such file. */
export function readText(path: string): string | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return undefined;
  }
  return isAscii(bytes) ? bytes.toString("latin1") : decodeBytes(bytes);
}

/** Files under a directory. Absolute paths are taken as they are. */
export class DirectoryFiles implements FileTree {
  constructor(readonly directory: string) {}

  readFile(path: string): string | undefined {
    return readText(isAbsolute(path) ? path : join(this.directory, path));
  }
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
  riscv: { source: "riscv", cross: "riscv64-linux-gnu-" },
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

/** As `make kernelversion` prints it; empty if the directory is no kernel tree. */
export function kernelVersion(tree: string): string {
  const makefile = readText(join(tree, "Makefile")) ?? "";
  const field = (name: string): string => new RegExp(`^${name} =[ \\t]*(.*)$`, "m").exec(makefile)?.[1] ?? "";
  const numbers = [field("VERSION"), field("PATCHLEVEL"), field("SUBLEVEL")].filter((part) => part !== "");
  return numbers.join(".") + field("EXTRAVERSION");
}
