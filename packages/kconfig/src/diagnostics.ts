/**
 * What conf says: warnings and errors, word for word, with their place.
 *
 * The parser, the finaliser, the evaluator and the `.config` reader report here. Whoever embeds the package prints them or
 * marks them in an editor.
 */

/** One message. */
export interface Diagnostic {
  readonly severity: "error" | "warning" | "info";
  /** Where conf prints it. */
  readonly stream: "stderr" | "stdout";
  /** As conf prints it, without the last line feed; it may have several lines, and may begin with an empty one. */
  readonly text: string;
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
}

/** Collects messages in the order in which conf prints them. */
export class Diagnostics {
  readonly list: Diagnostic[] = [];

  /** A message of conf's form `file:line: text` or `file:line:warning: text`. */
  at(severity: "error" | "warning", file: string, line: number, text: string, separator = ": "): void {
    this.list.push({ severity, stream: "stderr", text: `${file}:${line}${separator}${text}`, file, line });
  }

  warnAt(file: string, line: number, text: string): void {
    this.at("warning", file, line, text, ":warning: ");
  }

  plain(severity: "error" | "warning", text: string): void {
    this.list.push({ severity, stream: "stderr", text });
  }

  info(text: string): void {
    this.list.push({ severity: "info", stream: "stdout", text });
  }

  /** Everything conf would have written to its standard error, byte for byte. */
  stderr(): string {
    return stderrText(this.list);
  }
}

export function stderrText(list: readonly Diagnostic[]): string {
  let out = "";
  for (const entry of list) if (entry.stream === "stderr") out += entry.text + "\n";
  return out;
}

/** Where conf would print an error and exit with status 1. Carries everything said so far. */
export class KconfigError extends Error {
  override readonly name = "KconfigError";

  constructor(readonly diagnostics: readonly Diagnostic[]) {
    const errors = diagnostics.filter((entry) => entry.severity === "error");
    super((errors.length > 0 ? errors : diagnostics).map((entry) => entry.text).join("\n"));
  }
}
