/**
 * What a view says when it has nothing to show, or when something could not be used.
 */
import type { ReactNode } from "react";
import type { Failure } from "../engine/protocol.js";

export function Notice({ children }: { children: ReactNode }) {
  return <div className="notice">{children}</div>;
}

/** Place, reason and next step of what was refused. Text only: whatever the input says, it is shown as it is. */
export function FailureNotice({ failure, onClose }: { failure: Failure; onClose?: () => void }) {
  return (
    <div className="notice failure" role="alert">
      <p className="failure-head">
        <span aria-hidden="true">⚠ </span>
        <code>{failure.code}</code> {failure.about}
      </p>
      <p className="failure-place">{failure.place}</p>
      <pre>{failure.reason.length > MAX_REASON ? `${failure.reason.slice(0, MAX_REASON)} …` : failure.reason}</pre>
      <p className="failure-next">Next: {failure.next}</p>
      {onClose && (
        <button type="button" className="small" onClick={onClose}>
          Close
        </button>
      )}
    </div>
  );
}

/** Characters of a reason: it may quote the input. */
const MAX_REASON = 4000;
