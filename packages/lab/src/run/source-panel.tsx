/**
 * The kernel TypeScript of the current step: its file with the line marked, the functions that lead there, and where Linux
 * has the function.
 */

import type { AddressSubject } from "@shootdown/doctor/face";
import { type Frame, shownFrame, type TraceStep } from "@shootdown/doctor/face";
import { useEffect, useMemo, useRef, useState } from "react";
import { highlightLines } from "../parts/highlight.js";
import { useSources } from "../parts/sources.js";

export function SourcePanel({ told, subject }: { told: TraceStep | undefined; subject: AddressSubject }) {
  const [chosen, setChosen] = useState<{ step: TraceStep; frame: Frame }>();
  const sources = useSources(subject);
  if (!told) {
    return <p className="empty">Take a step to see the code that it runs.</p>;
  }
  const frame = chosen?.step === told ? chosen.frame : shownFrame(told.at);
  return (
    <div className="source-panel">
      <nav className="stack" aria-label="Functions that lead to this step">
        {told.at.stack.map((entry, index) => (
          <button
            key={`${index} ${entry.fn}`}
            type="button"
            aria-current={entry === frame ? "true" : undefined}
            onClick={() => setChosen({ step: told, frame: entry })}
          >
            {entry.fn}
          </button>
        ))}
      </nav>
      <p className="source-place">
        <code>
          {frame.file}:{frame.line}
        </code>
        {frame.linux ? (
          <span className="linux-place">
            Linux: <code>{frame.linux}()</code>
          </span>
        ) : (
          <span className="linux-place none">not in Linux: this model's own</span>
        )}
      </p>
      {sources ? (
        <SourceText text={sources(frame.file)} line={frame.line} file={frame.file} />
      ) : (
        <p className="empty">Loading the source …</p>
      )}
    </div>
  );
}

function SourceText({ text, line, file }: { text: string | undefined; line: number; file: string }) {
  const lines = useMemo(() => (text === undefined ? [] : highlightLines(text)), [text]);
  const current = useRef<HTMLLIElement>(null);
  const box = useRef<HTMLOListElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the line is where the box must be scrolled to
  useEffect(() => {
    const [outer, inner] = [box.current, current.current];
    if (outer && inner) outer.scrollTop = inner.offsetTop - outer.clientHeight / 2.6;
  }, [line, file, lines]);
  if (text === undefined) return <p className="empty">{file} is not part of this tree.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by the keyboard
    <ol className="source" ref={box} tabIndex={0} aria-label={`Source of ${file}`}>
      {lines.map((spans, index) => {
        const isCurrent = index + 1 === line;
        return (
          <li
            key={index}
            ref={isCurrent ? current : undefined}
            className={isCurrent ? "current" : undefined}
            aria-current={isCurrent ? "step" : undefined}
          >
            <code>
              {spans.map(([style, words], part) => (
                <span key={part} className={style}>
                  {words}
                </span>
              ))}
            </code>
          </li>
        );
      })}
    </ol>
  );
}
