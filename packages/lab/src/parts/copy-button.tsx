/**
 * A button that copies a text, and says that it has.
 */
import { useState } from "react";

export function CopyButton({ text, label, title }: { text: () => string; label: string; title?: string }) {
  const [said, setSaid] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      setSaid("Copied");
    } catch {
      setSaid("Not allowed here");
    }
    setTimeout(() => setSaid(""), 1600);
  };
  return (
    <button type="button" className="copy" title={title} onClick={() => void copy()}>
      <span className={said === "" ? undefined : "hidden-keep"}>{label}</span>
      <span className="copied" role="status">
        {said}
      </span>
    </button>
  );
}
