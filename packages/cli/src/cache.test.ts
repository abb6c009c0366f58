/**
 * What is kept is what was made from the same sources, and never stands in the way: a folder that cannot be made costs only time.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cacheFolder, kept } from "./cache.js";

let folder = "";
let before: string | undefined;
beforeEach(() => {
  before = process.env.XDG_CACHE_HOME;
  folder = mkdtempSync(join(tmpdir(), "shootdown-cache-"));
  process.env.XDG_CACHE_HOME = folder;
});
afterEach(() => {
  if (before === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = before;
  rmSync(folder, { recursive: true });
});

/** Makes texts that tell how many were made. */
function maker(): { make: () => Promise<string>; made: () => number } {
  let count = 0;
  return { make: async () => `text ${++count}`, made: () => count };
}

test("the same sources are made once, others anew", async () => {
  const { make, made } = maker();
  expect(await kept("test", ["a", "b"], make)).toBe("text 1");
  expect(await kept("test", ["a", "b"], make)).toBe("text 1");
  expect(await kept("test", ["ab", ""], make)).toBe("text 2");
  expect(await kept("other", ["a", "b"], make)).toBe("text 3");
  expect(made()).toBe(3);
});

test("so many are kept, and no unfinished ones", async () => {
  const { make } = maker();
  for (let i = 0; i < 20; i++) await kept("test", [`${i}`], make);
  expect(readdirSync(cacheFolder()!).filter((name) => /^test-[0-9a-f]{64}$/.test(name))).toHaveLength(16);
  expect(readdirSync(cacheFolder()!)).toHaveLength(16);
});

test("without a folder the text is made each time", async () => {
  writeFileSync(join(folder, "file"), "");
  process.env.XDG_CACHE_HOME = join(folder, "file");
  const { make } = maker();
  expect(cacheFolder()).toBeUndefined();
  expect(await kept("test", ["a"], make)).toBe("text 1");
  expect(await kept("test", ["a"], make)).toBe("text 2");
});
