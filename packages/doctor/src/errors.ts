/**
 * What is wrong with the input: one registry of codes, and the error that carries one.
 *
 * Every package face that reads something a person wrote throws `InputError`; the CLI prints `inputErrorText()` and
 * exits with 2. A finding (S2xxx) is not an error: it is a result.
 */

/**
 * S10xx the command line, S11xx files, S12xx configurations, S13xx names, S14xx patches, S15xx sources, S16xx replay,
 * S17xx traces of allocations.
 */
export const INPUT_ERRORS = {
  S1001: "the command line is not understood",
  S1002: "an option has a value that it cannot have",
  S1101: "a file cannot be read",
  S1102: "a folder stands where a file is expected",
  S1103: "a file is not text",
  S1104: "a file cannot be written",
  S1201: "a configuration file is malformed",
  S1202: "a configuration file is cut off in the middle of a line",
  S1203: "a file is not a configuration",
  S1204: "a Kconfig file is malformed",
  S1301: "there is no such CPU",
  S1302: "there is no such patch",
  S1303: "there is no such scenario",
  S1304: "there is no such symbol or function",
  S1305: "there is no such release or commit",
  S1306: "these two ends cannot be bisected",
  S1401: "a patch is malformed",
  S1402: "a patch does not apply",
  S1403: "a patch contains no change",
  S1501: "kernel TypeScript breaks a rule of its language",
  S1502: "a Makefile is malformed",
  S1601: "a replay string is damaged",
  S1602: "a replay string was made for another model",
  S1603: "an address is damaged",
  S1701: "a trace is malformed",
  S1702: "the sizes of percpu memory do not fit",
} as const satisfies Record<string, string>;

export type InputErrorCode = keyof typeof INPUT_ERRORS;

/** A place in a file of the tree, by its path there, with what is wrong. Lines and columns count from 1. */
export interface ErrorSite {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
  readonly message: string;
}

/** The input cannot be used. Says what, where, why, and what to do next; never a defect of this program. */
export class InputError extends Error {
  override readonly name = "InputError";

  constructor(
    readonly code: InputErrorCode,
    /** File and line, or the option or argument: whatever a person must look at. */
    readonly place: string,
    /** One or more lines. Lines after the first are details and may be indented. */
    readonly reason: string,
    /** The next step: what to change, or a command. */
    readonly next: string,
    /** The places in a source, where there are any: what an editor marks. */
    readonly sites: readonly ErrorSite[] = [],
  ) {
    super(`${code} ${INPUT_ERRORS[code]}: ${place}: ${reason}`);
  }
}

/** The model has no room for what was asked: neither an error of the input nor a finding. Exit status 3. */
export class BoundReached extends Error {
  override readonly name = "BoundReached";
}

const INDENT = "  ";

/** A line of a message is cut there: it may quote a file that is one line of megabytes. */
const MAX_LINE = 1000;

/** Quoted input must not move the cursor of the terminal it is printed on. */
function printable(line: string): string {
  const shown = line.replace(/(?!\t)\p{Cc}/gu, (c) => `\\x${c.codePointAt(0)!.toString(16).padStart(2, "0")}`);
  return shown.length <= MAX_LINE ? shown : `${shown.slice(0, MAX_LINE)} ... (${shown.length} characters)`;
}

/** What a terminal shows of it. Ends without a newline. */
export function inputErrorText(error: InputError): string {
  const reason = error.reason.split("\n").map((line) => (line === "" ? "" : INDENT + printable(line)));
  const place = printable(error.place.replaceAll("\n", " "));
  const next = printable(error.next.replaceAll("\n", " "));
  return [`${error.code} ${INPUT_ERRORS[error.code]}: ${place}`, ...reason, `${INDENT}next: ${next}`].join("\n");
}
