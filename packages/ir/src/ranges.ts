/**
 * Which branches of a function can be taken: values are followed along live paths only, refined by every condition that
 * is passed, and joined where paths meet, until nothing changes.
 *
 * Conditional propagation, as gcc's: a block is looked at once an edge into it can be taken. Loops end because a value
 * that keeps growing at a loop's head goes to its type's end; a few more rounds from there take back what was too much.
 * Run on the functions that a compiler sees as one (`emit.ts` expands calls first). Other CPUs are not thought of: what
 * is loaded from shared state may be anything.
 */
import { Facts, type Precision } from "./facts.js";
import { liveIn } from "./liveness.js";
import { successors } from "./rewrite.js";
import { BOOL, type Expr, type Fn, type Instr } from "./types.js";
import { between, single, top, type Value, widthOf } from "./value.js";

export interface RangeOptions {
  readonly precision: Precision;
  /** What callers pass, by parameter; absent: anything. */
  readonly params?: readonly (Value | undefined)[];
  /**
   * What changes in a loop is anything there, and the condition at its head tells nothing, unless that compares with a
   * constant: gcc at -O1.
   */
  readonly forgetsLoops?: boolean;
}

/** A block that control can go to, with what is known there. */
type Exit = readonly [next: number, facts: Facts];

/** A head of a loop is looked at so often before its values are taken to the end of their type. */
const PATIENCE = 4;
/** Rounds that take back what widening gave away; a second one reaches an outer loop. */
const SECOND_THOUGHTS = 3;

export class Ranges {
  /** By block: what is known at its start; undefined for a block that nothing reaches. */
  private readonly entry: (Facts | undefined)[];
  /** The blocks, each after those that lead to it, loops aside. */
  private readonly order: readonly number[];
  /** Blocks that a later one leads back to. */
  private readonly heads: ReadonlySet<number>;
  private readonly sources = new Map<number, number[]>();
  /** By block: the locals that may still be read. Of the others, which are most of them, nothing is carried along. */
  private readonly live: readonly ReadonlySet<number>[];
  /** By block: what `leave` found, until what is known at the block's start changes. */
  private readonly left: (readonly Exit[] | undefined)[] = [];
  /** By block: how many of its instructions control can come to, its end counted as one. */
  private readonly reached: number[] = [];

  constructor(
    readonly fn: Fn,
    private readonly options: RangeOptions,
  ) {
    this.entry = fn.blocks.map(() => undefined);
    this.order = reversePostorder(fn);
    const place = new Map(this.order.map((id, i) => [id, i]));
    const heads = new Set<number>();
    for (const id of this.order) {
      for (const next of successors(fn.blocks[id]!.term)) {
        this.sources.set(next, [...(this.sources.get(next) ?? []), id]);
        if (place.get(next)! <= place.get(id)!) heads.add(next);
      }
    }
    this.heads = heads;
    this.live = liveIn(fn);
    this.ascend();
    for (let round = 0; round < SECOND_THOUGHTS && this.descend(); round++);
  }

  private learn(id: number, facts: Facts | undefined): void {
    this.entry[id] = facts;
    this.left[id] = undefined;
  }

  private start(): Facts {
    const facts = Facts.start(
      this.options.precision,
      this.fn.locals.map((local) => local.type),
    );
    this.fn.params.forEach((param, i) => {
      if (param.kind !== "value") return;
      const width = widthOf(this.fn.locals[param.local]!.type);
      facts.set(param.local, this.options.params?.[i] ?? top(width));
    });
    return facts;
  }

  /** Grows from nothing; at the head of a loop in leaps once patience is at an end. */
  private ascend(): void {
    const visits = this.fn.blocks.map(() => 0);
    this.learn(0, this.start());
    const waiting = new Set([0]);
    while (waiting.size > 0) {
      const id = this.order.find((candidate) => waiting.has(candidate))!;
      waiting.delete(id);
      visits[id]!++;
      for (const [next, facts] of this.leave(id)) {
        const known = this.entry[next];
        const isLeap = this.heads.has(next) && (visits[next]! >= PATIENCE || this.forgets(next, facts));
        if (known && !known.join(facts, isLeap, this.live[next])) continue;
        this.learn(next, known ?? facts.copy());
        waiting.add(next);
      }
    }
  }

  /**
   * Puts the solution through the equations once more. Whatever runs can do is in the solution, hence in what the
   * equations make of it, block by block; and there it is at least as tight. False if nothing changed.
   */
  private descend(): boolean {
    let changed = false;
    for (const id of this.order) {
      let better = id === 0 ? this.start() : undefined;
      for (const from of this.sources.get(id) ?? []) {
        for (const [next, facts] of this.leave(from)) {
          if (next !== id) continue;
          if (better) better.join(facts, false, this.live[id]);
          else better = facts.copy();
        }
      }
      const known = this.entry[id];
      if (known === better || (known && better?.equals(known))) continue;
      this.learn(id, better);
      changed = true;
    }
    // A loop that nothing enters any more may still keep itself alive.
    const live = new Set([0]);
    for (const id of live) for (const [next] of this.leave(id)) live.add(next);
    for (const id of this.entry.keys()) if (!live.has(id)) this.learn(id, undefined);
    return changed;
  }

