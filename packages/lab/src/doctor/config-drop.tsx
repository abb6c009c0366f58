/**
 * A file of the reader's own: a `.config`, a patch, or a result document, dropped or chosen. Nothing leaves the page.
 */
import type { AddressSubject } from "@shootdown/doctor/face";
import { useState } from "react";
import { say } from "../session/session.js";
import { takeFile } from "../session/take-file.js";

export function ConfigDrop({ subject }: { subject: AddressSubject }) {
  const [isOver, setIsOver] = useState(false);
  const take = async (file: File | undefined) => {
    if (!file) return;
    const problem = await takeFile(file, subject);
    if (problem) say(problem);
  };
  return (
    <label
      className={`drop${isOver ? " over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setIsOver(false);
        void take(event.dataTransfer.files[0]);
      }}
    >
      <input
        type="file"
        className="visually-hidden"
        onChange={(event) => {
          void take(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      <span>
        Drop a <code>.config</code>, a patch or a result here, or <u>choose a file</u>
      </span>
      <small>It stays in this page.</small>
    </label>
  );
}
