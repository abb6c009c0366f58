/**
 * Goal: TypeScript is loaded whatever is kept of it, and kept where it can be. Method: the loader in a folder of its own,
 * in processes of their own: with nothing kept, with what the run before kept, with rubbish, with no folder to keep it in.
 */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import ts from "typescript";
import { afterEach, beforeEach, expect, it } from "vitest";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "shootdown-loader-"));
  mkdirSync(join(folder, "src"));
  mkdirSync(join(folder, "node_modules"));
  const installed = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
  symlinkSync(installed, join(folder, "node_modules", "typescript"));
  copyFileSync(new URL("typescript.cjs", import.meta.url), join(folder, "src", "typescript.cjs"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What a module that imports the loader finds. */
function load(): string {
  const text = `import ts from "./src/typescript.cjs"; process.stdout.write(ts.version + ts.transpile("let x: number"));`;
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", text], { cwd: folder, encoding: "utf8" });
  expect(run.stderr).toBe("");
  return run.stdout;
}

const kept = () => readdirSync(join(folder, "dist"));

it("loads the same TypeScript with nothing kept, and from what it kept", () => {
  mkdirSync(join(folder, "dist"));
  const first = load();
  expect(first).toBe(ts.version + ts.transpile("let x: number"));
  expect(kept()).toEqual([expect.stringMatching(`^typescript-${ts.version}-\\d+\\.code$`)]);
  const path = join(folder, "dist", kept()[0]!);
  const written = statSync(path).mtimeMs;
  expect(load()).toBe(first);
  expect(statSync(path).mtimeMs).toBe(written);
});

it("loads it past what is damaged, and replaces that", () => {
  mkdirSync(join(folder, "dist"));
  const first = load();
  const path = join(folder, "dist", kept()[0]!);
  writeFileSync(path, "rubbish");
  expect(load()).toBe(first);
  expect(statSync(path).size).toBeGreaterThan(1e6);
  expect(kept()).toHaveLength(1);
});

it("loads it where nothing can be kept", () => {
  expect(load()).toMatch(ts.version);
  expect(readdirSync(folder).sort()).toEqual(["node_modules", "src"]);
});
