/**
 * A schedule that somebody pasted, on the kernel that is chosen.
 */
import type { AddressSubject } from "@shootdown/doctor/face";
import { useState } from "react";
import { openRun } from "../session/session.js";

export function OpenSchedule({ subject }: { subject: AddressSubject }) {
  const [text, setText] = useState("");
  return (
    <form
      className="open-schedule"
      onSubmit={(event) => {
        event.preventDefault();
        const scenario = /^s\d+:([^:]+):/.exec(text.trim())?.[1] ?? subject.scenario;
        void openRun({ ...subject, scenario }, { schedule: text.trim() });
      }}
    >
      <label>
        A schedule that a finding printed
        <input
          value={text}
          onChange={(event) => setText(event.target.value)}
          placeholder="s1:kmap-dma:…"
          spellCheck={false}
        />
      </label>
      <button type="submit" disabled={text.trim() === ""}>
        Open
      </button>
    </form>
  );
}
