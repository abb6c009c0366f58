/**
 * What a patch, or another configuration, changes in a cell: in the words of `impact` at a terminal.
 */
export type Change = "fixed" | "broken" | "changed" | "unchanged" | "not built";

const NOT_BUILT = new Set(["does not build", "undefined reference"]);

function isWell(outcome: string): boolean {
  return outcome === "sound" || outcome === "does not apply";
}

export function changeOf(before: string, after: string): Change {
  if (before === after) return "unchanged";
  if (NOT_BUILT.has(after)) return NOT_BUILT.has(before) ? "changed" : "not built";
  if (isWell(after)) return isWell(before) ? "changed" : "fixed";
  return isWell(before) ? "broken" : "changed";
}
