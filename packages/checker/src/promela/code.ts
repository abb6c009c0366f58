/**
 * What steps do once nothing can hold them up any more, as a program of Promela inside `d_step`s: hidden variables for
 * locals, an `if` for a branch, a label and `goto` where control flow meets or turns back. Loops need no bound.
 *
 * Used by `step.ts` for steps whose ways are too many to be told apart by guards. A small step is one `d_step`. Large
 * ones of a program have much in common, and are more than Spin takes at once: their code is written once for all of them,
 * in pieces (`pieces.ts`). A loop that goes on for ever violates an assertion, as in every engine.
 */
import {
  assertNever,
  constant,
  definition,
  type Expr,
  eachLocal,
  exprType,
  type Instr,
  type LocalId,
  mapExpr,
  type PlaceRef,
  placeName,
  simplify,
  successors,
  type Term,
} from "@shootdown/ir";
import { contextOf, type Root, type System, TASK } from "../system.js";
import { type Bounds, type GlobalRanges, transfer } from "./bounds.js";
import { lockOf } from "./checks.js";
import { EXIT, leaving, type Target } from "./ends.js";
import { bare, type Interval, interval, printExpr } from "./expr.js";
import { type CodeFlow, codeFlow, START, type Start } from "./flow.js";
import { END, manyPieces, onePiece, type Piece, type PieceNames, type Section } from "./pieces.js";
import type { Region } from "./region.js";
import { asserted, indented } from "./statements.js";
import { elements, flatten, placeOf, type Variables } from "./terms.js";

/** Turns of loops in one step after which it is taken for an endless one. */
const MAX_TURNS = 100_000;

/** Assignments of an arm that are written as conditional ones. */
const MAX_CONDITIONAL = 3;

export interface CodeInput {
  readonly system: System;
  readonly cpu: number;
  readonly root: Root;
  readonly region: Region;
  readonly variables: Variables;
  readonly globals: GlobalRanges;
  /** By block: bounds of locals at its start. */
  readonly ranges: readonly (ReadonlyMap<LocalId, Interval> | undefined)[];
}

/** Where code starts, and what is there then. */
export interface CodeStart extends Start {
  /** Variables of the process that may hold something before the step. */
  readonly toClear: readonly string[];
  /** What a local is where the code starts: its text, and its value if that is known. */
  initial(local: LocalId): { readonly text: string; readonly constant: number | undefined } | undefined;
}

/** What a program does in its steps once they are under way, from all starts that were entered. */
export class CodeWriter {
  private readonly self: number;
  private readonly names = new Map<LocalId, string>();
  private readonly constants = new Map<LocalId, Expr>();
  private readonly taken = new Set<string>();
  private readonly targets: Target[] = [];
  /** By block that has one: its label. */
  private readonly labels = new Map<number, string>();
  private flowing: CodeFlow = { order: [], labelled: new Set(), turns: new Set() };
  private bounds: Bounds = new Map();
  /** Locals that are read once, right after they were loaded: the element that they are. */
  private readonly elements = new Map<LocalId, string>();
  private readonly starts: Start[] = [];
  /** What the section that is being written goes to. */
  private jumps = new Set<string>();
  private ends = new Set<number>();

  constructor(private readonly input: CodeInput) {
    this.self = contextOf(input.cpu, input.root.level) + 1;
  }

  /** A start like any other: gives the locals that live there their values, in statements that come before all else. */
  enter(start: CodeStart): readonly string[] {
    this.starts.push(start);
    const lines = this.liveAt(start).map((local) => `${this.name(local)} = ${bare(start.initial(local)?.text ?? "0")}`);
    return [...lines, ...cleared(start)];
  }

  /** The one start that was not entered, and all that is behind it, in one `d_step`. */
  writeAlone(start: CodeStart): Piece & { readonly targets: readonly Target[] } {
    this.findFlow([start]);
    const beginning = this.beginning(start);
    const first = this.startSection(start);
    const sections = [{ ...first, lines: [...beginning, ...first.lines] }, ...this.sections()];
    return { ...onePiece(sections, this.targets, this.pieceNames()), targets: this.targets };
  }

