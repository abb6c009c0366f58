/**
 * Whether a violation is still ahead: searched from the end of the schedule, in the second engine. A search that takes
 * long shows how far it is and can be stopped.
 */
import { type AddressSubject, count, type FindingName, findingCode } from "@shootdown/doctor/face";
import { useEffect, useState } from "react";
import { scout } from "../engine/engines.js";
import type { Outlook, SearchProgress } from "../engine/protocol.js";
import { searchText } from "../parts/search-text.js";
import { goTo, openRun } from "../session/session.js";

/**
 * States of the searches that are tried, one after the other. The first is over so soon that it is let run where the reader goes
 * on meanwhile: to end a search ends its worker, and a new one takes longer to start.
 */
const FIRST_STATES = 30_000;
const MAX_STATES = 2_000_000;
/** Milliseconds that the reader must rest before a search is worth it. */
const REST = 350;

interface OutlookProps {
  readonly subject: AddressSubject;
  readonly successors: readonly number[];
  readonly isOver: boolean;
  readonly kind: string | undefined;
}

type Known =
  | { state: "resting" }
  | { state: "searching"; progress?: SearchProgress; milliseconds?: number }
  | { state: "stopped" }
  | { state: "known"; outlook: Outlook };

export function OutlookLine({ subject, successors, isOver, kind }: OutlookProps) {
  const [known, setKnown] = useState<Known>({ state: "resting" });
  const key = successors.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the successors
  useEffect(() => {
    if (isOver) return;
    let isWanted = true;
    let isLong = false;
    const update = (next: Known) => isWanted && setKnown(next);
    setKnown({ state: "resting" });
    const timer = setTimeout(async () => {
      update({ state: "searching" });
      const search = (maxStates: number) => {
        const begun = performance.now();
        const report = ({ progress }: { progress: SearchProgress }) => {
          update({ state: "searching", progress, milliseconds: performance.now() - begun });
        };
        return scout.ask("outlook", { subject, successors, maxStates }, report);
      };
      try {
        let outlook = await search(FIRST_STATES);
        if (outlook.verdict === "limit" && isWanted) {
          isLong = true;
          outlook = await search(MAX_STATES);
        }
        update({ state: "known", outlook });
      } catch {
        update({ state: "stopped" });
      }
      isLong = false;
    }, REST);
    return () => {
      isWanted = false;
      clearTimeout(timer);
      if (isLong) scout.stop("outlook");
      else scout.takeBack("outlook");
    };
  }, [subject, key, isOver]);

  if (isOver) {
    return (
      <p className="outlook found">
        <b>✕ {kind}</b> reached{kind !== undefined && isFinding(kind) ? ` (${findingCode(kind)})` : ""}.
      </p>
    );
  }
  switch (known.state) {
    case "resting":
      return <p className="outlook">Is a violation still ahead? …</p>;
    case "stopped":
      return <p className="outlook">Whether a violation is still ahead is not known: the search was stopped.</p>;
    case "searching":
      return (
        <p className="outlook">
          Searching what is ahead
          {known.progress ? `: ${searchText(known.progress, known.milliseconds ?? 0)}` : " …"}
          <button type="button" className="small" onClick={() => scout.stop("outlook")}>
            Stop
          </button>
        </p>
      );
    case "known":
      return <Answer outlook={known.outlook} subject={subject} successors={successors} />;
  }
}

function isFinding(kind: string): kind is FindingName {
  return kind !== "";
}

function Answer({ outlook, subject, successors }: Omit<OutlookProps, "isOver" | "kind"> & { outlook: Outlook }) {
  if (outlook.verdict === "clear") {
    return (
      <p className="outlook clear">
        <b>✓ No violation is reachable any more</b> from here ({count(outlook.states)} states).
      </p>
    );
  }
  if (outlook.verdict === "limit") {
    return (
      <p className="outlook">No violation found within {count(outlook.states)} states; there may be one farther on.</p>
    );
  }
  const ahead = outlook.ahead!;
  const show = async () => {
    await openRun(subject, { successors: [...successors, ...ahead] });
    goTo(successors.length);
  };
  return (
    <p className="outlook ahead">
      <b>
        ! A {outlook.kind} is {ahead.length === 1 ? "one step" : `${ahead.length} steps`} ahead
      </b>{" "}
      on the shortest way.
      <button type="button" className="small" onClick={() => void show()}>
        Show the way
      </button>
    </p>
  );
}
