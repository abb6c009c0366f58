/**
 * GNU make's words and `%` patterns. Called by functions.ts, directory.ts and why.ts. Pure text, no variables.
 */

/** Words between blanks. */
export function wordsOf(text: string): string[] {
  return text.split(/[ \t\r\n]+/).filter((word) => word !== "");
}

/** Splits a pattern at its first unescaped `%`; undefined when it has none. `\%` is a plain percent sign. */
function splitPattern(pattern: string): readonly [before: string, after: string] | undefined {
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] !== "%") continue;
    if (pattern[i - 1] === "\\") continue;
    return [plainPercent(pattern.slice(0, i)), plainPercent(pattern.slice(i + 1))];
  }
  return undefined;
}

function plainPercent(text: string): string {
  return text.replaceAll("\\%", "%");
}

/** The part of `word` that `%` stands for, or undefined when the pattern does not match. A pattern without `%` matches itself with stem "". */
export function matchPattern(pattern: string, word: string): string | undefined {
  const parts = splitPattern(pattern);
  if (parts === undefined) return plainPercent(pattern) === word ? "" : undefined;
  const [before, after] = parts;
  if (word.length < before.length + after.length) return undefined;
  if (!word.startsWith(before) || !word.endsWith(after)) return undefined;
  return word.slice(before.length, word.length - after.length);
}

/** `$(patsubst pattern,replacement,text)`. Without a `%` in the pattern whole words are replaced and the blanks stay as they are. */
export function patsubst(pattern: string, replacement: string, text: string): string {
  const into = splitPattern(replacement);
  if (splitPattern(pattern) === undefined) {
    const from = plainPercent(pattern);
    if (from === "") return text;
    return text.replace(/[^ \t\r\n]+/g, (word) => (word === from ? replacement : word));
  }
  const changed = wordsOf(text).flatMap((word) => {
    const stem = matchPattern(pattern, word);
    if (stem === undefined) return [word];
    if (into === undefined) return replacement === "" ? [] : [plainPercent(replacement)];
    return [into[0] + stem + into[1]];
  });
  return changed.join(" ");
}

/** A shell glob of one path component as a regular expression; undefined when the name has no wildcard. */
export function globComponent(glob: string): RegExp | undefined {
  if (!/[*?[]/.test(glob)) return undefined;
  let source = "";
  for (let i = 0; i < glob.length; i++) {
    const c = glob[i]!;
    const close = c === "[" ? glob.indexOf("]", i + 2) : -1;
    if (c === "*") source += "[^/]*";
    else if (c === "?") source += "[^/]";
    else if (close > 0) {
      const set = glob.slice(i + 1, close).replace(/[\\^]/g, "\\$&");
      source += set.startsWith("!") ? `[^${set.slice(1)}]` : `[${set}]`;
      i = close;
    } else source += c.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  }
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return undefined;
  }
}
