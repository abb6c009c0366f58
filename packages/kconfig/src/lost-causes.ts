/**
 * What a `.config` lost, by cause: one line `# CONFIG_MMU is not set` may take a hundred others along.
 *
 * Called for `config lost`. Follows the explanation of each lost line to where it begins, and puts lines together that begin at the
 * same place. A line may lack several things; it stands under the one that its own file decides if there is such a one, else under
 * the one that is simplest to explain.
 */
import type { Reason } from "./explain.js";
import type { Lost } from "./lost.js";

/** A lost line, and how it follows from the cause it stands under. */
export interface LostItem {
  readonly lost: Lost;
  /** From the symbol of the line towards the cause, without the cause. Empty: the line is its own cause. */
  readonly chain: readonly Reason[];
  /** Conditions that fail besides: more than the cause must change. */
  readonly besides: number;
}

/** Lines that were lost for one reason. */
export interface LostCause {
  /** Where it begins; undefined if it is not another symbol but the kind of line (`text`). */
  readonly reason: Reason | undefined;
  /** One line: what it is. */
  readonly text: string;
  /** In the order of the file. */
  readonly items: readonly LostItem[];
}

/** What took most lines comes first; among equals, what comes first in the file. */
export function causesOf(all: readonly Lost[]): LostCause[] {
  const causes = new Map<string, { reason: Reason | undefined; text: string; items: LostItem[] }>();
  for (const lost of all) {
    const path = pathToCause(lost.because);
    const reason = path.at(-1);
    const text = reason === undefined ? ownText(lost) : `${reason.symbol}=${reason.value}: ${reason.text}`;
    const cause = causes.get(text) ?? { reason, text, items: [] };
    const besides = lost.because.filter((one) => one.cause === "unmet dependency").length - 1;
    cause.items.push({ lost, chain: path.slice(0, -1), besides: Math.max(0, besides) });
    causes.set(text, cause);
  }
  return [...causes.values()].sort((a, b) => b.items.length - a.items.length);
}

/** Lines that are overridden differ in where, and are alike all the same. */
function ownText(lost: Lost): string {
  return lost.kind === "overridden" ? "set again later in the file" : lost.text;
}

/** One way through an explanation to where it begins: what a file says if that is among the beginnings, else the first. */
function pathToCause(reasons: readonly Reason[]): readonly Reason[] {
  let first: readonly Reason[] = [];
  for (const reason of reasons) {
    if (reason.cause === "elided") continue;
    const path = [reason, ...pathToCause(reason.because)];
    if (isSaid(path.at(-1)!)) return path;
    if (first.length === 0) first = path;
  }
  return first;
}

function isSaid(reason: Reason): boolean {
  return reason.cause === "user" && reason.line !== undefined;
}
