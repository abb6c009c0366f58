/**
 * How far the matrix is, and how far its current cell.
 */
import type { AddressText } from "@shootdown/doctor/face";
import type { Catalogue } from "../engine/protocol.js";
import { useClock } from "../parts/clock.js";
import { searchText } from "../parts/search-text.js";
import { keyOf, type Survey } from "./survey.js";

interface StatusProps {
  readonly survey: Survey;
  readonly total: number;
  readonly patch: AddressText | undefined;
  readonly catalogue: Catalogue;
}

export function MatrixStatus({ survey, total, patch, catalogue }: StatusProps) {
  const now = useClock(survey.isRunning);
  const places = catalogue.scenarios.flatMap(({ name: scenario }) =>
    catalogue.matrix.flatMap((column) => [{ scenario, column }, ...(patch ? [{ scenario, column, patch }] : [])]),
  );
  const done = places.filter((place) => {
    const cell = survey.cells.get(keyOf(place));
    return cell !== undefined && cell.state !== "asking";
  }).length;
  const { current } = survey;
  const cell = current && survey.cells.get(keyOf(current));
  const asking = cell?.state === "asking" ? cell : undefined;
  const progress = asking?.progress;
  const seconds = Math.round((now - survey.startedAt) / 1000);
  return (
    <div className="search-status" role="status">
      <span>
        {done} of {total} cells{survey.isRunning ? `, ${seconds} s` : ""}
        {current
          ? ` · ${current.scenario} on ${current.column.name}${current.patch ? ` + ${current.patch.name}` : ""}`
          : ""}
        {asking && progress ? ` · ${searchText(progress, now - asking.startedAt)}` : ""}
      </span>
    </div>
  );
}
