/**
 * Stage 3: what the kernel prints while it comes up, and what it leaves in memory.
 */
import { type BootStage, where } from "@shootdown/doctor/face";

export function bootLine({ verdict, cpu, messages }: BootStage): string {
  if (verdict === "skipped") return "";
  const said = messages.filter(({ level }) => level !== "info").map(({ text }) => text);
  return said[0] ?? cpu;
}

export function BootEvidence({ stage }: { stage: BootStage }) {
  const left = Object.entries(stage.left);
  return (
    <>
      {stage.verdict === "skipped" && <p>An earlier stage failed.</p>}
      {stage.messages.length > 0 && (
        <pre>{stage.messages.map(({ level, text, at }) => `[${level}] ${text}  (${where(at)})`).join("\n")}</pre>
      )}
      {left.length > 0 && (
        <>
          <h4>Left in memory</h4>
          <p className="symbols">
            {left.map(([name, value]) => (
              <code key={name}>{`${name} = ${value}`}</code>
            ))}
          </p>
        </>
      )}
      {stage.messages.length === 0 && left.length === 0 && stage.verdict === "boots" && (
        <p>It printed nothing and left nothing changed.</p>
      )}
    </>
  );
}
