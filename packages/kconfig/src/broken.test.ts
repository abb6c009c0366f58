/**
 * Goal: broken and hostile Kconfig gives conf's message with its place – no crash, no hang.
 * Method: the whole standard error for each kind of damage, as conf 6.12 (and where it differs 6.1) prints it. Recorded from the real
 * conf; tests/oracle/kconfig/fuzz.js compares thousands more with it directly.
 */
import { describe, expect, test } from "vitest";
import { type Dialect, KconfigError, MemoryFiles, olddefconfig, parseKconfig, stderrText } from "./index.js";

/** Exit status and standard error of `conf --olddefconfig Kconfig`. */
function conf(text: string, dialect: Dialect = "6.12", more: Record<string, string> = {}): [number, string] {
  try {
    const tree = parseKconfig({ files: new MemoryFiles({ Kconfig: text, ...more }), dialect });
    const result = olddefconfig(tree, undefined);
    return [0, stderrText(tree.diagnostics) + result.stderr];
  } catch (error) {
    if (error instanceof KconfigError) return [1, stderrText(error.diagnostics)];
    throw error;
  }
}

describe("messages of conf", () => {
  test("unterminated string", () => {
    expect(conf('config A\n\tbool "A\n')).toEqual([0, "Kconfig:2:warning: multi-line strings not supported\n"]);
  });

  test("recursive dependency", () => {
    const text = 'config A\n\tbool "A"\n\tdepends on B\n\nconfig B\n\tbool "B"\n\tdepends on A\n';
    const advice =
      'For a resolution refer to Documentation/kbuild/kconfig-language.rst\nsubsection "Kconfig recursive dependency limitations"\n\n';
    expect(conf(text)).toEqual([
      1,
      `error: recursive dependency detected!\n\tsymbol A depends on B\n\tsymbol B depends on A\n${advice}`,
    ]);
  });

  test("endif without if; a word that is no statement; an unfinished menu", () => {
    expect(conf("endif\n")).toEqual([1, "Kconfig:1: syntax error\nKconfig:1: invalid statement\n"]);
    expect(conf("endif\n", "6.1")).toEqual([1, "Kconfig:2: syntax error\nKconfig:1: invalid statement\n"]);
    expect(conf("nonsense here\n")).toEqual([1, 'Kconfig:1: syntax error\nKconfig:1: unknown statement "nonsense"\n']);
    expect(conf('menu "M"\n')).toEqual([
      1,
      "Kconfig:2: syntax error\nKconfig:1: missing end statement for this entry\n",
    ]);
  });

  test("a damaged mainmenu line ends the parse: nothing is said about the rest", () => {
    const text = 'mainmenu "A" more\nnonsense\n';
    expect(conf(text)).toEqual([1, "Kconfig:1: syntax error\n"]);
    expect(conf(text, "6.1")).toEqual([1, "Kconfig:2: syntax error\n"]);
  });

  test("files: missing, including itself, without a final line feed", () => {
    expect(conf('\nsource "gone"\n')).toEqual([1, 'Kconfig:2: can\'t open file "gone"\n']);
    const loop = "Recursive inclusion detected.\nInclusion path:\n  current file : sub\n";
    expect(conf('source "sub"\n', "6.12", { sub: '\nsource "sub"\n' })).toEqual([
      1,
      `${loop}  included from: sub:2\n  included from: Kconfig:1\n`,
    ]);
    expect(conf("config A\n\tbool")).toEqual([
      1,
      "Kconfig:2:warning: no new line at end of file\nKconfig:2: syntax error\n",
    ]);
    expect(conf("config A\n\tbool", "6.1")).toEqual([0, "Kconfig:2:warning: no new line at end of file\n"]);
  });

  test("blocks across files, choices with wrong members", () => {
    const across = conf('menu "M"\nsource "sub"\n', "6.12", { sub: "endmenu\n" });
    expect(across[1]).toContain("sub:1: 'menu' in different file than 'menu'\nKconfig:1: location of the 'menu'\n");
    expect(conf('choice\n\tprompt "C"\n\nconfig A\n\ttristate "A"\n\nendchoice\n')).toEqual([
      1,
      "Kconfig:4: error: choice member must be bool\n",
    ]);
  });

  test("macros: unterminated, recursive, wrong number of arguments, error-if", () => {
    expect(conf("X := $(Y\n")).toEqual([1, "Kconfig:2: unterminated reference to 'Y': missing ')'\n"]);
    expect(conf("X = $(X)\nconfig $(X)\n")).toEqual([
      1,
      "Kconfig:2: Recursive variable 'X' references itself (eventually)\n",
    ]);
    expect(conf("$(lineno,1)\n")).toEqual([1, "Kconfig:1: too many function arguments passed to 'lineno'\n"]);
    expect(conf("$(warning-if,y,careful)\n$(error-if,y,stop)\n")).toEqual([1, "Kconfig:1: careful\nKconfig:2: stop\n"]);
  });

  test("a keyword of a later kernel is named with its place", () => {
    const text = 'config A\n\tbool "A"\n\ttransitional\n';
    expect(conf(text)).toEqual([1, 'Kconfig:3: syntax error\nKconfig:3: unknown statement "transitional"\n']);
  });

  test("characters that mean nothing, byte by byte", () => {
    expect(conf("@\n")[1]).toBe("Kconfig:1:warning: ignoring unsupported character '@'\n");
    expect(conf("é\n")[1].split("\n")).toHaveLength(3);
  });
});

