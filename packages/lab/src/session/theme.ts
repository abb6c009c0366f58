/**
 * Dark or light: as the system says, until the reader says otherwise; then as the reader said last.
 */
import { useMedia } from "../parts/media.js";
import { Store, useStore } from "../parts/store.js";

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

/** What the reader chose. */
const chosen = new Store<Theme>("system");

export function applyTheme(theme: Theme = readTheme()): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {}
  chosen.set(theme);
}

/** Whether dark is what is seen now. */
export function useIsDark(): boolean {
  const isSystemDark = useMedia("(prefers-color-scheme: dark)");
  const theme = useStore(chosen);
  return theme === "system" ? isSystemDark : theme === "dark";
}
