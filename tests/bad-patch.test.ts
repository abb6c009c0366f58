/**
 * Goal: a patch that is broken, or breaks the kernel, gets a message with code, place, reason and next step, like all bad input
 * (bad-input.test.ts); what it may do wrong that is no bad input gets a verdict, and never an endless wait.
 * Method: `main()` in this process; patches made from the tree's own lines.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InputError, patched } from "@shootdown/doctor";
import { describe, expect, test } from "vitest";
import { embeddedTree, shippedPatch } from "./support/model-tree.js";
import { doctor, expectRefusal, file, folder, run, V7 } from "./support/refusal.js";
import { ROOT } from "./support/repository.js";

const tree = embeddedTree();

/** A patch that replaces one line of a kernel file. */
function patchLine(path: string, before: string, ...after: readonly string[]): string {
  const lines = tree.read(`kernel/${path}`)!.split("\n");
  const at = lines.indexOf(before);
  expect(at, before).toBeGreaterThanOrEqual(0);
  return [
    `--- a/${path}`,
    `+++ b/${path}`,
    `@@ -${at + 1} +${at + 1},${after.length} @@`,
    `-${before}`,
    ...after.map((line) => `+${line}`),
    "",
  ].join("\n");
}

describe("a broken patch", () => {
  const { text } = shippedPatch(tree, "forget-flush");
  const apply = (patch: string) => patched(tree, [{ name: "my.patch", text: patch }]);
  const refusal = (patch: string): InputError => {
    try {
      apply(patch);
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      return error as InputError;
    }
    throw new Error("the patch was applied");
  };

  test("cut at any byte", () => {
    apply(text);
    for (let at = 0; at < text.length; at++) {
      const { code, place, reason, next } = refusal(text.slice(0, at));
      expect(["S1401", "S1403"], text.slice(0, at)).toContain(code);
      expect(place).toMatch(/^my\.patch:\d+$/);
      expect([reason.length > 10, next.length > 10]).toEqual([true, true]);
    }
  });

  test("with any line lost", () => {
    const lines = text.split("\n");
    const first = lines.findIndex((line) => line.startsWith("---"));
    for (let at = first; at < lines.length - 1; at++) {
      expect(["S1401", "S1402", "S1403"]).toContain(refusal(lines.toSpliced(at, 1).join("\n")).code);
    }
  });

  const hunk = /@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@/;
  test.each<[string, string, string, RegExp]>([
    ["no hunks", text.slice(0, text.search(/^@@/m)), "S1401", /no hunk follows/],
    ["counts too small", text.replace(hunk, "@@ -$1,2 +$3,1 @@"), "S1401", /counts|goes on/],
    ["counts too large", text.replace(hunk, "@@ -$1,40 +$3,39 @@"), "S1401", /promises 40 old and 39 new lines/],
    [
      "wrong context",
      text.replace("need_flush = true", "must_flush = true"),
      "S1402",
      /does not apply[\s\S]*nearest match/,
    ],
    ["a path outside", text.replaceAll("mm/highmem.ts", "../../etc/passwd"), "S1401", /leads out of the tree/],
    ["an absolute path", text.replaceAll(/[ab]\/mm/g, "/mm"), "S1401", /leads out of the tree/],
    ["no such file", text.replaceAll("mm/highmem.ts", "mm/hihgmem.ts"), "S1402", /no such file/],
    [
      "the repository's path",
      text.replaceAll("mm/highmem.ts", "packages/kernel/mm/highmem.ts"),
      "S1402",
      /must be a\/mm\/highmem\.ts/,
    ],
    ["no plus line", text.replace(/^\+\+\+.*\n/m, ""), "S1401", /no `\+\+\+` line/],
    ["binary", "Binary files a/x and b/x differ\n", "S1401", /binary change/],
    ["a rename", `diff --git a/x b/y\nrename from x\nrename to y\n${text}`, "S1401", /renames/],
  ])("%s", (_, patch, code, reason) => {
    const error = refusal(patch);
    expect([error.code, error.reason]).toEqual([code, expect.stringMatching(reason)]);
  });

  test("applied twice", async () => {
    const output = await run(doctor(V7, "--patch", "forget-flush", "--patch", "forget-flush"));
    expectRefusal(output, "S1402", "mm/highmem.ts: hunk 1 of 1 does not apply", "nearest match");
  });

  test("that breaks Kconfig or a Makefile", async () => {
    const broken = file("kconfig.patch", patchLine("arch/arm/Kconfig", "config HAVE_SMP", "confg HAVE_SMP"));
    expectRefusal(await run(doctor(V7, "--patch", broken)), "S1204", "arch/arm/Kconfig:");
    const makefile = tree
      .read("kernel/Makefile")!
      .split("\n")
      .find((line) => /^obj-y/.test(line))!;
    const circle = file("makefile.patch", patchLine("Makefile", makefile, "X = $(X)", "obj-y += $(X)", makefile));
    expectRefusal(await run(doctor(V7, "--patch", circle)), "S1502", "Makefile:", "references itself");
  });
});

