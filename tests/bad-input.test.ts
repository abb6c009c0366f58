/**
 * Goal: whatever is wrong with what a person gives, they get a message with code, place, reason and next step on stderr,
 * exit status 2 and nothing on stdout; never a stack trace, never a defect (S9000), never an endless wait.
 * Method: `main()` in this process, many times over; a dozen command lines once more as real processes, for what only a
 * process has (its exit status, its pipes). What a patch may do wrong that is no bad input gets a verdict instead.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { examine, InputError, patched } from "@shootdown/doctor";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { main } from "../packages/cli/src/main.js";
import { embeddedTree, exampleConfig, shippedPatch } from "./support/model-tree.js";
import { ROOT } from "./support/repository.js";

const V7 = join(ROOT, "examples/6.12-v7-smp-highmem.config");
const V6 = join(ROOT, "examples/6.1-arm11mpcore-smp-highmem.config");
const tree = embeddedTree();
const folder = mkdtempSync(join(tmpdir(), "bad input "));
afterAll(() => rmSync(folder, { recursive: true }));

interface Output {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process. */
async function run(args: readonly string[]): Promise<Output> {
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
function expectRefusal({ status, stdout, stderr }: Output, code: string, ...says: readonly string[]): void {
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^S\d{4} [a-z].*: .*\n( {2}.+\n)+ {2}next: .+\n$/i);
  expect(stderr).not.toMatch(/S9000|^\s+at .+:\d+:\d+|node:internal|undefined|NaN|\[object/m);
  expect(stderr.slice(0, 5)).toBe(code);
  for (const text of says) expect(stderr).toContain(text);
  expect(status).toBe(2);
}

function file(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const doctor = (config: string, ...more: string[]) => ["doctor", config, "--cpu", "cortex-a9", ...more];

describe("files", () => {
  beforeAll(() => symlinkSync("circle", join(folder, "circle")));

  test.each<[string, () => string, string, string]>([
    ["missing", () => join(folder, "nope"), "S1101", "there is no such file"],
    ["no name", () => "", "S1101", "there is no such file"],
    ["a folder", () => folder, "S1102", "this is a folder"],
    ["a file as a folder", () => join(file("plain", "x\n"), "y"), "S1101", "not a folder"],
    ["a circle of links", () => join(folder, "circle"), "S1101", "circle"],
    ["binary", () => file("binary", new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 1])), "S1103", "NUL bytes"],
    ["not UTF-8", () => file("latin", new Uint8Array([0x43, 0xff, 0xfe, 10])), "S1103", "not UTF-8"],
    ["empty", () => file("empty", ""), "S1203", "no line sets or unsets"],
    ["blank", () => file("blank", "\n\n"), "S1203", "no line sets or unsets"],
    ["the empty device", () => "/dev/null", "S1203", "no line sets or unsets"],
    ["a device without end", () => "/dev/zero", "S1103", "too large"],
    ["9 MB", () => file("large", "# \n".repeat(3_000_000)), "S1103", "too large"],
    ["prose", () => file("prose", "# fine\nDear all,\n"), "S1201", "prose:2"],
    ["a shell script", () => file("script", "CONFIG_SMP=y\nexport X=1\n"), "S1201", "export X=1"],
    ["terminal codes", () => file("codes", "\x1b[2Jhello\n"), "S1201", "\\x1b[2Jhello"],
    ["one long line", () => file("long", `CONFIG_${"X".repeat(1_000_000)}\n`), "S1201", "(1000"],
    ["another architecture", () => join(ROOT, "examples/6.12-riscv-smp-nommu.config"), "S1203", "riscv"],
  ])("a configuration: %s", async (_, path, code, says) => {
    const output = await run(doctor(path()));
    expectRefusal(output, code, says);
    expect(output.stderr.length).toBeLessThan(3000);
  });

  test.each<[string, () => string, string, string]>([
    ["missing", () => "./nope.patch", "S1101", "there is no such file"],
    ["a folder", () => folder, "S1102", "this is a folder"],
    ["binary", () => file("binary.patch", new Uint8Array([0, 1])), "S1103", "NUL bytes"],
    ["empty", () => file("empty.patch", ""), "S1403", "empty"],
    ["prose", () => file("prose.patch", "please apply\n"), "S1403", "no file header"],
    ["not one that ships", () => "forget-flsh", "S1302", "did you mean forget-flush?"],
  ])("a patch: %s", async (_, path, code, says) => {
    expectRefusal(await run(doctor(V7, "--patch", path())), code, says);
  });
});

