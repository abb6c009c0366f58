/**
 * Linux sources for tests and benchmarks: a directory, or Debian's package of that name (`linux-source-6.12`).
 *
 * Of a package's archive only what tests read is unpacked, once, into `.cache/linux`: every Kconfig file, the scripts and configurations, and
 * the few sources of the percpu harness. That is not enough to build a kernel; for that, unpack the archive and name the directory.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { CACHE } from "./root.js";

/** Where Debian puts the archives. */
const ARCHIVES = "/usr/src";
const FOLDER = join(CACHE, "linux");
/** Relative to the tree; `*` crosses directories. */
const UNPACKED = [
  "Makefile",
  "*Kconfig*",
  "scripts/*",
  "arch/*/configs/*",
  "arch/*/tools/*",
  "kernel/configs/*",
  "include/linux/percpu.h",
  "mm/internal.h",
  "mm/percpu*",
  "tools/include/linux/list.h",
];
/** Another process unpacks the same: it takes half a minute. */
const WAIT_MS = 500;
const PATIENCE_MS = 300_000;

function archiveOf(name: string): string {
  return join(ARCHIVES, `${name}.tar.xz`);
}

/** The trees of Debian's packages that are there, the newest first. */
export function debianTrees(): string[] {
  return ["linux-source-6.12", "linux-source-6.1"].filter((name) => hasLinuxTree(name));
}

/** Can {@link linuxTree} give it? */
export function hasLinuxTree(nameOrDirectory: string): boolean {
  const places = [join(nameOrDirectory, "Kconfig"), join(FOLDER, nameOrDirectory), archiveOf(nameOrDirectory)];
  return places.some((place) => existsSync(place));
}

/**
 * The absolute path of a tree.
 *
 * @throws Error if it is neither a kernel tree nor an installed package.
 */
export function linuxTree(nameOrDirectory: string): string {
  if (existsSync(join(nameOrDirectory, "Kconfig"))) return resolve(nameOrDirectory);
  const archive = archiveOf(nameOrDirectory);
  if (!hasLinuxTree(nameOrDirectory))
    throw new Error(
      `${nameOrDirectory}: no Kconfig in it, and no ${archive}; name a directory, or apt install ${nameOrDirectory}`,
    );
  const tree = join(FOLDER, nameOrDirectory);
  for (const end = Date.now() + PATIENCE_MS; !existsSync(tree); ) {
    mkdirSync(FOLDER, { recursive: true });
    if (!unpack(archive, nameOrDirectory)) {
      if (Date.now() > end) throw new Error(`${FOLDER}/${nameOrDirectory}.part: nobody finishes it; remove it`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
    }
  }
  return tree;
}

/** False: somebody else is at it. */
function unpack(archive: string, name: string): boolean {
  const part = join(FOLDER, `${name}.part`);
  try {
    mkdirSync(part);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const begun = statSync(part, { throwIfNoEntry: false })?.mtimeMs;
    if (begun !== undefined && Date.now() - begun > PATIENCE_MS) rmSync(part, { recursive: true, force: true });
    return false;
  }
  try {
    execFileSync("tar", ["-xJf", archive, "-C", part, "--wildcards", ...UNPACKED.map((path) => `${name}/${path}`)]);
    renameSync(join(part, name), join(FOLDER, name));
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return true;
}
