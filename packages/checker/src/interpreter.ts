/**
 * The reference: executes steps of the intermediate form on unpacked states, as plainly as it can be written.
 *
 * The generated code, each reduction and every printed trace is held against this. It is slow, and meant to be
 * believed. Successors come in a fixed order: CPUs ascending; on each CPU the running context, then the sources in the
 * system's order; choices count up, the last choice fastest.
 */
import {
  type At,
  assertNever,
  type Expr,
  type Instr,
  type PlaceRef,
  type PrintLevel,
  placeName,
  type ViolationKind,
} from "@shootdown/ir";
import type { Chain, Chaining } from "./chaining.js";
import { evaluate } from "./evaluate.js";
import type { LockRecorder } from "./lockdep/lock-facts.js";
import { copyState, pointOf, runningLevel, type State } from "./state.js";
import {
  contextOf,
  HARDIRQ,
  LEVELS,
  type Root,
  SOFTIRQ,
  type Source,
  type StepPoint,
  type System,
  TASK,
} from "./system.js";

/** What one step is, apart from its choices. */
export type Move =
  | { readonly kind: "run"; readonly cpu: number; readonly level: number }
  | { readonly kind: "take"; readonly cpu: number; readonly source: Source };

export interface Action {
  readonly move: Move;
  /** The value of each `choose` of the step, in order. */
  readonly choices: readonly number[];
}

export interface Violation {
  readonly kind: ViolationKind;
  readonly message: string;
  readonly at: At;
}

export interface Successor {
  readonly action: Action;
  /** Absent when the step violates something. */
  readonly state?: State;
  readonly violation?: Violation;
}

/** Why a context cannot move. */
export interface Blocked {
  readonly at: At;
  readonly on:
    | { readonly kind: "lock"; readonly lock: string; readonly owner: number }
    | { readonly kind: "cpu"; readonly cpu: number; readonly what: string }
    | { readonly kind: "anyone"; readonly what: string };
  /** The globals that decide when the wait ends. */
  readonly reads: readonly string[];
}

/** Sees each instruction as it is executed, before its effect. */
export type Observer = (instr: Instr, local: (id: number) => number) => void;

export type Outcome =
  | { readonly kind: "next"; readonly choiceCounts: readonly number[] }
  | { readonly kind: "blocked"; readonly blocked: Blocked; readonly choiceCounts: readonly number[] }
  | { readonly kind: "violation"; readonly violation: Violation; readonly choiceCounts: readonly number[] };

/** What a step is told to be that never reaches shared state. Finding it out is slow: see `MAX_STEP_INSTRUCTIONS`. */
export const ENDLESS_LOOP = "endless loop that nobody else can end";
/** Instructions that one step may execute before it is taken for an endless private loop. */
const MAX_STEP_INSTRUCTIONS = 200_000;

export class Interpreter {
  /** Names of the witnesses reached by any step so far. */
  readonly reached = new Set<string>();
  observer: Observer | undefined;
  /** Collects what lockdep learns, if set. */
  locks: LockRecorder | undefined;
  onPrint: ((level: PrintLevel, message: string, at: At) => void) | undefined;

  /** By chained step executed last: how many choices each of its steps but the last had seen. */
  seams: number[] = [];

  /** With `chaining`, a step is a chain of steps; see `chaining.ts`. */
  constructor(
    readonly system: System,
    private readonly chaining?: Chaining,
  ) {}

  /** The moves that the state may offer; a `run` may still turn out to be blocked. */
  moves(state: State): Move[] {
    const result: Move[] = [];
    for (let cpu = 0; cpu < this.system.cpus; cpu++) {
      const level = runningLevel(state, cpu);
      if (level !== undefined) result.push({ kind: "run", cpu, level });
      for (const source of this.system.sources) {
        if (source.cpu === cpu && this.mayBegin(state, source)) result.push({ kind: "take", cpu, source });
      }
    }
    return result;
  }

  /** Whether a source is pending and the CPU would take it now. */
  mayBegin(state: State, source: Source): boolean {
    if (source.raised !== undefined) {
      const global = this.system.globalIndex.get(source.raised);
      if (global === undefined || state.shared[global]![source.cpu] === 0) return false;
    }
    if (source.kind === "hardware") return true;
    if (state.irqOff[source.cpu]) return false;
    for (let level = source.root.level; level < LEVELS.length; level++) {
      if (state.pcs[contextOf(source.cpu, level)] !== 0) return false;
    }
    return true;
  }

