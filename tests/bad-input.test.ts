/**
 * Goal: whatever is wrong with what a person gives, they get a message with code, place, reason and next step on stderr,
 * exit status 2 and nothing on stdout; never a stack trace, never a defect (S9000), never an endless wait.
 * Method: `main()` in this process, many times over; a dozen command lines once more as real processes, for what only a
 * process has (its exit status, its pipes). Patches and kernel TypeScript are in bad-patch.test.ts.
 */
import { spawnSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { examine } from "@shootdown/doctor";
import { beforeAll, describe, expect, test } from "vitest";
import { embeddedTree, exampleConfig, shippedPatch } from "./support/model-tree.js";
import { doctor, expectRefusal, file, folder, type Output, run, V6, V7 } from "./support/refusal.js";
import { ROOT } from "./support/repository.js";

const tree = embeddedTree();

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
