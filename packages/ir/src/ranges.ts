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
import { successors } from "./rewrite.js";
import { BOOL, type Expr, type Fn, type Instr } from "./types.js";
import { between, top, type Value, widthOf } from "./value.js";

export interface RangeOptions {
  readonly precision: Precision;
  /** What callers pass, by parameter; absent: anything. */
  readonly params?: readonly (Value | undefined)[];
}

/** A head of a loop is looked at so often before its values are taken to the end of their type. */
const PATIENCE = 4;
/** Rounds that take back what widening gave away; a second one reaches an outer loop. */
const SECOND_THOUGHTS = 3;

export class Ranges {
  /** By block: what is known at its start; undefined for a block that nothing reaches. */
  private entry: (Facts | undefined)[];

  constructor(
    readonly fn: Fn,
    private readonly options: RangeOptions,
  ) {
    this.entry = fn.blocks.map(() => undefined);
    this.ascend();
    for (let round = 0; round < SECOND_THOUGHTS; round++) this.descend();
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

  private ascend(): void {
    const visits = this.fn.blocks.map(() => 0);
    this.entry[0] = this.start();
    const waiting = new Set([0]);
    for (const id of waiting) {
      waiting.delete(id);
      visits[id]!++;
      for (const [next, facts] of this.leave(id)) {
        const known = this.entry[next];
        if (!known) this.entry[next] = facts.copy();
        else if (!known.join(facts, visits[next]! >= PATIENCE)) continue;
        waiting.add(next);
      }
    }
  }

  /** Any sound solution put through the equations once more is sound, and at least as good. */
  private descend(): void {
    const better: (Facts | undefined)[] = this.fn.blocks.map(() => undefined);
    better[0] = this.start();
    this.fn.blocks.forEach((_, id) => {
      for (const [next, facts] of this.leave(id)) {
        const known = better[next];
        if (known) known.join(facts);
        else better[next] = facts.copy();
      }
    });
    // What is reached through blocks that are reached no more is not.
    this.entry = better;
    const live = new Set([0]);
    for (const id of live) for (const [next] of this.leave(id)) live.add(next);
    this.entry = better.map((facts, id) => (live.has(id) ? facts : undefined));
  }

  /** Where control can go from a block, with what is known there. */
  private leave(id: number): readonly (readonly [number, Facts])[] {
    const facts = this.before(id, this.fn.blocks[id]!.instrs.length);
    if (!facts) return [];
    const { term } = this.fn.blocks[id]!;
    if (term.kind !== "branch" || term.then === term.else) return successors(term).map((next) => [next, facts]);
    return ([true, false] as const).flatMap((truth) => {
      const side = facts.copy();
      return side.assume(term.cond, truth) ? [[truth ? term.then : term.else, side] as const] : [];
    });
  }

  /** What is known right before an instruction; undefined where control never comes. */
  before(id: number, index: number): Facts | undefined {
    const known = this.entry[id]?.copy();
    if (!known) return undefined;
    for (const instr of this.fn.blocks[id]!.instrs.slice(0, index)) if (!this.apply(instr, known)) return undefined;
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
    return this.before(id, index) !== undefined;
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

/** The message of the check that the front end puts before a division. */
const DIVISION = "division by zero";
