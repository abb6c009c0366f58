/**
 * A schedule of one's own: what every CPU could do next from here. A choice ends the shown run at this step and goes on
 * with it; the verdict of what is still ahead is searched meanwhile.
 */
import { count, cpuText, shownPath, stepText } from "@shootdown/doctor/face";
import { useEffect, useState } from "react";
import { EngineFailure } from "../engine/client.js";
import { engine } from "../engine/engines.js";
import type { BlockedShown, ChoiceShown, Explored } from "../engine/protocol.js";
import { openRun, type ShownRun, successorsOfRun } from "../session/session.js";
import { OutlookLine } from "./outlook-line.js";

/** Milliseconds that the reader must rest on a step before it is asked what may follow. */
const REST = 60;

/** The last answer, for when the panel comes back from behind another. */
let kept: { readonly schedule: string; readonly explored: Explored } | undefined;

export function ChoicesPanel({ run, step }: { run: ShownRun; step: number }) {
  const [here, setHere] = useState(kept?.schedule === run.schedule ? kept.explored : undefined);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let isWanted = true;
    const timer = setTimeout(async () => {
      try {
        const successors = (await successorsOfRun(run)).slice(0, step);
        const explored = await engine.ask("explore", { subject: run.subject, successors });
        if (isWanted) setHere(explored);
        if (isWanted) kept = { schedule: run.schedule, explored };
        if (isWanted) setProblem("");
      } catch (error) {
        if (isWanted) setProblem(error instanceof EngineFailure ? error.failure.reason : "the engine was stopped");
      }
    }, REST);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [run, step]);

  if (problem !== "") return <p className="empty">What may follow is not known: {problem}.</p>;
  if (!here) return <p className="empty">Looking at what may follow …</p>;
  const isStale = here.successors.length !== step;
  const choose = (ordinal: number) => {
    // What is shown is of the step before; a choice would go on from there.
    if (!isStale) void openRun(run.subject, { successors: [...here.successors, ordinal] });
  };
  const isOver = here.violation !== undefined;
  return (
    <div className="choices-panel" aria-busy={isStale}>
      <OutlookLine subject={run.subject} successors={here.successors} isOver={isOver} kind={here.violation?.kind} />
      {isOver ? (
        <p className="empty">The run ends here. Go back a few steps to try another way.</p>
      ) : (
        run.initial.stands.map((_, cpu) => (
          <section key={cpu}>
            <h4>CPU{cpu}</h4>
            <CpuChoices
              choices={here.choices.filter(({ told }) => told.cpu === cpu)}
              blocked={here.blocked.find((wait) => wait.cpu === cpu)}
              onChoose={choose}
            />
          </section>
        ))
      )}
    </div>
  );
}

interface CpuChoicesProps {
  readonly choices: readonly ChoiceShown[];
  readonly blocked: BlockedShown | undefined;
  readonly onChoose: (ordinal: number) => void;
}

function CpuChoices({ choices, blocked, onChoose }: CpuChoicesProps) {
  return (
    <ul className="choices">
      {blocked && (
        <li className="blocked">
          {blocked.context === "task" ? "" : `${blocked.context} `}
          waits for {blockedOn(blocked)}
        </li>
      )}
      {choices.map((choice) => (
        <li key={choice.ordinal}>
          <button
            type="button"
            onClick={() => onChoose(choice.ordinal)}
            className={choice.violation ? "violates" : undefined}
          >
            <span className="choice-what">
              {choice.told.context === "task" ? "" : <em>{choice.told.context} </em>}
              {stepText(choice.told)}
              {choice.chosen.length > 0 && <small> choosing {choice.chosen.join(", ")}</small>}
            </span>
            <small>
              {shownPath(choice.told.at)}
              {choice.violation && <strong> ✕ {choice.violation.kind}</strong>}
            </small>
          </button>
        </li>
      ))}
      {choices.length === 0 && !blocked && <li className="blocked">does not run</li>}
    </ul>
  );
}

function blockedOn({ for: kind, what, on }: BlockedShown): string {
  if (kind === "lock") return `${what}, held by ${cpuText(on!.cpu, on!.context)}`;
  return kind === "cpu" ? `${cpuText(on!.cpu)} to ${what}` : what;
}

export function statesText(states: number): string {
  return `${count(states)} states`;
}
