/**
 * Terminal sessions in Markdown: what is in a block of language `console` is typed and compared.
 *
 *     $ ./shootdown list cpus        typed to sh in the root of the repository
 *     > --json                       (a line that goes on, if the one before ends in a backslash)
 *     arm11mpcore [..]               what it prints, on stdout and stderr; `[..]` stands for anything within a line
 *     ...                            and this line for any number of lines
 *     ? 1                            the exit status, if it is not 0
 */
import { spawnSync } from "node:child_process";
import { ROOT } from "./repository.js";

export interface Typed {
  /** 1-based, of the `$` line. */
  readonly line: number;
  readonly command: string;
  readonly output: readonly string[];
  readonly status: number;
}

const ANY_LINES = "...";
const ANY_TEXT = "[..]";
const TIMEOUT_SECONDS = 100;

/** The commands of a Markdown file. Throws on a block that has output before its first command, or no end. */
export function parseTranscript(markdown: string): Typed[] {
  const result: { line: number; command: string; output: string[]; status: number }[] = [];
  let fence: { line: number; marker: string; console: boolean } | undefined;
  let current: (typeof result)[number] | undefined;
  markdown.split("\n").forEach((text, index) => {
    const line = index + 1;
    const marker = /^(```+)\s*(\w*)/.exec(text);
    if (!fence) {
      if (marker) fence = { line, marker: marker[1]!, console: marker[2] === "console" };
      current = undefined;
      return;
    }
    if (marker && marker[2] === "" && marker[1]!.length >= fence.marker.length) {
      fence = undefined;
      return;
    }
    if (!fence.console) return;
    const status = /^\? (\d+)$/.exec(text);
    if (text.startsWith("$ ")) {
      current = { line, command: text.slice(2), output: [], status: 0 };
      result.push(current);
    } else if (!current) {
      throw new Error(`line ${line}: output without a command, use a line that begins with "$ "`);
    } else if (text.startsWith("> ") && current.command.endsWith("\\") && current.output.length === 0) {
      current.command += `\n${text.slice(2)}`;
    } else if (status) current.status = Number(status[1]);
    else current.output.push(text);
  });
  if (fence) throw new Error(`line ${fence.line}: the block has no end`);
  return result;
}

/** What a command prints, and its exit status. The launcher is left out: tests run what has been built. */
export function type(command: string): { output: string[]; status: number } {
  const real = command.replace(/(^|[\s;|&(])\.\/shootdown(?=\s|$)/g, "$1node packages/cli/bin/shootdown.js");
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, LC_ALL: "C", TERM: "dumb", NO_COLOR: "1" };
  const run = spawnSync("sh", ["-c", `exec 2>&1\n${real}`], {
    cwd: ROOT,
    env,
    encoding: "utf8",
    input: "",
    timeout: TIMEOUT_SECONDS * 1000,
  });
  const status = run.status ?? -1;
  return { output: withoutBlankEnd(run.stdout.split("\n")), status };
}

/** Whether what was printed is what the transcript says. */
export function matches(expected: readonly string[], actual: readonly string[]): boolean {
  const wanted = withoutBlankEnd(expected);
  const got = withoutBlankEnd(actual);
  // fits[j]: the lines of `wanted` so far match the first j lines of `got`.
  let fits = got.map(() => false);
  fits.unshift(true);
  for (const line of wanted) {
    const next = new Array<boolean>(got.length + 1).fill(false);
    for (let j = 0; j <= got.length; j++) {
      if (line === ANY_LINES) next[j] = fits[j]! || (j > 0 && next[j - 1]!);
      else next[j] = j > 0 && fits[j - 1]! && lineMatches(line, got[j - 1]!);
    }
    fits = next;
  }
  return fits[got.length]!;
}

/** The Markdown with the output of one command replaced. */
export function withOutput(markdown: string, typed: Typed, output: readonly string[], status: number): string {
  const lines = markdown.split("\n");
  const begin = typed.line - 1 + typed.command.split("\n").length;
  const end = lines.findIndex((line, index) => index >= begin && /^(\$ |```)/.test(line));
  lines.splice(begin, end - begin, ...output, ...(status === 0 ? [] : [`? ${status}`]));
  return lines.join("\n");
}

function lineMatches(expected: string, actual: string): boolean {
  if (!expected.includes(ANY_TEXT)) return expected === actual;
  const parts = expected.split(ANY_TEXT).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(actual);
}

function withoutBlankEnd(lines: readonly string[]): string[] {
  return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
}
