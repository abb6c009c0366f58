/**
 * Goal: variables get the values GNU make gives them, and no input makes the evaluator throw or run for ever.
 * Method: a root Makefile in memory, then the value of a variable. tests/oracle/kbuild holds the same functions against make itself.
 */
import { describe, expect, it } from "vitest";
import { memoryTree, parseKbuild } from "./index.js";

function run(makefile: string, files: Record<string, string> = {}, config: Record<string, string> = {}) {
  return parseKbuild({
    files: memoryTree({ Makefile: makefile, ...files }),
    config: new Map(Object.entries(config)),
    arch: "arm",
  });
}
const value = (makefile: string, files: Record<string, string> = {}): string => run(makefile, files).variable("x", "");
const messages = (makefile: string, files: Record<string, string> = {}): string[] =>
  run(makefile, files).diagnostics.map((d) => `${d.at.file}:${d.at.line}: ${d.message}`);

describe("variables", () => {
  it.each([
    ["a = 1\nx = $(a)\na = 2", "2"],
    ["a = 1\nx := $(a)\na = 2", "1"],
    ["x ?= 1\nx ?= 2", "1"],
    ["x := a\nb = 1\nx += $(b)\nb = 2", "a 1"],
    ["x = a\nb = 1\nx += $(b)\nb = 2", "a 2"],
    ["n = b\na-b = 3\nx = $(a-$(n))", "3"],
    ["a = p.o q.c\nx = $(a:.o=.s)", "p.s q.c"],
    ["a = p.o q.c\nx = $(a:%.o=d/%.s)", "d/p.s q.c"],
    ["x = a$$b", "a$b"],
    ["f = <$(1)|$(2)>\nx = $(call f,a,b,c)", "<a|b>"],
    ["f = $(if $(1),$(firstword $(1)).$(call f,$(wordlist 2,9,$(1))))\nx = $(call f,a b c)", "a.b.c."],
    ["define f\na := $(1)\nendef\n$(eval $(call f,7))\nx = $(a)", "7"],
    ["x = $(foreach v,a b,[$(v)])$(v)", "[a] [b]"],
  ])("%j", (makefile, expected) => {
    expect(value(makefile)).toBe(expected);
  });

  it("includes, with a pattern and optionally", () => {
    expect(value("include inc/*.mk\n-include absent.mk", { "inc/b.mk": "x += b", "inc/a.mk": "x += a" })).toBe("a b");
  });

  it("finds files", () => {
    expect(value("x = $(wildcard d/*.c e f) $(realpath d/../d)", { "d/b.c": "", "d/a.c": "", e: "" })).toBe(
      "d/a.c d/b.c e /tree/d",
    );
  });

  it("runs an injected shell, and says so when there is none", () => {
    const files = memoryTree({ Makefile: "x := $(shell uname)\ny := $(shell test 120200 -ge 70100 && echo y)" });
    expect(parseKbuild({ files, config: new Map(), arch: "arm", shell: () => "a\nb\n" }).variable("x", "")).toBe("a b");
    const without = parseKbuild({ files, config: new Map(), arch: "arm" });
    expect(without.variable("x", "") + without.variable("y", "")).toBe("y");
    expect(without.diagnostics).toMatchObject([{ severity: "note", at: { file: "Makefile", line: 1 } }]);
  });

  it("lets the command line win over the Makefile and the Makefile over the environment", () => {
    const files = memoryTree({ Makefile: "a = file\nb = file\nobj-y += d/", "d/Makefile": "" });
    const built = parseKbuild({
      files,
      config: new Map(),
      arch: "arm",
      variables: { a: "cmd" },
      environment: { b: "env", c: "env" },
    });
    expect(["a", "b", "c"].map((name) => built.variable(name, ""))).toEqual(["cmd", "file", "env"]);
    expect(["a", "b", "c"].map((name) => built.variable(name, "d"))).toEqual(["cmd", "file", "env"]);
  });

  it("hands exported variables down and nothing else", () => {
    const built = run("export a = 1\nb = 2\nsubdir-ccflags-y := -DX\nobj-y += d/", {
      "d/Makefile": "obj-y += e/ o.o",
      "d/e/Makefile": "obj-y += p.o",
    });
    expect([built.variable("a", "d/e"), built.variable("b", "d")]).toEqual(["1", ""]);
    expect(built.object("d/e/p.o")?.flags).toEqual(["-DX"]);
  });
});

describe("broken input ends with a line, never with an exception or a hang", () => {
  it.each([
    ["a = $(a)\nx := $(a)", "Makefile:2: recursive variable 'a' references itself (eventually)"],
    ["f = $(call f)\nx := $(call f)", "Makefile:2: references are nested too deep"],
    ["include absent.mk", "Makefile:1: included file 'absent.mk' is not in the tree"],
    ["include Makefile", "Makefile:1: 'Makefile' is included within more than 40 files"],
    ["$(error no compiler)", "Makefile:1: no compiler"],
    ["ifdef A\nobj-y += a.o", "Makefile:1: missing 'endif' for this conditional"],
    ["x := $(intcmp a,1)", "Makefile:1: $(intcmp a,1): not a number"],
    ["obj-y += d/", "d/Makefile:1: a directory that is built has neither Kbuild nor Makefile"],
  ])("%j", (makefile, message) => {
    expect(messages(makefile)).toContain(message);
  });

  it("stops text that doubles", () => {
    const doubling = Array.from({ length: 60 }, (_, i) => `a${i + 1} = $(a${i})$(a${i})`).join("\n");
    expect(messages(`a0 = x\n${doubling}\nx := $(a60)`).join()).toMatch(/too many references|grows without end/);
  });

  it("survives loops of directories, deep nesting and noise", () => {
    expect(messages("obj-y += ./ d/", { "d/Makefile": "obj-y += ../ ./ d.o" })).toEqual([]);
    expect(run(`x := ${"$(a".repeat(50_000)}`).objects).toEqual([]);
    expect(run(`x := ${"$(subst a,b,".repeat(5_000)}${")".repeat(5_000)}`).diagnostics.length).toBeGreaterThan(0);
    expect(parseKbuild({ files: memoryTree({}), config: new Map(), arch: "arm" }).diagnostics).toHaveLength(1);
  });
});

describe("size", () => {
  it.each([
    ["a line of ten megabytes", `x = ${"a ".repeat(5_000_000)}`],
    ["a long else-if chain", `ifdef A\n${"else ifdef B\nx = 1\n".repeat(20_000)}endif`],
    ["blanks in a define", `define x${" ".repeat(1_000_000)}y\n${" ".repeat(1_000_000)}\\\nz\nendef`],
    ["many conditionals", "ifdef A\nendif\n".repeat(50_000)],
    [
      "a long chain of variables",
      `${Array.from({ length: 2000 }, (_, i) => `v${i} = $(v${i + 1})`).join("\n")}\nx := $(v0)`,
    ],
    [
      "a product of loops",
      "L := 1 2 3 4 5 6 7 8 9 0\nM := $(foreach a,$(L),$(L))\nx := $(foreach a,$(M),$(foreach b,$(M),$(foreach c,$(M),$(foreach d,$(M),$(d)))))",
    ],
  ])("%s ends", (_, makefile) => {
    const built = run(`${makefile}\nobj-y += a.o`);
    expect(built.why("a.o").path).toBe("a.o");
  });
});
