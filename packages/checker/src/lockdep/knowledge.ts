/**
 * What lockdep has learnt from all that a search ran: who used which lock class how, and which class was asked for while
 * another was held. From the bits that every engine sets (`lock-facts.ts`).
 */
import { SOFTIRQ, type System, TASK } from "../system.js";
import { heldBase, type LockFacts, type LockPoint, lockPlan } from "./lock-facts.js";

export type IrqKind = "HARDIRQ" | "SOFTIRQ";

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
