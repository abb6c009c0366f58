/**
 * A run, step by step: the picture of all CPUs above, below it the code, the state and what could be done instead.
 */
import { type FindingName, findingCode, plural } from "@shootdown/doctor/face";
import { useMemo, useState } from "react";
import { commandWords, shellWords } from "../engine/command.js";
import { CopyButton } from "../parts/copy-button.js";
import { useMedia } from "../parts/media.js";
import { Notice } from "../parts/notice.js";
import { SubjectLine } from "../parts/subject-line.js";
import { Tabs } from "../parts/tabs.js";
import { currentAddress } from "../session/address-bar.js";
import { goTo, openRun, type ShownRun, show, useSession } from "../session/session.js";
import { ChoicesPanel } from "./choices-panel.js";
import { Lanes } from "./lanes.js";
import { Legend } from "./legend.js";
import { OpenSchedule } from "./open-schedule.js";
import { pictureOf } from "./picture.js";
import { SourcePanel } from "./source-panel.js";
import { StatePanel } from "./state-panel.js";
import { useStepKeys } from "./step-keys.js";
import { StepLine, Transport } from "./transport.js";

const PANELS = ["Source", "State", "What next"] as const;

export function RunView() {
  const { run, step, isOpening, subject } = useSession();
  if (!run) {
    return (
      <main className="view run-view">
        <h1>Run</h1>
        <Notice>
          {isOpening ? (
            "Opening the run …"
          ) : (
            <>
              There is no run yet. A finding brings one; or make up a schedule of your own, step by step, on this
              kernel:
              <SubjectLine subject={subject} />
            </>
          )}
        </Notice>
        {!isOpening && (
          <p className="actions">
            <button type="button" className="primary" onClick={() => void openRun(subject, { successors: [] })}>
              Start a schedule of your own
            </button>
            <button type="button" onClick={() => show("doctor")}>
              Examine it first
            </button>
          </p>
        )}
        <OpenSchedule subject={subject} />
      </main>
    );
  }
  return <ShownRunView run={run} step={step} />;
}

function ShownRunView({ run, step }: { run: ShownRun; step: number }) {
  const picture = useMemo(() => pictureOf(run), [run]);
  const [zoom, setZoom] = useState(0);
  const [chosen, setPanel] = useState<(typeof PANELS)[number]>();
  // Where there is no step yet, what could be the first one is all there is to see.
  const panel = chosen ?? (run.trace.length === 0 ? "What next" : "Source");
  const isWide = useMedia(WIDE);
  useStepKeys(step, run.trace.length, goTo);
  const told = run.trace[step - 1];
  const source = <SourcePanel told={told} subject={run.subject} />;
  const state = <StatePanel run={run} step={step} />;
  const next = <ChoicesPanel run={run} step={step} />;
  return (
    <main className="view run-view">
      <RunHead run={run} />
      <Transport trace={run.trace} step={step} onStep={goTo} />
      <div className="picture">
        <Lanes picture={picture} trace={run.trace} violation={run.violation} step={step} onStep={goTo} zoom={zoom} />
        <div className="picture-foot">
          <Legend />
          <div className="buttons" role="group" aria-label="Width of the picture">
            <button type="button" onClick={() => setZoom(zoom - 1)} aria-label="Narrower columns">
              −
            </button>
            <button type="button" onClick={() => setZoom(zoom + 1)} aria-label="Wider columns">
              +
            </button>
          </div>
        </div>
      </div>
      <StepLine told={told} />
      {isWide ? (
        <div className="panels">
          <section aria-label="Source">
            <h3>Source</h3>
            {source}
          </section>
          <section aria-label="State">
            <h3>State</h3>
            {state}
          </section>
          <section aria-label="What next">
            <h3>What next</h3>
            {next}
          </section>
        </div>
      ) : (
        <div className="panels narrow">
          <Tabs names={PANELS} chosen={panel} onChoose={setPanel} label="Details of the step" />
          <section role="tabpanel" aria-label={panel}>
            {panel === "Source" ? source : panel === "State" ? state : next}
          </section>
        </div>
      )}
    </main>
  );
}

function RunHead({ run }: { run: ShownRun }) {
  const { violation, trace } = run;
  const command = shellWords(["./shootdown", "replay", run.schedule, ...commandWords(run.subject)]);
  const link = () => new URL(currentAddress(), location.href).href;
  return (
    <header className="run-head">
      <div>
        <h1>
          {violation ? (
            <>
              <span className="badge finding">
                <span aria-hidden="true">✕ </span>
                {violation.kind}
              </span>
              {violation.message}
            </>
          ) : (
            <>
              <span className="badge own">
                <span aria-hidden="true">○ </span>
                {run.origin === "own" ? "own schedule" : "run"}
              </span>
              {trace.length === 0 ? "nothing has happened yet" : "nothing is violated so far"}
            </>
          )}
        </h1>
        <p className="run-facts">
          {violation && <code>{findingCode(violation.kind as FindingName)}</code>} {plural(trace.length, "step")}
          {run.origin === "finding" ? ", a shortest run" : ""} · <SubjectLine subject={run.subject} />
        </p>
      </div>
      <div className="head-actions">
        <CopyButton text={link} label="Copy link" />
        <CopyButton text={() => command} label="Copy replay command" title={command} />
        <button type="button" onClick={() => void openRun(run.subject, { successors: [] })}>
          New schedule
        </button>
      </div>
    </header>
  );
}

/** Room for three panels side by side. */
const WIDE = "(min-width: 1080px)";
