/**
 * What may fix a finding: changes of the configuration, named patches, the code of another commit, doing without a patch, and
 * what the conditions of an undefined reference suggest. `prescribe.ts` tries them.
 */
import type { Examination, Subject } from "../doctor.js";
import { readHistory, treeAt } from "../model/history.js";
import { type NamedText, patched } from "../model/patched-tree.js";
import type { Result } from "../result.js";
import { linkRemedies } from "./link-remedies.js";

/** A change that may help. Plain data: it can be handed to another thread. */
export interface Candidate {
  readonly what: string;
  readonly about: string;
  readonly words: readonly string[];
  readonly change: Partial<Pick<Examination, "sets" | "patches" | "at">>;
  /** How much code changes. */
  readonly size: number;
  /** A patch that was made for this finding. */
  readonly made?: { readonly text: string; readonly isTempting: boolean };
}

/** Every change that is tried for the finding that `input` gave. `shipped`: every patch that ships. */
export function candidates(input: Subject, result: Result, shipped: readonly NamedText[]): readonly Candidate[] {
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
  for (const patch of shipped) {
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
function remediesOf(input: Subject, result: Result) {
  if (result.stages.link.undefined.length === 0) return [];
  const tree = patched(input.at === undefined ? input.tree : treeAt(input.tree, input.at), input.patches);
  return linkRemedies(tree, result);
}
