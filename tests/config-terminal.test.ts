/**
 * Goal: `shootdown config oldconfig` at a terminal is conf's: the same screen, the same file, the same ends by Ctrl-D and Ctrl-C.
 * Method: a pseudo-terminal and a person who answers, on the tiny tree in tests/fixtures. The expected screens are what `conf -s` of
 * 6.12 showed there for the same answers. Skipped where there is no `script` to make a terminal with.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ROOT } from "./support/repository.js";
import { CTRL_C, CTRL_D, hasTerminal, onTerminal } from "./support/terminal.js";

/** conf leaves one at the end of a line. */
const BLANK = " ";

const QUESTIONS = `*
* Restart config...
*
*
* Tiny 6.12.1
*
Loadable modules (MODULES) [Y/n/?] y
`;

const MMU_HELP = `
There is no help available for this option.
Symbol: MMU [=y]
Type  : bool
Defined at arch/arm/Kconfig:1
  Prompt: MMU
  Location:
    -> MMU (MMU [=y])



`;

const PAGE_HELP = `
There is no help available for this option.
Symbol: PAGE_4K [=y]
Type  : bool
Defined at arch/arm/Kconfig:13
  Prompt: 4 KiB
  Location:
    -> Page size (<choice> [=n])
      -> 4 KiB (PAGE_4K [=y])



`;

const PAGES = `Page size
> 1. 4 KiB (PAGE_4K) (NEW)
  2. 64 KiB (PAGE_64K) (NEW)
choice[1-2?]:`;

describe.skipIf(!hasTerminal())("at a terminal", () => {
  let scratch = "";
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), "config-terminal-"));
    cpSync(join(ROOT, "tests/fixtures/tiny-linux"), scratch, { recursive: true });
  });
  afterEach(() => rmSync(scratch, { recursive: true }));

  const write = (text: string) => writeFileSync(join(scratch, ".config"), text);
  const read = () => readFileSync(join(scratch, ".config"), "utf8");
  const oldconfig = (answers: readonly string[]) => {
    const program = join(ROOT, "packages/cli/bin/shootdown.js");
    const command = `'${process.execPath}' '${program}' config oldconfig --tree . --no-cache`;
    return onTerminal(command, scratch, answers);
  };

  test("questions, help, answers that are none, a choice, a range", async () => {
    write("CONFIG_MODULES=y\n# CONFIG_SMP is not set\n");
    const answers = ["?", "maybe", "n", "3", "1?", "2", "m", "0", "8", "wlan0"].map((answer) => `${answer}\n`);
    const { screen, status } = await oldconfig(answers);
    expect(status).toBe(0);
    expect(screen).toBe(`${QUESTIONS}MMU (MMU) [Y/n/?] (NEW) ?
${MMU_HELP}MMU (MMU) [Y/n/?] (NEW) maybe
MMU (MMU) [Y/n/?] (NEW) n
${PAGES} 3
${PAGES} 1?
${PAGE_HELP}${PAGES} 2
*
* Drivers
*
Network (NET) [N/m/y/?] (NEW) m
  Queues (NET_QUEUES) [4] (NEW) 0
  Queues (NET_QUEUES) [4] (NEW) 8
  Name (NET_NAME) [eth0] (NEW) wlan0
written to .config
`);
    expect(read().split("\n").slice(4).join("\n")).toBe(`CONFIG_MODULES=y
# CONFIG_MMU is not set
# CONFIG_PAGE_4K is not set
CONFIG_PAGE_64K=y

#
# Drivers
#
CONFIG_NET=m
CONFIG_NET_QUEUES=8
CONFIG_NET_NAME="wlan0"
# end of Drivers
`);
  });

  test("Ctrl-D: the defaults from there on, a complaint for each, and the file is written", async () => {
    write("CONFIG_MODULES=y\n");
    const { screen, status } = await oldconfig(["n\n", CTRL_D]);
    expect(status).toBe(0);
    expect(screen).toBe(`${QUESTIONS}MMU (MMU) [Y/n/?] (NEW) n
${PAGES}${BLANK}
Error in reading or end of file.
*
* Drivers
*
Network (NET) [N/m/y/?] (NEW)${BLANK}
Error in reading or end of file.
written to .config
`);
    expect(read()).toContain("# CONFIG_MMU is not set\nCONFIG_PAGE_4K=y\n");
    expect(readFileSync(join(scratch, ".config.old"), "utf8")).toBe("CONFIG_MODULES=y\n");
  });

  test("Ctrl-C: nothing is written", async () => {
    write("CONFIG_MODULES=y\n");
    const { screen, status } = await oldconfig(["n\n", CTRL_C]);
    expect(status).toBe(130);
    expect(screen).toBe(`${QUESTIONS}MMU (MMU) [Y/n/?] (NEW) n\n${PAGES} ^C`);
    expect(read()).toBe("CONFIG_MODULES=y\n");
    expect(existsSync(join(scratch, ".config.old"))).toBe(false);
  });
});
