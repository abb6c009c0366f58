/**
 * "Did you mean": the names nearest to one that does not exist.
 */

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}

/** At most three names that a person may have meant, nearest first. */
export function nearest(name: string, names: readonly string[]): readonly string[] {
  return names
    .map((candidate) => ({ candidate, far: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, far }) => far <= Math.max(2, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.far - b.far || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** "did you mean a or b? " where there are such, then "there are: …". */
export function suggest(name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  const guess = near.length > 0 ? `did you mean ${near.join(" or ")}? ` : "";
  return `${guess}there are: ${names.join(", ")}`;
}
