/**
 * Which contexts can never move again, and why.
 *
 * A blocked context is stuck if everybody who could end its wait is stuck too. Start with all blocked contexts (and
 * what they interrupted) and take away whoever still has a helper: the greatest fixpoint. Helpers are over-approximated
 * (a context that may write what the condition reads counts, whether or not it will), so a reported deadlock is real; a
 * context that waits for a helper that never comes, while unrelated interrupts go on, may be missed.
 */
import type { Blocked, Interpreter } from "./interpreter.js";
import { pointOf, runningLevel, type State } from "./state.js";
import { contextOf, HARDIRQ, LEVELS, type Source } from "./system.js";

export interface StuckContext {
  readonly cpu: number;
  readonly level: number;
  /** Absent when the context is merely interrupted by a stuck one. */
  readonly blocked?: Blocked;
}

/** The stuck contexts of a state, by CPU and level; empty if there are none. */
export function stuckContexts(interpreter: Interpreter, state: State): StuckContext[] {
  const { system } = interpreter;
  const stuck = new Map<number, StuckContext>();
  for (let cpu = 0; cpu < system.cpus; cpu++) {
    const running = runningLevel(state, cpu);
    if (running === undefined) continue;
    const blocked = interpreter.blocked(state, cpu, running);
    if (!blocked) continue;
    for (let level = 0; level <= running; level++) {
      if (state.pcs[contextOf(cpu, level)] === 0) continue;
      stuck.set(contextOf(cpu, level), { cpu, level, blocked: level === running ? blocked : undefined });
    }
  }

  /** Contexts that run or may run again, with what each may write. */
  const helpers = (): { cpu: number; level: number; writes: ReadonlySet<string> }[] => {
    const result: { cpu: number; level: number; writes: ReadonlySet<string> }[] = [];
    for (let cpu = 0; cpu < system.cpus; cpu++) {
      for (let level = 0; level < LEVELS.length; level++) {
        if (state.pcs[contextOf(cpu, level)] === 0 || stuck.has(contextOf(cpu, level))) continue;
        result.push({ cpu, level, writes: pointOf(system, state, cpu, level).root.writes });
      }
    }
    // A pending interrupt, or one that a helper may raise, helps if its CPU takes interrupts now or may do so later.
    const begun = new Set<Source>();
    for (let changed = true; changed; ) {
      changed = false;
      for (const source of system.sources) {
        if (begun.has(source) || !mayEverBegin(source)) continue;
        const { raised } = source;
        const pending =
          raised === undefined ||
          state.shared[system.globalIndex.get(raised)!]![source.cpu] !== 0 ||
          result.some((helper) => helper.writes.has(raised));
        if (!pending) continue;
        begun.add(source);
        changed = true;
        result.push({ cpu: source.cpu, level: source.root.level, writes: source.root.writes });
      }
    }
    return result;
  };
  const mayEverBegin = (source: Source): boolean => {
    if (source.kind === "hardware") return true;
    const running = runningLevel(state, source.cpu);
    if (running !== undefined && !stuck.has(contextOf(source.cpu, running))) return true;
    return !state.irqOff[source.cpu] && (running === undefined || running < source.root.level);
  };

  for (let changed = true; changed; ) {
    changed = false;
    const able = helpers();
    for (const [context, { blocked, cpu }] of stuck) {
      if (!blocked) continue;
      if (!canBeHelped(blocked)) continue;
      for (let level = 0; level < LEVELS.length; level++) stuck.delete(contextOf(cpu, level));
      stuck.delete(context);
      changed = true;
      break;
    }

    function canBeHelped({ on, reads }: Blocked): boolean {
      if (on.kind === "lock") return !stuck.has(on.owner);
      return able.some(
        (helper) =>
          (on.kind === "anyone" || (helper.cpu === on.cpu && helper.level === HARDIRQ)) &&
          reads.some((name) => helper.writes.has(name)),
      );
    }
  }
  return [...stuck.values()].sort((a, b) => contextOf(a.cpu, a.level) - contextOf(b.cpu, b.level));
}
