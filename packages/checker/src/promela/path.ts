/**
 * One way through a step, and what is known on it: the value of each local and of each element that was written, the
 * conditions under which this way is taken.
 *
 * Each local has two values: `before`, over the state before the step (for guards), and `now`, over what is in memory
 * at this point of the effects. Used by `step.ts`.
 */
import type { Expr, LocalId } from "@shootdown/ir";
import { interval } from "./expr.js";
import { equalIndex, key, logic, not, type Place, select, type Terms, truth } from "./terms.js";

export interface Write {
  readonly location: number;
  readonly index: readonly Expr[];
  readonly value: Expr;
  /** Absent: always. */
  readonly cond?: Expr;
}

/** A statement; `checks` names the access for whose sake it stands, if another one that reads the same makes it needless. */
export interface Line {
  readonly text: string;
  readonly checks?: string;
}

export interface Path {
  before: Map<LocalId, Expr>;
  now: Map<LocalId, Expr>;
  guards: Expr[];
  /** Conditions of assertions so far: where one fails, the step is taken whatever is waited for behind it. */
  obligations: Expr[];
  writes: Write[];
  out: Line[];
  /** Conditions that hold for the state before, by key. */
  known: Map<string, Expr>;
  /** Locks that this context certainly holds now. */
  held: Set<string>;
  visits: Map<number, number>;
  seen: Set<string>;
  /** The next temporary that is free. */
  temporary: number;
}

export function emptyPath(): Path {
  return {
    before: new Map(),
    now: new Map(),
    guards: [],
    obligations: [],
    writes: [],
    out: [],
    known: new Map(),
    held: new Set(),
    visits: new Map(),
    seen: new Set(),
    temporary: 0,
  };
}

export function fork(path: Path): Path {
  return {
    before: new Map(path.before),
    now: new Map(path.now),
    guards: path.guards.slice(),
    obligations: path.obligations.slice(),
    writes: path.writes.slice(),
    out: path.out.slice(),
    known: new Map(path.known),
    held: new Set(path.held),
    visits: new Map(path.visits),
    seen: new Set(path.seen),
    temporary: path.temporary,
  };
}

/** Sets a local's two values. */
export function setLocal(path: Path, local: LocalId, before: Expr, now: Expr): void {
  path.before.set(local, before);
  path.now.set(local, before.kind === "const" ? before : now);
}

/** What follows from what a path knows. */
export class Knowledge {
  constructor(private readonly terms: Terms) {}

  /** What is known of a condition on the state before. */
  decide(path: Path, cond: Expr): boolean | undefined {
    if (cond.kind === "const") return cond.value !== 0;
    if (path.known.has(key(cond))) return true;
    if (path.known.has(key(not(cond)))) return false;
    const range = interval(cond, this.terms.range);
    return range.lo === range.hi ? range.lo !== 0 : undefined;
  }

  assume(path: Path, cond: Expr): void {
    path.guards.push(cond);
    this.learn(path, cond);
  }

  learn(path: Path, cond: Expr): void {
    path.known.set(key(cond), cond);
    if (cond.kind === "logic" && cond.op === "&&") {
      this.learn(path, cond.left);
      this.learn(path, cond.right);
    }
  }

  /** What an element holds now, over the state before: the last write to it in this step, else what it held. */
  read(path: Path, place: Place): Expr {
    let result = this.terms.leafOf(place.location, place.before);
    for (const write of path.writes) {
      if (write.location !== place.location) continue;
      const same = write.index.reduce<Expr>(
        (all, expr, i) => logic("&&", all, equalIndex(expr, place.before[i]!, this.terms.range)),
        truth(true),
      );
      const cond = write.cond ? logic("&&", write.cond, same) : same;
      if (cond.kind === "const" && cond.value === 0) continue;
      result = select(cond, write.value, result);
    }
    return result;
  }
}
