/**
 * The shared state after the current step: what the step added, changed or deleted is marked by a sign as well as a
 * colour, and what it left alone can be hidden.
 */
import { useMemo, useState } from "react";
import type { ShownRun } from "../session/session.js";
import { percpuChunks } from "./percpu-chunks.js";
import { PercpuPanel } from "./percpu-panel.js";
import {
  CHANGE_SIGNS,
  changeKind,
  type Element,
  type Family,
  foldLocks,
  type Group,
  groupElements,
  ReplayedState,
  shownValue,
} from "./replayed-state.js";

export function StatePanel({ run, step }: { run: ShownRun; step: number }) {
  const [changedOnly, setChangedOnly] = useState(false);
  const replayed = useMemo(() => new ReplayedState(run.initial, run.trace), [run.initial, run.trace]);
  const { elements, locks } = useMemo(() => replayed.at(step), [replayed, step]);
  const shown = changedOnly ? elements.filter(({ before }) => before !== undefined) : elements;
  const shownLocks = changedOnly ? locks.filter(({ isChanged }) => isChanged) : foldLocks(locks);
  const chunks = useMemo(() => (changedOnly ? [] : percpuChunks(elements)), [elements, changedOnly]);
  return (
    <div className="state-panel">
      <label className="switch">
        <input type="checkbox" checked={changedOnly} onChange={(event) => setChangedOnly(event.target.checked)} />
        hide what this step left alone
      </label>
      {shown.length === 0 && shownLocks.length === 0 && <p className="empty">This step changed no shared state.</p>}
      {shownLocks.length > 0 && (
        <section>
          <h4>Locks</h4>
          <dl className="locks">
            {shownLocks.map(({ name, holder, isChanged }) => (
              <div key={name} className={isChanged ? (holder ? "added" : "deleted") : undefined}>
                <dt>{name}</dt>
                <dd>
                  {isChanged && <Sign kind={holder ? "added" : "deleted"} />}
                  {holder ? `CPU${holder.cpu}${holder.context === "task" ? "" : ` ${holder.context}`}` : "free"}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      <PercpuPanel chunks={chunks} />
      {groupElements(shown).map((group) => (
        <GroupSection key={group.name} group={group} />
      ))}
    </div>
  );
}

/** Families of a group from which on it is folded, unless the step changed something in it. */
const MANY = 9;

function GroupSection({ group: { name, families } }: { group: Group }) {
  const tables = families.map((family) => <FamilyTable key={family.name} family={family} />);
  if (families.length < MANY) {
    return (
      <section>
        <h4>{name}</h4>
        {tables}
      </section>
    );
  }
  const isChanged = families.some(({ rows }) =>
    rows.some((row) => row.elements.some((one) => one.before !== undefined)),
  );
  return (
    <details className="state-fold" open={isChanged}>
      <summary>
        {name} <small>{families.length} variables</small>
      </summary>
      {tables}
    </details>
  );
}

function FamilyTable({ family }: { family: Family }) {
  return (
    <div className="family">
      <div className="family-name">{family.name}</div>
      <div className="family-rows">
        {family.rows.map((row) => (
          <div key={row.label} className="family-row">
            {row.label !== "" && <span className="row-label">{row.label}</span>}
            {row.elements.map((element) => (
              <Value key={element.name} element={element} />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

function Value({ element }: { element: Element }) {
  const kind = changeKind(element);
  const { name, value, before } = element;
  return (
    <span className={`value ${kind ?? ""}${value === 0 ? " zero" : ""}`} title={`${name} = ${value}`}>
      {kind && <Sign kind={kind} />}
      {before !== undefined && <s>{shownValue(name, before)}</s>}
      <span>{shownValue(name, value)}</span>
    </span>
  );
}

function Sign({ kind }: { kind: keyof typeof CHANGE_SIGNS }) {
  return (
    <>
      <b className="sign" aria-hidden="true">
        {CHANGE_SIGNS[kind]}
      </b>
      <span className="visually-hidden">{kind} </span>
    </>
  );
}
