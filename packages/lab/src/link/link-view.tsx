/**
 * Why a symbol is alive: from a function that is live by itself to the reference, branch by branch with the facts that keep
 * it alive; where the symbol is declared, and who would define it under which condition.
 */
import { type LinkStage, linkerLines, plural } from "@shootdown/doctor/face";
import { Fragment } from "react";
import { FailureNotice, Notice } from "../parts/notice.js";
import { SubjectLine } from "../parts/subject-line.js";
import { Verdict } from "../parts/verdict.js";
import { examine, REPORT_1, useSession } from "../session/session.js";
import type { LinkCondition, LiveStep, Reference } from "./explanation.js";

export function LinkView() {
  const { subject, examined } = useSession();
  const stage = examined?.stages.link;
  return (
    <main className="view link-view">
      <div className="run-head">
        <div>
          <h1>Does it link? {stage && <Verdict verdict={stage.verdict} />}</h1>
          <p className="run-facts">
            <SubjectLine subject={subject} />
          </p>
        </div>
        <div className="head-actions">
          <button type="button" onClick={() => void examine(REPORT_1)}>
            Report 1: SMP without MMU
          </button>
        </div>
      </div>
      {examined?.failure && <FailureNotice failure={examined.failure} />}
      {stage ? (
        <Answer stage={stage} />
      ) : (
        !examined?.failure && <Notice>{examined ? "Building …" : "Nothing is examined yet."}</Notice>
      )}
    </main>
  );
}

function Answer({ stage }: { stage: LinkStage }) {
  const dropped = stage.dropped.filter(({ byConstants, isUncertain }) => !byConstants || isUncertain);
  return (
    <>
      {stage.errors.map((error) => (
        <Notice key={`${error.file}:${error.line}`}>
          <code>
            {error.file}:{error.line}
          </code>{" "}
          #error: {error.message}
        </Notice>
      ))}
      {stage.undefined.length > 0 && <pre className="ld-words">{linkerLines(stage).join("\n")}</pre>}
      {firstOfEach(stage.undefined).map((reference) => (
        <ReferenceStory key={reference.symbol} reference={reference} />
      ))}
      {stage.undefined.length === 0 && stage.errors.length === 0 && (
        <Notice>
          Every live reference has its definition, in {plural(stage.objects.length, "object")}. In Doctor, choose
          another configuration or patch; what does not link is explained here.
        </Notice>
      )}
      {dropped.length > 0 && (
        <section className="link-card">
          <h2>Declared, defined nowhere, and dropped</h2>
          <p className="hint">No live code needs these, so the linker never asks.</p>
          <ul className="dropped">
            {dropped.map(({ symbol, at, because }) => (
              <li key={`${symbol} ${at.file}:${at.line}`}>
                <code>{symbol}</code> <Where file={at.file} line={at.line} />
                {because.map((fact) => (
                  <p key={`${fact.file}:${fact.line} ${fact.text}`}>
                    {fact.text} <Where file={fact.file} line={fact.line} />
                  </p>
                ))}
              </li>
            ))}
          </ul>
        </section>
      )}
      <section className="link-card">
        <h2>Linked</h2>
        <p className="symbols">
          {stage.objects.map((object) => (
            <code key={object}>{object}</code>
          ))}
        </p>
      </section>
    </>
  );
}

/** One reference tells the story of its symbol. */
function firstOfEach(references: readonly Reference[]): readonly Reference[] {
  return references.filter(({ symbol }, index) => references.findIndex((other) => other.symbol === symbol) === index);
}

function ReferenceStory({ reference }: { reference: Reference }) {
  const { symbol, holder, at, path, steps, declared, referencedIf, definers, both, isUncertain } = reference;
  return (
    <section className="link-card" aria-label={`Why ${symbol} is alive`}>
      <h2>
        Why <code>{symbol}</code> is alive
      </h2>
      <p className="call-path">
        {path.map((fn, index) => (
          <Fragment key={`${index} ${fn}`}>
            {index > 0 && <span aria-hidden="true"> › </span>}
            <code>{fn}</code>
          </Fragment>
        ))}
        <span aria-hidden="true"> › </span>
        <code className="missing">{symbol}</code>
      </p>
      <ol className="live-path">
        <li className="root">
          <b>{path[0]}()</b> is live by itself{holder === at.fn ? "" : `; the reference ends up in ${holder}() at -O2`}
        </li>
        {steps.map((step, index) => (
          <StepLine key={index} step={step} />
        ))}
        <li className="missing">
          <span aria-hidden="true">✕ </span>
          <b>{symbol}</b> is referenced <Where file={at.file} line={at.line} />
        </li>
      </ol>
      {isUncertain && <p className="hint">Another compiler, which expands other calls in place, may not need it.</p>}
      <dl className="link-facts">
        <div>
          <dt>Declared</dt>
          <dd>
            <Where file={declared.file} line={declared.line} />
          </dd>
        </div>
        {referencedIf.length > 0 && (
          <div>
            <dt>Referenced if</dt>
            <dd>
              <Conditions conditions={referencedIf} />
            </dd>
          </div>
        )}
        <div>
          <dt>Defined</dt>
          <dd>
            {definers.length === 0 && "by no file of the tree"}
            {definers.map(({ object, built, conditions }) => (
              <p key={object}>
                by <code>{object}</code>
                {built ? "" : ", not built"}
                {conditions.length > 0 && ", if "}
                <Conditions conditions={conditions} />
              </p>
            ))}
          </dd>
        </div>
        <div>
          <dt>The two meet</dt>
          <dd>
            {both === undefined ? (
              "never: their conditions exclude each other"
            ) : (
              <>
                if <code>{both}</code>
              </>
            )}
          </dd>
        </div>
      </dl>
    </section>
  );
}

function StepLine({ step }: { step: LiveStep }) {
  if (step.kind === "call") {
    return (
      <li>
        <b>{step.from}()</b> calls <b>{step.to}()</b> <Where file={step.at.file} line={step.at.line} />
      </li>
    );
  }
  return (
    <li className={step.isAlways ? "branch decided" : "branch"}>
      <span className="way">{step.isAlways ? "always" : "if"}</span>{" "}
      <code>{step.holds ? step.condition : `not (${step.condition})`}</code>{" "}
      <Where file={step.at.file} line={step.at.line} />
      <Facts facts={step.because} />
    </li>
  );
}

/** Facts that are shown at once; more are folded, because where many values are possible their list says little. */
const FEW = 2;

function Facts({ facts }: { facts: Extract<LiveStep, { kind: "branch" }>["because"] }) {
  const told = facts.map((fact) => (
    <p key={`${fact.file}:${fact.line} ${fact.text}`}>
      because {fact.text} <Where file={fact.file} line={fact.line} />
    </p>
  ));
  if (told.length <= FEW) return told;
  return (
    <details className="more-facts">
      <summary>because of {told.length} facts</summary>
      {told}
    </details>
  );
}

function Conditions({ conditions }: { conditions: readonly LinkCondition[] }) {
  return conditions.map(({ symbol, value, holds, file, line }, index) => (
    <span key={symbol} className={holds ? "holds" : "fails"}>
      {index > 0 && " and "}
      <span aria-hidden="true">{holds ? "✓" : "✕"}</span> <code>{`${symbol}=${value}`}</code> {holds ? "" : "fails "}
      <Where file={file} line={line} />
    </span>
  ));
}

function Where({ file, line }: { file: string; line: number }) {
  return (
    <code className="where">
      {file}:{line}
    </code>
  );
}
