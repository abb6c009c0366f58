/**
 * Goal: what the documentation shows is what the program prints.
 * Method: README.md and every Markdown file in `transcripts/` is typed, command by command, and compared;
 * `support/transcript.ts` says how they are written. With TRANSCRIPTS=update what differs is written into the file, to be
 * read before it is committed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { filesUnder, ROOT, readText } from "./support/repository.js";
import { matches, parseTranscript, type, withOutput } from "./support/transcript.js";

const FILES = ["README.md", ...filesUnder("tests/transcripts").filter((path) => path.endsWith(".md"))];

describe.each(FILES)("%s", (path) => {
  // From the end, so that an update does not move what is still to be typed.
  const commands = parseTranscript(readText(path)).reverse();

  test("has commands", () => expect(commands.length).toBeGreaterThan(0));

  test.each(commands.map((typed) => [typed.line, typed.command, typed] as const))("line %i: %s", (line, _, typed) => {
    const { output, status } = type(typed.command);
    if (status === typed.status && matches(typed.output, output)) return;
    if (process.env.TRANSCRIPTS === "update") {
      const file = join(ROOT, path);
      writeFileSync(file, withOutput(readFileSync(file, "utf8"), typed, output, status));
      return;
    }
    const shown = (lines: readonly string[], exit: number) => `${lines.join("\n").trimEnd()}\n? ${exit}`;
    expect(shown(output, status), `${path}:${line}: $ ${typed.command}`).toBe(shown(typed.output, typed.status));
  });
});

describe("a transcript that is wrong is seen", () => {
  test.each([
    [["a"], ["b"]],
    [["a"], ["a", "b"]],
    [["a", "b"], ["a"]],
    [[], ["a"]],
    [["a[..]c"], ["abd"]],
    [["a.c"], ["abc"]],
    [
      ["...", "z"],
      ["a", "b"],
    ],
    [
      ["a", "...", "b", "c"],
      ["a", "b", "d", "c"],
    ],
    [
      ["a", "", "b"],
      ["a", "b"],
    ],
  ])("%j is not %j", (expected, actual) => expect(matches(expected, actual)).toBe(false));

  test.each([
    [["a"], ["a", ""]],
    [["a", ""], ["a"]],
    [["..."], []],
    [
      ["a[..]c", "[..]"],
      ["abc", "x"],
    ],
    [["a (1) [..] [x]"], ["a (1) 2 [x]"]],
    [
      ["...", "b", "...", "c"],
      ["a", "b", "b", "d", "c"],
    ],
  ])("%j is %j", (expected, actual) => expect(matches(expected, actual)).toBe(true));

  test("also by its exit status and by stderr", () => {
    expect(type("echo out; echo err >&2; exit 3")).toEqual({ output: ["out", "err"], status: 3 });
  });

  test("a block is read as it is written", () => {
    const text = "Text $ no\n\n```console\n$ one \\\n> more\nout\n$ two\n? 2\n```\n\n```sh\n$ not this\n```\n";
    expect(parseTranscript(text)).toEqual([
      { line: 4, command: "one \\\nmore", output: ["out"], status: 0 },
      { line: 7, command: "two", output: [], status: 2 },
    ]);
    expect(() => parseTranscript("```console\nout\n```\n")).toThrow("line 2: output without a command");
    expect(() => parseTranscript("```console\n$ a\n")).toThrow("line 1: the block has no end");
  });

  test("and can be brought up to date", () => {
    const text = "```console\n$ one\nold\nold\n? 1\n$ two\nsame\n```\n";
    const [one] = parseTranscript(text);
    expect(withOutput(text, one!, ["new"], 0)).toBe("```console\n$ one\nnew\n$ two\nsame\n```\n");
    expect(withOutput(text, one!, [], 4)).toBe("```console\n$ one\n? 4\n$ two\nsame\n```\n");
  });
});
