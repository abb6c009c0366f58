/**
 * A file of the reader's own: a `.config`, a patch, or a result document, chosen here or dropped anywhere (`page-drop.tsx`).
 * Nothing leaves the page.
 */
import { takeFile } from "../session/take-file.js";

export function ConfigDrop() {
  return (
    <label className="drop">
      <input
        type="file"
        className="visually-hidden"
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) void takeFile(file);
          event.target.value = "";
        }}
      />
      <span>
        Drop a <code>.config</code>, a patch or a result, or <u>choose a file</u>
      </span>
      <small>It stays in this page.</small>
    </label>
  );
}
