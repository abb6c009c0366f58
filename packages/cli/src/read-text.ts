/**
 * Reading a text file that a user named. Every failure is an `InputError`.
 */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { InputError } from "@shootdown/doctor/errors";

/** Larger files are no configuration and no patch. Bytes. */
const MAX_INPUT_BYTES = 8 * 1024 * 1024;
/** Bytes of one read. */
const READ_BYTES = 256 * 1024;

/** Reads a text file that a user named. */
export function readText(path: string, what: string): string {
  let bytes: Buffer;
  try {
    if (statSync(path).isDirectory()) {
      throw new InputError("S1102", path, `this is a folder, and ${what} is a file`, "name the file inside it");
    }
    bytes = readAtMost(path, MAX_INPUT_BYTES + 1);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError("S1101", path, reasonOf(error), `check the name of ${what}, and its permissions`);
  }
  if (bytes.length > MAX_INPUT_BYTES) {
    throw new InputError("S1103", path, `more than 8 MiB: too large for ${what}`, `give ${what} (at most 8 MiB)`);
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

/** The first `limit` bytes. A pipe, which has no size, is read to its end; a device that has no end is not. */
function readAtMost(path: string, limit: number): Buffer {
  const file = openSync(path, "r");
  try {
    const chunks: Buffer[] = [];
    for (let left = limit; left > 0; ) {
      const chunk = Buffer.alloc(Math.min(left, READ_BYTES));
      const count = readSync(file, chunk);
      if (count === 0) break;
      chunks.push(chunk.subarray(0, count));
      left -= count;
    }
    return Buffer.concat(chunks);
  } finally {
    closeSync(file);
  }
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return "there is no such file";
  if (code === "ENOTDIR") return "a part of the path is a file, not a folder";
  if (code === "ELOOP") return "its symbolic links lead in a circle";
  if (code === "EACCES") return "permission denied";
  return error instanceof Error ? error.message : String(error);
}
