/**
 * Goal: why, lost and diff name the right line.
 * Method: one small tree; the whole text of each answer.
 */
import { describe, expect, test } from "vitest";
import { Configuration, causesOf, diff, formatReason, lost, MemoryFiles, parseKconfig, why } from "./index.js";

const TREE = `config MMU
	bool "Paged memory"
	default y

if MMU

config V7
	bool "ARMv7"
	select HAVE_SMP

endif

config HAVE_SMP
	bool

config SMP
	bool "Multiprocessing"
	depends on HAVE_SMP

config PER_CPU_KM
	bool
	default y
	depends on !SMP || !MMU

config CPUS
	int "CPUs"
	range 2 32
	default 4
	depends on SMP
`;

const tree = parseKconfig({ files: new MemoryFiles({ Kconfig: TREE }) });
const load = (text: string) => new Configuration(tree).load(text, "in.config");

describe("why", () => {
  test("n, followed back to the user", () => {
    const configuration = load("# CONFIG_MMU is not set\nCONFIG_V7=y\nCONFIG_SMP=y\n");
    expect(formatReason(why(configuration, "SMP"))).toBe(`SMP=n: its dependencies are not met  Kconfig:16
  SMP=n: depends on HAVE_SMP [=n]  Kconfig:18
    HAVE_SMP=n: no prompt, and none of its selectors is on: V7  Kconfig:13
      V7=n: its dependencies are not met  Kconfig:7
        V7=n: if MMU [=n]  Kconfig:5
          MMU=n: set by the user  in.config:1
`);
  });

  test("a selector that is on, but selects under a condition", () => {
    const text = 'config ARM\n\tdef_bool y\n\tselect TICK if SMP\n\nconfig SMP\n\tbool "SMP"\n\nconfig TICK\n\tbool\n';
    const arm = new Configuration(parseKconfig({ files: new MemoryFiles({ Kconfig: text }) })).loadNothing();
    expect(formatReason(why(arm, "TICK"))).toBe(`TICK=n: no prompt, and no select of it is in force: ARM  Kconfig:8
  ARM=y: if SMP [=n]  Kconfig:3
    SMP=n: not asked for, and no default  Kconfig:5
`);
  });

  test("y by select, by default, by the user", () => {
    const configuration = load("CONFIG_V7=y\n");
    expect(formatReason(why(configuration, "HAVE_SMP"))).toBe(
      "HAVE_SMP=y: selected by V7  Kconfig:9\n  V7=y: set by the user  in.config:1\n",
    );
    expect(formatReason(why(configuration, "PER_CPU_KM"))).toBe(`PER_CPU_KM=y: default y  Kconfig:22
  PER_CPU_KM=y: depends on !SMP || !MMU [=y]  Kconfig:23
    SMP=n: not asked for, and no default  Kconfig:16
    MMU=y: default y  Kconfig:3
`);
    expect(why(configuration, "NOPE").text).toBe("no such symbol in this tree");
  });

  test("a number out of its range", () => {
    const configuration = load("CONFIG_V7=y\nCONFIG_SMP=y\nCONFIG_CPUS=99\n");
    expect(formatReason(why(configuration, "CPUS"))).toBe(
      "CPUS=32: the user's 99 is out of range [2 32]  Kconfig:27\n",
    );
  });
});

describe("lost", () => {
  test("every line without effect, with its cause", () => {
    const text =
      "CONFIG_SMP=y\nCONFIG_GONE=y\n# CONFIG_HAVE_SMP is not set\nCONFIG_V7=y\nCONFIG_V7=n\nCONFIG_MMU=maybe\n";
    const told = lost(load(text)).map(
      (one) => `${one.line} ${one.name}=${one.wanted} is ${one.got}: ${one.kind}, ${one.text}`,
    );
    expect(told).toEqual([
      "1 SMP=y is n: dropped, its dependencies are not met",
      "2 GONE=y is undefined: unknown symbol, no such symbol in this tree",
      "4 V7=y is n: overridden, set again in line 5",
      "6 MMU=maybe is y: invalid value, not a value of type bool",
    ]);
  });

  test("nothing is lost of a file that conf wrote", () => {
    expect(lost(load(load("CONFIG_V7=y\nCONFIG_SMP=y\n").write()))).toEqual([]);
  });
});

describe("causesOf", () => {
  const DEPENDENTS = `config BUS
	bool "Bus"

config DISK
	bool "Disk"
	depends on BUS

config WIRE
	bool "Wire"
	depends on BUS

config FAST
	bool "Fast"
	depends on DISK
	depends on CLOCK

config CLOCK
	bool "Clock"

config EXPERT
	bool "Expert"

config LOG
	bool "Log" if EXPERT
	default y
`;
  const tree = parseKconfig({ files: new MemoryFiles({ Kconfig: DEPENDENTS }) });
  const told = (text: string) =>
    causesOf(lost(new Configuration(tree).load(text, "in.config"))).map(({ text, items }) => ({
      text,
      items: items.map(({ lost, chain, besides }) => [lost.name, chain.map((one) => one.text), besides]),
    }));

  test("lines that begin at one place stand together, most lines first", () => {
    const text = "CONFIG_CLOCK=maybe\nCONFIG_FAST=y\nCONFIG_DISK=y\nCONFIG_WIRE=y\n";
    expect(told(text)).toEqual([
      {
        text: "BUS=n: not asked for, and no default",
        items: [
          ["DISK", ["depends on BUS [=n]"], 0],
          ["WIRE", ["depends on BUS [=n]"], 0],
        ],
      },
      { text: "not a value of type bool", items: [["CLOCK", [], 0]] },
      { text: "CLOCK=n: not asked for, and no default", items: [["FAST", ["depends on CLOCK [=n]"], 1]] },
    ]);
  });

  test("what the file itself says comes before what it leaves out", () => {
    expect(told("# CONFIG_BUS is not set\nCONFIG_DISK=y\nCONFIG_FAST=y\n")).toEqual([
      {
        text: "BUS=n: set by the user",
        items: [
          ["DISK", ["depends on BUS [=n]"], 0],
          ["FAST", ["depends on DISK [=n]", "its dependencies are not met", "depends on BUS [=n]"], 1],
        ],
      },
    ]);
  });

  test("a default that cannot be answered is put down to what hides the prompt", () => {
    expect(told("# CONFIG_LOG is not set\n")).toEqual([
      { text: "EXPERT=n: not asked for, and no default", items: [["LOG", ["if EXPERT [=n]"], 0]] },
    ]);
  });
});

test("diff tells decisions from consequences", () => {
  const told = diff(load("CONFIG_V7=y\nCONFIG_SMP=y\n"), load("")).map(
    (one) => `${one.kind} ${one.name} ${one.before} ${one.after}`,
  );
  expect(told).toEqual([
    "decision CPUS 4 0",
    "decision SMP y n",
    "decision V7 y n",
    "consequence HAVE_SMP y n",
    "consequence PER_CPU_KM n y",
  ]);
});
