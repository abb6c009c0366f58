/**
 * A file dropped anywhere on the page is taken; without this the browser would leave the page for it.
 */
import { useEffect, useState } from "react";
import { takeFile } from "./take-file.js";

const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;

export function PageDrop() {
  const [isOver, setIsOver] = useState(false);
  useEffect(() => {
    // In the capture phase, because the editor would take the text of a file into the text that it shows.
    const options = { capture: true };
    const onDrag = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      setIsOver(event.type !== "dragleave" || event.relatedTarget !== null);
    };
    const onDrop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      setIsOver(false);
      const file = event.dataTransfer!.files[0];
      if (file) void takeFile(file);
    };
    for (const type of ["dragenter", "dragover", "dragleave"] as const) addEventListener(type, onDrag, options);
    addEventListener("drop", onDrop, options);
    return () => {
      for (const type of ["dragenter", "dragover", "dragleave"] as const) removeEventListener(type, onDrag, options);
      removeEventListener("drop", onDrop, options);
    };
  }, []);
  return isOver ? (
    <div className="page-drop" aria-hidden="true">
      <p>Drop it to examine it. It stays in this page.</p>
    </div>
  ) : null;
}
