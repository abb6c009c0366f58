/**
 * Dark or light: as the system says, until the reader says otherwise; then as the reader said last.
 */
import { useSyncExternalStore } from "react";
import { useMedia } from "../parts/media.js";

export type Theme = "system" | "light" | "dark";
const KEY = "shootdown-theme";

/** Storage may be refused (private windows, `file:`). */
export function readTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system";
  }
}

const listeners = new Set<() => void>();

export function applyTheme(theme: Theme = readTheme()): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {}
  for (const listener of listeners) listener();
}

/** Whether dark is what is seen now. */
export function useIsDark(): boolean {
  const isSystemDark = useMedia("(prefers-color-scheme: dark)");
  const chosen = useSyncExternalStore(subscribe, () => document.documentElement.dataset.theme);
  return chosen === undefined ? isSystemDark : chosen === "dark";
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
