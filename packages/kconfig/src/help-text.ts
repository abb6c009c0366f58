/**
 * Help texts: where one ends, and what it says.
 *
 * The lexer only measures a help text, because most of a Kconfig tree is help and almost none of it is ever asked for. The text
 * itself is made from the source when someone reads it.
 */

export interface HelpExtent {
  /** Offset after the last character that belongs to the help text, its final line feed included. */
  readonly end: number;
  /** Line feeds in it. */
  readonly lines: number;
  readonly isBlank: boolean;
}

/** The help text that begins at `start`, which is the beginning of the line after `help`. */
export function scanHelp(source: string, start: number): HelpExtent {
  let at = start;
  let lines = 0;
  let firstIndent = 0;
  let isBlank = true;
  for (;;) {
    // At the beginning of a line.
    let indent = 0;
    let text = at;
    for (;;) {
      const code = source.charCodeAt(text);
      if (code === 9) indent = (indent & ~7) + 8;
      else if (code === 32) indent++;
      else break;
      text++;
    }
    const code = source.charCodeAt(text);
    if (Number.isNaN(code)) return { end: text, lines, isBlank };
    if (code !== 10) {
      if (firstIndent > 0 && indent < firstIndent && text > at) return { end: text, lines, isBlank };
      if (firstIndent === 0) firstIndent = indent;
      isBlank &&= isBlankText(source, text);
      const end = source.indexOf("\n", text);
      if (end < 0) return { end: source.length, lines, isBlank };
      text = end;
    }
    // At a line feed. An unindented line after it ends the help text.
    lines++;
    at = text + 1;
    const following = source.charCodeAt(at);
    if (!Number.isNaN(following) && following !== 32 && following !== 9 && following !== 10)
      return { end: at, lines, isBlank };
  }
}

function isBlankText(source: string, at: number): boolean {
  for (let here = at; here < source.length; here++) {
    const code = source.charCodeAt(here);
    if (code === 10) return true;
    if (code !== 32 && !(code >= 11 && code <= 13) && code !== 9) return code === 0;
  }
  return true;
}

/** The text of a help, without its indentation, as conf shows it. */
export function helpText(source: string, start: number, end: number): string {
  let out = "";
  let firstIndent = 0;
  const lines = source.slice(start, end).split("\n");
  const complete = lines.length - 1;
  for (const [number, line] of lines.entries()) {
    const text = line.replace(/^[ \t]+/, "");
    const indent = width(line.slice(0, line.length - text.length));
    const shown = text.replace(/[ \t]+$/, "");
    if (shown !== "") {
      if (firstIndent > 0) out += " ".repeat(Math.max(0, indent - firstIndent));
      else firstIndent = indent;
      out += shown;
    }
    // The line feed before an unindented line is not part of the text, nor is what follows the last one.
    const isKept = lines[complete] !== "" || end === source.length;
    if (number < complete - 1 || (number === complete - 1 && isKept)) out += "\n";
  }
  return out;
}

function width(blanks: string): number {
  let columns = 0;
  for (const character of blanks) columns = character === "\t" ? (columns & ~7) + 8 : columns + 1;
  return columns;
}
