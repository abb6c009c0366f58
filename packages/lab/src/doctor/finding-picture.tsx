/**
 * A finding at a glance: the end of its run, with who waits for whom, and the way into the run.
 */
import { useMemo } from "react";
import { Lanes } from "../run/lanes.js";
import { pictureOf } from "../run/picture.js";
import { goTo, type ShownRun, show, useSession } from "../session/session.js";

export function FindingPicture({ run }: { run: ShownRun }) {
  const { step } = useSession();
  const picture = useMemo(() => pictureOf(run), [run]);
  const open = (to: number) => {
    goTo(to);
    show("run");
  };
  return (
    <section className="finding-picture" aria-label="The run of the finding">
      <header>
        <h2>{run.violation?.message}</h2>
        <div className="head-actions">
          <button type="button" className="primary" onClick={() => open(1)}>
            Step through
          </button>
          <button type="button" onClick={() => open(run.trace.length)}>
            Open its end
          </button>
        </div>
      </header>
      <div className="picture">
        <Lanes picture={picture} trace={run.trace} violation={run.violation} step={step} onStep={open} />
      </div>
    </section>
  );
}
