/**
 * What would fix a finding: changes of the configuration, named patches, the code of a later commit, doing without a
 * patch. Each candidate is examined like the finding itself, then by every scenario; only what passes all four stages
 * everywhere is prescribed. Ranked by how little it takes away, with the obligations that come along.
 */

import { isWell, outcomeOf } from "../asking/question.js";
import { type Examination, examine, scenarioNames } from "../doctor.js";
import { InputError } from "../errors.js";
import { readHistory, treeAt } from "../model/history.js";
import { type NamedText, patched } from "../model/patched-tree.js";
import type { Prescription, Result } from "../result.js";
import { linkRemedies } from "./link-remedies.js";

interface Candidate {
  readonly what: string;
  readonly about: string;
  readonly words: readonly string[];
  readonly change: Partial<Pick<Examination, "sets" | "patches" | "at">>;
  /** How much code changes. */
  readonly size: number;
  /** A patch that was made for this finding. */
  readonly made?: { readonly text: string; readonly isTempting: boolean };
}

/** What decides the candidates beside the finding itself. */
export interface PharmacyOptions {
  /** Every patch that ships. */
  readonly shipped: readonly NamedText[];
  /** Told after each candidate, and once before the first. */
  readonly onTried?: (tried: number, total: number) => void;
  /** Hears of what looked like a remedy and is none. */
  readonly onRejected?: (what: string, why: string) => void;
}

function candidates(input: Examination, result: Result, options: PharmacyOptions): readonly Candidate[] {
  const list: Candidate[] = [];
  for (const dropped of input.patches) {
    list.push({
      what: `without the patch ${dropped.name}`,
      about: "the code as it is without it",
      words: [],
      change: { patches: input.patches.filter((patch) => patch !== dropped) },
      size: 0,
    });
  }
  if (input.at !== undefined) {
    for (const entry of readHistory(input.tree)) {
      list.push({
        what: `${entry.at}${entry.isVerified ? "" : " (unverified)"} "${entry.subject}"`,
        about: entry.about,
        words: ["--at", entry.at],
        change: { at: entry.at },
        size: 1,
      });
    }
  }
  for (const patch of options.shipped) {
    if (input.patches.some((given) => given.name === patch.name)) continue;
    list.push({
      what: `patch ${patch.name}`,
      about: patch.text.split(/\n\s*\n/)[0]!.replaceAll("\n", " "),
      words: ["--patch", patch.name],
      change: { patches: [...input.patches, patch] },
      size: changedLines(patch.text),
    });
  }
  for (const { what, about, patch, isTempting } of remediesOf(input, result)) {
    list.push({
      what,
      about,
      words: [],
      change: { patches: [...input.patches, patch] },
      size: changedLines(patch.text),
      made: { text: patch.text, isTempting },
    });
  }
  const { symbols, prompts, machine } = result.stages.configure;
  for (const symbol of prompts) {
    // A kernel may be made for one more kind of machine; made for one less, it is no longer this machine's, if it boots there.
    if (machine.includes(symbol) && symbols[symbol] === "y" && result.stages.boot.verdict !== "panics") continue;
    const value = symbols[symbol] === "y" ? "n" : "y";
    list.push({
      what: `CONFIG_${symbol}=${value}`,
      about: value === "n" ? "the kernel does without it" : "the kernel has it too",
      words: ["--set", `${symbol}=${value}`],
      change: { sets: new Map([...input.sets, [symbol, value]]) },
      size: 0,
    });
  }
  return list;
}

function changedLines(patch: string): number {
  return patch.split("\n").filter((line) => /^[-+](?![-+])/.test(line)).length;
}

/** What the conditions of an undefined reference suggest, on the tree that was examined. */
function remediesOf(input: Examination, result: Result) {
  if (result.stages.link.undefined.length === 0) return [];
  const tree = patched(input.at === undefined ? input.tree : treeAt(input.tree, input.at), input.patches);
  return linkRemedies(tree, result);
}

/** The result of a candidate, or undefined if it cannot be examined (a patch that does not apply on top). */
function tryCandidate(input: Examination): Result | undefined {
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

/** Prescriptions for the finding that `input` gave, best first. */
export function prescribe(input: Examination, found: Result, options: PharmacyOptions): readonly Prescription[] {
  const scored: { prescription: Prescription; score: readonly number[] }[] = [];
  const before = found.stages.configure.symbols;
  const scenarios = scenarioNames(input.tree);
  const all = candidates(input, found, options);
  for (const [tried, candidate] of all.entries()) {
    options.onTried?.(tried, all.length);
    const changed = { ...input, ...candidate.change };
    const reject = (result: Result | undefined): void => {
      if (candidate.made?.isTempting) options.onRejected?.(candidate.what, whyNot(result));
    };
    const first = tryCandidate(changed);
    if (!first || !isWell(outcomeOf(first))) {
      reject(first);
      continue;
    }
    const after = first.stages.configure.symbols;
    const [asked] = candidate.change.sets ? [...candidate.change.sets].slice(-1) : [];
    if (asked && after[asked[0]] !== asked[1] && !(asked[1] === "n" && after[asked[0]] === "")) continue;
    const others = scenarios.filter((scenario) => scenario !== input.scenario);
    const isSoundEverywhere = others.every((scenario) => {
      const other = tryCandidate({ ...changed, scenario, sizes: new Map() });
      const isFine = other !== undefined && isWell(outcomeOf(other));
      if (!isFine) reject(other);
      return isFine;
    });
    if (!isSoundEverywhere) continue;
    const takesAway = Object.keys(before).filter((symbol) => before[symbol] === "y" && after[symbol] !== "y");
    const had = new Set(found.stages.link.obligations);
    const obligations = first.stages.link.obligations.filter((text) => !had.has(text));
    const prescription: Prescription = {
      what: candidate.what,
      about: candidate.about,
      words: candidate.words,
      ...(candidate.made ? { patch: candidate.made.text } : {}),
      takesAway,
      obligations,
      checked: [input.scenario, ...others],
    };
    scored.push({ prescription, score: [takesAway.length, obligations.length, candidate.size] });
  }
  const compareScores = (a: readonly number[], b: readonly number[]): number => {
    const index = a.findIndex((value, i) => value !== b[i]);
    return index < 0 ? 0 : a[index]! - b[index]!;
  };
  return scored.sort((a, b) => compareScores(a.score, b.score)).map(({ prescription }) => prescription);
}
