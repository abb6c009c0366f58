/**
 * What would fix the finding. Each has passed all four stages in every scenario; a click applies it.
 */
import type { AddressSubject, Prescription } from "@shootdown/doctor/face";
import { searchText } from "../parts/search-text.js";
import { examine, type Pharmacy, stopPrescribing } from "../session/session.js";

export function Prescriptions({ pharmacy, subject }: { pharmacy: Pharmacy; subject: AddressSubject }) {
  const { status, progress, prescriptions } = pharmacy;
  return (
    <section className="prescriptions" aria-label="What would fix it">
      <h2>What would fix it</h2>
      {status === "running" && (
        <p className="search-status running" role="status">
          <span>
            {progress
              ? `Trying ${progress.tried + 1} of ${progress.total} changes, each in every scenario`
              : "Looking for changes to try …"}
            {progress?.search && ` · ${searchText(progress.search.progress, progress.search.milliseconds)}`}
          </span>
          <button type="button" className="small" onClick={stopPrescribing}>
            Stop
          </button>
        </p>
      )}
      {status === "stopped" && <p className="empty">Stopped before all changes were tried.</p>}
      {status === "failed" && <p className="empty">The engine could not try the changes.</p>}
      {status === "done" && prescriptions.length === 0 && (
        <p className="empty">No single change of the configuration, and no patch that ships.</p>
      )}
      <ol>
        {prescriptions.map((prescription) => (
          <li key={prescription.what}>
            <div>
              <b>{prescription.what}</b>
              <p>
                {prescription.takesAway.length > 0
                  ? `takes away ${prescription.takesAway.join(", ")}`
                  : prescription.about}
              </p>
              {prescription.obligations.map((obligation) => (
                <p key={obligation}>relies on: {obligation}</p>
              ))}
              <small>sound in {prescription.checked.length} scenarios</small>
            </div>
            <button type="button" onClick={() => void examine(applied(subject, prescription))}>
              Apply
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

const WITHOUT = "without the patch ";

/** The subject with a prescription's words. */
export function applied(subject: AddressSubject, { what, words }: Prescription): AddressSubject {
  if (what.startsWith(WITHOUT)) {
    const name = what.slice(WITHOUT.length);
    return { ...subject, patches: subject.patches.filter((patch) => patch.name !== name) };
  }
  let next = subject;
  for (let index = 0; index + 1 < words.length; index += 2) {
    const [option, value] = [words[index], words[index + 1]!];
    const equals = value.indexOf("=");
    if (option === "--set") next = { ...next, set: { ...next.set, [value.slice(0, equals)]: value.slice(equals + 1) } };
    if (option === "--at") next = { ...next, at: value };
    if (option === "--patch") next = { ...next, patches: [...next.patches, { name: value }] };
  }
  return next;
}
