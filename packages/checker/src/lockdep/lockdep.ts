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
import { placeOf, type TracePlace } from "../run/places.js";
import { LEVELS, type System } from "../system.js";
import { type Breach, breaches, breachTitle } from "./breaches.js";
import { type Dependency, type IrqKind, type LockKnowledge, learn } from "./knowledge.js";
import type { LockFacts, LockPoint } from "./lock-facts.js";
import { lockdepText } from "./text.js";

export type LockdepKind =
  | "inconsistent-state"
  | "irq-dependency"
  | "circular-dependency"
  | "recursive-locking"
  | "irqs-off";

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

/** The reports that follow from what has been seen; none for a system whose locking lockdep finds in order. */
export function lockdepReports(system: System, facts: LockFacts): LockdepReport[] {
  const knowledge = learn(system, facts);
  return breaches(knowledge).map((breach) => {
    const sites = sitesOf(knowledge, breach).map(([what, point]) => siteOf(what, point));
    return { ...describe(knowledge, breach), sites, text: lockdepText(knowledge, breach) };
  });
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
