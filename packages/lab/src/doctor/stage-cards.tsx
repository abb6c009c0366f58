/**
 * The four stages, a card each: its verdict when it is done, and its evidence when it is opened. A card that waits keeps
 * its place.
 */
import { assertNever } from "../parts/assert-never.js";
import { Verdict } from "../parts/verdict.js";
import type { Examined } from "../session/session.js";
import { BootEvidence, bootLine } from "./boot-evidence.js";
import { CheckEvidence, checkLine } from "./check-evidence.js";
import { ConfigureEvidence, configureLine } from "./configure-evidence.js";
import { LinkEvidence, linkLine } from "./link-evidence.js";

const STAGES = ["configure", "link", "boot", "check"] as const;
type Stage = (typeof STAGES)[number];

const QUESTIONS: Readonly<Record<Stage, string>> = {
  configure: "What does it mean?",
  link: "Does it link?",
  boot: "Does it boot?",
  check: "Is it sound?",
};

export function StageCards({ examined }: { examined: Examined }) {
  const { stages, status } = examined;
  const current = STAGES.find((stage) => !stages[stage]);
  return (
    <ol className="stages">
      {STAGES.map((stage, index) => {
        const done = stages[stage];
        const isRunning = status === "running" && stage === current;
        return (
          <li key={stage} className={`stage${done ? "" : " waiting"}`}>
            <details open={done !== undefined && isWorthOpening(stage, examined)}>
              <summary className="stage-summary">
                <span className="stage-number" aria-hidden="true">
                  {index + 1}
                </span>
                <span className="stage-name">
                  {stage}
                  <small>{QUESTIONS[stage]}</small>
                </span>
                <span className="stage-verdict">
                  {done ? (
                    <Verdict verdict={verdictOf(stage, examined)} />
                  ) : isRunning ? (
                    <Working />
                  ) : (
                    <span className="pending">–</span>
                  )}
                </span>
                <span className="stage-line">
                  {done ? lineOf(stage, examined) : isRunning ? "working …" : status === "stopped" ? "stopped" : ""}
                </span>
              </summary>
              <div className="evidence">{done && <Evidence stage={stage} examined={examined} />}</div>
            </details>
          </li>
        );
      })}
    </ol>
  );
}

function Working() {
  return <span className="working" role="img" aria-label="working" />;
}

/** The stage that decides is open at once; the others wait to be asked. */
function isWorthOpening(stage: Stage, { stages }: Examined): boolean {
  if (stage === "link")
    return stages.link?.verdict === "undefined-reference" || stages.link?.verdict === "does-not-build";
  if (stage === "boot") return stages.boot?.verdict === "panics";
  return false;
}

function verdictOf(stage: Stage, { stages }: Examined): string {
  if (stage === "check" && stages.check?.applies === false && stages.check.verdict === "sound") return "does not apply";
  return stages[stage]!.verdict;
}

function lineOf(stage: Stage, { stages }: Examined): string {
  switch (stage) {
    case "configure":
      return configureLine(stages.configure!);
    case "link":
      return linkLine(stages.link!);
    case "boot":
      return bootLine(stages.boot!);
    case "check":
      return checkLine(stages.check!);
    default:
      return assertNever(stage);
  }
}

function Evidence({ stage, examined }: { stage: Stage; examined: Examined }) {
  const { stages } = examined;
  switch (stage) {
    case "configure":
      return <ConfigureEvidence stage={stages.configure!} />;
    case "link":
      return <LinkEvidence stage={stages.link!} />;
    case "boot":
      return <BootEvidence stage={stages.boot!} />;
    case "check":
      return <CheckEvidence stage={stages.check!} />;
    default:
      return assertNever(stage);
  }
}
