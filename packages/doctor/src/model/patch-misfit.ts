/**
 * Why a hunk does not apply, for a person: the first line that differs, at the place where the hunk nearly fits.
 */
import type { FilePatch, Hunk, Patch, PatchLine } from "./parse-patch.js";

/** `lines` are the file's, with newlines; `guess` is the 0-based line where the hunk was expected. */
export function describeMisfit(
  patch: Patch,
  file: FilePatch,
  hunk: Hunk,
  lines: readonly string[],
  guess: number,
): string {
  const title = `${file.path}: hunk ${hunk.number} of ${file.hunks.length} does not apply: ${hunk.header}`;
  return [title, ...reasons(patch, hunk, lines, guess).map((line) => `  ${line}`)].join("\n");
}

function reasons(patch: Patch, hunk: Hunk, lines: readonly string[], guess: number): string[] {
  const olds = hunk.lines.filter((line) => line.kind !== "add");
  const news = hunk.lines.filter((line) => line.kind !== "remove");
  if (olds.length === 0) {
    return [`it has no old lines and belongs after line ${guess}; the file has ${lines.length} lines`];
  }
  const elsewhere = placeOf(olds, lines);
  if (elsewhere !== undefined) {
    return [
      `its lines stand at line ${elsewhere + 1}, but there it overlaps the hunk before it, or it has less context on`,
      "one side than on the other and so must be the beginning or the end of the file, which that line is not",
    ];
  }
  const already = placeOf(news, lines);
  if (already !== undefined && hunk.lines.some((line) => line.kind === "add")) {
    return [`its result stands at line ${already + 1}: the patch seems to be applied already`];
  }
  const nearest = nearestPlace(olds, lines, guess);
  const differs = olds.findIndex((line, i) => line.text !== lines[nearest.at + i]);
  const wanted = olds[differs]!;
  const has = lines[nearest.at + differs];
  const same = olds.filter((line, i) => line.text === lines[nearest.at + i]).length;
  const placeWanted = `${patch.name}:${wanted.at}`;
  const placeHas = has === undefined ? `after line ${lines.length}` : `line ${nearest.at + differs + 1}`;
  const width = Math.max(placeWanted.length, placeHas.length);
  return [
    `${placeWanted.padEnd(width)}  wants | ${wanted.text.trimEnd()}`,
    `${placeHas.padEnd(width)}  has   ${has === undefined ? "nothing: the file ends" : `| ${has.trimEnd()}`}`,
    nearest.score === 0
      ? "nothing like the hunk stands in the file"
      : `nearest match: at line ${nearest.at + 1}, ${same} of ${olds.length} lines agree${how(wanted.text, has)}`,
  ];
}

function how(wanted: string, has: string | undefined): string {
  if (has === undefined) return "";
  if (wanted.replace(/\n$/, "") === has.replace(/\n$/, "")) {
    return `; the patch says that the file ends here ${wanted.endsWith("\n") ? "with" : "without"} a newline`;
  }
  return squeezed(wanted) === squeezed(has) ? "; the first difference is white space only" : "";
}

function placeOf(wanted: readonly PatchLine[], lines: readonly string[]): number | undefined {
  for (let at = 0; at + wanted.length <= lines.length; at++) {
    if (wanted.every((line, i) => line.text === lines[at + i])) return at;
  }
  return undefined;
}

/** The place where most of the text agrees; of equals, the nearest to `guess`. Lines may hang over the file's end. */
function nearestPlace(
  olds: readonly PatchLine[],
  lines: readonly string[],
  guess: number,
): { at: number; score: number } {
  let best = { at: Math.max(0, Math.min(guess, lines.length - 1)), score: 0 };
  for (let at = 0; at < lines.length; at++) {
    let score = 0;
    olds.forEach((line, i) => {
      const has = lines[at + i];
      if (has === undefined || squeezed(has) !== squeezed(line.text)) return;
      // What differs in white space alone counts half.
      score += squeezed(has).length * (has === line.text ? 2 : 1);
    });
    const nearer = Math.abs(at - guess) < Math.abs(best.at - guess);
    if (score > best.score || (score === best.score && score > 0 && nearer)) best = { at, score };
  }
  return best;
}

function squeezed(line: string): string {
  return line.replace(/\s+/g, "");
}