/** A hang shows as a test that takes longer than this. */
const SLOW_MS = 60_000;

describe("size", { timeout: SLOW_MS }, () => {
  test("100,000 parentheses: conf's parser is full, and goes on", () => {
    const text = `config A\n\tbool "A"\n\tdepends on ${"(".repeat(100_000)}B${")".repeat(100_000)}\n`;
    expect(conf(text)).toEqual([0, "Kconfig:3: memory exhausted\n"]);
  });

  test("9,000 parentheses and 9,000 negations are fine", () => {
    const nested = `config B\n\tdef_bool y\n\nconfig A\n\tdef_bool ${"(".repeat(9000)}B${")".repeat(9000)}\n`;
    expect(conf(nested)).toEqual([0, ""]);
    expect(conf(`config A\n\tbool "A"\n\tdepends on ${"!".repeat(9000)}B\n`)).toEqual([0, ""]);
  });

  test("a line of 10 MB, NUL bytes, macros in macros", () => {
    expect(conf(`config A\n\tbool "${"x".repeat(10 << 20)}"\n`)[0]).toBe(0);
    expect(conf(`config ${"X".repeat(10 << 20)}\n\tbool "x"\n`)[0]).toBe(0);
    expect(conf('config A\n\tbool "A\0B"\n')).toEqual([0, ""]);
    expect(conf(`X := ${"$(".repeat(20_000)}a${")".repeat(20_000)}\n`)[1]).toContain("Too deep recursive expansion");
  });

  test("chains too long for the stack are an error, not a crash", () => {
    const chain = Array.from({ length: 20_000 }, (_, at) => `config S${at}\n\tbool "S"\n\tdepends on S${at + 1}\n`);
    expect(conf(`${chain.join("")}config S20000\n\tbool "S"\n`)[1]).toContain("too many symbols");
    const ifs = `${"if A\n".repeat(4000)}config B\n\tbool "B"\n${"endif\n".repeat(4000)}`;
    expect(conf(ifs)[1]).toMatch(/^Kconfig:\d+: blocks, or the operators of an expression, are nested too deeply; /);
  });

  test("what is no deeper than this is evaluated", () => {
    const definitions = Array.from({ length: 7 }, (_, at) => `config S${at}\n\tbool "S"\n`).join("");
    let alternating = "S0";
    for (let at = 0; at < 1200; at++) alternating = `(${alternating} ${at % 2 === 0 ? "||" : "&&"} S${at % 7})`;
    expect(conf(`${definitions}config A\n\tdef_bool ${alternating}\n`)).toEqual([0, ""]);
    const flat = Array.from({ length: 1200 }, (_, at) => `S${at % 7}`).join(" || ");
    expect(conf(`${definitions}config A\n\tdef_bool ${flat}\n`)).toEqual([0, ""]);
    for (const [open, close] of [
      ["if A", "endif"],
      ['menu "M"\n\tdepends on A', "endmenu"],
    ]) {
      const blocks = `${`${open}\n`.repeat(1500)}config B\n\tbool "B"\n${`${close}\n`.repeat(1500)}`;
      expect(conf(`config A\n\tbool "A"\n${blocks}`)).toEqual([0, ""]);
    }
  });
});