  /** Every successor of a state, in order. */
  successors(state: State): Successor[] {
    const result: Successor[] = [];
    for (const move of this.moves(state)) this.each(state, move, (successor) => result.push(successor));
    return result;
  }

  /** The one successor by `action`; undefined if the action is not enabled. */
  apply(state: State, action: Action): Successor | undefined {
    let found: Successor | undefined;
    this.each(state, action.move, (successor) => {
      if (successor.action.choices.join() === action.choices.join()) found = successor;
    });
    return found;
  }

  /**
   * Executes one step in place, with given choices (each taken modulo what is possible; the rest 0). For telling a run,
   * for random runs and for boot.
   */
  runStep(state: State, move: Move, choices: readonly number[]): Outcome {
    return this.execute(state, move, choices);
  }

  /** Why the running context of a CPU cannot move; undefined if it can. */
  blocked(state: State, cpu: number, level: number): Blocked | undefined {
    const { observer } = this;
    const reached = new Set(this.reached);
    this.observer = undefined;
    let found: Blocked | undefined;
    let canMove = false;
    this.eachOutcome(state, { kind: "run", cpu, level }, (outcome) => {
      if (outcome.kind === "blocked") found ??= outcome.blocked;
      else canMove = true;
    });
    this.observer = observer;
    this.reached.clear();
    for (const name of reached) this.reached.add(name);
    return canMove ? undefined : found;
  }

  private each(state: State, move: Move, found: (successor: Successor) => void): void {
    this.eachOutcome(state, move, (outcome, choices, next) => {
      if (outcome.kind === "blocked") return;
      const action = { move, choices: choices.slice() };
      found(outcome.kind === "next" ? { action, state: next } : { action, violation: outcome.violation });
    });
  }

  /** Executes a step with every combination of its choices, each on a copy of the state; one may block and another not. */
  private eachOutcome(
    state: State,
    move: Move,
    found: (outcome: Outcome, choices: readonly number[], next: State) => void,
  ): void {
    const choices: number[] = [];
    for (;;) {
      const next = copyState(state);
      const outcome = this.execute(next, move, choices);
      const counts = outcome.choiceCounts;
      while (choices.length < counts.length) choices.push(0);
      choices.length = counts.length;
      found(outcome, choices, next);
      let last = counts.length - 1;
      while (last >= 0 && choices[last]! + 1 >= counts[last]!) last--;
      if (last < 0) return;
      choices[last]!++;
      choices.length = last + 1;
    }
  }

