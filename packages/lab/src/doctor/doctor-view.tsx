/**
 * The four questions about one kernel: what is asked on the left, the stages as they finish, then what would fix it.
 */
import type { AddressSubject } from "@shootdown/doctor/face";
import { type ReactNode, useMemo } from "react";
import { useMedia } from "../parts/media.js";
import { FailureNotice } from "../parts/notice.js";
import { SubjectLine } from "../parts/subject-line.js";
import { examine, REPORT_1, REPORT_2, useSession } from "../session/session.js";
import { ConfigDrop } from "./config-drop.js";
import { FindingPicture } from "./finding-picture.js";
import { Prescriptions } from "./prescriptions.js";
import { SearchStatus } from "./search-status.js";
import { StageCards } from "./stage-cards.js";
import { SubjectForm } from "./subject-form.js";

export function DoctorView() {
  const { subject, examined, pharmacy, run, catalogue } = useSession();
  const chosen = useMemo(() => JSON.stringify(subject), [subject]);
  const isChosen = (other: unknown) => JSON.stringify(other) === chosen;
  return (
    <main className="view doctor-view">
      <div className="doctor-head">
        <div>
          <h1>What does this kernel configuration do?</h1>
          <p className="lead">
            Does it link, does it boot, and are its mappings sound under every schedule? Computed here, in this page.
          </p>
        </div>
        <div className="reports" role="group" aria-label="The two reports">
          <button type="button" aria-pressed={isChosen(REPORT_1)} onClick={() => void examine(REPORT_1)}>
            <b>Report 1</b> SMP without MMU
          </button>
          <button type="button" aria-pressed={isChosen(REPORT_2)} onClick={() => void examine(REPORT_2)}>
            <b>Report 2</b> HIGHMEM without TLB broadcast
          </button>
        </div>
      </div>
      <div className="doctor-body">
        <Ask subject={subject}>
          <ConfigDrop />
          <SubjectForm subject={subject} catalogue={catalogue} symbols={examined?.stages.configure} />
        </Ask>
        <div className="doctor-answer">
          {examined?.failure && <FailureNotice failure={examined.failure} />}
          {examined && !examined.failure && <StageCards examined={examined} />}
          {examined && <SearchStatus examined={examined} />}
          {examined?.status === "done" && run && run.origin === "finding" && run.subject === examined.subject && (
            <FindingPicture run={run} />
          )}
          {pharmacy && examined && <Prescriptions pharmacy={pharmacy} subject={examined.subject} />}
        </div>
      </div>
    </main>
  );
}

/** Room for question and answer side by side. */
const WIDE = "(min-width: 58.01rem)";

/** What is asked: beside the answer, or folded above it, where it neither pushes nor is pushed. */
function Ask({ subject, children }: { subject: AddressSubject; children: ReactNode }) {
  const isWide = useMedia(WIDE);
  if (isWide) return <div className="doctor-ask">{children}</div>;
  return (
    <details className="ask-fold">
      <summary>
        <SubjectLine subject={subject} /> <span className="change-word">Change</span>
      </summary>
      <div className="doctor-ask">{children}</div>
    </details>
  );
}
