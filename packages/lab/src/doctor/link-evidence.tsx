/**
 * Stage 2: what was built, and what is referenced and not defined.
 */
import { type LinkStage, linkerLines, plural } from "@shootdown/doctor/face";
import { show } from "../session/session.js";

export function linkLine({ verdict, objects, undefined: missing, errors }: LinkStage): string {
  if (verdict === "does-not-build") return errors[0]?.message ?? "";
  if (missing.length === 0) return plural(objects.length, "object");
  return `${missing.map(({ symbol }) => symbol).join(", ")} is not defined`;
}

export function LinkEvidence({ stage }: { stage: LinkStage }) {
  return (
    <>
      {stage.errors.map((error) => (
        <p key={`${error.file}:${error.line}`}>
          <code>
            {error.file}:{error.line}
          </code>
          : error: {error.message}
        </p>
      ))}
      {stage.undefined.length > 0 && (
        <>
          <pre>{linkerLines(stage).join("\n")}</pre>
          <button type="button" className="small" onClick={() => show("link")}>
            Why it is alive
          </button>
        </>
      )}
      <h4>Objects</h4>
      <p className="symbols">
        {stage.objects.map((object) => (
          <code key={object}>{object}</code>
        ))}
      </p>
      {stage.obligations.length > 0 && (
        <>
          <h4>Relies on its callers for</h4>
          <ul>
            {stage.obligations.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