  /** The code of every start that was entered, in that order, and what they come to, in pieces. */
  writeTogether(): { readonly starts: readonly Piece[]; readonly pieces: readonly Piece[] } {
    this.findFlow(this.starts);
    const starts = this.starts.map((start) => {
      const section = this.startSection(start);
      return { ...section, lines: [...this.resetTurns(), ...section.lines] };
    });
    return manyPieces(starts, this.sections(), this.targets, this.pieceNames());
  }

  private pieceNames(): PieceNames {
    return { exit: this.scratch(EXIT), label: (wanted) => this.input.variables.label(wanted) };
  }

  // ---- control flow ----

  private findFlow(starts: readonly Start[]): void {
    const { region, variables } = this.input;
    this.flowing = codeFlow(region, starts, (block) => this.isReachable(block));
    for (const block of this.flowing.order) {
      if (!this.flowing.labelled.has(block)) continue;
      const { instrs, term } = region.fn.blocks[block]!;
      const { fn, line } = (instrs[0] ?? term).at;
      this.labels.set(block, variables.label(`${region.isExit(block) ? "X" : "C"}_${fn}_${line}`));
    }
  }

  private isReachable(block: number): boolean {
    return this.input.ranges[block] !== undefined;
  }

  private startSection({ block, index }: Start): Section {
    this.bounds = new Map(this.input.ranges[block]);
    const { instrs } = this.input.region.fn.blocks[block]!;
    for (const instr of instrs.slice(0, index)) this.learn(instr);
    return this.section(undefined, () => this.body(block, index, START));
  }

  private sections(): Section[] {
    return this.flowing.order.flatMap((id) => {
      const label = this.labels.get(id);
      if (label === undefined) return [];
      this.bounds = new Map(this.input.ranges[id]);
      return [this.section(label, () => (this.input.region.isExit(id) ? this.exit(id) : this.body(id, 0, id)))];
    });
  }

  private section(label: string | undefined, write: () => string[]): Section {
    this.jumps = new Set();
    this.ends = new Set();
    return { label, lines: write(), jumps: this.jumps, targets: this.ends };
  }

  /** The statements of a block from instruction `index` on, with those of the blocks that only it leads to. */
  private body(block: number, index: number, from: number): string[] {
    const { instrs, term } = this.input.region.fn.blocks[block]!;
    const lines: string[] = [];
    for (let i = index; i < instrs.length; i++) {
      const instr = instrs[i]!;
      const next = instrs[i + 1];
      const isRead = instr.kind === "load" && this.isReadBy(instr.dst, next ?? term, next);
      lines.push(...(isRead ? this.readWhereUsed(instr) : this.instr(instr)));
      const dst = definition(instr);
      if (!isRead && dst !== undefined) this.elements.delete(dst);
      this.learn(instr);
    }
    switch (term.kind) {
      case "return":
        lines.push(...this.leave());
        break;
      case "jump":
        lines.push(...this.flow(from, term.to));
        break;
      case "branch": {
        const known = this.bounds;
        const cond = this.bound(term.cond);
        if (cond.kind === "const") {
          lines.push(...this.flow(from, cond.value !== 0 ? term.then : term.else));
          break;
        }
        const short =
          this.conditionally(cond, true, term.then, term.else) ?? this.conditionally(cond, false, term.else, term.then);
        this.bounds = known;
        if (short) {
          lines.push(...short.lines, ...this.flow(from, short.to));
          break;
        }
        const yes = this.flow(from, term.then);
        this.bounds = known;
        const no = this.flow(from, term.else);
        this.bounds = known;
        const text = bare(this.text(cond));
        lines.push(`if\n:: ${text} ->\n${indented(yes)}\n:: else ->\n${indented(no)}\nfi`);
        break;
      }
      default:
        assertNever(term);
    }
    return lines;
  }

