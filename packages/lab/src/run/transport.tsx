/**
 * Where in the run the reader is, and how to get elsewhere: buttons, a slider to scrub, a search for the next step that
 * touches something.
 */
import { shownPath, stepText, type TraceStep } from "@shootdown/doctor/face";
import { useMemo, useRef, useState } from "react";
import { stepName } from "./picture.js";
import { findStep, searchTerms } from "./step-search.js";

interface TransportProps {
  readonly trace: readonly TraceStep[];
  readonly step: number;
  readonly onStep: (step: number) => void;
}

export function Transport({ trace, step, onStep }: TransportProps) {
  const total = trace.length;
  const told = trace[step - 1];
  const name = told ? stepName(told, total, stepText(told)) : `Before the first of ${total} steps`;
  return (
    <div className="transport">
      <div className="buttons" role="group" aria-label="Go to a step">
        <button type="button" onClick={() => onStep(0)} disabled={step === 0} aria-label="Start" title="Start (Home)">
          ⇤
        </button>
        <button
          type="button"
          onClick={() => onStep(step - 1)}
          disabled={step === 0}
          aria-label="Step back"
          title="Back (k)"
        >
          ‹
        </button>
        <button
          type="button"
          onClick={() => onStep(step + 1)}
          disabled={step === total}
          aria-label="Step forward"
          title="Forward (j)"
        >
          ›
        </button>
        <button
          type="button"
          onClick={() => onStep(total)}
          disabled={step === total}
          aria-label="End"
          title="End (End)"
        >
          ⇥
        </button>
      </div>
      <output className="step-count" aria-hidden="true">
        <b>{step}</b> / {total}
      </output>
      <input
        type="range"
        className="scrubber"
        min={0}
        max={total}
        value={step}
        aria-label="Step of the run"
        aria-valuetext={name}
        onChange={(event) => onStep(Number(event.target.value))}
      />
      <StepSearch trace={trace} step={step} onStep={onStep} />
      <p className="visually-hidden" aria-live="polite">
        {name}
      </p>
    </div>
  );
}

function StepSearch({ trace, step, onStep }: TransportProps) {
  const [text, setText] = useState("");
  const [missed, setMissed] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const terms = useMemo(() => searchTerms(trace), [trace]);
  const find = (direction: 1 | -1) => {
    const found = findStep(trace, text, step, direction);
    setMissed(found === undefined);
    if (found !== undefined) onStep(found);
  };
  return (
    <form
      className="step-search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        find(1);
      }}
    >
      <input
        ref={input}
        type="search"
        data-step-search
        list="step-search-terms"
        placeholder="next step that touches …"
        aria-label="Next step that touches a lock, variable or function"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setMissed(false);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && event.shiftKey) {
            event.preventDefault();
            find(-1);
          }
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
      <datalist id="step-search-terms">
        {terms.map((term) => (
          <option key={term} value={term} />
        ))}
      </datalist>
      <button
        type="button"
        onClick={() => find(-1)}
        disabled={text === ""}
        aria-label="Previous match"
        title="Previous (Shift+Enter)"
      >
        ↑
      </button>
      <button type="submit" disabled={text === ""} aria-label="Next match" title="Next (Enter)">
        ↓
      </button>
      <span className="search-missed" role="status">
        {missed ? "no such step" : ""}
      </span>
    </form>
  );
}

/** The current step in words, above the panels. */
export function StepLine({ told }: { told: TraceStep | undefined }) {
  if (!told) return <p className="step-line">Nothing has happened yet: every task stands at its entry.</p>;
  return (
    <p className="step-line">
      <span className="step-cpu">
        CPU{told.cpu}
        {told.context === "task" ? "" : ` ${told.context}`}
      </span>{" "}
      <span className="step-what">{stepText(told)}</span> <span className="step-where">in {shownPath(told.at)}</span>
    </p>
  );
}
