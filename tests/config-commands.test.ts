/**
 * Goal: `shootdown config` asks and answers as conf does, through a pipe, on a tree on disk.
 * Method: a tiny tree in tests/fixtures. The expected text is what `conf -s` of 6.12 printed and wrote there for the same input;
 * real trees are compared by tests/oracle/kconfig.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ROOT } from "./support/repository.js";

const scratch = mkdtempSync(join(tmpdir(), "config-commands-"));
afterAll(() => rmSync(scratch, { recursive: true }));

function config(words: readonly string[], input = "") {
  const program = join(ROOT, "packages/cli/bin/shootdown.js");
  const tree = ["--tree", join(ROOT, "tests/fixtures/tiny-linux"), "--no-cache"];
  const run = spawnSync(process.execPath, [program, "config", ...words, ...tree], {
    cwd: scratch,
    input,
    encoding: "utf8",
  });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

/** conf leaves one at the end of a line. */
const BLANK = " ";
const write = (text: string) => writeFileSync(join(scratch, ".config"), text);
const written = () => readFileSync(join(scratch, ".config"), "utf8").split("\n").slice(4).join("\n");

test("oldconfig asks for what is new, helps, asks again, and echoes the answers of a pipe", () => {
  write("CONFIG_MODULES=y\nCONFIG_NET=y\n");
  const { status, stdout } = config(["oldconfig"], "?\nn\n\n2\n9\n3\n");
  expect(status).toBe(0);
  expect(stdout).toBe(`*
* Restart config...
*
*
* Tiny 6.12.1
*
Loadable modules (MODULES) [Y/n/?] y
MMU (MMU) [Y/n/?] (NEW) ?

There is no help available for this option.
Symbol: MMU [=y]
Type  : bool
Defined at arch/arm/Kconfig:1
  Prompt: MMU
  Location:
    -> MMU (MMU [=y])



MMU (MMU) [Y/n/?] (NEW) n
Page size
> 1. 4 KiB (PAGE_4K) (NEW)
  2. 64 KiB (PAGE_64K) (NEW)
choice[1-2?]:${BLANK}
*
* Drivers
*
Network (NET) [Y/n/m/?] y
  Queues (NET_QUEUES) [4] (NEW) 2
  Name (NET_NAME) [eth0] (NEW) 9
`);
  expect(written()).toBe(`CONFIG_MODULES=y
# CONFIG_MMU is not set
CONFIG_PAGE_4K=y
# CONFIG_PAGE_64K is not set

#
# Drivers
#
CONFIG_NET=y
CONFIG_NET_QUEUES=2
CONFIG_NET_NAME="9"
# end of Drivers
`);
  expect(readFileSync(join(scratch, ".config.old"), "utf8")).toBe("CONFIG_MODULES=y\nCONFIG_NET=y\n");
});

test("answers that end give the defaults, and a complaint for each", () => {
  write("CONFIG_NET=y\nCONFIG_MODULES=y\n");
  const { status, stderr } = config(["oldconfig", "-o", "out"], "y\n");
  expect(status).toBe(0);
  expect(stderr).toBe("\nError in reading or end of file.\n".repeat(4));
  expect(readFileSync(join(scratch, "out"), "utf8")).toContain("# CONFIG_SMP is not set\n");
});

test("a file that is not there begins with the defaults", () => {
  rmSync(join(scratch, ".config"));
  expect(config(["oldconfig"], "\n".repeat(9)).status).toBe(0);
  expect(existsSync(join(scratch, ".config"))).toBe(true);
});

test("what is new, as lines and as help", () => {
  write("CONFIG_MODULES=y\nCONFIG_NET=m\n");
  expect(config(["listnewconfig", "-i", ".config"]).stdout).toBe(
    'CONFIG_MMU=y\nCONFIG_SMP=n\nCONFIG_PAGE_4K=y\nCONFIG_PAGE_64K=n\nCONFIG_NET_QUEUES=4\nCONFIG_NET_NAME="eth0"\n',
  );
  write("CONFIG_MODULES=y\nCONFIG_MMU=y\nCONFIG_SMP=y\nCONFIG_PAGE_4K=y\nCONFIG_PAGE_64K=n\n");
  const help = config(["helpnewconfig", "-i", ".config"]).stdout;
  expect(help).toMatch(
    /^-----\n\nCONFIG_NET:\n\nPackets in,\npackets out\.\n\nSymbol: NET \[=n\]\nType {2}: tristate\n/,
  );
});

