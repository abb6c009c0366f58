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
      </ul>
      <p>
        <kbd>j</kbd> <kbd>k</kbd> next and previous step, <kbd>Home</kbd> <kbd>End</kbd> first and last, <kbd>/</kbd>{" "}
        search, a click on a column goes there.
      </p>
    </details>
  );
}
