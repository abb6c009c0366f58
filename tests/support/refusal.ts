/**
 * Command lines in this process, and the form of a message about bad input: for tests of what a person may give.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import { main } from "../../packages/cli/src/main.js";
import { ROOT } from "./repository.js";

export const V7 = join(ROOT, "examples/6.12-v7-smp-highmem.config");
export const V6 = join(ROOT, "examples/6.1-arm11mpcore-smp-highmem.config");
/** A folder for the files of a test file, with a blank in its name. */
export const folder = mkdtempSync(join(tmpdir(), "bad input "));
afterAll(() => rmSync(folder, { recursive: true }));

export interface Output {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process. */
export async function run(args: readonly string[]): Promise<Output> {
  const out = { stdout: "", stderr: "" };
  const { stdout, stderr } = process;
  const [writeOut, writeErr] = [stdout.write, stderr.write];
  const collect = (to: "stdout" | "stderr") => (text: string | Uint8Array) => {
    out[to] += text;
    return true;
  };
  stdout.write = collect("stdout");
  stderr.write = collect("stderr");
  try {
    return { status: await main(args), ...out };
  } finally {
    stdout.write = writeOut;
    stderr.write = writeErr;
    process.exitCode = 0;
  }
}

/** Holds what was said against the form of a message. */
export function expectRefusal({ status, stdout, stderr }: Output, code: string, ...says: readonly string[]): void {
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^S\d{4} [a-z].*: .*\n( {2}.+\n)+ {2}next: .+\n$/i);
  expect(stderr).not.toMatch(/S9000|^\s+at .+:\d+:\d+|node:internal|undefined|NaN|\[object/m);
  expect(stderr.slice(0, 5)).toBe(code);
  for (const text of says) expect(stderr).toContain(text);
  expect(status).toBe(2);
}

/** Writes a file; its path. */
export function file(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

export const doctor = (config: string, ...more: string[]) => ["doctor", config, "--cpu", "cortex-a9", ...more];
