/**
 * What is kept for the next start, in the user's cache folder: parsed Kconfig trees, compiled code. All of it can be made anew;
 * a folder that cannot be written to costs time and nothing else.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { VERSION } from "@shootdown/doctor/version";

/** The packages whose code decides what is compiled. */
const CODE = ["ir", "kernel-ts", "checker", "doctor"];
/** Texts of a kind that are kept; those that are older go. */
const MAX_KEPT = 16;

/** `$XDG_CACHE_HOME/shootdown`, or `~/.cache/shootdown`; undefined where it cannot be made. */
export function cacheFolder(): string | undefined {
  try {
    const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "shootdown");
    mkdirSync(folder, { recursive: true });
    return folder;
  } catch {
    return undefined;
  }
}

/** The text that `make` makes, or made before from the same `sources` with the same program. */
export async function kept(kind: string, sources: readonly string[], make: () => Promise<string>): Promise<string> {
  const folder = cacheFolder();
  if (folder === undefined) return make();
  const hash = createHash("sha256");
  for (const part of [programStamp(), ...sources]) hash.update(part).update("\0");
  const name = `${kind}-${hash.digest("hex")}`;
  const known = readIfThere(join(folder, name));
  if (known !== undefined) return known;
  const text = await make();
  try {
    keep(folder, kind, name, text);
  } catch {} // a full disk: the text is there all the same
  return text;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** Whole or not at all: another process may read it at once. */
function keep(folder: string, kind: string, name: string, text: string): void {
  const unfinished = join(folder, `${name}.${process.pid}`);
  writeFileSync(unfinished, text, { mode: 0o600 });
  renameSync(unfinished, join(folder, name));
  const age = (path: string) => statSync(path).mtimeMs;
  const all = readdirSync(folder).flatMap((other) => (other.startsWith(`${kind}-`) ? [join(folder, other)] : []));
  for (const old of all.sort((a, b) => age(b) - age(a)).slice(MAX_KEPT)) rmSync(old, { force: true });
}

/** Changes when the program does: its version, and the sizes and times of the files that it consists of. */
function programStamp(): string {
  const packages = fileURLToPath(new URL("../../", import.meta.url));
  const files = CODE.flatMap((name) => {
    const folder = join(packages, name, "dist");
    return readdirSync(folder).map((file) => join(folder, file));
  });
  const stamps = files.map((file) => {
    const { size, mtimeMs } = statSync(file);
    return `${file} ${size} ${mtimeMs}`;
  });
  return [VERSION, ...stamps].join("\n");
}