describe("kernel TypeScript", () => {
  const HEAD = "export function kmap_high(page: page_t): vaddr_t {";
  const patch = (name: string, ...lines: string[]) =>
    file(`${name}.patch`, patchLine("mm/highmem.ts", HEAD, HEAD, ...lines.map((line) => `  ${line}`)));
  const ERRORS = ["const f = () => 1;", "let q: u8 = foo(3);", "try { q++; } catch {}"];

  test("with three errors: all of them, each with its place and what to write", async () => {
    const output = await run(doctor(V7, "--patch", patch("three", ...ERRORS)));
    expectRefusal(output, "S1501", "3 errors", "K1002", "Cannot find name 'foo'", "K1006", "return an error code");
    const places = [...output.stderr.matchAll(/^ {2}mm\/highmem\.ts:(\d+):\d+: /gm)].map(([, line]) => Number(line));
    expect(places).toEqual([places[0], places[0]! + 1, places[0]! + 2]);
  });

  test("the same in a folder of the user's own", async () => {
    const kernel = join(folder, "my kernel");
    cpSync(join(ROOT, "packages/kernel"), kernel, {
      recursive: true,
      filter: (path) => !path.includes("node_modules"),
    });
    const path = join(kernel, "mm/highmem.ts");
    writeFileSync(path, readFileSync(path, "utf8").replace(HEAD, `${HEAD}\n  ${ERRORS.join("\n  ")}`));
    expectRefusal(await run(doctor(V7, "--kernel", kernel)), "S1501", "3 errors", "K1002", "TS2304", "K1006");
    mkdirSync(join(folder, "empty kernel"));
    expectRefusal(await run(doctor(V7, "--kernel", join(folder, "empty kernel"))), "S1101", "no Kconfig");
  });

  test.each<[string, string, string]>([
    ["recursion", "kmap_high(page);", "no recursion: kmap_high -> kmap_high"],
    [
      "a circle of calls",
      "flush_all_zero_pkmaps(); lock_kmap(); kunmap_high(kmap_high(page));",
      "kmap_high -> kmap_high",
    ],
    ["a string", "const s: string = 'x';", "K1014"],
    ["async", "await 1;", "K1003"],
    ["syntax", "if ((( {", "TS1005"],
  ])("%s", async (name, line, says) => {
    expectRefusal(await run(doctor(V7, "--patch", patch(name.replaceAll(" ", "-"), line))), "S1501", says);
  });

  test("a handler that calls itself, an import of what is not there, a division by zero", async () => {
    const ipi = "export function do_handle_IPI(): void {";
    const handler = file("handler.patch", patchLine("arch/arm/kernel/smp.ts", ipi, ipi, "  do_handle_IPI();"));
    expectRefusal(await run(doctor(V7, "--patch", handler)), "S1501", "do_handle_IPI -> do_handle_IPI");
    const imported = tree
      .read("kernel/mm/highmem.ts")!
      .split("\n")
      .find((line) => line.startsWith("import {"))!;
    const node = file("node.patch", patchLine("mm/highmem.ts", imported, 'import fs from "node:fs";', imported));
    expectRefusal(await run(doctor(V7, "--patch", node)), "S1501", "K1020");
    expectRefusal(
      await run(doctor(V7, "--patch", patch("zero", "last_pkmap_nr = 1 % (LAST_PKMAP - 1);"))),
      "S1501",
      "K1107",
    );
  });

  test.each<[string, string]>([
    ["that does nothing", "for (;;) {}"],
    ["that counts", "for (let i: u8 = 0; ; i++) {}"],
  ])("an endless loop %s is a finding, not a wait", async (name, line) => {
    const output = await run(doctor(V7, "--no-prescriptions", "--patch", patch(name.replaceAll(" ", "-"), line)));
    expect([output.status, output.stderr]).toEqual([1, ""]);
    expect(output.stdout).toMatch(
      /S2044 bug: endless loop that nobody else can end\n.*kmap_high\n {2}at mm\/highmem\.ts:\d+/,
    );
    expect(output.stdout).toMatch(/shortest run: \d step/);
  });

  test("an endless loop at boot is a kernel that does not come up", async () => {
    const start = "export function start_kernel(): void {";
    const boot = file("boot.patch", patchLine("arch/arm/kernel/setup.ts", start, start, "  for (;;) {}"));
    const output = await run(doctor(V7, "--no-prescriptions", "--patch", boot));
    expect(output.status).toBe(1);
    expect(output.stdout).toMatch(/boot +panics +cortex-a9\n.*endless loop.*arch\/arm\/kernel\/setup\.ts:\d+/);
  });

  test("a loop that grows without end runs into its bound, and says so", async () => {
    const state = "let last_pkmap_nr: u8 = guarded_by(kmap_lock, 0);";
    const growing = [
      patchLine("mm/highmem.ts", state, state, "let calls: u32 = 0;"),
      patchLine("mm/highmem.ts", HEAD, HEAD, "  calls++;").split("\n").slice(2).join("\n"),
    ].join("");
    const args = doctor(V7, "--patch", file("growing.patch", growing), "--max-states", "20000");
    const output = await run(args);
    expect(output.status).toBe(3);
    expect(output.stdout).toContain("stopped at --max-states: 20,");
  });

  test("a scenario in which nothing happens is sound, and says that this means nothing", async () => {
    const file1 = "scenarios/kmap-dma.ts";
    const empty = [
      patchLine(file1, "  tasks: everyCpu(writePagesForEver),", "  tasks: [],"),
      patchLine(
        file1,
        "  interrupts: [anyCpu(networkInterrupt), whileRaised(ipiRaised, do_handle_IPI)],",
        "  interrupts: [],",
      )
        .split("\n")
        .slice(2)
        .join("\n"),
    ].join("");
    const output = await run(doctor(V7, "--patch", file("empty-scenario.patch", empty)));
    expect(output.status).toBe(0);
    expect(output.stdout).toContain("1 state,");
    expect(output.stdout).toContain("NOT reached pkmap wraps");
    expect(output.stdout).toContain("sound, but not every event was reached");
  });
});
