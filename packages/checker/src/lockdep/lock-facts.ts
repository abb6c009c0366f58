/**
 * What lockdep learns while a system runs, as bits that are set once: at which place a lock was asked for, with
 * interrupts on or off, with which other locks held; where interrupts were turned on with a lock held; and which
 * assertions did not hold.
 *
 * Every engine sets the same bits (`lockPlan` numbers them), so a search knows after it has visited every schedule
 * what lockdep would know after seeing them all. Facts are no part of a state and add none. A lock counts as asked for
 * before it is granted, as in the kernel's lock_acquire(): the attempt that deadlocks is a fact too. Facts do not name
 * a CPU. What they mean is `lockdep.ts`'s business.
 */
import { type At, assertNever, type Fn, type Instr, placeName, successors } from "@shootdown/ir";
import type { State } from "../state.js";
import { HARDIRQ, type Root, type System } from "../system.js";

/** The bits, each a byte that is 0 or 1; `lockPlan` says what each means. */
export type LockFacts = Uint8Array;

/** A lock class (the global: an array of locks is one class) that may be held at a point, and where it was taken. */
export interface MayHold {
  /** Index into `System.globals`. */
  readonly class: number;
  /** Indices into `LockPlan.points`. */
  readonly takenAt: readonly number[];
}

/**
 * A place that sets facts. Its bits are elements `base` and following of the facts:
 *
 *     acquire  asked for with interrupts on | with interrupts off | for each of mayHold: while that class is held
 *     enable   for each of mayHold: interrupts are turned on here while that class is held
 *     assert   reached with interrupts off | for each of mayHold: so, while that class is held
 */
export interface LockPoint {
  readonly kind: "acquire" | "enable" | "assert";
  readonly root: Root;
  readonly at: At;
  /** For `acquire`: index into `System.globals`. */
  readonly class?: number;
  readonly mayHold: readonly MayHold[];
  readonly base: number;
}

export interface LockPlan {
  readonly points: readonly LockPoint[];
  /** The point of an instruction of a root's program. */
  readonly of: ReadonlyMap<Root, ReadonlyMap<Instr, LockPoint>>;
  /** How many bits there are; each is a byte. */
  readonly size: number;
}

const plans = new WeakMap<System, LockPlan>();

/** The points of a system: by root, block and instruction, so that two engines number them alike. */
export function lockPlan(system: System): LockPlan {
  const known = plans.get(system);
  if (known) return known;
  const points: LockPoint[] = [];
  const of = new Map<Root, Map<Instr, LockPoint>>();
  let size = 0;
  for (const root of system.roots) {
    if (root.level > HARDIRQ) continue; // hardware takes no locks
    const own = new Map<Instr, LockPoint>();
    of.set(root, own);
    const kinds = new Map<Instr, LockPoint["kind"]>();
    for (const { instrs } of root.program.fn.blocks) {
      for (const instr of instrs) {
        const kind = pointKind(instr);
        if (kind) kinds.set(instr, kind);
      }
    }
    const firstPoint = points.length;
    const numbers = new Map([...kinds.keys()].map((instr, index) => [instr, firstPoint + index]));
    const held = mayHoldBefore(root.program.fn, system);
    for (const [instr, kind] of kinds) {
      const mayHold = byClass(held.get(instr) ?? new Set(), system, numbers);
      const classOf = instr.kind === "acquire" ? system.globalIndex.get(placeName(instr.lock)!) : undefined;
      const point: LockPoint = { kind, root, at: instr.at, class: classOf, mayHold, base: size };
      size += heldBase(kind) + mayHold.length;
      own.set(instr, point);
      points.push(point);
    }
  }
  const plan: LockPlan = { points, of, size };
  plans.set(system, plan);
  return plan;
}

/** How many bits of a point come before those of mayHold. */
export function heldBase(kind: LockPoint["kind"]): number {
  return kind === "acquire" ? 2 : kind === "enable" ? 0 : 1;
}

function pointKind(instr: Instr): LockPoint["kind"] | undefined {
  switch (instr.kind) {
    case "acquire":
      return "acquire";
    case "irq":
      return instr.op === "enable" || instr.op === "restore" ? "enable" : undefined;
    case "lockdepAssert":
      return "assert";
    default:
      return undefined;
  }
}

/** By instruction of a program: the acquisitions whose lock may still be held before it. */
function mayHoldBefore(fn: Fn, system: System): ReadonlyMap<Instr, ReadonlySet<Instr>> {
  const before = new Map<Instr, Set<Instr>>();
  const entry = new Map<number, Set<Instr>>([[0, new Set()]]);
  const work = [0];
  for (let id = work.pop(); id !== undefined; id = work.pop()) {
    const held = new Set(entry.get(id)!);
    const block = fn.blocks[id]!;
    for (const instr of block.instrs) {
      if (pointKind(instr)) before.set(instr, new Set([...(before.get(instr) ?? []), ...held]));
      if (instr.kind === "acquire") held.add(instr);
      if (instr.kind === "release") forget(held, instr, system);
    }
    for (const to of successors(block.term)) {
      const known = entry.get(to);
      if (known && [...held].every((instr) => known.has(instr))) continue;
      entry.set(to, new Set([...(known ?? []), ...held]));
      work.push(to);
    }
  }
  return before;
}

/** A release says which lock it is, and so which acquisitions are undone, only if the class has one lock. */
function forget(held: Set<Instr>, release: Extract<Instr, { kind: "release" }>, system: System): void {
  const name = placeName(release.lock)!;
  if (system.globals[system.globalIndex.get(name)!]!.dims.length > 0) return;
  for (const instr of held) if (instr.kind === "acquire" && placeName(instr.lock) === name) held.delete(instr);
}

function byClass(held: ReadonlySet<Instr>, system: System, numbers: ReadonlyMap<Instr, number>): MayHold[] {
  const taken = new Map<number, number[]>();
  for (const instr of held) {
    if (instr.kind !== "acquire") continue;
    const classOf = system.globalIndex.get(placeName(instr.lock)!)!;
    taken.set(classOf, [...(taken.get(classOf) ?? []), numbers.get(instr)!]);
  }
  return [...taken]
    .sort(([a], [b]) => a - b)
    .map(([classOf, takenAt]) => ({ class: classOf, takenAt: takenAt.sort((a, b) => a - b) }));
}

/** Collects facts from the interpreter. */
export class LockRecorder {
  readonly facts: LockFacts;
  private readonly plan: LockPlan;

  constructor(system: System) {
    this.plan = lockPlan(system);
    this.facts = new Uint8Array(this.plan.size);
  }

  /** `self` executes `instr` on `cpu`: an acquire before it takes effect, an interrupt mask after it did. */
  note(root: Root, instr: Instr, state: State, cpu: number, self: number): void {
    const point = this.plan.of.get(root)?.get(instr);
    if (!point) return;
    const off = state.irqOff[cpu]!;
    const noteHeld = () =>
      point.mayHold.forEach((hold, index) => {
        if (state.shared[hold.class]!.includes(self)) this.facts[point.base + heldBase(point.kind) + index] = 1;
      });
    switch (point.kind) {
      case "acquire":
        this.facts[point.base + Number(off)] = 1;
        noteHeld();
        break;
      case "enable":
        if (!off) noteHeld();
        break;
      case "assert":
        if (!off) break;
        this.facts[point.base] = 1;
        noteHeld();
        break;
      default:
        assertNever(point.kind);
    }
  }
}
