/**
 * Stage 4: the verdict with its bounds, its counts and the events that the search must have seen, and lockdep's opinion.
 */
import { type CheckStage, count, limitText, megabytes, plural } from "@shootdown/doctor/face";

export function checkLine(check: CheckStage): string {
  if (!check.applies) return check.reason ?? "";
  if (check.violation) return `${check.violation.message} · ${plural(check.trace?.length ?? 0, "step")}`;
  if (check.verdict === "limit") return limitText(check);
  return `${count(check.states)} states under every schedule · ${check.scenario}`;
}

export function CheckEvidence({ stage: check }: { stage: CheckStage }) {
  const isChained = check.reduction === "chaining";
  return (
    <>
      <p>{check.about}</p>
      {check.reason !== undefined && <p>{check.reason}</p>}
      {check.applies && (
        <>
          <h4>Holds for</h4>
          <p className="symbols">
            {Object.entries(check.bounds).map(([name, value]) => (
              <code key={name}>{`${name}=${value}`}</code>
            ))}
          </p>
          <h4>Searched</h4>
          <p>
            {count(check.states)} states, {count(check.transitions)} {isChained ? "chained steps" : "steps"}, depth{" "}
            {check.depth}, {megabytes(check.memory)}
          </p>
        </>
      )}
      {check.witnesses.length > 0 && (
        <>
          <h4>Seen on the way</h4>
          <ul className="witnesses">
            {check.witnesses.map(({ name, reached }) => (
              <li key={name} className={reached ? "reached" : "missed"}>
                <span aria-hidden="true">{reached ? "✓" : "–"}</span> {name}
                {!reached && <small> not reached</small>}
              </li>
            ))}
          </ul>
        </>
      )}
      {check.lockdep && (check.lockdep.reports.length > 0 || check.lockdep.cannotSee !== undefined) && (
        <>
          <h4>lockdep</h4>
          {check.lockdep.reports.length === 0 && <p>is silent: {check.lockdep.cannotSee}</p>}
          {check.lockdep.reports.map((report) => (
            <details key={report.text} className="lockdep-report">
              <summary>{report.title}</summary>
              <pre>{report.text}</pre>
            </details>
          ))}
        </>
      )}
    </>
  );
}