describe("a .config that was cut", () => {
  const { text } = exampleConfig("6.12-v7-smp-highmem.config");
  const question = (cut: string) =>
    examine({
      tree,
      config: { name: "cut.config", text: cut },
      cpu: "cortex-a9",
      sets: new Map(),
      patches: [],
      scenario: "kmap-dma",
      sizes: new Map(),
      mode: { kind: "search", options: { maxStates: 1 } },
      replayCommand: () => "",
    });

  test.each(["# Linux/arm", "CONFIG_CC_VERSION_TEXT=", "CONFIG_SMP=y", "CONFIG_HIGHMEM=y", "# CONFIG_SMP_ON_UP is"])(
    "at any byte of the line with %s",
    (line) => {
      const begin = text.indexOf(line);
      const end = text.indexOf("\n", begin);
      expect(begin).toBeGreaterThan(0);
      for (let at = begin + 1; at <= end; at++) {
        const number = text.slice(0, at).split("\n").length;
        expect(() => question(text.slice(0, at)), text.slice(begin, at)).toThrow(
          new RegExp(`^S1202 a configuration file is cut off in the middle of a line: cut.config:${number}: `),
        );
      }
    },
  );

  test("and one whose line stops short but is ended", () => {
    for (const line of [
      "CONFIG_SM",
      "CONFIG_SMP=",
      'CONFIG_LOCALVERSION="',
      'CONFIG_X="a',
      "# CONFIG_SMP is",
      "CONFIG_",
    ]) {
      expect(() => question(`${text}${line}\n`), line).toThrow(/^S1201 .*cut\.config:\d+: /);
    }
  });

  test("by the command line", async () => {
    const path = file("cut.config", text.slice(0, text.indexOf("CONFIG_HIGHMEM=y") + 9));
    expectRefusal(await run(doctor(path)), "S1202", `${path}:`, "CONFIG_HI", "fetch the file again");
  });

  test("but other line ends and a byte order mark are no reason to refuse", async () => {
    for (const variant of [text.replaceAll("\n", "\r\n"), `\u{feff}${text}`]) {
      const output = await run(doctor(file("variant", variant), "--max-states", "100"));
      expect([output.status, output.stderr]).toEqual([3, ""]);
      expect(output.stdout).toContain("SMP=y MMU=y HIGHMEM=y");
    }
  });
});

