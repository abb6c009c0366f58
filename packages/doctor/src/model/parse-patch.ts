/**
 * Reads a unified diff, as `diff -u` and git write it.
 *
 * Strict where a mistake would change what is applied (counts, order, paths), lenient where mail and editors harm a
 * patch without changing its meaning: CRLF, a lost blank on an empty context line, a mail's signature. What is
 * malformed is an `InputError` with the patch's line number. Nothing here looks at the files that the patch changes.
 */
import { InputError, type InputErrorCode } from "../errors.js";

/** A line of a hunk. */
export interface PatchLine {
  readonly kind: "context" | "remove" | "add";
  /** With its newline, unless the patch says that the file ends without one. Never a carriage return. */
  readonly text: string;
  /** 1-based line of the patch. */
  readonly at: number;
}

export interface Hunk {
  /** 1-based in its file. */
  readonly number: number;
  /** The whole `@@` line. */
  readonly header: string;
  /** 1-based line of the patch. */
  readonly at: number;
  /** 1-based line of the file's old text; with no old lines, the line that the new ones follow (0: the beginning). */
  readonly oldStart: number;
  readonly lines: readonly PatchLine[];
}

export interface FilePatch {
  /** Without the first folder (`patch -p1`). */
  readonly path: string;
  /** As the header has it. */
  readonly headerPath: string;
  readonly change: "modify" | "create" | "delete";
  /** 1-based line of the patch. */
  readonly at: number;
  readonly hunks: readonly Hunk[];
}

export interface Patch {
  /** What the user calls it: a file name or the name of one that ships. */
  readonly name: string;
  /** The first paragraph of the text before the first file, on one line; empty if there is none. */
  readonly description: string;
  readonly files: readonly FilePatch[];
}

const HUNK_HEADER = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;
const NO_NEWLINE = /^\\/;
const BINARY = /^(GIT binary patch$|Binary files .* differ$)/;
const MAKE_ONE = "make a patch with: diff -ruN a b (or git diff), where a and b are copies of the kernel tree";

/** Throws `InputError` S1401 (malformed) or S1403 (nothing in it). */
export function parsePatch(text: string, name: string): Patch {
  return new Parser(text, name).patch();
}

class Parser {
  private readonly lines: readonly string[];
  /** The last line has no newline. */
  private readonly cutOff: boolean;
  /** The line to read next, 0-based. */
  private at = 0;

  constructor(
    text: string,
    private readonly name: string,
  ) {
    if (text.includes("\0")) this.fail(0, "this is not text", MAKE_ONE);
    const lines = text
      .replace(/^\u{FEFF}/u, "")
      .split("\n")
      .map((line) => line.replace(/\r$/, ""));
    if (lines[lines.length - 1] === "") lines.pop();
    this.lines = lines;
    this.cutOff = !text.endsWith("\n");
  }

  patch(): Patch {
    const files: FilePatch[] = [];
    if (this.lines.every((line) => line.trim() === "")) this.fail(0, "the file is empty", MAKE_ONE, "S1403");
    while (this.at < this.lines.length) {
      if (this.isFileHeader(this.at)) files.push(this.file());
      else this.between();
    }
    if (files.length === 0) {
      const context = this.lines.findIndex((line) => /^\*\*\* \S/.test(line));
      if (context >= 0) this.fail(context, "this is a context diff", MAKE_ONE);
      this.fail(0, "there is no file header: a line `--- a/path` and a line `+++ b/path`", MAKE_ONE, "S1403");
    }
    return { name: this.name, description: this.description(files[0]!.at - 1), files };
  }

  /** A line outside any file's hunks. Anything goes, except what shows that the patch is broken. */
  private between(): void {
    const line = this.lines[this.at]!;
    if (HUNK_HEADER.test(line)) {
      this.fail(
        this.at,
        `a hunk without a file header before it: ${line}`,
        "put `--- a/path` and `+++ b/path` before it",
      );
    }
    if (BINARY.test(line))
      this.fail(this.at, "a binary change cannot be applied to sources", "take it out of the patch");
    if (/^(rename|copy) (from|to) /.test(line)) {
      this.fail(this.at, "renames and copies are not supported", "make the patch with: git diff --no-renames");
    }
    if (/^--- \S/.test(line) && /^@@ /.test(this.lines[this.at + 1] ?? "")) {
      this.fail(this.at, "the file header has no `+++` line", "put `+++ b/path` after it");
    }
    if (/^\+\+\+ \S/.test(line) && /^@@ /.test(this.lines[this.at + 1] ?? "")) {
      this.fail(this.at, "the file header has no `---` line", "put `--- a/path` before it");
    }
    this.at++;
  }

