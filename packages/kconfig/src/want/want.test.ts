/**
 * Goal: want() finds the fewest changes, or the facts that forbid a value.
 * Method: the shape of "SMP without MMU" in a few symbols; ways are checked by evaluating them.
 */
import { describe, expect, test } from "vitest";
import { Configuration, MemoryFiles, parseKconfig } from "../index.js";
import { parseWish, want } from "./want.js";

const ARM = `config MODULES
	bool "Modules"
	modules

config MMU
	bool "Paged memory"
	default y

config MULTI_V7
	bool "ARMv7"
	depends on MMU
	select HAVE_SMP

config HAVE_SMP
	bool

config SMP
	bool "Multiprocessing"
	depends on HAVE_SMP
	depends on MMU || MPU

config MPU
	bool "MPU"
	depends on !MMU

choice
	prompt "Endianness"
	default LITTLE

config LITTLE
	bool "Little"

config BIG
	bool "Big"

endchoice

config DRIVER
	tristate "Driver"
	depends on BIG

config LEVELS
	int
	default 3 if BIG
	default 2

config DEEP
	bool "Deep"
	depends on LEVELS > 2

config CPUS
	int "Processors"
	range 2 32
	depends on SMP
	default 4
`;

const tree = parseKconfig({ files: new MemoryFiles({ Kconfig: ARM }) });
const ask = (...wishes: string[]) =>
  want(
    tree,
    wishes.map((text) => parseWish(text)!),
  );

describe("want", () => {
  test("a way, smallest and confirmed", () => {
    expect(ask("SMP=y")).toMatchObject({
      kind: "way",
      isSmallest: true,
      confirmed: true,
      fragment: "CONFIG_MULTI_V7=y\nCONFIG_SMP=y\n",
    });
  });

  test("through a choice, a number and a tristate", () => {
    expect(ask("DRIVER=m", "DEEP=y")).toMatchObject({
      kind: "way",
      confirmed: true,
      fragment: "CONFIG_BIG=y\nCONFIG_DEEP=y\nCONFIG_DRIVER=m\nCONFIG_MODULES=y\n",
    });
  });

  test("a contradiction in three lines, each with its place", () => {
    const result = ask("SMP=y", "MMU=n");
    expect(result.kind === "contradiction" && result.facts.map((fact) => `${fact.line} ${fact.text}`)).toEqual([
      "19 SMP depends on HAVE_SMP",
      "14 HAVE_SMP has no prompt; it is only selected by MULTI_V7",
      "11 MULTI_V7 depends on MMU",
    ]);
  });

  test("members of a choice exclude each other; m needs modules", () => {
    const members = ask("LITTLE=y", "BIG=y");
    expect(members.kind === "contradiction" && members.facts.map((fact) => fact.text)).toEqual([
      'only one member of the choice "Endianness" can be y',
    ]);
    const modules = ask("DRIVER=m", "MODULES=n");
    expect(modules.kind === "contradiction" && modules.facts.map((fact) => fact.text)).toEqual([
      "DRIVER can be m only with MODULES=y",
    ]);
  });

  test("from a given configuration; nothing to do; mistakes", () => {
    const base = "# CONFIG_MMU is not set\nCONFIG_MPU=y\n";
    const way = want(tree, [parseWish("CONFIG_SMP=y")!], base);
    expect(
      way.kind === "way" && way.changes.map((change) => `${change.name} ${change.before} ${change.after}`),
    ).toEqual(["MMU n y", "MULTI_V7 n y", "SMP n y"]);
    expect(want(tree, [parseWish("MPU=y")!], base)).toMatchObject({ kind: "way", changes: [] });
    expect(ask("NOPE=y")).toEqual({ kind: "mistake", text: "NOPE: no such symbol in this tree" });
    expect(ask("SMP=m")).toEqual({ kind: "mistake", text: "SMP is a bool: its values are y, n" });
  });

  test("numbers and strings: by their prompts, by their defaults, or not at all", () => {
    const facts = (...wishes: string[]) => {
      const answer = ask(...wishes);
      return answer.kind === "contradiction" ? answer.facts.map((fact) => `${fact.line} ${fact.text}`) : answer.kind;
    };
    const levels = ask("LEVELS=3");
    expect(levels.kind === "way" && levels.fragment).toBe("CONFIG_BIG=y\n");
    expect(facts("LEVELS=7")).toEqual(["44 LEVELS has no prompt; only default 3 if BIG; default 2 sets it"]);
    const cpus = ask("CPUS=8");
    expect(cpus.kind === "way" && cpus.fragment).toBe("CONFIG_CPUS=8\nCONFIG_MULTI_V7=y\nCONFIG_SMP=y\n");
    expect(facts("CPUS=8", "SMP=n")).toEqual(["54 CPUS depends on SMP"]);
    expect(facts("CPUS=4", "SMP=n")).toEqual(["54 CPUS depends on SMP"]);
    expect(ask("CPUS=many")).toEqual({ kind: "mistake", text: "CPUS is an int: many is no such number" });
    expect(ask("CPUS=99")).toMatchObject({ kind: "way", confirmed: false });
  });

  test("a confirmed way really is one", () => {
    const way = ask("DEEP=y");
    if (way.kind !== "way") throw new Error("no way");
    expect(new Configuration(tree).load(way.fragment).value("DEEP")).toBe("y");
  });
});
