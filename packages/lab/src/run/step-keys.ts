/**
 * Keys of the run view, wherever the focus is, unless the reader types: j and k, Home and End, / to search.
 */
import { useEffect } from "react";

function isTyping(target: EventTarget | null): boolean {
  const element = (target as HTMLElement | null)?.shadowRoot?.activeElement ?? (target as HTMLElement | null);
  if (!(element instanceof HTMLElement)) return false;
  const isText = element instanceof HTMLInputElement && !["range", "checkbox", "button"].includes(element.type);
  return (
    isText ||
    element instanceof HTMLTextAreaElement ||
    element instanceof HTMLSelectElement ||
    element.isContentEditable
  );
}

export function useStepKeys(step: number, total: number, onStep: (step: number) => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const to = target(event.key, step, total);
      if (to !== undefined) onStep(to);
      else if (event.key === "/") document.querySelector<HTMLInputElement>("[data-step-search]")?.focus();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [step, total, onStep]);
}

function target(key: string, step: number, total: number): number | undefined {
  switch (key) {
    case "j":
      return step + 1;
    case "k":
      return step - 1;
    case "Home":
      return 0;
    case "End":
      return total;
    default:
      return undefined;
  }
}