  /** Whether a local that has just been loaded is read by what comes next and by nothing behind it. */
  private isReadBy(local: LocalId, next: Instr | Term, instr: Instr | undefined): boolean {
    const { region } = this.input;
    if (instr) return !region.liveAfter.get(instr)!.has(local);
    return successors(next as Term).every((to) => !region.liveAt[to]!.has(local));
  }

  /** A load that is no statement: the element stands where the local would. */
  private readWhereUsed(load: Extract<Instr, { kind: "load" }>): string[] {
    const checks = [...this.inBounds(load.place), ...(load.ghost || load.unpublished ? [] : this.guardHeld(load))];
    this.elements.set(load.dst, this.element(load.place));
    return asserted(checks);
  }

  /**
   * A branch one arm of which only assigns, and then goes where the other goes at once: assignments of what is assigned or
   * was there before. Spin counts an `if` for five statements. `taken` is the arm that assigns, where the condition is `holds`.
   */
  private conditionally(
    cond: Expr,
    holds: boolean,
    taken: number,
    other: number,
  ): { readonly lines: readonly string[]; readonly to: number } | undefined {
    const { region } = this.input;
    if (region.isExit(taken) || this.labels.has(taken) || taken === other) return undefined;
    const { instrs, term } = region.fn.blocks[taken]!;
    if (term.kind !== "jump" || term.to !== other || instrs.length > MAX_CONDITIONAL) return undefined;
    if (this.labels.get(other) === undefined) return undefined;
    const asked = new Set<LocalId>();
    eachLocal(cond, (local) => asked.add(local));
    // The condition is asked again for each: only the last may change what it asks.
    const isSimple = instrs.every(
      (instr, i) => instr.kind === "assign" && (i === instrs.length - 1 || !asked.has(instr.dst)),
    );
    if (!isSimple) return undefined;
    const text = bare(this.text(cond));
    this.bounds = new Map([...this.bounds, ...(this.input.ranges[taken] ?? [])]);
    const lines = instrs.flatMap((instr) => {
      if (instr.kind !== "assign") return [];
      const name = this.name(instr.dst);
      const value = this.text(this.bound(instr.value));
      this.learn(instr);
      return [`${name} = ((${text}) -> ${holds ? `${value} : ${name}` : `${name} : ${value}`})`];
    });
    return { lines, to: other };
  }

  private flow(from: number, to: number): string[] {
    const { region } = this.input;
    const label = this.labels.get(to);
    if (label !== undefined) {
      this.jumps.add(label);
      if (!this.flowing.turns.has(`${from} ${to}`)) return [`goto ${label}`];
      const turns = this.scratch("turns");
      return [`${turns} = ${turns} + 1`, `assert(${turns} < ${MAX_TURNS})`, `goto ${label}`];
    }
    if (!this.isReachable(to)) return ["assert(false)", ...this.goTo({ kind: "stop" })];
    if (region.isExit(to)) return this.exit(to);
    // Entered from here alone: what is known here holds there, and what is known there in any case.
    this.bounds = new Map([...this.bounds, ...(this.input.ranges[to] ?? [])]);
    return this.body(to, 0, to);
  }

  // ---- where it starts and ends ----

  /** Gives every local that the code uses a hidden variable, and those that live at its start their value. */
  private beginning(start: CodeStart): string[] {
    const { region } = this.input;
    const { blocks, locals } = region.fn;
    const assigned = new Set<LocalId>();
    const used = blocks[start.block]!.instrs.slice(start.index).concat(
      this.flowing.order.filter((id) => !region.isExit(id)).flatMap((id) => blocks[id]!.instrs),
    );
    for (const instr of used) {
      const dst = definition(instr);
      if (dst !== undefined) assigned.add(dst);
    }
    const lines = this.resetTurns();
    for (const local of this.liveAt(start)) {
      const { type } = locals[local]!;
      const value = start.initial(local) ?? { text: "0", constant: 0 };
      if (value.constant !== undefined && !assigned.has(local))
        this.constants.set(local, constant(type, value.constant));
      else lines.push(`${this.name(local)} = ${bare(value.text)}`);
    }
    return [...lines, ...cleared(start)];
  }

