/**
 * Lines put over a `.config` before Kconfig reads it: `--set SYMBOL=value`, and the `set` of a report's row.
 *
 * Kconfig has the last word as ever: a value that a dependency forbids is refused and noted, as if the file had it.
 */
import { InputError } from "../errors.js";

/** The text with each symbol's line replaced, or added at the end; line numbers of the rest stay. `n` unsets. */
export function overrideConfig(text: string, sets: ReadonlyMap<string, string>): string {
  if (sets.size === 0) return text;
  const lines = text.split("\n");
  const isEnded = lines[lines.length - 1] === "";
  if (isEnded) lines.pop();
  for (const [symbol, value] of sets) {
    if (!/^[A-Z0-9_]+$/i.test(symbol) || symbol.startsWith("CONFIG_")) {
      const next = `name it as Kconfig does: --set ${symbol.replace(/^CONFIG_/, "")}=${value}`;
      throw new InputError("S1002", `--set ${symbol}=${value}`, "this is no name of a Kconfig symbol", next);
    }
    const isAbout = (line: string) =>
      line.startsWith(`CONFIG_${symbol}=`) || line.trimEnd() === `# CONFIG_${symbol} is not set`;
    const at = lines.findIndex(isAbout);
    const line = value === "n" ? `# CONFIG_${symbol} is not set` : `CONFIG_${symbol}=${quoted(value)}`;
    if (at < 0) lines.push(line);
    else lines.splice(at, 1, line);
    // Of several lines Kconfig takes the last: none that is older may follow.
    for (let other = lines.length - 1; other > at && at >= 0; other--) if (isAbout(lines[other]!)) lines[other] = "";
  }
  return `${lines.join("\n")}\n`;
}

/** Tristates and numbers stand bare, everything else in quotes. */
function quoted(value: string): string {
  return /^([ym]|-?\d+|0x[0-9a-f]+|".*")$/i.test(value) ? value : `"${value.replace(/[\\"]/g, "\\$&")}"`;
}
