/**
 * How far the search is, in one line of fixed height: states, states a second, depth, memory; and a button that stops it.
 */
import { count, megabytes } from "@shootdown/doctor/face";
import { useClock } from "../parts/clock.js";
import { searchText } from "../parts/search-text.js";
import { type Examined, examine, stopExamination } from "../session/session.js";

export function SearchStatus({ examined }: { examined: Examined }) {
  const { status, progress, startedAt, subject, result } = examined;
  const now = useClock(status === "running");
  if (status === "failed") return null;
  if (status === "stopped") {
    return (
      <div className="search-status" role="status">
        <span>
          Stopped{progress ? ` at ${count(progress.states)} states, depth ${progress.depth}: no violation so far` : ""}.
        </span>
        <button type="button" className="small" onClick={() => void examine(subject)}>
          Search again
        </button>
      </div>
    );
  }
  if (status === "done") {
    const { states, depth, memory, mode } = result!.stages.check;
    const isSearched = mode === "search" && states > 0;
    return (
      <div className="search-status" role="status">
        <span>{isSearched && `Searched ${count(states)} states, depth ${depth}, ${megabytes(memory)}.`}</span>
      </div>
    );
  }
  return (
    <div className="search-status running" role="status">
      <span>{progress ? searchText(progress, now - startedAt) : "Working …"}</span>
      <button type="button" className="small" onClick={stopExamination}>
        Stop
      </button>
    </div>
  );
}
