/**
 * lockdep: what the kernel's lock validator would report, had it seen every step that a search took.
 *
 * It knows lock classes (a lock global; an array of locks is one class), in which contexts each was taken and with
 * interrupts on or off, and which class was asked for while another was held. From that follow, as in the kernel's
 * kernel/locking/lockdep.c,
 *
 *     inconsistent-state    taken in an interrupt, and elsewhere with that interrupt enabled         mark_lock_irq
 *     irq-dependency        a class taken in interrupts leads to one held with them enabled          check_irq_usage
 *     circular-dependency   the classes cannot be ordered                                            check_noncircular
 *     recursive-locking     a class is asked for by a context that holds it                          check_deadlock
 *     irqs-off              lockdep_assert_irqs_enabled() did not hold
 *
 * The kernel prints the first report it comes to and then turns lockdep off, and which comes first depends on the
 * schedule; here are all of them, in a fixed order. Which of two uses of a lock came first is likewise not known, so
 * an inconsistency is always told as the task's use first. Not here: read locks, nested classes, wait contexts.
 */
import { assertNever } from "@shootdown/ir";
import type { LockFacts, LockPoint } from "./lock-facts.js";
import { heldBase, lockPlan } from "./lock-facts.js";
import { lockdepText } from "./lockdep-text.js";
import { placeOf, type TracePlace } from "./places.js";
import { LEVELS, SOFTIRQ, type System, TASK } from "./system.js";

export type LockdepKind =
  | "inconsistent-state"
  | "irq-dependency"
  | "circular-dependency"
  | "recursive-locking"
  | "irqs-off";

export type IrqKind = "HARDIRQ" | "SOFTIRQ";

/** A place that a report names, and what happened there. */
export interface LockdepSite {
  /** A usage (`IN-HARDIRQ-W`), a dependency (`kmap_lock -> pool_lock`), or an assertion. */
  readonly what: string;
  readonly context: "task" | "softirq" | "hardirq";
  /** The task's body or the handler. */
  readonly root: string;
  readonly at: TracePlace;
}

export interface LockdepReport {
  readonly kind: LockdepKind;
  /** The kernel's first line. */
  readonly title: string;
  /** The class that is reported; absent for `irqs-off`, which is about no lock. */
  readonly class?: string;
  /** The class at the other end of a dependency. */
  readonly other?: string;
  /** Every class of the report, in the order of the dependency. */
  readonly classes: readonly string[];
  readonly sites: readonly LockdepSite[];
  /** The report in the kernel's form. */
  readonly text: string;
}

/** What lockdep knows of one class. Each usage with the first place that has it. */
export interface ClassUsage {
  readonly name: string;
  readonly lock: "spinlock" | "mutex";
  /** Taken in an interrupt of that kind. */
  readonly usedIn: ReadonlyMap<IrqKind, LockPoint>;
  /** Taken, or held, while interrupts of that kind are enabled. */
  readonly usedOn: ReadonlyMap<IrqKind, LockPoint>;
}

/** `to` was asked for while `from` was held. */
export interface Dependency {
  readonly from: number;
  readonly to: number;
  /** The first place that asked, and where `from` may have been taken. */
  readonly point: LockPoint;
  readonly takenAt: readonly LockPoint[];
}

export interface FailedAssertion {
  readonly point: LockPoint;
  /** Classes that were held there. */
  readonly held: readonly number[];
}

/** All that lockdep has learnt, by class (index into `System.globals`), in ascending order. */
export interface LockKnowledge {
  readonly usage: ReadonlyMap<number, ClassUsage>;
  /** By `from`, then `to`. */
  readonly dependencies: ReadonlyMap<number, ReadonlyMap<number, Dependency>>;
  /** Assertions that did not hold. */
  readonly failed: readonly FailedAssertion[];
}

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

export const IRQ_KINDS: readonly IrqKind[] = ["HARDIRQ", "SOFTIRQ"];

/** The reports that follow from what has been seen; none for a system whose locking lockdep finds in order. */
export function lockdepReports(system: System, facts: LockFacts): LockdepReport[] {
  const knowledge = learn(system, facts);
  return breaches(knowledge).map((breach) => {
    const sites = sitesOf(knowledge, breach).map(([what, point]) => siteOf(what, point));
    return { ...describe(knowledge, breach), sites, text: lockdepText(knowledge, breach) };
  });
}

