/**
 * The checks of the kernel's lock validator, on what has been learnt: kernel/locking/lockdep.c `mark_lock_irq()`,
 * `check_irq_usage()`, `check_noncircular()`, `check_deadlock()`.
 */
import { assertNever } from "@shootdown/ir";
import type { Dependency, FailedAssertion, IrqKind, LockKnowledge } from "./knowledge.js";

/** A report before it has words. */
export type Breach =
  | { readonly kind: "inconsistent-state"; readonly irq: IrqKind; readonly class: number }
  /** `path` leads from a class used in interrupts to one used with them enabled. */
  | { readonly kind: "irq-dependency"; readonly irq: IrqKind; readonly path: readonly Dependency[] }
  /** `path` ends where it begins. */
  | { readonly kind: "circular-dependency"; readonly path: readonly Dependency[] }
  | { readonly kind: "recursive-locking"; readonly dependency: Dependency }
  /** One place in the source, by all the ways that lead to it. */
  | { readonly kind: "irqs-off"; readonly failures: readonly FailedAssertion[] };

const IRQ_KINDS: readonly IrqKind[] = ["HARDIRQ", "SOFTIRQ"];

/** The checks, in the order of their reports: assertions, usage, dependencies. */
export function breaches(knowledge: LockKnowledge): Breach[] {
  const { usage, dependencies, failed } = knowledge;
  const result: Breach[] = [];
  const bySource = new Map<string, FailedAssertion[]>();
  for (const failure of failed) {
    const { file, line, column } = failure.point.at;
    const key = `${file}:${line}:${column}`;
    bySource.set(key, [...(bySource.get(key) ?? []), failure]);
  }
  for (const failures of bySource.values()) result.push({ kind: "irqs-off", failures });
  for (const [id, { usedIn, usedOn }] of usage) {
    for (const irq of IRQ_KINDS) {
      if (usedIn.has(irq) && usedOn.has(irq)) result.push({ kind: "inconsistent-state", irq, class: id });
    }
  }
  for (const [id, following] of dependencies) {
    const dependency = following.get(id);
    if (dependency) result.push({ kind: "recursive-locking", dependency });
  }
  for (const irq of IRQ_KINDS) result.push(...irqDependencies(knowledge, irq));
  result.push(...cycles(knowledge));
  return result;
}

/**
 * Shortest paths from a class used in interrupts to one used with them enabled, with neither in between: a longer path
 * says nothing new. Nor does one from or to a class whose own use is inconsistent, which is reported already.
 */
function irqDependencies({ usage, dependencies }: LockKnowledge, irq: IrqKind): Breach[] {
  const isSafe = (id: number) => usage.get(id)?.usedIn.has(irq) ?? false;
  const isUnsafe = (id: number) => usage.get(id)?.usedOn.has(irq) ?? false;
  const result: Breach[] = [];
  for (const from of usage.keys()) {
    if (!isSafe(from) || isUnsafe(from)) continue;
    for (const to of usage.keys()) {
      if (!isUnsafe(to) || isSafe(to)) continue;
      const path = shortestPath(dependencies, from, to);
      if (!path || path.slice(1).some((step) => isSafe(step.from) || isUnsafe(step.from))) continue;
      result.push({ kind: "irq-dependency", irq, path });
    }
  }
  return result;
}

/** For each dependency, the shortest way back: every cycle once, from its lowest class. */
function cycles({ dependencies }: LockKnowledge): Breach[] {
  const found = new Map<string, Breach>();
  for (const following of dependencies.values()) {
    for (const dependency of following.values()) {
      if (dependency.from === dependency.to) continue;
      const back = shortestPath(dependencies, dependency.to, dependency.from);
      if (!back) continue;
      const path = [dependency, ...back];
      const start = path.reduce((lowest, step, index) => (step.from < path[lowest]!.from ? index : lowest), 0);
      const rotated = [...path.slice(start), ...path.slice(0, start)];
      const key = rotated.map((step) => step.from).join();
      if (!found.has(key)) found.set(key, { kind: "circular-dependency", path: rotated });
    }
  }
  return [...found.values()];
}

function shortestPath(
  dependencies: LockKnowledge["dependencies"],
  from: number,
  to: number,
): readonly Dependency[] | undefined {
  const cameBy = new Map<number, Dependency>();
  const queue = [from];
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    for (const dependency of dependencies.get(id)?.values() ?? []) {
      const next = dependency.to;
      if (next === id || next === from || cameBy.has(next)) continue;
      cameBy.set(next, dependency);
      if (next === to) {
        const path: Dependency[] = [];
        for (let at = to; at !== from; at = path[0]!.from) path.unshift(cameBy.get(at)!);
        return path;
      }
      queue.push(next);
    }
  }
  return undefined;
}

/** The kernel's first line. */
export function breachTitle(breach: Breach): string {
  switch (breach.kind) {
    case "irqs-off": {
      const { file, line, fn } = breach.failures[0]!.point.at;
      return `WARNING: at ${file}:${line} ${fn}`;
    }
    case "inconsistent-state":
      return "WARNING: inconsistent lock state";
    case "irq-dependency":
      return `WARNING: ${breach.irq}-safe -> ${breach.irq}-unsafe lock order detected`;
    case "circular-dependency":
      return "WARNING: possible circular locking dependency detected";
    case "recursive-locking":
      return "WARNING: possible recursive locking detected";
    default:
      return assertNever(breach);
  }
}
