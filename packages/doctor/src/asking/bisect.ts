/**
 * Which commit of the history made a kernel bad: `git bisect` on the series, and what it takes to make it good again.
 *
 * Bisection names the first commit that is bad. That is not yet the cause: a later commit may have given the defect a second
 * foot, so that taking the first one back does not help any more. Therefore the bad kernel is asked again without the first
 * bad commit, and if that is not enough, without it and each later commit, to find the ones that are bad together.
 */
import { InputError } from "../errors.js";
import { type HistoryEntry, readHistory, takenBack } from "../model/history.js";
import type { Result } from "../result.js";
import { type Asker, ask, isWell, outcomeOf, type Question } from "./question.js";

/** The question is asked of the code at each commit: its `at` and `patches` are bisection's to choose. */
export type Bisected = Omit<Question, "at" | "patches">;

/** A commit, right after which the kernel was examined. */
export interface BisectStep {
  readonly at: string;
  readonly subject: string;
  readonly isVerified: boolean;
  readonly outcome: string;
  readonly verdict: "good" | "bad";
  readonly result: Result;
}

/** The bad kernel without some commits. */
export interface Without {
  /** Oldest first. */
  readonly commits: readonly string[];
  /** Absent: what is left does not fit together any more. */
  readonly outcome?: string;
  readonly isGood: boolean;
  readonly result?: Result;
}

export interface Bisection {
  readonly good: string;
  readonly bad: string;
  /** The ends, then as they were tried. */
  readonly steps: readonly BisectStep[];
  readonly firstBad: HistoryEntry;
  /** Of the bad end: as it is, then without the first bad commit, and without others where that does not help. */
  readonly without: readonly Without[];
  /** What must be taken back together to make the bad end good, oldest first; empty if nothing that was tried does. */
  readonly together: readonly string[];
}

/** Throws `InputError` if the ends are in the wrong order, alike, or not good and bad. `onStep` hears of each as it is known. */
export function bisect(
  asker: Asker,
  question: Bisected,
  good: string,
  bad: string,
  onStep: (step: BisectStep) => void = () => {},
): Bisection {
  const history = readHistory(asker.tree);
  let goodIndex = takenBack(asker.tree, good).length;
  let badIndex = takenBack(asker.tree, bad).length;
  if (goodIndex <= badIndex) {
    const why =
      goodIndex === badIndex
        ? "the history knows no commit between the two"
        : "the good end is newer than the bad one: this would look for a fix";
    throw new InputError("S1306", `--good ${good} --bad ${bad}`, why, "give an older good end, or exchange them");
  }
  const range = history.slice(badIndex, goodIndex);
  const steps: BisectStep[] = [];
  const examine = (at: string, entry?: HistoryEntry): BisectStep => {
    const result = ask(asker, { ...question, at, patches: [] });
    const outcome = outcomeOf(result);
    if (outcome === "limit") {
      throw new InputError("S1002", `--at ${at}`, "a bound was reached: neither good nor bad", "raise --max-states");
    }
    const step: BisectStep = {
      at,
      subject: entry?.subject ?? "",
      isVerified: entry?.isVerified ?? true,
      outcome,
      verdict: isWell(outcome) ? "good" : "bad",
      result,
    };
    steps.push(step);
    onStep(step);
    return step;
  };

  requireEnd(examine(good), "good");
  const badEnd = examine(bad);
  requireEnd(badEnd, "bad");
  // Right after history[i] the first i entries are taken back: the good index is the greater one.
  while (goodIndex - badIndex > 1) {
    const middle = Math.floor((goodIndex + badIndex) / 2);
    if (examine(history[middle]!.at, history[middle]).verdict === "bad") badIndex = middle;
    else goodIndex = middle;
  }
  const firstBad = history[badIndex]!;
  const without = takeBackEach(asker, question, badEnd, firstBad, range);
  const together = without.find((attempt) => attempt.isGood)?.commits ?? [];
  return { good, bad, steps, firstBad, without, together };
}

function requireEnd(step: BisectStep, end: "good" | "bad"): void {
  if (step.verdict === end) return;
  const why = `the kernel of that time is ${step.verdict}: ${step.outcome}`;
  throw new InputError(
    "S1306",
    `--${end} ${step.at}`,
    why,
    "choose an end whose outcome is known: shootdown doctor … --at",
  );
}

/** The bad end as it is, without the first bad commit, and, unless that helps, without each later one, alone and with it. */
function takeBackEach(
  asker: Asker,
  question: Bisected,
  badEnd: BisectStep,
  firstBad: HistoryEntry,
  range: readonly HistoryEntry[],
): readonly Without[] {
  const attempt = (entries: readonly HistoryEntry[]): Without => {
    const commits = entries.map((entry) => entry.at).reverse();
    const result = tryWithout(asker, question, badEnd.at, entries);
    if (!result) return { commits, isGood: false };
    const outcome = outcomeOf(result);
    return { commits, outcome, isGood: isWell(outcome), result };
  };
  const attempts: Without[] = [
    { commits: [], outcome: badEnd.outcome, isGood: false, result: badEnd.result },
    attempt([firstBad]),
  ];
  if (attempts[1]!.isGood) return attempts;
  for (const later of range.slice(0, range.indexOf(firstBad)).reverse()) {
    attempts.push(attempt([later]), attempt([later, firstBad]));
    if (attempts.at(-1)!.isGood) break;
  }
  return attempts;
}

/** `entries` are newest first, the order in which they can be taken back. */
function tryWithout(
  asker: Asker,
  question: Bisected,
  at: string,
  entries: readonly HistoryEntry[],
): Result | undefined {
  try {
    const texts = entries.map((entry) => ({ name: `revert-${entry.at}`, text: entry.text }));
    return ask(asker, { ...question, at, patches: [] }, texts);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