  private execute(state: State, move: Move, choices: readonly number[]): Outcome {
    const { system } = this;
    const { cpu } = move;
    let root: Root;
    let level: number;
    let block: number;
    const hardware = move.kind === "take" && move.source.kind === "hardware";
    const locals: number[] = [];
    if (move.kind === "run") {
      level = move.level;
      const point = pointOf(system, state, cpu, level);
      root = point.root;
      block = point.block;
      const frame = state.frames[contextOf(cpu, level)]!;
      point.live.forEach((local, index) => {
        locals[local] = frame[index]!;
      });
    } else {
      root = move.source.root;
      level = root.level;
      block = 0;
      if (level === HARDIRQ) state.irqOff[cpu] = true;
    }
    const context = contextOf(cpu, level);
    const self = context + 1;
    const { fn } = root.program;
    const counts: number[] = [];
    const waitReads: string[] = [];
    const value = (expr: Expr): number => evaluate(expr, locals, cpu);
    const violation = (kind: ViolationKind, message: string, at: At): Outcome => ({
      kind: "violation",
      violation: { kind, message, at },
      choiceCounts: counts,
    });
    /** The elements of the global that a place names, and which one; a string when an index is out of bounds. */
    const resolve = (place: PlaceRef): { global: number; element: number } | string => {
      const name = placeName(place)!;
      const global = system.globalIndex.get(name)!;
      const { dims } = system.globals[global]!;
      let element = 0;
      for (let i = 0; i < dims.length; i++) {
        const index = value(place.index[i]!);
        if (index < 0 || index >= dims[i]!) return `${name}[${index}] is out of bounds (${dims[i]} elements)`;
        element = element * dims[i]! + index;
      }
      return { global, element };
    };
    /** Whether the lock that guards this element is held by this context. */
    const guardHeld = (global: number, element: number): boolean => {
      const { guard, dims } = system.globals[global]!;
      if (guard === undefined) return true;
      const lock = system.globalIndex.get(guard)!;
      const lockDims = system.globals[lock]!.dims.length;
      const inner = dims.slice(lockDims).reduce((product, dim) => product * dim, 1);
      return state.shared[lock]![lockDims === 0 ? 0 : Math.floor(element / inner)] === self;
    };
    const finish = (pc: number, frame: number[]) => {
      state.pcs[context] = pc;
      state.frames[context] = frame;
    };

    let chain = this.chaining?.begin();
    if (chain && move.kind === "run")
      chain = this.chaining!.after(chain, this.chaining!.mover(pointOf(system, state, cpu, level)));
    this.seams = [];
    let executed = 0;
    let first = move.kind === "run";
    for (;;) {
      const pc = hardware ? undefined : root.pcOf.get(block);
      if (pc !== undefined && !first) {
        const point = system.points[level]![pc - 1]!;
        const longer = chain && this.longer(chain, point, state, cpu, locals);
        if (longer) {
          chain = longer;
          this.seams.push(counts.length);
          first = true;
          continue;
        }
        const { live } = point;
        finish(
          pc,
          live.map((local) => locals[local]!),
        );
        return { kind: "next", choiceCounts: counts };
      }
      first = false;
      const { instrs, term } = fn.blocks[block]!;
      for (const instr of instrs) {
        if (++executed > MAX_STEP_INSTRUCTIONS) {
          return violation("bug", ENDLESS_LOOP, instr.at);
        }
        this.observer?.(instr, (id) => locals[id]!);
        switch (instr.kind) {
          case "assign":
            locals[instr.dst] = value(instr.value);
            break;
          case "load": {
            const place = resolve(instr.place);
            if (typeof place === "string") return violation("bug", place, instr.at);
            if (!instr.ghost && !instr.unpublished && !guardHeld(place.global, place.element)) {
              return violation("race", raceMessage(system, place.global, "read"), instr.at);
            }
            waitReads.push(system.globals[place.global]!.name);
            locals[instr.dst] = state.shared[place.global]![place.element]!;
            break;
          }
          case "store": {
            const place = resolve(instr.place);
            if (typeof place === "string") return violation("bug", place, instr.at);
            if (!instr.unpublished && !guardHeld(place.global, place.element)) {
              return violation("race", raceMessage(system, place.global, "written"), instr.at);
            }
            state.shared[place.global]![place.element] = value(instr.value);
            break;
          }
          case "acquire": {
            this.locks?.note(root, instr, state, cpu, self);
            const place = resolve(instr.lock);
            if (typeof place === "string") return violation("bug", place, instr.at);
            const owner = state.shared[place.global]![place.element]!;
            const lock = system.globals[place.global]!.name;
            if (owner !== 0) {
              return {
                kind: "blocked",
                blocked: { at: instr.at, on: { kind: "lock", lock, owner: owner - 1 }, reads: [lock] },
                choiceCounts: counts,
              };
            }
            state.shared[place.global]![place.element] = self;
            break;
          }
          case "release": {
            const place = resolve(instr.lock);
            if (typeof place === "string") return violation("bug", place, instr.at);
            if (state.shared[place.global]![place.element] !== self) {
              return violation(
                "bug",
                `${system.globals[place.global]!.name} is released by a context that does not hold it`,
                instr.at,
              );
            }
            state.shared[place.global]![place.element] = 0;
            break;
          }
          case "irq":
            if (instr.op === "save") locals[instr.dst] = Number(state.irqOff[cpu]);
            state.irqOff[cpu] = instr.op === "restore" ? value(instr.value) !== 0 : instr.op !== "enable";
            this.locks?.note(root, instr, state, cpu, self);
            break;
          case "lockdepAssert":
            this.locks?.note(root, instr, state, cpu, self);
            break;
          case "irqsDisabled":
            locals[instr.dst] = Number(state.irqOff[cpu]);
            break;
          case "inTask":
            locals[instr.dst] = Number(level === TASK);
            break;
          case "wait":
            if (value(instr.cond) === 0) {
              const on =
                instr.on.kind === "cpu"
                  ? { kind: "cpu" as const, cpu: value(instr.on.cpu), what: instr.on.what }
                  : instr.on;
              return { kind: "blocked", blocked: { at: instr.at, on, reads: waitReads }, choiceCounts: counts };
            }
            break;
          case "choose":
            counts.push(instr.count);
            locals[instr.dst] = (choices[counts.length - 1] ?? 0) % instr.count;
            break;
          case "check":
            if (value(instr.cond) === 0) return violation(instr.violation, instr.message, instr.at);
            break;
          case "mightSleep": {
            const why = this.whyNotSleep(state, cpu, level, self);
            if (why !== undefined) return violation("sleep-in-atomic", why, instr.at);
            break;
          }
          case "witness":
            if (value(instr.cond) !== 0) this.reached.add(instr.name);
            break;
          case "waiters": {
            const place = resolve(instr.lock);
            if (typeof place === "string") return violation("bug", place, instr.at);
            locals[instr.dst] = Number(this.someoneWaits(state, cpu, place.global, place.element));
            break;
          }
          case "print":
            this.onPrint?.(instr.level, instr.message, instr.at);
            break;
          case "atomicBegin":
          case "atomicEnd":
            break;
          case "call":
            throw new Error("a flat program has no calls");
          default:
            assertNever(instr);
        }
      }
      if (term.kind === "return") {
        if (!hardware) {
          const held = state.shared.findIndex(
            (values, global) => system.globals[global]!.lock && values.includes(self),
          );
          if (held >= 0) {
            return violation("bug", `${root.name} returns with ${system.globals[held]!.name} held`, term.at);
          }
          finish(0, []);
          if (level === HARDIRQ) state.irqOff[cpu] = false;
        }
        return { kind: "next", choiceCounts: counts };
      }
      if (++executed > MAX_STEP_INSTRUCTIONS) {
        return violation("bug", ENDLESS_LOOP, term.at);
      }
      block = term.kind === "jump" ? term.to : value(term.cond) !== 0 ? term.then : term.else;
    }
  }

