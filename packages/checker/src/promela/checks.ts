/**
 * What a step may wait for and what it may violate: guards, and assertions among the effects.
 *
 * Used by `step.ts`. Each function is false where the way through the step ends.
 */
import { constant, type Expr, exprType, type Instr, type PlaceRef, placeName, U8 } from "@shootdown/ir";
import { contextOf, type Root, type System, TASK } from "../system.js";
import type { StepEnds } from "./ends.js";
import { bare, interval } from "./expr.js";
import type { StepMemory } from "./memory.js";
import type { Knowledge, Path } from "./path.js";
import { elements, equal, key, logic, not, type Place, type Terms, truth } from "./terms.js";

export class StepChecks {
  private readonly self: number;

  constructor(
    private readonly system: System,
    cpu: number,
    private readonly root: Root,
    private readonly terms: Terms,
    private readonly knowledge: Knowledge,
    private readonly memory: StepMemory,
    private readonly ends: StepEnds,
  ) {
    this.self = contextOf(cpu, root.level) + 1;
  }

  /** This context may sleep now. */
  mightSleep(path: Path): boolean {
    if (this.root.level !== TASK) return this.check(path, truth(false), truth(false));
    const off = { location: this.memory.irqLocation, before: [], now: [] };
    if (!this.check(path, not(this.knowledge.read(path, off)), not(this.terms.leafOf(off.location, [])))) return false;
    return this.checkLocks(path, (lock) => lock === "spinlock");
  }

  /** This context holds none of the locks that its program takes. */
  checkLocks(path: Path, which: (kind: string) => boolean): boolean {
    const self = constant(U8, this.self);
    return this.system.globals.every((global, location) => {
      if (!global.lock || !which(global.lock) || !this.root.writes.has(global.name)) return true;
      return elements(global.dims).every((index) => {
        const before = this.knowledge.read(path, { location, before: index, now: index });
        return this.check(path, not(equal(before, self)), not(equal(this.terms.leafOf(location, index), self)));
      });
    });
  }

  /** Goes on only if the condition holds. */
  block(path: Path, cond: Expr): boolean {
    const decided = this.knowledge.decide(path, cond);
    if (decided === true) return true;
    if (path.obligations.length === 0) {
      if (decided === false) return false;
      this.knowledge.assume(path, cond);
      return true;
    }
    // An assertion stands before the wait: the step must be enabled for it to fail.
    const fine = path.obligations.reduce((all, item) => logic("&&", all, item));
    path.guards.push(logic("||", cond, not(fine)));
    path.obligations = [];
    if (decided === false) {
      this.ends.stop(path, "");
      return false;
    }
    this.knowledge.learn(path, cond);
    return true;
  }

  /** A violation unless the condition holds; false when it never does. */
  check(path: Path, before: Expr, now: Expr): boolean {
    const decided = this.knowledge.decide(path, before);
    if (decided === true) return true;
    if (decided === false) {
      this.ends.stop(path, "");
      return false;
    }
    path.out.push({ text: `assert(${bare(this.terms.text(now))})` });
    path.obligations.push(before);
    this.knowledge.learn(path, before);
    return true;
  }

  /** The indices lie in their dimensions. Spin checks the index of a one-dimensional array by itself where it is used. */
  inBounds(path: Path, place: Place, instr: Instr, isRead: boolean): boolean {
    const { dims } = this.system.globals[place.location]!;
    return dims.every((dim, i) => {
      const range = interval(place.before[i]!, this.terms.range);
      if (range.lo >= 0 && range.hi < dim) return true;
      if (range.lo >= dim || range.hi < 0) {
        this.ends.stop(path, "");
        return false;
      }
      const type = exprType(place.before[i]!);
      const below = (index: Expr): Expr => {
        const upper: Expr = { kind: "compare", op: "<", left: index, right: constant(type, dim) };
        if (range.lo >= 0) return upper;
        return logic("&&", { kind: "compare", op: ">=", left: index, right: constant(type, 0) }, upper);
      };
      const cond = below(place.before[i]!);
      if (path.known.has(key(cond))) return true;
      this.knowledge.learn(path, cond);
      const access = this.terms.text(this.terms.leafOf(place.location, place.now));
      const line = { text: `assert(${bare(this.terms.text(below(place.now[i]!)))})` };
      if (dims.length > 1) path.out.push(line);
      else if (isRead && instr.kind !== "acquire") path.out.push({ ...line, checks: access });
      path.obligations.push(cond);
      return true;
    });
  }

  /** The lock that guards a place is held. */
  checkGuard(path: Path, ref: PlaceRef): void {
    const { guard } = this.system.globals[this.system.globalIndex.get(placeName(ref)!)!]!;
    if (guard === undefined) return;
    const place = this.memory.place(path, lockOf(this.system, ref, guard));
    const held = key([place.location, place.before]);
    if (path.held.has(held)) return;
    path.held.add(held);
    const self = constant(U8, this.self);
    const before = equal(this.knowledge.read(path, place), self);
    path.out.push({
      text: `assert(${bare(this.terms.text(equal(this.terms.leafOf(place.location, place.now), self)))})`,
    });
    path.obligations.push(before);
    this.knowledge.learn(path, before);
  }
}

/** The element of a lock that guards a place. */
export function lockOf(system: System, ref: PlaceRef, guard: string): PlaceRef {
  const { dims } = system.globals[system.globalIndex.get(guard)!]!;
  return { base: { kind: "global", name: guard }, path: "", index: ref.index.slice(0, dims.length) };
}
