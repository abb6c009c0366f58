/**
 * The model tree as Linux was: `--at v2.6.35`, `--at 93dc68876b60`.
 *
 * `kernel/history/` holds a series of patches, newest first; each takes one Linux commit back. They open with the commit
 * they take back, and are cumulative: the first k applied give the code before the k-th commit. The series knows the
 * commits that decide an answer of this program, not all that Linux had.
 */
import { InputError } from "../errors.js";
import { nearest } from "../nearest.js";
import type { ModelTree } from "./model-tree.js";
import { patched } from "./patched-tree.js";

const HISTORY = "kernel/history";
/** The release that the model tree follows, and the oldest that the series leads back to. */
const NEWEST_RELEASE = "v6.12";
const OLDEST_RELEASE = "v2.6.33";

/** A Linux commit that the series can take back. */
export interface HistoryEntry {
  /** The file's name without `.patch`: `0003-highmem-without-tlb-broadcast`. */
  readonly name: string;
  /** Abbreviated; absent if it is not known here. */
  readonly commit?: string;
  /** What `treeAt` takes for the state right after the commit: its id, or else the name without its number. */
  readonly at: string;
  /** The commit's id was looked up in Linux's own history. */
  readonly isVerified: boolean;
  readonly subject: string;
  readonly date: string;
  /** The first release that has the commit: `v2.6.38`. */
  readonly since: string;
  /** What the kernel was like before the commit. */
  readonly about: string;
  /** The patch. */
  readonly text: string;
}

/** The series, newest first. */
export function readHistory(tree: ModelTree): readonly HistoryEntry[] {
  return tree.namesIn(HISTORY, ".patch").map((name) => readEntry(name, tree.read(`${HISTORY}/${name}.patch`)!));
}

function readEntry(name: string, text: string): HistoryEntry {
  const [head = "", ...rest] = text.split(/\n\n/);
  const field = (key: string): string => {
    const match = new RegExp(`^${key}: (.+)$`, "m").exec(head);
    if (match) return match[1]!;
    const next = "open the patch with the lines Commit:, Subject:, Date: and Since:";
    throw new InputError("S1401", `${HISTORY}/${name}.patch:1`, `the patch says no ${key}`, next);
  };
  const commit = field("Commit");
  const id = /^[0-9a-f]{7,40}\b/.exec(commit)?.[0];
  return {
    name,
    at: id ?? name.replace(/^\d+-/, ""),
    ...(id === undefined ? {} : { commit: id }),
    isVerified: id !== undefined && !commit.includes("unverified"),
    subject: field("Subject"),
    date: field("Date"),
    since: field("Since"),
    about: (rest[0] ?? "").replaceAll("\n", " "),
    text,
  };
}

/**
 * The tree as it was in a release (`v2.6.35`, `2.6.35`), or right after a commit of the series (an id of four digits
 * or more, or the patch's name without its number). Throws `InputError` for what the series does not know.
 */
export function treeAt(tree: ModelTree, at: string): ModelTree {
  return patched(tree, takenBack(tree, at));
}

/** The commit of the series that a patch called `revert-ID` takes back, as a patch for today's tree. */
export function revertOf(tree: ModelTree, name: string): HistoryEntry | undefined {
  const id = /^revert-(.+)$/.exec(name)?.[1];
  return id === undefined ? undefined : readHistory(tree).find((entry) => entry.at === id);
}

/** The entries that `treeAt` takes back, in the order in which they are applied. */
export function takenBack(tree: ModelTree, at: string): readonly HistoryEntry[] {
  const history = readHistory(tree);
  return history.slice(0, countTakenBack(history, at));
}

function countTakenBack(history: readonly HistoryEntry[], at: string): number {
  const release = releaseNumbers(at);
  if (release) {
    const isKnown =
      compareReleases(release.slice(0, numbersOf(NEWEST_RELEASE).length), numbersOf(NEWEST_RELEASE)) <= 0 &&
      compareReleases(release, numbersOf(OLDEST_RELEASE)) >= 0;
    if (!isKnown) throw unknown(history, at, `the history leads from ${NEWEST_RELEASE} back to ${OLDEST_RELEASE}`);
    return history.filter((entry) => compareReleases(numbersOf(entry.since), release) > 0).length;
  }
  const isId = /^[0-9a-f]{4,40}$/.test(at);
  const index = history.findIndex(
    (entry) =>
      entry.at === at ||
      (isId && entry.commit !== undefined && (entry.commit.startsWith(at) || at.startsWith(entry.commit))),
  );
  if (index < 0) throw unknown(history, at, "this is no release, and no commit that the history knows");
  return index;
}

function unknown(history: readonly HistoryEntry[], at: string, why: string): InputError {
  const names = [...new Set([NEWEST_RELEASE, ...history.flatMap((entry) => [entry.at, entry.since]), OLDEST_RELEASE])];
  const near = nearest(at, names);
  const guess = near.length > 0 ? `did you mean ${near.join(" or ")}? ` : "";
  const next = `${guess}the history has: ${names.join(", ")}; any release from ${OLDEST_RELEASE} to ${NEWEST_RELEASE} will do`;
  return new InputError("S1305", `--at ${at}`, why, next);
}

function releaseNumbers(text: string): readonly number[] | undefined {
  return /^v?\d+(\.\d+)+$/.test(text) ? numbersOf(text) : undefined;
}

function numbersOf(release: string): readonly number[] {
  return release.replace(/^v/, "").split(".").map(Number);
}

/** Negative if `a` is older. A missing number is 0: 3.10 and 3.10.0 are one release. */
function compareReleases(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
