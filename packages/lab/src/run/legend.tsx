/**
 * What the signs in the picture of a run mean.
 */
const SIGNS: readonly (readonly [sign: string, kind: string, meaning: string])[] = [
  ["+", "lock", "takes a lock"],
  ["−", "lock", "releases it"],
  ["↓", "irq", "interrupts off"],
  ["↑", "irq", "on"],
  ["!", "interrupt", "interrupt"],
  ["↩", "interrupt", "return"],
  ["w", "write", "writes"],
  ["r", "read", "reads"],
];

const ARROWS: readonly (readonly [kind: string, meaning: string])[] = [
  ["ipi", "IPI; dashed: nobody has taken it"],
  ["ack", "answers an IPI"],
  ["wake", "wakes a task"],
  ["wait", "waits for; closed: a deadlock"],
];

export function Legend() {
  return (
    <details className="legend">
      <summary>Signs and keys</summary>
      <ul>
        {SIGNS.map(([sign, kind, meaning]) => (
          <li key={meaning}>
            <span className={`legend-sign ${kind}`}>{sign}</span> {meaning}
          </li>
        ))}
        <li>
          <span className="legend-bar irqs-off" /> interrupts are off
        </li>
        <li>
          <span className="legend-bar held" /> holds a lock
        </li>
        <li>
          <span className="legend-bar waiting" /> waits
        </li>
        {ARROWS.map(([kind, meaning]) => (
          <li key={kind}>
            <svg className={`legend-arrow message ${kind}`} viewBox="0 0 36 12" aria-hidden="true">
              <path d="M1,6 L34,6" markerEnd={`url(#head-${kind})`} />
            </svg>{" "}
            {meaning}
          </li>
        ))}
      </ul>
      <p>
        <kbd>j</kbd> <kbd>k</kbd> next and previous step, <kbd>Home</kbd> <kbd>End</kbd> first and last, <kbd>/</kbd>{" "}
        search, a click on a column goes there.
      </p>
    </details>
  );
}
