/**
 * Goal: what is asked on several threads is answered as on one: the same bytes, the same errors.
 * Method: commands that ask many questions, with --jobs 1 and with more; a patch that a thread refuses; numbers that are none.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type } from "./support/transcript.js";

const folder = mkdtempSync(join(tmpdir(), "jobs-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("on several threads as on one", () => {
  test.each([
    ["reports 1", 0],
    // Remedies that were made for the finding, and one that is rejected.
    ["doctor examples/6.12-rclass-smp-nommu.config --cpu cortex-r5 --patch revert-3583521aabac", 1],
  ])("%s", (command, status) => {
    const one = type(`./shootdown ${command} --jobs 1`);
    expect(one.status).toBe(status);
    expect(one.output.length).toBeGreaterThan(20);
    expect(type(`./shootdown ${command} --jobs 3`)).toEqual(one);
  });

  test("a patch that does not apply", () => {
    const patch = join(folder, "misfit.patch");
    writeFileSync(patch, "--- a/mm/highmem.ts\n+++ b/mm/highmem.ts\n@@ -1,1 +1,1 @@\n-no such line\n+another\n");
    const one = type(`./shootdown impact --patch ${patch} --jobs 1`);
    expect(one.status).toBe(2);
    expect(one.output[0]).toMatch(/^S1402 /);
    expect(type(`./shootdown impact --patch ${patch} --jobs 2`)).toEqual(one);
  });
});

test.each(["0", "-1", "many", "1.5"])("--jobs %s is refused", (count) => {
  const { output, status } = type(`./shootdown reports 1 --jobs ${count}`);
  expect(status).toBe(2);
  expect(output.join("\n")).toMatch(/^S1002 .*--jobs/);
});
