/**
 * From text to logical lines, the way GNU make joins them: continuations folded, comments dropped, references left whole.
 * Called by parse.ts. It does not know statements.
 */

/** Index just past the reference that starts at `text[start] === "$"`; an unclosed one ends with the text. */
export function skipReference(text: string, start: number): number {
  const open = text[start + 1];
  if (open !== "(" && open !== "{") return Math.min(start + 2, text.length);
  const close = open === "(" ? ")" : "}";
  let depth = 0;
  for (let i = start + 1; i < text.length; i++) {
    const c = text[i];
    if (c === open) depth++;
    else if (c === close && --depth === 0) return i + 1;
  }
  return text.length;
}

/** Index of the first character outside any reference for which `wanted` holds, or -1. */
export function findOutside(text: string, wanted: (character: string, index: number) => boolean, from = 0): number {
  for (let i = from; i < text.length; ) {
    const c = text[i]!;
    if (c === "$") {
      i = skipReference(text, i);
      continue;
    }
    if (wanted(c, i)) return i;
    i++;
  }
  return -1;
}

/** Drops a comment. `\#` stays as a plain number sign; a `#` inside a reference is text (GNU make 4.3 and later). */
export function stripComment(line: string): string {
  if (!line.includes("#")) return line;
  let out = "";
  for (let i = 0; i < line.length; ) {
    const c = line[i]!;
    if (c === "$") {
      const end = skipReference(line, i);
      out += line.slice(i, end);
      i = end;
    } else if (c === "\\") {
      let run = i;
      while (line[run] === "\\") run++;
      const count = run - i;
      if (line[run] !== "#") {
        out += line.slice(i, run);
        i = run;
      } else {
        out += "\\".repeat(count >> 1);
        if (count % 2 === 0) return out;
        out += "#";
        i = run + 1;
      }
    } else if (c === "#") {
      return out;
    } else {
      out += c;
      i++;
    }
  }
  return out;
}

/** Whether the line ends in an odd number of backslashes, so that the next one belongs to it. */
export function continues(line: string): boolean {
  let count = 0;
  for (let i = line.length - 1; i >= 0 && line[i] === "\\"; i--) count++;
  return count % 2 === 1;
}

/** Physical lines read one logical line at a time. */
export class LineReader {
  private readonly physical: string[];
  private next = 0;

  constructor(text: string) {
    this.physical = text.split(/\r?\n/);
    if (this.physical.at(-1) === "") this.physical.pop();
  }

  get done(): boolean {
    return this.next >= this.physical.length;
  }

  /** Line number (from 1) of what `take` returns next. */
  get lineNumber(): number {
    return this.next + 1;
  }

  /** First character of the next line; a recipe is told by its tab. */
  peekCharacter(): string {
    return this.physical[this.next]?.[0] ?? "";
  }

  /** One logical line: continuations and the blanks around them become one space. */
  take(): string {
    let line = this.physical[this.next++] ?? "";
    if (!continues(line)) return line;
    const parts: string[] = [];
    while (continues(line)) {
      parts.push(parts.length === 0 ? line.slice(0, -1).trimEnd() : line.slice(0, -1).trim());
      if (this.done) return parts.join(" ");
      line = this.physical[this.next++]!;
    }
    parts.push(line.trimStart());
    return parts.join(" ");
  }

  /** One physical line, as `define` keeps it. */
  takePhysical(): string {
    return this.physical[this.next++] ?? "";
  }
}