describe("names and values", () => {
  test.each<[string, string, string]>([
    ["--cpu cortex-a99", "S1301", "did you mean cortex-a9"],
    ["--cpu __proto__", "S1301", "arm11mpcore"],
    ["--scenario kmap-dm", "S1303", "did you mean kmap-dma?"],
    ["--scenario ../mm/highmem", "S1303", "kmap-dma"],
    ["--size PAGES=2", "S1304", "NR_CPUS, LAST_PKMAP"],
    ["--size NR_CPUS", "S1002", "NAME=n"],
    ["--size NR_CPUS=0", "S1002", "from 1 to"],
    ["--size NR_CPUS=-1", "S1002", "from 1 to"],
    ["--size NR_CPUS=2.5", "S1002", "from 1 to"],
    ["--size NR_CPUS=1e9", "S1002", "from 1 to"],
    ["--size NR_CPUS=9", "S1002", "at most 8 CPUs"],
    ["--size LAST_PKMAP=99999999999999999999", "S1002", "from 1 to"],
    ["--set SPM=y", "S1304", "no symbol of that name"],
    ["--set SMP", "S1002", "SYMBOL=value"],
    ["--set SMP=maybe", "S1002", "y or n"],
    ["--set SMP=2", "S1002", "y or n"],
    ["--set NR_CPUS=many", "S1002", "whole number"],
    ["--set __proto__=y", "S1304", "no symbol"],
    ["--at v9.9", "S1305", "v2.6.33"],
    ["--at v2.6.1", "S1305", "v2.6.33"],
    ["--at deadbeef", "S1305", "no commit that the history knows"],
    ["--at latest", "S1305", "no release"],
    ["--max-states 0", "S1002", "no positive whole number"],
    ["--max-states 1e9", "S1002", "no positive whole number"],
    ["--max-states 99999999999999999999", "S1002", "no positive whole number"],
    ["--max-memory 12Q", "S1002", "no amount of memory"],
    ["--max-memory 0", "S1002", "no amount of memory"],
    ["--max-memory 9999999999G", "S1002", "no amount of memory"],
    ["--max-seconds soon", "S1002", "no positive whole number"],
    ["--kernel nowhere", "S1101", "no Kconfig"],
    ["--verbose", "S1001", "unknown option '--verbose'"],
    ["extra", "S1001", "too many arguments"],
    ["--patch", "S1001", "argument missing"],
  ])("doctor CONFIG %s", async (words, code, says) => {
    const output = await run(doctor(V7, ...words.split(" ")));
    expectRefusal(output, code, says);
    if (code !== "S1001" && code !== "S1101") expect(output.stderr.split("\n")[0]).toContain(words.split(" ")[1]!);
  });

  test.each<[string, string, string]>([
    ["", "", ""],
    ["doctr x", "S1001", "Did you mean doctor?"],
    ["--nope", "S1001", "unknown option"],
    ["help nope", "S1001", "no such command"],
    ["config", "S1001", "subcommand"],
    ["doctor", "S1001", "config"],
    [`doctor ${V7}`, "S1001", "--cpu"],
    ["list", "S1001", "what"],
    ["list cpu", "S1001", "did you mean cpus?"],
    [`ir kmap_hihg --config ${V7}`, "S1304", "did you mean kmap_high"],
    ["ir kmap_high", "S1001", "--config"],
    ["ir kmap_high --config nope", "S1101", "no such file"],
    ["reports 7", "S1001", "there are: 1, 2"],
    ["reports 2 --max-states no", "S1002", "no positive whole number"],
    ["impact", "S1001", "--patch"],
    ["impact --patch nope", "S1302", "forget-flush"],
    [`simulate ${V7} --cpu cortex-a9 --seed x`, "S1002", "no positive whole number"],
    [`simulate ${V7} --cpu cortex-a9 --runs 0`, "S1002", "no positive whole number"],
    [`promela ${V7} --cpu cortex-a9 --set HIGHMEM=n --scenario kmap-dma`, "S1303", "HIGHMEM is off"],
    [`check nope --cpu cortex-a9`, "S1101", "no such file"],
    [`replay x ${V7} --cpu cortex-a9`, "S1601", 'starts with "s1:"'],
  ])("%s", async (words, code, says) => {
    const output = await run(words === "" ? [] : words.split(" "));
    if (words === "") {
      expect([output.status, output.stdout]).toEqual([2, ""]);
      expect(output.stderr).toContain("Usage: shootdown");
    } else expectRefusal(output, code, says);
  });

  test("--json makes no difference to what is refused", async () => {
    expectRefusal(await run(doctor(V7, "--json", "--scenario", "x")), "S1303");
    expectRefusal(await run(doctor("nope", "--json")), "S1101");
  });
});

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

describe("a trace of percpu allocations", () => {
  test.each<[string, string]>([
    ["x 1", "no operation begins like that"],
    ["a 8", "SIZE and ALIGN are numbers of bytes"],
    ["a eight 8 0", "SIZE and ALIGN are numbers of bytes"],
    ["r 8", "SIZE and ALIGN are numbers of bytes"],
    ["f", "ID is the number of an allocation"],
    ["f first", "ID is the number of an allocation"],
    ["\x1b[2J", "\\x1b[2J"],
    ["a".repeat(100_000), "…"],
  ])("%s", async (line, says) => {
    const output = await run(["percpu-trace", file("bad.trace", `# fine\n${line}\n`)]);
    expectRefusal(output, "S1701", "bad.trace:2", says);
    expect(output.stderr.length).toBeLessThan(600);
  });

  test.each<[readonly string[], string]>([
    [["--unit-pages", "7"], "at least 32768 bytes"],
    [["--units", "65"], "at most 64"],
    [["--static", "0"], "1 byte or more"],
    [["--static", "999999"], "larger than the unit (65536 bytes)"],
    [["--static", "30000", "--reserved", "30000"], "has 5536 bytes and needs 20480"],
    [["--reserved", "5"], "no multiple of 4"],
    [["--dyn", "1"], "has 1 bytes and needs 20480"],
    [["--dyn", "99999"], "larger than the unit (65536 bytes)"],
    [["--backend", "km", "--nommu"], "what the vm backend does without an MMU"],
  ])("sizes that do not fit: %j", async (options, says) => {
    expectRefusal(await run(["percpu-trace", ...options, file("empty.trace", "")]), "S1702", says);
  });

  test.each<[string, string]>([
    ["--units", "1e1"],
    ["--fail-after", "-1"],
    ["--dyn", "1.5"],
  ])("%s %s", async (option, value) => {
    expectRefusal(await run(["percpu-trace", option, value, file("empty.trace", "")]), "S1002", option, value);
  });
});

