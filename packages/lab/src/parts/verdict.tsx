/**
 * A verdict as a badge: shape and word carry it, colour only helps.
 */
export type Tone = "well" | "note" | "finding" | "limit" | "none";

const SHAPES: Readonly<Record<Tone, string>> = { well: "✓", note: "~", finding: "✕", limit: "▲", none: "–" };

/** What kind of answer a word is, of any stage or outcome. */
export function toneOf(verdict: string): Tone {
  if (/^(sound|links|boots|as-asked)$/.test(verdict)) return "well";
  // Kconfig changed something: no finding, and not what was asked either.
  if (verdict === "adjusted") return "note";
  if (/^(skipped|stopped|running|not asked|does not apply)$/.test(verdict)) return "none";
  return verdict === "limit" ? "limit" : "finding";
}

export function Verdict({ verdict }: { verdict: string }) {
  const tone = toneOf(verdict);
  return (
    <span className={`verdict ${tone}`}>
      <span aria-hidden="true">{SHAPES[tone]}</span> {verdict.replaceAll("-", " ")}
    </span>
  );
}

export function shapeOf(verdict: string): string {
  return SHAPES[toneOf(verdict)];
}
