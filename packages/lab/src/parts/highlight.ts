/**
 * TypeScript in colours, line by line, for sources that are only read. (The editor brings its own.)
 */
import { classHighlighter, highlightCode } from "@lezer/highlight";
import { parser } from "@lezer/javascript";

/** Classes (`tok-keyword …`, or none) and the text in them. */
export type StyledSpan = readonly [style: string, text: string];

const typescript = parser.configure({ dialect: "ts" });

export function highlightLines(text: string): readonly (readonly StyledSpan[])[] {
  const lines: StyledSpan[][] = [[]];
  highlightCode(
    text,
    typescript.parse(text),
    classHighlighter,
    (code, style) => lines.at(-1)!.push([style, code]),
    () => lines.push([]),
  );
  if (lines.length > 1 && lines.at(-1)!.length === 0) lines.pop();
  return lines;
}
