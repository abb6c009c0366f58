/**
 * Goal: Makefile text becomes the statements GNU make would see, and broken text a diagnostic with a line.
 * Method: small texts; the shapes that Kbuild files use, then each way to break one.
 */
import { describe, expect, it } from "vitest";
import { parseMakefile } from "./parse.js";
import type { Statement } from "./syntax.js";

const statements = (text: string): readonly Statement[] => parseMakefile(text, "M").statements;
const errors = (text: string): string[] =>
  parseMakefile(text, "M").diagnostics.map((d) => `${d.at.line}: ${d.message}`);

describe("assignments", () => {
  it.each([
    ["obj-$(CONFIG_A) += a.o b.o", "obj-$(CONFIG_A)", "+=", "a.o b.o"],
    ["x:=1", "x", ":=", "1"],
    ["x ::= 1", "x", ":=", "1"],
    ["x?=1", "x", "?=", "1"],
    ["x != date", "x", "!=", "date"],
    ["  \tx = a=b:c", "x", "=", "a=b:c"],
    ["CFLAGS_a.o := -DX='\"y\"'", "CFLAGS_a.o", ":=", "-DX='\"y\"'"],
    ["x = a\\#b # comment", "x", "=", "a#b "],
    ["x = $(shell echo '#') # comment", "x", "=", "$(shell echo '#') "],
    ["$(call f,a:=b) = c", "$(call f,a:=b)", "=", "c"],
  ])("%s", (text, name, operator, value) => {
    expect(statements(text)).toMatchObject([{ kind: "assign", name, operator, value }]);
  });

  it("folds continuations, also in comments", () => {
    expect(statements("x = a \\\n\t b \\\n\n# c \\\ny = 2\nz = 3")).toMatchObject([
      { name: "x", value: "a b " },
      { name: "z", at: { line: 6 } },
    ]);
  });

  it("reads export, override and private", () => {
    expect(statements("export override x := 1\nexport a b\nunexport a")).toMatchObject([
      { kind: "assign", name: "x", exported: true, override: true },
      { kind: "export", names: "a b", on: true },
      { kind: "export", names: "a", on: false },
    ]);
  });

  it("keeps the lines of a define", () => {
    const text = "define f =\nline one\n\tline $(1)\ndefine inner\nendef\nendef\nx = 1";
    expect(statements(text)).toMatchObject([
      { kind: "assign", name: "f", operator: "=", value: "line one\n\tline $(1)\ndefine inner\nendef" },
      { name: "x" },
    ]);
  });
});

describe("rules", () => {
  it("skips recipes but not what follows them", () => {
    const text = "all: x.o\n\tobj-y += no.o\n# comment\n\n\tifdef NO\nobj-y += yes.o\n\tobj-y += also.o";
    expect(statements(text)).toMatchObject([
      { kind: "rule", targets: "all" },
      { kind: "assign", value: "yes.o" },
      { kind: "assign", value: "also.o" },
    ]);
  });

  it("keeps variables of targets", () => {
    expect(statements("$(obj)/a.o: KBUILD_CFLAGS += -O3")).toMatchObject([
      { kind: "rule", targets: "$(obj)/a.o", variable: { name: "KBUILD_CFLAGS", operator: "+=", value: "-O3" } },
    ]);
    expect(statements("bp:;\t$(Q)$(MAKE) $(build)=x")).toMatchObject([{ kind: "rule", targets: "bp" }]);
  });
});

describe("conditionals", () => {
  it("reads every form", () => {
    const text = "ifeq ($(A),$(call f,b))\nelse ifneq '$(A)' \"b\"\nelse ifdef C\nelse\nendif";
    expect(statements(text)).toMatchObject([
      {
        kind: "conditional",
        branches: [
          { test: { kind: "equal", negated: false, left: "$(A)", right: "$(call f,b)" } },
          { test: { kind: "equal", negated: true, left: "$(A)", right: "b" } },
          { test: { kind: "defined", negated: false, name: "C" } },
          { at: { line: 4 } },
        ],
      },
    ]);
  });
});

describe("broken text", () => {
  it.each([
    ["endif", "1: extraneous 'endif'"],
    ["x=1\nelse", "2: extraneous 'else'"],
    ["ifdef A\nx=1", "1: missing 'endif' for this conditional"],
    ["ifdef A\nelse\nelse\nendif", "3: only one 'else' per conditional"],
    ["ifeq (a\nendif", "1: invalid syntax in conditional: ifeq (a"],
    ["define f\nx", "1: missing 'endef' for 'define f'"],
    ["some words", "1: missing separator: some words"],
  ])("%j", (text, message) => {
    expect(errors(text)).toEqual([message]);
  });

  it("survives size and depth", () => {
    expect(errors("ifdef A\n".repeat(3000)).at(0)).toContain("nested deeper");
    expect(statements(`x = ${"a".repeat(10_000_000)}`)).toHaveLength(1);
    expect(statements(`x = ${"$(".repeat(100_000)}`)).toHaveLength(1);
    expect(statements("x = a\0b")).toHaveLength(1);
  });
});