  private isFileHeader(at: number): boolean {
    return /^--- \S/.test(this.lines[at] ?? "") && /^\+\+\+ \S/.test(this.lines[at + 1] ?? "");
  }

  private file(): FilePatch {
    const at = this.at;
    const oldPath = this.path(at);
    const newPath = this.path(at + 1);
    this.at += 2;
    if (oldPath !== undefined && newPath !== undefined && oldPath !== newPath) {
      this.fail(
        at,
        `the header names two files, ${oldPath} and ${newPath}`,
        "write the same path behind a/ and b/; a rename is a deletion and a creation",
      );
    }
    const path = newPath ?? oldPath;
    if (path === undefined) this.fail(at, "both paths are /dev/null", "write the file's path behind a/ or b/");
    const change = oldPath === undefined ? "create" : newPath === undefined ? "delete" : "modify";
    const hunks: Hunk[] = [];
    while (/^@@/.test(this.lines[this.at] ?? "")) hunks.push(this.hunk(hunks, change));
    if (hunks.length === 0) {
      this.fail(Math.min(this.at, this.lines.length - 1), `no hunk follows the header of ${path}`, MAKE_ONE);
    }
    const headerPath = fullPath(this.lines[newPath === undefined ? at : at + 1]!);
    return { path, headerPath, change, at: at + 1, hunks };
  }

  /** The path of a header line; undefined for /dev/null. */
  private path(at: number): string | undefined {
    const full = fullPath(this.lines[at]!);
    if (full === "/dev/null") return undefined;
    const parts = full.split("/");
    if (full.startsWith("/") || parts.includes("..")) {
      this.fail(at, `the path ${full} leads out of the tree`, "write a/path, relative to the kernel tree");
    }
    const path = parts
      .slice(1)
      .filter((part) => part !== "" && part !== ".")
      .join("/");
    if (path === "") {
      this.fail(at, `the path ${full} has no folder to take away, as patch -p1 does`, `write a/${full} and b/${full}`);
    }
    return path;
  }

  private hunk(before: readonly Hunk[], change: FilePatch["change"]): Hunk {
    const at = this.at;
    const header = this.lines[at]!;
    const match = HUNK_HEADER.exec(header);
    if (!match) this.fail(at, `this is no hunk header: ${header}`, "write @@ -line,count +line,count @@");
    const oldStart = Number(match[1]);
    const oldCount = Number(match[2] ?? 1);
    const newCount = Number(match[4] ?? 1);
    const previous = before[before.length - 1];
    if (previous && oldStart < previous.oldStart + oldLength(previous)) {
      this.fail(at, "the hunk begins before the end of the one before it", "put the hunks of a file in order");
    }
    this.at++;
    const lines: PatchLine[] = [];
    let olds = 0;
    let news = 0;
    while (olds < oldCount || news < newCount) {
      const line = this.hunkLine();
      if (line === undefined) this.countsDiffer(at, oldCount, newCount, olds, news);
      if (line.kind !== "add") olds++;
      if (line.kind !== "remove") news++;
      if (olds > oldCount || news > newCount) this.countsDiffer(at, oldCount, newCount, olds, news);
      lines.push(line);
    }
    this.endOfHunk(at, oldCount, newCount);
    if (!lines.some((line) => line.kind !== "context")) this.fail(at, "the hunk changes nothing", MAKE_ONE);
    if (change === "create" && olds > 0) {
      this.fail(at, "a file that the patch creates has no old lines", "write @@ -0,0 +1,count @@ and only + lines");
    }
    if (change === "delete" && news > 0) {
      this.fail(at, "a file that the patch deletes has no new lines", "write @@ -1,count +0,0 @@ and only - lines");
    }
    return { number: before.length + 1, header, at: at + 1, oldStart, lines };
  }