  /** Where control can go from a block, with what is known there. */
  private leave(id: number): readonly Exit[] {
    this.left[id] ??= this.exitsFrom(id);
    return this.left[id];
  }

  private exitsFrom(id: number): readonly Exit[] {
    const facts = this.before(id, this.fn.blocks[id]!.instrs.length);
    if (!facts) return [];
    const { term } = this.fn.blocks[id]!;
    if (term.kind !== "branch" || term.then === term.else) {
      return successors(term).map((next) => [next, facts.about(this.live[next]!)]);
    }
    const forgets = this.heads.has(id) && this.forgets(id, facts);
    const known = forgets ? single(facts.evaluate(term.cond)) : undefined;
    return ([true, false] as const).flatMap((truth): Exit[] => {
      const side = truth ? facts.copy() : facts;
      const next = truth ? term.then : term.else;
      const isPossible = forgets ? known === undefined || known === (truth ? 1n : 0n) : side.assume(term.cond, truth);
      return isPossible ? [[next, side.about(this.live[next]!)]] : [];
    });
  }

  /** A loop of which nothing is learnt, from what is known at its head. */
  private forgets(head: number, facts: Facts): boolean {
    if (!this.options.forgetsLoops) return false;
    const { cond } = this.fn.blocks[head]!.term as { readonly cond?: Expr };
    const isConstant = (expr: Expr) => single(facts.evaluate(expr)) !== undefined;
    return !(cond?.kind === "compare" && (isConstant(cond.left) || isConstant(cond.right)));
  }

  /** What is known right before an instruction; undefined where control never comes. */
  before(id: number, index: number): Facts | undefined {
    const known = this.entry[id]?.copy();
    if (!known) return undefined;
    const { instrs } = this.fn.blocks[id]!;
    for (let i = 0; i < index; i++) if (!this.apply(instrs[i]!, known)) return undefined;
    return known;
  }

  /** False if control never comes past the instruction. */
  private apply(instr: Instr, facts: Facts): boolean {
    const type = (local: number) => this.fn.locals[local]!.type;
    switch (instr.kind) {
      case "assign":
        facts.assign(instr.dst, instr.value);
        return true;
      case "load":
        facts.set(instr.dst, top(widthOf(type(instr.dst))));
        return true;
      case "call":
        if (instr.dst !== undefined) facts.set(instr.dst, top(widthOf(type(instr.dst))));
        return true;
      case "choose":
        facts.set(instr.dst, between(widthOf(type(instr.dst)), 0n, BigInt(instr.count - 1)));
        return true;
      case "irq":
        if (instr.op === "save") facts.set(instr.dst, top(widthOf(BOOL)));
        return true;
      case "irqsDisabled":
      case "inTask":
      case "waiters":
        facts.set(instr.dst, top(widthOf(BOOL)));
        return true;
      case "check":
        // BUG_ON() does not return; everything else goes on. A division's own check is no code in C.
        return instr.violation !== "bug" || instr.message === DIVISION || facts.assume(instr.cond, true);
      default:
        return true;
    }
  }

  /** Whether control can come to a block. */
  reaches(id: number): boolean {
    return this.entry[id] !== undefined;
  }

  /** Whether control can come to an instruction (or, at the block's length, to its end). */
  executes(id: number, index: number): boolean {
    this.reached[id] ??= this.reachIn(id);
    return index < this.reached[id];
  }

  private reachIn(id: number): number {
    const known = this.entry[id]?.copy();
    if (!known) return 0;
    const { instrs } = this.fn.blocks[id]!;
    const last = instrs.findIndex((instr) => !this.apply(instr, known));
    return (last < 0 ? instrs.length : last) + 1;
  }

  /** The blocks that control can go to from a block. */
  exits(id: number): readonly number[] {
    return [...new Set(this.leave(id).map(([next]) => next))];
  }

  /** Every value that an expression may have right before an instruction. */
  valueAt(id: number, index: number, expr: Expr): Value | undefined {
    return this.before(id, index)?.evaluate(expr);
  }

  /** How a reached branch goes, if it always goes one way. */
  decided(id: number): boolean | undefined {
    const { term } = this.fn.blocks[id]!;
    const exits = this.leave(id);
    if (term.kind !== "branch" || term.then === term.else || exits.length !== 1) return undefined;
    return exits[0]![0] === term.then;
  }
}

function reversePostorder(fn: Fn): readonly number[] {
  const order: number[] = [];
  const seen = new Set([0]);
  const stack: { id: number; next: number }[] = [{ id: 0, next: 0 }];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const to = successors(fn.blocks[top.id]!.term)[top.next++];
    if (to === undefined) {
      order.unshift(top.id);
      stack.pop();
    } else if (!seen.has(to)) {
      seen.add(to);
      stack.push({ id: to, next: 0 });
    }
  }
  return order;
}

/** The message of the check that the front end puts before a division. */
const DIVISION = "division by zero";