  /** The chain with the step at `point` added, if it may be and is not blocked. */
  private longer(
    chain: Chain,
    point: StepPoint,
    state: State,
    cpu: number,
    locals: readonly number[],
  ): Chain | undefined {
    const chaining = this.chaining!;
    const mover = chaining.mover(point);
    const mayGoOn = chaining.mayGoOn(chain, mover);
    if (mayGoOn === "no" || (mayGoOn === "irqs-off" && !state.irqOff[cpu])) return undefined;
    const instr = point.root.program.fn.blocks[point.block]!.instrs[0];
    if (instr?.kind === "acquire") {
      const global = this.system.globalIndex.get(placeName(instr.lock)!)!;
      const { dims } = this.system.globals[global]!;
      const element = dims.reduce((sum, dim, i) => sum * dim + evaluate(instr.lock.index[i]!, locals, cpu), 0);
      if (state.shared[global]![element] !== 0) return undefined;
    }
    return chaining.after(chain, mover);
  }

  private whyNotSleep(state: State, cpu: number, level: number, self: number): string | undefined {
    if (level !== TASK) return `may sleep in ${level === SOFTIRQ ? "a softirq" : "an interrupt"}`;
    if (state.irqOff[cpu]) return "may sleep with interrupts off";
    const held = this.system.globals.find((g, i) => g.lock === "spinlock" && state.shared[i]!.includes(self));
    return held && `may sleep with ${held.name} held`;
  }

  /** Whether a context other than this CPU's running one stands at an acquire of the lock, which is taken. */
  private someoneWaits(state: State, cpu: number, global: number, element: number): boolean {
    for (let other = 0; other < this.system.cpus; other++) {
      const level = other === cpu ? undefined : runningLevel(state, other);
      if (level === undefined || state.shared[global]![element] === 0) continue;
      const point = pointOf(this.system, state, other, level);
      const instr = point.root.program.fn.blocks[point.block]!.instrs[0];
      if (instr?.kind !== "acquire" || placeName(instr.lock) !== this.system.globals[global]!.name) continue;
      const frame = state.frames[contextOf(other, level)]!;
      const locals: number[] = [];
      point.live.forEach((local, index) => {
        locals[local] = frame[index]!;
      });
      let wanted = 0;
      this.system.globals[global]!.dims.forEach((dim, i) => {
        wanted = wanted * dim + evaluate(instr.lock.index[i]!, locals, other);
      });
      if (wanted === element) return true;
    }
    return false;
  }
}

export function raceMessage(system: System, global: number, access: "read" | "written"): string {
  const { name, guard } = system.globals[global]!;
  return `${name} is ${access} without ${guard} held`;
}
