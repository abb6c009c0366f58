/**
 * `config lost` as text and as JSON: the causes first, then what each took along.
 */
import { causesOf, formatReason, type Lost, type LostCause } from "@shootdown/doctor/linux";

/** Fewer lines than this need no table of contents. */
const MIN_FOR_SUMMARY = 8;
/** So many causes are named before the details; the rest took a line or two each. */
const MAX_IN_SUMMARY = 20;
/** Width of the counts in front of the causes. */
const COUNT_WIDTH = 5;

/** Every line by itself, with all that it lacks. */
export function eachLost(all: readonly Lost[]): string {
  if (all.length === 0) return "nothing is lost\n";
  return all.map((item) => headOf(item) + item.because.map((reason) => formatReason(reason, "  ")).join("")).join("");
}

/** Lines that were lost for the same reason together, the reason that took most first. */
export function lostByCause(all: readonly Lost[]): string {
  if (all.length === 0) return "nothing is lost\n";
  const causes = causesOf(all);
  const summary = all.length < MIN_FOR_SUMMARY ? "" : summaryOf(all, causes);
  return summary + causes.map(formatCause).join("\n");
}

/** The same, for programs: every lost line complete, and the causes as indices into them. */
export function lostJson(all: readonly Lost[]): string {
  const causes = causesOf(all).map(({ reason, text, items }) => ({
    text,
    ...(reason === undefined
      ? {}
      : { symbol: reason.symbol, value: reason.value, file: reason.file, line: reason.line }),
    lost: items.map((item) => all.indexOf(item.lost)),
  }));
  return `${JSON.stringify({ lost: all, causes }, null, 2)}\n`;
}

function summaryOf(all: readonly Lost[], causes: readonly LostCause[]): string {
  const count = (lines: number, text: string) => `${String(lines).padStart(COUNT_WIDTH)}  ${text}\n`;
  const first = causes.slice(0, MAX_IN_SUMMARY).map((cause) => count(cause.items.length, titleOf(cause)));
  const others = causes.slice(MAX_IN_SUMMARY).reduce((sum, cause) => sum + cause.items.length, 0);
  const rest = others === 0 ? "" : count(others, `for ${causes.length - MAX_IN_SUMMARY} other reasons`);
  const reasons = causes.length === 1 ? "one reason" : `${causes.length} reasons`;
  return `${all.length} lines are lost, for ${reasons}:\n${first.join("")}${rest}\n`;
}

function titleOf({ reason, text }: LostCause): string {
  return reason?.file === undefined ? text : `${text}  ${reason.file}:${reason.line}`;
}

function formatCause(cause: LostCause): string {
  const told = new Set<string>();
  const lines = cause.items.map(({ lost, chain, besides }) => {
    // What a line before has told already (`USB_SERIAL needs USB`) is not told again.
    const links = chain.map((reason) => formatReason({ ...reason, because: [] }, "    "));
    const fresh = links.filter((link) => !told.has(link));
    for (const link of fresh) told.add(link);
    const more =
      besides === 0 ? "" : `    and ${besides} more condition${besides === 1 ? "" : "s"}: --each tells them\n`;
    return `  ${headOf(lost, cause.reason === undefined)}${fresh.join("")}${more}`;
  });
  return `${titleOf(cause)}\n${lines.join("")}`;
}

/** `in.config:3: SMP=y: dropped: its dependencies are not met`; without the reason where it is the cause itself. */
function headOf(lost: Lost, isCause = false): string {
  const why = isCause && lost.kind !== "overridden" ? "" : `: ${lost.text}`;
  return `${lost.file}:${lost.line}: ${lost.name}=${lost.wanted}: ${lost.kind}${why}\n`;
}
