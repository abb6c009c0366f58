/**
 * Goal: our patch engine and patch(1) mean the same by a patch.
 * Method: random files and edits over few different lines, so that hunks fit at several places; diff(1) makes the patch
 * with little context; then it is applied to yet another edit of the file, so that hunks are moved and misfit. Both
 * must refuse, or both must make the same file. Patches that ship go through both too.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { InputError } from "../../packages/doctor/src/errors.js";
import { takenBack } from "../../packages/doctor/src/model/history.js";
import { applyPatch, parsePatch } from "../../packages/doctor/src/model/patch.js";
import { embeddedTree } from "../support/model-tree.js";
import { hasTool } from "../support/tools.js";

const ROUNDS = 300;
const ALPHABET = ["a\n", "b\n", "}\n", "\n"];
const PACKAGES = join(import.meta.dirname, "../../packages");
const tools = hasTool("patch") && hasTool("diff");
const folder = mkdtempSync(join(tmpdir(), "patch-oracle-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A small generator of its own (xorshift): the same rounds every time. */
function generator(seed: number): (below: number) => number {
  let x = seed;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

/** The file that patch(1) makes of `text`; undefined if it refuses. */
function byPatch(text: string, patch: string): string | undefined {
  mkdirSync(join(folder, "m"), { recursive: true });
  writeFileSync(join(folder, "m/f"), text);
  const args = ["-p1", "--fuzz=0", "--force", "--no-backup-if-mismatch", "-r", "-", "-d", folder];
  const run = spawnSync("patch", args, { input: patch });
  if (run.error) throw run.error;
  if (run.status !== 0) return undefined;
  return existsSync(join(folder, "m/f")) ? readFileSync(join(folder, "m/f"), "utf8") : "";
}

function byUs(text: string, patch: string): string | undefined {
  try {
    return applyPatch({ read: () => text }, parsePatch(patch, "x")).get("m/f");
  } catch (error) {
    if (error instanceof InputError && error.code === "S1402") return undefined;
    throw error;
  }
}

test.skipIf(!tools)(`${ROUNDS} random patches`, () => {
  const random = generator(20110223);
  const line = () => ALPHABET[random(ALPHABET.length)]!;
  const edited = (lines: readonly string[]) => {
    const result = [...lines];
    for (let i = random(3) + 1; i > 0; i--) {
      result.splice(random(result.length + 1), random(2), ...Array.from({ length: random(3) }, line));
    }
    return result;
  };
  const write = (name: string, lines: readonly string[]) => {
    mkdirSync(join(folder, name, "m"), { recursive: true });
    writeFileSync(join(folder, name, "m/f"), lines.join(""));
  };
  const seen = { applied: 0, refused: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const old = Array.from({ length: 3 + random(20) }, line);
    write("a", old);
    write("b", edited(old));
    const context = `-U${1 + random(3)}`;
    const patch = spawnSync("diff", [context, "a/m/f", "b/m/f"], { cwd: folder, encoding: "utf8" }).stdout;
    if (patch === "") continue;
    const target = (random(2) === 0 ? old : edited(old)).join("");
    const expected = byPatch(target, patch);
    expect(byUs(target, patch), `round ${round}\n${patch}\n---- on ----\n${target}`).toBe(expected);
    seen[expected === undefined ? "refused" : "applied"]++;
  }
  expect(seen.applied).toBeGreaterThan(ROUNDS / 4);
  expect(seen.refused).toBeGreaterThan(ROUNDS / 20);
});

test.skipIf(!tools).each(readdirSync(join(PACKAGES, "kernel/patches")))("%s", (file) => {
  const text = readFileSync(join(PACKAGES, "kernel/patches", file), "utf8");
  const copy = join(folder, file);
  const disk = (path: string) => readFileSync(join(copy, path), "utf8");
  const patch = (input: string) => execFileSync("patch", ["-p1", "--fuzz=0", "-d", copy], { input });
  cpSync(join(PACKAGES, "kernel"), copy, { recursive: true });
  const at = /^At: (\S+)$/m.exec(text)?.[1];
  if (at !== undefined) for (const entry of takenBack(embeddedTree(), at)) patch(entry.text);
  const overlay = applyPatch({ read: disk }, parsePatch(text, file));
  patch(text);
  for (const [path, result] of overlay) expect(disk(path)).toBe(result);
});
