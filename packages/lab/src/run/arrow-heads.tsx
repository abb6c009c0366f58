/**
 * The heads of the arrows of all pictures, defined once for the page.
 */
const KINDS = ["ipi", "ack", "wake", "wait"] as const;

export function ArrowHeads() {
  return (
    <svg className="arrow-heads" width="0" height="0" aria-hidden="true">
      <defs>
        {KINDS.map((kind) => (
          <marker
            key={kind}
            id={`head-${kind}`}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="8"
            markerHeight="8"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path className={`head ${kind}`} d="M0,0.5 L8,4 L0,7.5 Z" />
          </marker>
        ))}
      </defs>
    </svg>
  );
}