test("answers of tristates are rewritten", () => {
  write("CONFIG_MODULES=y\nCONFIG_NET=y\nCONFIG_SMP=y\n");
  const line = (mode: string) => config([mode, "-i", ".config"]).stdout.match(/.*CONFIG_(NET|SMP)\b.*/g);
  expect(line("yes2modconfig")).toEqual(["CONFIG_SMP=y", "CONFIG_NET=m"]);
  write("CONFIG_MODULES=y\nCONFIG_NET=m\n");
  expect(line("mod2yesconfig")).toEqual(["# CONFIG_SMP is not set", "CONFIG_NET=y"]);
  expect(line("mod2noconfig")).toEqual(["# CONFIG_SMP is not set", "# CONFIG_NET is not set"]);
});

test("what was lost, by cause; with --each line by line; with --json for programs", () => {
  write('# CONFIG_NET is not set\nCONFIG_NET_QUEUES=3\nCONFIG_NET_NAME="eth1"\nCONFIG_GONE=y\n');
  const { status, stdout } = config(["lost", "-i", ".config"]);
  expect(status).toBe(1);
  expect(stdout).toBe(`NET=n: set by the user  .config:1
  .config:2: NET_QUEUES=3: dropped: its dependencies are not met
    NET_QUEUES=0: depends on NET [=n]  Kconfig:20
  .config:3: NET_NAME="eth1": dropped: its dependencies are not met
    NET_NAME=: depends on NET [=n]  Kconfig:26

no such symbol in this tree
  .config:4: GONE=y: unknown symbol
`);
  expect(
    config(["lost", "-i", ".config", "--each"]).stdout,
  ).toBe(`.config:2: NET_QUEUES=3: dropped: its dependencies are not met
  NET_QUEUES=0: depends on NET [=n]  Kconfig:20
    NET=n: set by the user  .config:1
.config:3: NET_NAME="eth1": dropped: its dependencies are not met
  NET_NAME=: depends on NET [=n]  Kconfig:26
    NET=n: set by the user  .config:1
.config:4: GONE=y: unknown symbol: no such symbol in this tree
`);
  const json = JSON.parse(config(["lost", "-i", ".config", "--json"]).stdout);
  expect(json.lost).toHaveLength(3);
  expect(json.lost[0].because[0].because[0].text).toBe("set by the user");
  expect(json.causes.map((cause: { lost: number[] }) => cause.lost)).toEqual([[0, 1], [2]]);
});

test("mistakes: a place, a reason, a next step; exit 2", () => {
  const wrong = (words: readonly string[]) => {
    const { status, stderr } = config(words);
    expect(status).toBe(2);
    return stderr;
  };
  write("CONFIG_NET=y\n");
  expect(wrong(["olddefconfig", "-i", ".config", "-o", "nowhere/out"])).toBe(
    "S1104 a file cannot be written: nowhere/out\n  the folder does not exist\n  next: name a file in a folder that you may write to\n",
  );
  expect(wrong(["why", "NET", "--arch", "vax"])).toMatch(/the tree has no arch\/vax\n {2}next: name one of: arm\n$/);
  expect(wrong(["why", "NET", "--cross", "vax-"])).toMatch(
    /Kconfig asks the compiler vax-gcc, which is not there\n {2}next: /,
  );
});

test("a file in another encoding comes out as it went in", () => {
  const bytes = Buffer.from('CONFIG_NET=y\nCONFIG_NET_NAME="caf\xe9"\n', "latin1");
  writeFileSync(join(scratch, ".config"), bytes);
  expect(config(["olddefconfig", "-i", ".config", "-o", "out"]).status).toBe(0);
  expect(readFileSync(join(scratch, "out"), "latin1")).toContain('CONFIG_NET_NAME="caf\xe9"\n');
});
