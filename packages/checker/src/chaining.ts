/**
 * Lock-aware chaining of steps: which step points need no other context's step in between (Lipton's reduction).
 *
 * A chained step is a sequence of steps of one context of the form  R* N? L*  :
 *
 *      R  commutes to the right past whatever others do: disabling interrupts, taking an interrupt, acquiring a lock
 *      N  anything else, at most one
 *      L  commutes to the left: releasing a lock, enabling interrupts, leaving a handler
 *
 * An access to state that every program touches only with one and the same lock held commutes both ways. That lock is
 * derived here from the programs, not promised.
 *
 * What keeps deadlocks findable: a chain that has acquired a lock stops before whatever may block (so the state in which
 * it holds one lock and wants another exists), and a chain whose next step is blocked stops there. What keeps
 * interrupts findable: with interrupts on, acquire and release are not chained if any interrupt may block, because a
 * handler that waits while it sits on a lock's holder is a deadlock of its own kind.
 *
 * Verdicts do not change; numbers of states and lengths of runs do, so a run to be shown is searched again without.
 */
import { assertNever, type Fn, type Instr, placeName, successors } from "@shootdown/ir";
import type { Root, StepPoint, System } from "./system.js";

/** How the first instruction of a step moves. */
export type Mover =
  /** Interrupts off: right. */
  | "irq-off"
  /** Interrupts on, or leaving a handler: left. */
  | "irq-on"
  /** Right, may block. */
  | "acquire"
  /** Left. */
  | "release"
  /** Both: an access under the lock that guards it everywhere. */
  | "both"
  /** Neither, may block. */
  | "wait"
  /** Neither. */
  | "none";

/** Where a chain stands. */
export interface Chain {
  /** Only right movers so far. */
  readonly isPre: boolean;
  readonly hasAcquired: boolean;
}

export class Chaining {
  private readonly movers = new Map<StepPoint, Mover>();
  /** A handler may acquire a lock or wait: with interrupts on, locks are not chained. */
  readonly interruptsMayBlock: boolean;

  constructor(readonly system: System) {
    const guards = inferGuards(system);
    for (const points of system.points) {
      for (const point of points) this.movers.set(point, moverOf(point, guards));
    }
    this.interruptsMayBlock = system.sources.some(
      (source) => source.kind === "interrupt" && instructions(source.root.program.fn).some(mayBlock),
    );
  }

  mover(point: StepPoint): Mover {
    return this.movers.get(point)!;
  }

  /** The chain before its first step: a run, or an interrupt that is taken. */
  begin(): Chain {
    return { isPre: true, hasAcquired: false };
  }

  /** The chain after a step that began with `mover`. */
  after(chain: Chain, mover: Mover): Chain {
    switch (mover) {
      case "irq-off":
      case "both":
        return chain;
      case "acquire":
        return { ...chain, hasAcquired: true };
      default:
        return { ...chain, isPre: false };
    }
  }

  /** Whether the chain may go on with a step that begins with `mover`; "irqs-off": if interrupts are off on the CPU. */
  mayGoOn(chain: Chain, mover: Mover): "yes" | "no" | "irqs-off" {
    const locks = this.interruptsMayBlock ? "irqs-off" : "yes";
    switch (mover) {
      case "both":
      case "irq-on":
        return "yes";
      case "release":
        return locks;
      case "irq-off":
      case "none":
        return chain.isPre ? (chain.hasAcquired ? locks : "yes") : "no";
      case "acquire":
        return chain.isPre && !chain.hasAcquired ? locks : "no";
      // Whether a wait is over is known only in its own step.
      case "wait":
        return "no";
      default:
        return assertNever(mover);
    }
  }
}

function instructions(fn: Fn): readonly Instr[] {
  return fn.blocks.flatMap((block) => block.instrs);
}

function mayBlock(instr: Instr): boolean {
  return instr.kind === "acquire" || instr.kind === "wait";
}