describe("a replay string", () => {
  const result = examine({
    tree,
    config: exampleConfig("6.12-v7-smp-highmem.config"),
    cpu: "cortex-a9",
    sets: new Map(),
    patches: [shippedPatch(tree, "kmap-lock-irqs-on")],
    scenario: "kmap-dma",
    sizes: new Map(),
    mode: { kind: "search", options: { chaining: true } },
    replayCommand: (schedule) => schedule,
  });
  const schedule = result.stages.check.schedule!;
  const replay = (text: string, ...more: string[]) => run(["replay", text, V7, "--cpu", "cortex-a9", ...more]);
  const PATCH = ["--patch", "kmap-lock-irqs-on"];

  test("as it was printed, it works", async () => {
    const output = await replay(schedule, ...PATCH);
    expect([output.status, output.stderr]).toEqual([1, ""]);
    expect(output.stdout).toContain("S2041 deadlock: CPU0 waits for itself");
  });

  test.each(["0", "1", "Z", "a", ":", "_", " ", "é"])("with any one character changed to %j", async (other) => {
    for (let at = 0; at < schedule.length; at++) {
      if (schedule[at] === other) continue;
      const changed = `${schedule.slice(0, at)}${other}${schedule.slice(at + 1)}`;
      if (changed.trim() === schedule) continue;
      const output = await replay(changed, ...PATCH);
      expectRefusal(output, "S1601", changed.slice(0, 10));
    }
  });

  test("with one character lost, doubled, or swapped with the next", async () => {
    for (let at = 0; at < schedule.length; at++) {
      const [before, here, next, after] = [
        schedule.slice(0, at),
        schedule[at]!,
        schedule[at + 1] ?? "",
        schedule.slice(at + 2),
      ];
      for (const changed of [
        before + next + after,
        before + here + here + next + after,
        before + next + here + after,
      ]) {
        if (changed !== schedule) expectRefusal(await replay(changed, ...PATCH), "S1601");
      }
    }
  });

  test.each<[string, readonly string[]]>([
    ["another patch", ["--patch", "forget-flush"]],
    ["no patch", []],
    ["another size", [...PATCH, "--size", "LAST_PKMAP=2"]],
    ["another configuration", [...PATCH, "--set", "SMP=n"]],
    ["another CPU", [...PATCH, "--cpu", "arm11mpcore"]],
  ])("for %s", async (_, more) => {
    expectRefusal(await replay(schedule, ...more), "S1602", "the schedule");
  });

  test("for a kernel on which the scenario has nothing to run, or which does not build", async () => {
    expectRefusal(await replay(schedule, ...PATCH, "--set", "HIGHMEM=n"), "S1602", "HIGHMEM is off");
    expectRefusal(await replay(schedule, "--at", "v2.6.35", "--cpu", "arm11mpcore"), "S1602", "the schedule");
  });
});

describe("as a process", () => {
  const BIN = join(ROOT, "packages/cli/bin/shootdown.js");
  const spawn = (command: string, args: readonly string[]): Output => {
    const env = { PATH: process.env.PATH, NO_COLOR: "1" };
    const done = spawnSync(command, args, { cwd: folder, encoding: "utf8", env });
    return { status: done.status ?? -1, stdout: done.stdout, stderr: done.stderr };
  };

  test.each<[string, readonly string[], string]>([
    ["a missing file", doctor("nope"), "S1101"],
    ["a folder", doctor("."), "S1102"],
    ["an unknown CPU", ["doctor", V7, "--cpu", "z80"], "S1301"],
    ["an unknown patch", doctor(V7, "--patch", "nope"), "S1302"],
    ["an unknown scenario", doctor(V7, "--scenario", "nope", "--json"), "S1303"],
    ["an unknown option", doctor(V7, "--nope"), "S1001"],
    ["an unknown command", ["nope"], "S1001"],
    ["a damaged schedule", ["replay", "s1:kmap-dma:aaaaaa:000:00", V6, "--cpu", "arm11mpcore"], "S1601"],
  ])("%s", (_, args, code) => {
    expectRefusal(spawn(process.execPath, [BIN, ...args]), code);
  });

  test("a configuration may come through a pipe", () => {
    const line = `'${process.execPath}' '${BIN}' doctor <(cat '${V7}') --cpu cortex-a9 --max-states 100`;
    const output = spawn("bash", ["--norc", "-c", line]);
    expect([output.status, output.stderr]).toEqual([3, ""]);
    expect(output.stdout).toContain("HIGHMEM=y");
  });

  test("a reader that has seen enough is no defect", () => {
    const line = `'${process.execPath}' '${BIN}' schema | head -n 1; exit "\${PIPESTATUS[0]}"`;
    expect(spawn("bash", ["--norc", "-c", line])).toEqual({ status: 0, stdout: "{\n", stderr: "" });
  });
});
