/**
 * Reading a text file that a user named. Every failure is an `InputError`.
 */
import { readFileSync, statSync } from "node:fs";
import { InputError } from "@shootdown/doctor/errors";

/** Larger files are no configuration and no patch. Bytes. */
const MAX_INPUT_BYTES = 8 * 1024 * 1024;

/** Reads a text file that a user named. */
export function readText(path: string, what: string): string {
  let size: number;
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) {
      throw new InputError("S1102", path, `this is a folder, and ${what} is a file`, "name the file inside it");
    }
    size = stat.size;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError("S1101", path, reasonOf(error), `check the name of ${what}`);
  }
  if (size > MAX_INPUT_BYTES) {
    throw new InputError("S1103", path, `${size} bytes: too large for ${what}`, `give ${what} (at most 8 MiB)`);
  }
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new InputError("S1101", path, reasonOf(error), "check the permissions of the file");
  }
  if (bytes.includes(0)) {
    throw new InputError("S1103", path, "the file has NUL bytes: it is binary, not text", `give ${what} as text`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new InputError("S1103", path, "the file is not UTF-8 text", `give ${what} as text`);
  }
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "permission denied";
  return error instanceof Error ? error.message : String(error);
}
