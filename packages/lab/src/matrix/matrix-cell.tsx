/**
 * One cell: its verdict by shape, word and colour; with a patch, before and after, and what that means.
 */
import { count } from "@shootdown/doctor/face";
import { shapeOf, toneOf } from "../parts/verdict.js";
import { type Change, changeOf } from "./change.js";
import type { CellState } from "./survey.js";

interface CellProps {
  readonly before: CellState | undefined;
  readonly after: CellState | undefined;
  /** There is a second side. */
  readonly isCompared: boolean;
  readonly label: string;
  readonly onOpen: () => void;
}

export function MatrixCell({ before, after, isCompared, label, onOpen }: CellProps) {
  const sides = isCompared ? [before, after] : [before];
  const change =
    isCompared && before?.state === "answered" && after?.state === "answered"
      ? changeOf(before.answer.outcome, after.answer.outcome)
      : undefined;
  return (
    <button type="button" className={`cell-button ${change?.replace(" ", "-") ?? ""}`} onClick={onOpen}>
      <span className="visually-hidden">{label}: </span>
      {sides.map((side, index) => (
        <Side key={index} side={side} change={index === 1 && change !== "unchanged" ? change : undefined} />
      ))}
    </button>
  );
}

/** The word for a change has its place beside the count of states: a cell keeps its height when it is answered. */
function Side({ side, change }: { side: CellState | undefined; change: Change | undefined }) {
  const outcome = outcomeOf(side);
  const tone = side?.state === "answered" ? toneOf(outcome) : "none";
  return (
    <span className={`side ${side === undefined ? "empty" : tone}`}>
      <span className="shape" aria-hidden="true">
        {side?.state === "asking" ? "…" : side === undefined ? "" : side.state === "refused" ? "!" : shapeOf(outcome)}
      </span>
      <span className={side === undefined ? "visually-hidden" : "word"}>{outcome}</span>
      <small>
        {side?.state === "answered" && side.answer.states > 0 ? count(side.answer.states) : " "}
        {change && <em className="change"> {change}</em>}
      </small>
    </span>
  );
}

function outcomeOf(side: CellState | undefined): string {
  if (side === undefined) return "not asked";
  if (side.state === "asking") return "searching";
  return side.state === "refused" ? "refused" : side.answer.outcome;
}
