/**
 * What would fix a finding. Each candidate is examined like the finding itself, then by every scenario; only what passes all
 * four stages everywhere is prescribed. Ranked by how little it takes away, with the obligations that come along.
 *
 * prescribe() tries one after the other. A face may do it in parts and at the same time: tryOut() each candidate, then failsIn() of
 * each scenario for those that help. A change leaves most scenarios as they were, and what a search found sound is not searched again
 * (see SoundSystems): so it is the scenarios that should be divided, not the candidates.
 */

import { isWell, outcomeOf } from "../asking/question.js";
import { type Examination, examine, type Subject, scenarioNames } from "../doctor.js";
import { InputError } from "../errors.js";
import type { NamedText } from "../model/patched-tree.js";
import type { Prescription, Result } from "../result.js";
import { type Candidate, candidates } from "./candidates.js";

/** What a prescription is compared with: the kernel that has the finding. */
export interface Before {
  readonly symbols: Result["stages"]["configure"]["symbols"];
  readonly obligations: readonly string[];
}

export function beforeOf({ stages }: Result): Before {
  return { symbols: stages.configure.symbols, obligations: stages.link.obligations };
}

/** What became of a candidate. */
export interface Trial {
  /** What it changes and what comes along, if it helps in the scenario of the finding. */
  readonly helps?: Pick<Prescription, "takesAway" | "obligations">;
  /** Where it fails, if not there then in another scenario. */
  readonly fails?: string;
}

/** What looked like a remedy and is none. */
export interface Rejection {
  readonly what: string;
  readonly why: string;
}

export interface Prescribed {
  /** Best first; equally good ones in the order of their candidates. */
  readonly prescriptions: readonly Prescription[];
  readonly rejected: readonly Rejection[];
}

/** The result of a candidate, or undefined if it cannot be examined (a patch that does not apply on top). */
function tryExamine(input: Examination): Result | undefined {
  try {
    return examine(input);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** Where a candidate fails. */
function whyNot(result: Result | undefined): string {
  if (!result) return "it cannot be built";
  const { check, link } = result.stages;
  if (link.verdict !== "links") return `stage 2: ${outcomeOf(result)}`;
  return `it links, and fails in ${check.scenario}: ${check.violation?.message ?? outcomeOf(result)}`;
}

/** Examines a candidate by the scenario of the finding. */
export function tryOut(input: Examination, before: Before, { change }: Candidate): Trial {
  const result = tryExamine({ ...input, ...change });
  if (!result || !isWell(outcomeOf(result))) return { fails: whyNot(result) };
  const after = result.stages.configure.symbols;
  const [asked] = change.sets ? [...change.sets].slice(-1) : [];
  if (asked && after[asked[0]] !== asked[1] && !(asked[1] === "n" && after[asked[0]] === ""))
    return { fails: `Kconfig does not give ${asked[0]}=${asked[1]}` };
  const takesAway = Object.keys(before.symbols).filter(
    (symbol) => before.symbols[symbol] === "y" && after[symbol] !== "y",
  );
  const obligations = result.stages.link.obligations.filter((text) => !before.obligations.includes(text));
  return { helps: { takesAway, obligations } };
}

/** Every scenario but that of the finding, in the order in which a candidate has to pass them. */
export function otherScenarios({ tree, scenario }: Subject): readonly string[] {
  return scenarioNames(tree).filter((name) => name !== scenario);
}

/** Where a candidate that helps fails in another scenario; undefined: it passes. */
export function failsIn(input: Examination, { change }: Candidate, scenario: string): string | undefined {
  const result = tryExamine({ ...input, ...change, scenario, sizes: new Map() });
  return result && isWell(outcomeOf(result)) ? undefined : whyNot(result);
}

/** What trials come to; `all` and `trials` in the same order. */
export function prescribed(input: Subject, all: readonly Candidate[], trials: readonly Trial[]): Prescribed {
  const checked = [input.scenario, ...otherScenarios(input)];
  const passed: { prescription: Prescription; score: readonly number[] }[] = [];
  const rejected: Rejection[] = [];
  for (const [index, { what, about, words, size, made }] of all.entries()) {
    const { helps, fails } = trials[index]!;
    if (fails !== undefined) {
      if (made?.isTempting) rejected.push({ what, why: fails });
    } else if (helps) {
      const patch = made ? { patch: made.text } : {};
      const score = [helps.takesAway.length, helps.obligations.length, size];
      passed.push({ prescription: { what, about, words, ...patch, ...helps, checked }, score });
    }
  }
  const compareScores = (a: readonly number[], b: readonly number[]): number => {
    const index = a.findIndex((value, i) => value !== b[i]);
    return index < 0 ? 0 : a[index]! - b[index]!;
  };
  passed.sort((a, b) => compareScores(a.score, b.score));
  return { prescriptions: passed.map(({ prescription }) => prescription), rejected };
}

export interface PharmacyOptions {
  /** Every patch that ships. */
  readonly shipped: readonly NamedText[];
  /** Told before each candidate. */
  readonly onTried?: (tried: number, total: number) => void;
}

/** What would fix the finding that `input` gave. Tries one candidate after the other. */
export function prescribe(input: Examination, found: Result, options: PharmacyOptions): Prescribed {
  const before = beforeOf(found);
  const others = otherScenarios(input);
  const all = candidates(input, found, options.shipped);
  const trials = all.map((candidate, tried): Trial => {
    options.onTried?.(tried, all.length);
    const trial = tryOut(input, before, candidate);
    if (trial.fails !== undefined) return trial;
    for (const scenario of others) {
      const fails = failsIn(input, candidate, scenario);
      if (fails !== undefined) return { ...trial, fails };
    }
    return trial;
  });
  return prescribed(input, all, trials);
}
