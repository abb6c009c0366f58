/**
 * Goal: the basic contract of parse, load, write on trees small enough to read.
 * Method: in-memory trees with known answers. The contract with the real conf is held by tests/oracle/kconfig.
 */
import { describe, expect, test } from "vitest";
import {
  allconfig,
  Configuration,
  KconfigError,
  MemoryFiles,
  olddefconfig,
  parseKconfig,
  savedefconfig,
} from "./index.js";

function tree(kconfig: string) {
  return parseKconfig({ files: new MemoryFiles({ Kconfig: kconfig }), root: "Kconfig" });
}

const SMALL = `mainmenu "Small"

config MODULES
	bool "Modules"
	modules
	default y

config MMU
	bool "Paged memory"
	default y

menu "Features"

config SMP
	bool "Multiprocessing"
	depends on MMU
	select LOCKS

config LOCKS
	bool

config DRIVER
	tristate "Driver"
	depends on SMP || !MMU

config SIZE
	int "Size"
	range 4 64
	default 16

config NAME
	string "Name"
	default "a \\"b\\""

endmenu
`;

describe("Configuration", () => {
  test("writes the file conf writes", () => {
    const { text, stderr } = olddefconfig(tree(SMALL), "CONFIG_SMP=y\nCONFIG_DRIVER=m\nCONFIG_SIZE=100\n");
    expect(stderr).toBe("");
    expect(text).toBe(`#
# Automatically generated file; DO NOT EDIT.
# Small
#
CONFIG_MODULES=y
CONFIG_MMU=y

#
# Features
#
CONFIG_SMP=y
CONFIG_LOCKS=y
CONFIG_DRIVER=m
CONFIG_SIZE=64
CONFIG_NAME="a \\"b\\""
# end of Features
`);
  });

  test("values, definitions, requests", () => {
    const configuration = new Configuration(tree(SMALL)).load("# CONFIG_MMU is not set\nCONFIG_SMP=y\n", "in.config");
    expect(configuration.value("SMP")).toBe("n");
    expect(configuration.value("NO_SUCH")).toBeUndefined();
    const smp = configuration.symbols().find((symbol) => symbol.name === "SMP");
    expect(smp).toMatchObject({ type: "bool", value: "n", prompt: "Multiprocessing" });
    expect(smp?.definitions).toEqual([{ file: "Kconfig", line: 14 }]);
    expect(configuration.requests.map((request) => `${request.line} ${request.name}=${request.value}`)).toEqual([
      "1 MMU=n",
      "2 SMP=y",
    ]);
  });

  test("savedefconfig keeps only what differs", () => {
    expect(savedefconfig(tree(SMALL), "CONFIG_SMP=y\nCONFIG_SIZE=16\n").text).toBe("CONFIG_SMP=y\n");
  });

  test("allyesconfig, allnoconfig", () => {
    expect(allconfig(tree(SMALL), "allyesconfig").configuration.value("DRIVER")).toBe("y");
    expect(allconfig(tree(SMALL), "allnoconfig").configuration.value("MMU")).toBe("n");
  });

  test("an unmet dependency is reported in conf's words", () => {
    const source = 'config A\n\tbool "A"\n\tselect B\n\nconfig C\n\tbool "C"\n\nconfig B\n\tbool\n\tdepends on C\n';
    expect(olddefconfig(tree(source), "CONFIG_A=y\n").stderr).toBe(`
WARNING: unmet direct dependencies detected for B
  Depends on [n]: C [=n]
  Selected by [y]:
  - A [=y]
`);
  });

  test("an error carries conf's message with file and line", () => {
    expect(() => tree("config A\n\tbool\nendif\n")).toThrow(KconfigError);
    expect(() => tree("config A\n\tbool\nendif\n")).toThrow("Kconfig:3: syntax error\nKconfig:3: invalid statement");
    expect(() => tree('source "missing"\n')).toThrow('Kconfig:1: can\'t open file "missing"');
  });
});