/** From bits to usages and dependencies. */
export function learn(system: System, facts: LockFacts): LockKnowledge {
  const { points } = lockPlan(system);
  const usage = new Map<number, { usedIn: Map<IrqKind, LockPoint>; usedOn: Map<IrqKind, LockPoint> }>();
  const dependencies = new Map<number, Map<number, Dependency>>();
  const failed: FailedAssertion[] = [];
  const usageOf = (id: number) => {
    const known = usage.get(id) ?? { usedIn: new Map(), usedOn: new Map() };
    usage.set(id, known);
    return known;
  };
  const note = (uses: Map<IrqKind, LockPoint>, irq: IrqKind, point: LockPoint) => {
    if (!uses.has(irq)) uses.set(irq, point);
  };
  const noteEnabled = (id: number, point: LockPoint) => {
    note(usageOf(id).usedOn, "HARDIRQ", point);
    // A softirq runs with softirqs disabled.
    if (point.root.level === TASK) note(usageOf(id).usedOn, "SOFTIRQ", point);
  };
  for (const point of points) {
    const bit = (index: number) => facts[point.base + index] !== 0;
    const held = point.mayHold.filter((_, index) => bit(heldBase(point.kind) + index));
    if (point.kind === "assert" && bit(0)) failed.push({ point, held: held.map((hold) => hold.class) });
    if (point.kind === "enable") for (const hold of held) noteEnabled(hold.class, point);
    if (point.kind !== "acquire" || (!bit(0) && !bit(1))) continue;
    const to = point.class!;
    const { usedIn } = usageOf(to);
    if (point.root.level !== TASK) note(usedIn, point.root.level === SOFTIRQ ? "SOFTIRQ" : "HARDIRQ", point);
    if (bit(0)) noteEnabled(to, point);
    for (const hold of held) {
      const following = dependencies.get(hold.class) ?? new Map<number, Dependency>();
      dependencies.set(hold.class, following);
      if (following.has(to)) continue;
      following.set(to, { from: hold.class, to, point, takenAt: hold.takenAt.map((id) => points[id]!) });
    }
  }
  const byClass = <T>(map: ReadonlyMap<number, T>) => [...map].sort(([a], [b]) => a - b);
  return {
    usage: new Map(
      byClass(usage).map(([id, uses]) => [
        id,
        { name: system.globals[id]!.name, lock: system.globals[id]!.lock!, ...uses },
      ]),
    ),
    dependencies: new Map(byClass(dependencies).map(([from, following]) => [from, new Map(byClass(following))])),
    failed,
  };
}

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

/** The first line of a report, and the classes it is about. */
function describe(
  { usage }: LockKnowledge,
  breach: Breach,
): Pick<LockdepReport, "kind" | "title" | "class" | "other" | "classes"> {
  const { kind } = breach;
  const name = (id: number) => usage.get(id)!.name;
  const title = breachTitle(breach);
  switch (breach.kind) {
    case "irqs-off":
      return { kind, title, classes: [] };
    case "inconsistent-state":
      return { kind, title, class: name(breach.class), classes: [name(breach.class)] };
    case "recursive-locking": {
      const only = name(breach.dependency.to);
      return { kind, title, class: only, classes: [only] };
    }
    case "irq-dependency":
    case "circular-dependency": {
      const { path } = breach;
      const classes = [...path.map((step) => name(step.from)), name(path.at(-1)!.to)];
      if (breach.kind === "circular-dependency") classes.pop();
      return { kind, title, class: classes[0]!, other: classes.at(-1)!, classes };
    }
    default:
      return assertNever(breach);
  }
}

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

/** The places that make a report, with what happened there. */
function sitesOf({ usage }: LockKnowledge, breach: Breach): readonly (readonly [string, LockPoint])[] {
  const name = (id: number) => usage.get(id)!.name;
  const arrow = (step: Dependency) => [`${name(step.from)} -> ${name(step.to)}`, step.point] as const;
  const used = (id: number, irq: IrqKind, how: "usedIn" | "usedOn") =>
    [how === "usedIn" ? `IN-${irq}-W` : `${irq}-ON-W`, usage.get(id)![how].get(irq)!] as const;
  switch (breach.kind) {
    case "irqs-off":
      return breach.failures.map(({ point }) => ["lockdep_assert_irqs_enabled()", point] as const);
    case "inconsistent-state":
      return [used(breach.class, breach.irq, "usedOn"), used(breach.class, breach.irq, "usedIn")];
    case "recursive-locking":
      return [arrow(breach.dependency)];
    case "irq-dependency": {
      const { irq, path } = breach;
      return [...path.map(arrow), used(path[0]!.from, irq, "usedIn"), used(path.at(-1)!.to, irq, "usedOn")];
    }
    case "circular-dependency":
      return breach.path.map(arrow);
    default:
      return assertNever(breach);
  }
}

function siteOf(what: string, point: LockPoint): LockdepSite {
  return { what, context: LEVELS[point.root.level]!, root: point.root.name, at: placeOf(point.at) };
}
