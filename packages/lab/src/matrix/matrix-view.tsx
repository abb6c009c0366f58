/**
 * Scenarios × configurations, filled live. A cell opens its run; a patch shows before and after (its impact); two columns
 * can be held against each other.
 */
import type { AddressText } from "@shootdown/doctor/face";
import { useState } from "react";
import type { Catalogue, MatrixColumn } from "../engine/protocol.js";
import { editedPatch } from "../patch/edits.js";
import { examine, getSession, show, useSession } from "../session/session.js";
import { type Change, changeOf } from "./change.js";
import { MatrixCell } from "./matrix-cell.js";
import { MatrixStatus } from "./matrix-status.js";
import { fill, keyOf, type Place, stopSurvey, subjectOf, useSurvey } from "./survey.js";

const NONE = "";
const EDITED = "what is edited in Patch";

export function MatrixView() {
  const { catalogue } = useSession();
  if (!catalogue) return <main className="view" aria-busy="true" />;
  return <Matrix catalogue={catalogue} />;
}

function Matrix({ catalogue }: { catalogue: Catalogue }) {
  const survey = useSurvey();
  const [patch, setPatch] = useState<AddressText>();
  const [compared, setCompared] = useState<readonly MatrixColumn[]>([]);
  const edited = editedPatch();
  const toggle = (column: MatrixColumn) =>
    setCompared(
      compared.includes(column) ? compared.filter((other) => other !== column) : [...compared, column].slice(-2),
    );
  const choose = (name: string) => {
    const next = name === NONE ? undefined : name === EDITED ? edited : { name };
    setPatch(next);
    if (survey.isRunning) void fill(catalogue, next);
  };
  const total = catalogue.scenarios.length * catalogue.matrix.length * (patch ? 2 : 1);
  return (
    <main className="view matrix-view">
      <h1>Every scenario on every configuration</h1>
      <p className="lead">
        Computed cell by cell, here. A cell opens its run, a scenario's name fills its row, two ticked columns are
        compared.
        {patch !== undefined && ` In each cell: without ${patch.name} above, with it below.`}
      </p>
      <div className="matrix-controls">
        <label className="field">
          <span>Before and after a patch</span>
          <select
            value={patch === undefined ? NONE : patch.text === undefined ? patch.name : EDITED}
            onChange={(event) => choose(event.target.value)}
          >
            <option value={NONE}>no patch</option>
            {edited && <option value={EDITED}>{EDITED}</option>}
            {catalogue.patches.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {survey.isRunning ? (
          <button type="button" onClick={stopSurvey}>
            Stop
          </button>
        ) : (
          <button type="button" className="primary" onClick={() => void fill(catalogue, patch)}>
            {survey.cells.size === 0 ? "Fill the matrix" : "Fill the rest"}
          </button>
        )}
        <MatrixStatus survey={survey} total={total} patch={patch} catalogue={catalogue} />
      </div>
      <Scroller>
        <table className="matrix">
          <caption className="visually-hidden">Verdicts by scenario and configuration</caption>
          <thead>
            <tr>
              <th scope="col">Scenario</th>
              {catalogue.matrix.map((column) => (
                <th key={column.name} scope="col">
                  <label>
                    <input
                      type="checkbox"
                      checked={compared.includes(column)}
                      onChange={() => toggle(column)}
                      aria-label={`Compare ${column.name}`}
                    />
                    <span>{column.name}</span>
                  </label>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {catalogue.scenarios.map(({ name, about }) => (
              <tr key={name}>
                <th scope="row">
                  <button
                    type="button"
                    title={`${about}: fill this row`}
                    onClick={() => void fill(catalogue, patch, name)}
                  >
                    {name}
                  </button>
                </th>
                {catalogue.matrix.map((column) => (
                  <td key={column.name} className={compared.includes(column) ? "compared" : undefined}>
                    <MatrixCell
                      before={survey.cells.get(keyOf({ scenario: name, column }))}
                      after={patch && survey.cells.get(keyOf({ scenario: name, column, patch }))}
                      isCompared={patch !== undefined}
                      label={`${name} on ${column.name}`}
                      onOpen={() => void openCell({ scenario: name, column, patch })}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroller>
      {compared.length === 2 && <Comparison catalogue={catalogue} columns={compared} />}
    </main>
  );
}

/** A table that is wider than a phone scrolls by itself, and by the keyboard. */
function Scroller({ children }: { children: React.ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by the keyboard
    <section className="matrix-scroller" tabIndex={0} aria-label="Matrix">
      {children}
    </section>
  );
}

function Comparison({ catalogue, columns }: { catalogue: Catalogue; columns: readonly MatrixColumn[] }) {
  const { cells } = useSurvey();
  const outcomeOf = (scenario: string, column: MatrixColumn): string => {
    const cell = cells.get(keyOf({ scenario, column }));
    return cell?.state === "answered" ? cell.answer.outcome : "not asked";
  };
  const [left, right] = columns as [MatrixColumn, MatrixColumn];
  const rows = catalogue.scenarios.map(({ name }) => {
    const [before, after] = [outcomeOf(name, left), outcomeOf(name, right)];
    const change: Change | "" = before === "not asked" || after === "not asked" ? "" : changeOf(before, after);
    return { name, before, after, change };
  });
  const counts = (["fixed", "broken", "changed", "unchanged"] as const).map(
    (kind) => `${rows.filter(({ change }) => change === kind).length} ${kind}`,
  );
  return (
    <section className="comparison" aria-label="Two columns compared">
      <h2>
        {left.name} → {right.name}
      </h2>
      <p className="hint">{counts.join(", ")}</p>
      <ul>
        {rows.map(({ name, before, after, change }) => (
          <li key={name} className={change.replace(" ", "-")}>
            <b>{name}</b>
            <span>{before === after ? before : `${before} → ${after}`}</span>
            <em>{change}</em>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Examines a cell whole; shows its run if it has one. */
async function openCell(place: Place): Promise<void> {
  show("doctor");
  await examine(subjectOf(place));
  if (getSession().run?.origin === "finding" && getSession().view === "doctor") show("run");
}
