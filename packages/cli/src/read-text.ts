/**
 * Reading and writing a file that a user named. Every failure is an `InputError`.
 */
import { closeSync, openSync, readSync, statSync, writeFileSync } from "node:fs";
import { InputError } from "@shootdown/doctor/errors";

/** Larger files are no configuration and no patch. Bytes. */
const MAX_INPUT_BYTES = 8 * 1024 * 1024;
/** Bytes of one read. */
const READ_BYTES = 256 * 1024;

/** Reads a text file that a user named. */
export function readText(path: string, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readBytes(path, what));
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError("S1103", path, "the file is not UTF-8 text", `give ${what} as text`);
  }
}

/** The bytes of a text file, in whatever encoding; `what` it is shows in messages. */
export function readBytes(path: string, what: string): Uint8Array {
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
  return bytes;
}

/** Writes a file that a user named. */
export function writeBytes(path: string, content: string | Uint8Array): void {
  try {
    writeFileSync(path, content);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "the folder does not exist" : reasonOf(error);
    throw new InputError("S1104", path, reason, "name a file in a folder that you may write to");
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
  if (code === "EISDIR") return "this is a folder";
  return error instanceof Error ? error.message : String(error);
}
