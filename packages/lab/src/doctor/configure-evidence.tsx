/**
 * Stage 1: the symbols that matter, and what the file asked for and did not get.
 */
import type { ConfigureStage } from "@shootdown/doctor/face";

const KEY_SYMBOLS = ["SMP", "MMU", "HIGHMEM"];

export function configureLine({ kernel, symbols, notes }: ConfigureStage): string {
  const key = KEY_SYMBOLS.map((name) => `${name}=${symbols[name] || "n"}`).join(" ");
  const by = kernel ? `Linux/${kernel} · ` : "";
  return `${by}${key}${notes.length > 0 ? ` · ${notes.length} not as asked` : ""}`;
}

export function ConfigureEvidence({ stage }: { stage: ConfigureStage }) {
  const on = Object.entries(stage.symbols).filter(([, value]) => value !== "" && value !== "n");
  const off = Object.entries(stage.symbols).filter(([, value]) => value === "" || value === "n");
  return (
    <>
      {stage.notes.length > 0 && (
        <>
          <h4>Not as asked</h4>
          <ul>
            {stage.notes.map((note) => (
              <li key={`${note.line} ${note.symbol}`}>
                line {note.line} asks for <code>{`${note.symbol}=${note.asked}`}</code>, Kconfig gives{" "}
                <code>{note.got}</code>
              </li>
            ))}
          </ul>
        </>
      )}
      {stage.warnings.map((warning) => (
        <p key={warning} className="warning">
          {warning}
        </p>
      ))}
      <h4>On</h4>
      <p className="symbols">
        {on.map(([symbol, value]) => (
          <code key={symbol}>{value === "y" ? symbol : `${symbol}=${value}`}</code>
        ))}
      </p>
      <h4>Off</h4>
      <p className="symbols off">
        {off.map(([symbol]) => (
          <code key={symbol}>{symbol}</code>
        ))}
      </p>
    </>
  );
}