  private liveAt({ block, index }: Start): LocalId[] {
    const { region } = this.input;
    const live =
      index === 0 ? region.liveAt[block]! : region.liveAfter.get(region.fn.blocks[block]!.instrs[index - 1]!)!;
    return [...live].sort((a, b) => a - b);
  }

  private resetTurns(): string[] {
    return this.flowing.turns.size > 0 ? [`${this.scratch("turns")} = 0`] : [];
  }

  /** The step ends at a step point. */
  private exit(block: number): string[] {
    const { root, variables } = this.input;
    const lines: string[] = [];
    for (const local of root.program.live.get(block)!) {
      const { name } = variables.slot(root, local);
      const known = this.constants.get(local);
      const text = known ? this.text(known) : this.name(local);
      if (text !== "0") lines.push(`${name} = ${text}`);
    }
    return [...lines, ...this.goTo({ kind: "point", root, block })];
  }

  private leave(): string[] {
    const { root, region, variables, cpu } = this.input;
    if (region.isHardware) return this.goTo({ kind: "stay" });
    return [...this.checkLocks(() => true), ...leaving(variables, cpu, root.level), ...this.goTo({ kind: "leave" })];
  }

  private goTo(target: Target): string[] {
    let number = this.targets.findIndex((other) => isSame(other, target));
    if (number < 0) number = this.targets.push(target) - 1;
    this.ends.add(number + 1);
    return [`${this.scratch(EXIT)} = ${number + 1}`, END];
  }

  // ---- instructions ----

  private instr(instr: Instr): string[] {
    const { root, system, variables, cpu, region } = this.input;
    switch (instr.kind) {
      case "assign":
        return [`${this.name(instr.dst)} = ${bare(this.text(this.bound(instr.value)))}`];
      case "load":
        return [
          ...asserted([
            ...this.inBounds(instr.place),
            ...(instr.ghost || instr.unpublished ? [] : this.guardHeld(instr)),
          ]),
          `${this.name(instr.dst)} = ${this.element(instr.place)}`,
        ];
      case "store":
        return [
          ...asserted([...this.inBounds(instr.place), ...(instr.unpublished ? [] : this.guardHeld(instr))]),
          `${this.element(instr.place)} = ${bare(this.text(this.bound(instr.value)))}`,
        ];
      case "release":
        return [
          ...asserted([...this.inBounds(instr.lock), `${this.element(instr.lock)} == ${this.self}`]),
          `${this.element(instr.lock)} = 0`,
        ];
      case "irq": {
        const off = variables.irqOff(cpu);
        if (instr.op === "restore") return [`${off} = ${bare(this.text(this.bound(instr.value)))}`];
        const change = `${off} = ${instr.op === "enable" ? 0 : 1}`;
        return instr.op === "save" ? [`${this.name(instr.dst)} = ${off}`, change] : [change];
      }
      case "irqsDisabled":
        return [`${this.name(instr.dst)} = ${variables.irqOff(cpu)}`];
      case "inTask":
        return [`${this.name(instr.dst)} = ${root.level === TASK ? 1 : 0}`];
      case "check":
        return [`assert(${bare(this.text(this.bound(instr.cond)))})`];
      case "mightSleep":
        if (root.level !== TASK) return ["assert(false)"];
        return [`assert(!${variables.irqOff(cpu)})`, ...this.checkLocks((lock) => lock === "spinlock")];
      case "waiters":
        if (!region.liveAfter.get(instr)!.has(instr.dst)) return [];
        throw new Error(`${placeOf(instr)}: someone_waits_for() is exported only where a witness asks it`);
      case "lockdepAssert":
      case "witness":
      case "print":
      case "atomicBegin":
      case "atomicEnd":
        return [];
      case "acquire":
      case "wait":
      case "choose":
      case "call":
        throw new Error(`${placeOf(instr)}: ${instr.kind} in the code of ${system.scenario.name} is not expected here`);
      default:
        return assertNever(instr);
    }
  }