/** What a step does first; for a hardware action, all that it does. */
function moverOf(point: StepPoint, guards: ReadonlyMap<string, string>): Mover {
  const { fn } = point.root.program;
  const block = fn.blocks[point.block]!;
  const first = block.instrs[0];
  if (!first) return block.term.kind === "return" ? "irq-on" : "none";
  switch (first.kind) {
    case "acquire":
      return "acquire";
    case "release":
      return "release";
    case "irq":
      if (first.op === "disable" || first.op === "save") return "irq-off";
      // A restore may turn interrupts off as well as on; both commute with other CPUs, and on is what code means.
      return "irq-on";
    case "load":
    case "store":
      return guards.has(placeName(first.place)!) ? "both" : "none";
    case "wait":
      return "wait";
    case "atomicBegin": {
      const action = actionOf(fn, point.block);
      if (action.some(mayBlock)) return "wait";
      const accesses = action.filter((instr) => instr.kind === "load" || instr.kind === "store");
      const isGuarded = accesses.every((instr) => "place" in instr && guards.has(placeName(instr.place)!));
      return isGuarded && action.every((instr) => instr.kind !== "irq" && instr.kind !== "release") ? "both" : "none";
    }
    default:
      return "none";
  }
}

/** The instructions of the hardware action that starts a block. */
function actionOf(fn: Fn, start: number): readonly Instr[] {
  const result: Instr[] = [];
  const seen = new Set<number>();
  const work = [start];
  for (let id = work.pop(); id !== undefined; id = work.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    let ended = false;
    for (const instr of fn.blocks[id]!.instrs) {
      if (instr.kind === "atomicEnd") {
        ended = true;
        break;
      }
      result.push(instr);
    }
    if (!ended) work.push(...successors(fn.blocks[id]!.term));
  }
  return result;
}

/** By global: a lock that every access holds, on every path. Ghost accesses do not count; neither do arrays of locks. */
function inferGuards(system: System): ReadonlyMap<string, string> {
  const common = new Map<string, ReadonlySet<string>>();
  for (const root of system.roots) {
    const held = heldLocks(root);
    root.program.fn.blocks.forEach((block, id) => {
      const locks = held[id];
      if (!locks) return;
      const now = new Set(locks);
      for (const instr of block.instrs) {
        const touches = (instr.kind === "load" && !instr.ghost) || instr.kind === "store";
        if (touches && !instr.unpublished) {
          const name = placeName(instr.place)!;
          const before = common.get(name) ?? now;
          common.set(name, new Set([...before].filter((lock) => now.has(lock))));
        }
        applyLock(instr, now);
      }
    });
  }
  // What decides whether an interrupt is pending is read by the hardware, without any lock.
  for (const source of system.sources) if (source.raised !== undefined) common.set(source.raised, new Set());
  const guards = new Map<string, string>();
  for (const [name, locks] of common) {
    const [first] = [...locks].sort();
    if (first !== undefined) guards.set(name, first);
  }
  return guards;
}

function applyLock(instr: Instr, held: Set<string>): void {
  if (instr.kind !== "acquire" && instr.kind !== "release") return;
  if (instr.lock.index.length > 0) return;
  const name = placeName(instr.lock)!;
  if (instr.kind === "acquire") held.add(name);
  else held.delete(name);
}

/** The locks that are held for certain at the start of each reachable block of a program. */
function heldLocks(root: Root): readonly (ReadonlySet<string> | undefined)[] {
  const { blocks } = root.program.fn;
  const held: (Set<string> | undefined)[] = blocks.map(() => undefined);
  held[0] = new Set();
  const work = [0];
  for (let id = work.pop(); id !== undefined; id = work.pop()) {
    const now = new Set(held[id]!);
    for (const instr of blocks[id]!.instrs) applyLock(instr, now);
    for (const next of successors(blocks[id]!.term)) {
      const before = held[next];
      const after = before ? new Set([...before].filter((lock) => now.has(lock))) : new Set(now);
      if (before && after.size === before.size) continue;
      held[next] = after;
      work.push(next);
    }
  }
  return held;
}