  /** The next line of a hunk, with the marker that may follow it; undefined if the hunk stops here. */
  private hunkLine(): PatchLine | undefined {
    const line = this.lines[this.at];
    if (line === undefined || (this.isFileHeader(this.at) && /^@@ /.test(this.lines[this.at + 2] ?? "")))
      return undefined;
    const kind = line === "" ? "context" : KINDS.get(line[0]!);
    if (kind === undefined) return undefined;
    const at = ++this.at;
    if (at === this.lines.length && this.cutOff) {
      this.fail(at - 1, "the patch ends in the middle of a line", "get the whole patch, or end its last line");
    }
    if (!NO_NEWLINE.test(this.lines[this.at] ?? "")) return { kind, text: `${line.slice(1)}\n`, at };
    this.at++;
    return { kind, text: line.slice(1), at };
  }

  /** Behind the last line that the header promises there is no line that looks like one more. */
  private endOfHunk(header: number, oldCount: number, newCount: number): void {
    const line = this.lines[this.at];
    if (line === undefined || line === "" || this.isFileHeader(this.at)) return;
    if (line === "-- " || line === "--") return; // a mail's signature
    if (NO_NEWLINE.test(line)) this.fail(this.at, "no line stands before this one that it could speak of", MAKE_ONE);
    if (!KINDS.has(line[0]!)) return;
    this.fail(
      this.at,
      `the hunk goes on, but its header (line ${header + 1}) ends it here: ${counts(oldCount, newCount)}`,
      "correct the counts in the @@ line, or make the patch again",
    );
  }

  private countsDiffer(header: number, oldCount: number, newCount: number, olds: number, news: number): never {
    const promised = `its header (line ${header + 1}) promises ${counts(oldCount, newCount)}`;
    const found = `there are ${counts(olds, news)}`;
    const tooMany = olds > oldCount || news > newCount;
    if (!tooMany && this.at >= this.lines.length) {
      this.fail(this.lines.length - 1, `the patch ends inside a hunk: ${promised}, ${found}`, "get the whole patch");
    }
    this.fail(
      tooMany ? this.at - 1 : this.at,
      `the hunk's counts are wrong: ${promised}, ${found} up to here`,
      "correct the counts in the @@ line, or make the patch again",
    );
  }

  /** The first paragraph of lines 0 .. end - 1; of a mail, its subject. */
  private description(end: number): string {
    const text = this.lines.slice(0, end);
    const begin = text.findIndex((line) => /^(diff |Index: |index [0-9a-f]+\.\.)/.test(line));
    const free = begin < 0 ? text : text.slice(0, begin);
    const first = free.findIndex((line) => line.trim() !== "");
    if (first < 0) return "";
    const blank = free.findIndex((line, index) => index > first && line.trim() === "");
    const paragraph = free.slice(first, blank < 0 ? undefined : blank);
    const joined = paragraph.map((line) => line.trim()).join(" ");
    if (!/^From [0-9a-f]{40} /.test(paragraph[0]!)) return joined;
    const subject = paragraph.findIndex((line) => line.startsWith("Subject: "));
    if (subject < 0) return "";
    const folded = paragraph.slice(subject + 1);
    const next = folded.findIndex((line) => !/^\s/.test(line));
    const whole = [paragraph[subject]!, ...folded.slice(0, next < 0 ? undefined : next)].map((line) => line.trim());
    return whole.join(" ").replace(/^Subject: (\[[^\]]*\] *)?/, "");
  }

  /** `line` is 0-based. */
  private fail(line: number, reason: string, next: string, code: InputErrorCode = "S1401"): never {
    throw new InputError(code, `${this.name}:${line + 1}`, reason, next);
  }
}

const KINDS: ReadonlyMap<string, PatchLine["kind"]> = new Map([
  [" ", "context"],
  ["-", "remove"],
  ["+", "add"],
]);

/** Of a `---` or `+++` line. A tab and a time may follow it. */
function fullPath(line: string): string {
  return line.slice(4).split("\t")[0]!.trimEnd();
}

function oldLength(hunk: Hunk): number {
  return hunk.lines.filter((line) => line.kind !== "add").length;
}

function counts(olds: number, news: number): string {
  return `${olds} old and ${news} new line${news === 1 ? "" : "s"}`;
}
