/**
 * Applies a unified diff to a tree, in memory.
 *
 * Like `patch -p1 --fuzz=0`: a hunk's old lines must stand in the file exactly; where its line number is off, the
 * nearest place is searched, later places first; a hunk that begins or ends a file stays there. All of a patch applies
 * or none of it: what does not is reported at once, each hunk with the place where it nearly fits. A file with CRLF
 * keeps it.
 *
 * Paths are the patch's own, without the first folder: `mm/highmem.ts` in the kernel tree, `machine/mmu.ts`.
 */
import { InputError } from "../errors.js";
import type { FilePatch, Hunk, Patch } from "./parse-patch.js";
import { describeMisfit } from "./patch-misfit.js";

export { type FilePatch, type Hunk, type Patch, type PatchLine, parsePatch } from "./parse-patch.js";

export interface ReadableTree {
  /** The text of a file; undefined if there is none. */
  read(path: string): string | undefined;
}

/** By path: the new text of a file that a patch changes, or undefined if it deletes it. */
export type Overlay = ReadonlyMap<string, string | undefined>;

/** What the patch makes of the tree; the tree stays as it is. Throws `InputError` S1402 with every hunk that fails. */
export function applyPatch(tree: ReadableTree, patch: Patch): Overlay {
  const overlay = new Map<string, string | undefined>();
  const failures: string[] = [];
  for (const file of patch.files) {
    const result = applyToFile(overlaid(tree, overlay), patch, file);
    if (result.failures.length > 0) failures.push(...result.failures);
    else overlay.set(file.path, result.text);
  }
  if (failures.length === 0) return overlay;
  throw new InputError(
    "S1402",
    patch.name,
    failures.join("\n"),
    "make the patch again from this tree: copy it to a and b, change b, diff -ruN a b",
  );
}

/** A tree seen through an overlay. */
export function overlaid(tree: ReadableTree, overlay: Overlay): ReadableTree {
  return { read: (path) => (overlay.has(path) ? overlay.get(path) : tree.read(path)) };
}

/** Where a model tree that holds `kernel/` and `machine/` keeps the file that a patch calls `path`. */
export function modelTreePath(path: string): string {
  return path.startsWith("machine/") ? path : `kernel/${path}`;
}

interface FileResult {
  readonly text?: string;
  readonly failures: readonly string[];
}

function applyToFile(tree: ReadableTree, patch: Patch, file: FilePatch): FileResult {
  const current = tree.read(file.path);
  const header = `${patch.name}:${file.at}`;
  if (file.change === "create" && current !== undefined) {
    return { failures: [`${file.path}: the patch creates this file (${header}), but it exists`] };
  }
  if (file.change !== "create" && current === undefined) {
    return { failures: [`${file.path}: there is no such file (${header})${pathHint(tree, file)}`] };
  }
  const raw = splitLines(current ?? "");
  const lines = raw.map((line) => line.replace(/\r\n$/, "\n"));
  const eol = raw[0]?.endsWith("\r\n") ? "\r\n" : "\n";
  const result: string[] = [];
  const failures: string[] = [];
  /** Lines of the file that are dealt with, and how far from its header's place the last hunk stood. */
  let used = 0;
  let offset = 0;
  for (const hunk of file.hunks) {
    const found = findPlace(lines, hunk, used, offset);
    if (found === undefined) {
      failures.push(describeMisfit(patch, file, hunk, lines, firstGuess(hunk) + offset));
      continue;
    }
    offset = found - firstGuess(hunk);
    result.push(...raw.slice(used, found));
    used = found;
    for (const line of hunk.lines) {
      if (line.kind === "add") result.push(line.text.replace(/\n$/, eol));
      else if (line.kind === "context") result.push(raw[used++]!);
      else used++;
    }
  }
  result.push(...raw.slice(used));
  if (failures.length > 0) return { failures };
  if (file.change !== "delete") return { text: result.join(""), failures };
  if (result.length === 0) return { failures };
  return { failures: [`${file.path}: the patch deletes this file (${header}), but not all of its lines`] };
}

/** The old line, 0-based, where the header says that the hunk begins. Without old lines it names the line before. */
function firstGuess(hunk: Hunk): number {
  return oldLines(hunk).length === 0 ? hunk.oldStart : hunk.oldStart - 1;
}

/** The 0-based line where the hunk's old lines stand, the nearest to where it is expected; undefined if nowhere. */
function findPlace(lines: readonly string[], hunk: Hunk, used: number, offset: number): number | undefined {
  const olds = oldLines(hunk);
  const guess = firstGuess(hunk) + offset;
  const last = lines.length - olds.length;
  const fits = (at: number) => at >= used && at <= last && olds.every((line, i) => line === lines[at + i]);
  if (olds.length === 0) return fits(guess) ? guess : undefined;
  // Less context on one side than on the other: the file ended there when the patch was made, and must do so now.
  const before = hunk.lines.findIndex((line) => line.kind !== "context");
  const after = hunk.lines.length - 1 - hunk.lines.findLastIndex((line) => line.kind !== "context");
  if (before < after && hunk.oldStart <= 1) return fits(0) ? 0 : undefined;
  if (after < before) return fits(last) ? last : undefined;
  for (let distance = 0; distance <= lines.length + Math.abs(guess); distance++) {
    if (fits(guess + distance)) return guess + distance;
    if (fits(guess - distance)) return guess - distance;
  }
  return undefined;
}

function oldLines(hunk: Hunk): string[] {
  return hunk.lines.filter((line) => line.kind !== "add").map((line) => line.text);
}

/** Each with its newline; the last one has none if the text does not end in one. */
function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Most often the patch was made from another folder. */
function pathHint(tree: ReadableTree, file: FilePatch): string {
  if (tree.read(file.headerPath) !== undefined) return `: the header's path must be a/${file.headerPath}`;
  const parts = file.path.split("/");
  for (let drop = 1; drop < parts.length; drop++) {
    const shorter = parts.slice(drop).join("/");
    if (tree.read(shorter) !== undefined) return `: the header's path must be a/${shorter}`;
  }
  return "";
}
