/**
 * The percpu allocator at full size, fed with a trace: chunks, areas, slots and hints after each operation.
 */
import { useEffect, useState } from "react";
import { EngineFailure, Stopped } from "../engine/client.js";
import { accountant } from "../engine/engines.js";
import type { Failure } from "../engine/protocol.js";
import { FailureNotice, Notice } from "../parts/notice.js";
import { useStepKeys } from "../run/step-keys.js";
import { ChunkCard } from "./chunk-card.js";
import { type Snapshot, type Told, toldOf } from "./chunks.js";
import { SlotStrip } from "./slot-strip.js";
import { toldLine } from "./told-line.js";

const EXAMPLE = `a 64 8 0
a 4096 4 0
a 30000 8 0
f 1
a 32768 8 0
a 16384 4096 0
a 2048 8 1
f 2
f 3
a 12 4 0
f 4
f 0
`;

/** What is shown, kept while other views are. */
let kept: { trace: string; told: Told | undefined; at: number } = { trace: EXAMPLE, told: undefined, at: 0 };

export function AllocatorView() {
  const [trace, setTrace] = useState(kept.trace);
  const [backend, setBackend] = useState<"vm" | "km">("vm");
  const [told, setTold] = useState(kept.told);
  const [at, setAt] = useState(kept.at);
  const [isRunning, setIsRunning] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  kept = { trace, told, at };
  const last = Math.max(0, (told?.snapshots.length ?? 0) - 1);
  const goTo = (step: number) => setAt(Math.max(0, Math.min(last, step)));
  useStepKeys(at, last, goTo);
  const run = async () => {
    setIsRunning(true);
    setFailure(undefined);
    try {
      setTold(toldOf(await accountant.ask("allocate", { trace, backend, unitPages: 16, units: 4 })));
      setAt(0);
    } catch (error) {
      if (error instanceof EngineFailure) setFailure(error.failure);
      else if (!(error instanceof Stopped)) throw error;
    }
    setIsRunning(false);
  };
  // Something to see at once; and the compiled allocator is there when the reader's own trace is asked.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the view is first opened
  useEffect(() => {
    if (told === undefined) void run();
  }, []);
  return (
    <main className="view allocator-view">
      <h1>The percpu allocator</h1>
      <p className="lead">
        mm/percpu.ts at full size, 4 units of 16 pages: what a trace of allocations does to chunks, maps and hints.
      </p>
      <div className="allocator-body">
        <form
          className="subject-form"
          aria-label="Trace"
          onSubmit={(event) => {
            event.preventDefault();
            void run();
          }}
        >
          <label className="field">
            <span>Trace</span>
            <textarea value={trace} onChange={(event) => setTrace(event.target.value)} rows={14} spellCheck={false} />
          </label>
          <p className="hint">
            <code>a SIZE ALIGN ATOMIC</code> allocates, <code>f ID</code> frees the ID-th allocation, <code>b</code>{" "}
            runs the balance work.
          </p>
          <label className="field">
            <span>Chunks from</span>
            <select value={backend} onChange={(event) => setBackend(event.target.value as "vm" | "km")}>
              <option value="vm">vmalloc (percpu-vm)</option>
              <option value="km">kernel pages (percpu-km)</option>
            </select>
          </label>
          {isRunning ? (
            <button type="button" onClick={() => accountant.stop("allocate")}>
              Stop
            </button>
          ) : (
            <button type="submit" className="primary">
              Run the trace
            </button>
          )}
        </form>
        <div>
          {failure && <FailureNotice failure={failure} />}
          {told === undefined ? (
            !failure && (
              <Notice>
                {isRunning ? "Compiling the allocator and running the trace …" : "Run the trace to see its chunks."}
              </Notice>
            )
          ) : (
            <Operations told={told} at={at} onStep={goTo} />
          )}
        </div>
      </div>
    </main>
  );
}

interface OperationsProps {
  readonly told: Told;
  readonly at: number;
  readonly onStep: (step: number) => void;
}

function Operations({ told: { snapshots, unitOffsets, slots }, at, onStep }: OperationsProps) {
  const shown = snapshots[at]!;
  const before = snapshots[at - 1];
  const areasOf = (snapshot: Snapshot | undefined, chunk: number) =>
    [...(snapshot?.areas.values() ?? [])].filter((area) => area.chunk === chunk);
  const { line, said } = shown.operation;
  const name = at === 0 ? "Before the first operation" : `Operation ${at} of ${snapshots.length - 1}: ${line}`;
  const gone = before?.chunks.filter(({ id }) => !shown.chunks.some((chunk) => chunk.id === id)) ?? [];
  return (
    <>
      <div className="transport allocator-transport">
        <div className="buttons" role="group" aria-label="Go to an operation">
          <button
            type="button"
            onClick={() => onStep(at - 1)}
            disabled={at === 0}
            aria-label="Operation back"
            title="Back (k)"
          >
            ‹
          </button>
          <button
            type="button"
            onClick={() => onStep(at + 1)}
            disabled={at === snapshots.length - 1}
            aria-label="Operation forward"
            title="Forward (j)"
          >
            ›
          </button>
        </div>
        <output className="step-count" aria-hidden="true">
          <b>{at}</b> / {snapshots.length - 1}
        </output>
        <input
          type="range"
          className="scrubber"
          min={0}
          max={snapshots.length - 1}
          value={at}
          aria-label="Operation of the trace"
          aria-valuetext={name}
          onChange={(event) => onStep(Number(event.target.value))}
        />
      </div>
      <p className="step-line" aria-live="polite">
        <span className="step-cpu">{at === 0 ? name : line}</span>{" "}
        <span className="step-what">{said.map(toldLine).join(" · ")}</span>
      </p>
      <p className="totals">{shown.totals.replaceAll("_", " ").replaceAll("=", " ")}</p>
      {gone.map(({ id }) => (
        <p key={id} className="sign-word">
          − chunk {id} is gone
        </p>
      ))}
      <SlotStrip slots={slots} chunks={shown.chunks} before={(before ?? shown).chunks} />
      <MapLegend />
      <div className="chunks">
        {shown.chunks.map((chunk) => (
          <ChunkCard
            key={chunk.id}
            chunk={chunk}
            unitOffsets={unitOffsets}
            before={at === 0 ? chunk : before?.chunks.find(({ id }) => id === chunk.id)}
            areas={areasOf(shown, chunk.id)}
            areasBefore={at === 0 ? areasOf(shown, chunk.id) : areasOf(before, chunk.id)}
          />
        ))}
      </div>
    </>
  );
}

function MapLegend() {
  return (
    <p className="map-legend">
      <span>
        <i className="key-area" /> in use, or memory behind it
      </span>
      <span>
        <i className="key-area new">+</i> new
      </span>
      <span>
        <i className="key-area freed">−</i> freed
      </span>
      <span>
        <i className="key-contig" /> largest free region (contig hint)
      </span>
      <span>
        <i className="key-first-free" /> first free
      </span>
    </p>
  );
}