  /** None of the locks that the program takes is held. */
  private checkLocks(which: (kind: string) => boolean): string[] {
    const { system, root, variables } = this.input;
    return system.globals.flatMap((global, location) => {
      if (!global.lock || !which(global.lock) || !root.writes.has(global.name)) return [];
      return elements(global.dims).map((index) => {
        const flat = this.text(flatten(global.dims, index));
        return `assert(${variables.element(location, flat)} != ${this.self})`;
      });
    });
  }

  /** The condition that the lock of guarded state is held, unless it is for certain. */
  private guardHeld(instr: Extract<Instr, { kind: "load" | "store" }>): string[] {
    const { system, region } = this.input;
    const { place } = instr;
    const { guard } = system.globals[this.location(place)]!;
    if (guard === undefined || region.held.get(instr)!.has(guard)) return [];
    return [`${this.element(lockOf(system, place, guard))} == ${this.self}`];
  }

  /** The conditions that the indices lie in their dimensions, as far as that is not known. */
  private inBounds(place: PlaceRef): string[] {
    const { dims } = this.input.system.globals[this.location(place)]!;
    return dims.flatMap((dim, i) => {
      const index = this.bound(place.index[i]!);
      const range = this.interval(index);
      if (range.lo >= 0 && range.hi < dim) return [];
      const type = exprType(index);
      const upper: Expr = { kind: "compare", op: "<", left: index, right: constant(type, dim) };
      const lower: Expr = { kind: "compare", op: ">=", left: index, right: constant(type, 0) };
      return [...(range.lo >= 0 ? [] : [bare(this.text(lower))]), ...(range.hi < dim ? [] : [bare(this.text(upper))])];
    });
  }

  private location(place: PlaceRef): number {
    return this.input.system.globalIndex.get(placeName(place)!)!;
  }

  private element(place: PlaceRef): string {
    const location = this.location(place);
    const { dims } = this.input.system.globals[location]!;
    const index = place.index.slice(0, dims.length).map((expr) => this.bound(expr));
    return this.input.variables.element(location, bare(this.text(flatten(dims, index))));
  }

  // ---- values ----

  /** The expression on this CPU, with locals that are constant replaced. */
  private bound(expr: Expr): Expr {
    return simplify(
      mapExpr(expr, (e) => {
        if (e.kind === "cpu") return constant(e.type, this.input.cpu);
        return e.kind === "local" ? (this.constants.get(e.local) ?? this.single(e)) : e;
      }),
    );
  }

  /** The value of a local that can have but one. */
  private single(expr: Extract<Expr, { kind: "local" }>): Expr {
    const range = this.bounds.get(expr.local);
    return range && range.lo === range.hi ? constant(expr.type, range.lo) : expr;
  }

  private text(expr: Expr): string {
    return printExpr(
      expr,
      (local) => this.elements.get(local) ?? this.name(local),
      (local) => this.bounds.get(local),
    );
  }

  private interval(expr: Expr): Interval {
    return interval(expr, (local) => this.bounds.get(local));
  }

  private learn(instr: Instr): void {
    transfer(this.input.region.fn, instr, this.bounds, this.input.globals);
  }

  /** The hidden variable of a local. */
  private name(local: LocalId): string {
    const known = this.names.get(local);
    if (known !== undefined) return known;
    const { name } = this.input.region.fn.locals[local]!;
    let wanted = name;
    for (let n = 2; this.taken.has(wanted) || wanted === EXIT || wanted === "turns"; n++) wanted = `${name}_${n}`;
    this.taken.add(wanted);
    const text = this.input.variables.scratch(wanted);
    this.names.set(local, text);
    return text;
  }

  private scratch(name: string): string {
    return this.input.variables.scratch(name);
  }
}

/** The variables of the process hold nothing: what lives at the end of the step is put there then. */
function cleared({ toClear }: CodeStart): string[] {
  return toClear.map((name) => `${name} = 0`);
}

function isSame(a: Target, b: Target): boolean {
  return a.kind === b.kind && (a.kind !== "point" || b.kind !== "point" || a.block === b.block);
}
