/**
 * One step as Promela options: each way through the step becomes `guard -> effects`, both in terms of the state before.
 *
 * A step's region (the blocks from a step point up to the next ones) is executed symbolically. What a branch asks, when
 * it decides where the step ends, goes into the guard; a branch whose arms meet again inside the step stays an
 * `if … fi` among the effects. Loops over constants unroll. So no variable is needed that says where a step is, and
 * Spin takes each step as one transition, as a person would have written it. A step that is too intricate for that
 * (a loop whose bound the state decides, many ways, large values) is told by guards only as far as it waits or chooses;
 * the rest is code, see `code.ts`.
 *
 * Values are IR expressions over *leaves*: elements of shared state, variables of the process, temporaries. Each local
 * has two: `before`, over the state before the step (for guards), and `now`, over what is in memory at this point of
 * the effects. A write first saves what is still needed of the value that it overwrites.
 */
import { assertNever, constant, type Expr, type Instr, type LocalId, U8 } from "@shootdown/ir";
import { contextOf, HARDIRQ, type Root, type System, TASK } from "../system.js";
import type { GlobalRanges } from "./bounds.js";
import { StepChecks } from "./checks.js";
import { type CodeStart, CodeWriter } from "./code.js";
import { type Entry, finish, type Option, StepEnds, type Target } from "./ends.js";
import type { Interval } from "./expr.js";
import type { Facts } from "./facts.js";
import { blockWeight, reachable } from "./flow.js";
import { StepMemory } from "./memory.js";
import { emptyPath, fork, Knowledge, type Line, type Path, setLocal } from "./path.js";
import type { Piece } from "./pieces.js";
import { ENTRY, type Region } from "./region.js";
import { equal, key, logic, not, placeOf, select, size, Terms, truth, type Variables } from "./terms.js";

/** Ways through one step that are told apart by guards. */
const MAX_OPTIONS = 64;
/** Instructions on all ways through one step. */
const MAX_INSTRUCTIONS = 5_000;
/** Nodes of one value. */
const MAX_SIZE = 60;
/** Turns of a loop that goes on or not by the state, not by constants. */
const MAX_OPEN_TURNS = 4;
/** Visits of one block on one way before it is asked whether the way repeats itself. */
const SUSPICIOUS_VISITS = 8;
/** Turns of a loop over constants. */
const MAX_VISITS = 600;

/** Statements of a step, roughly, up to which it is written by itself, whatever it has in common with others. */
const MAX_OWN = 200;

/** A step is too intricate for guards and effects; it can still be exported as code. */
class Intricate extends Error {}

/** Exports the steps of one program on one CPU. */
export class StepExporter {
  private readonly globals: GlobalRanges;
  private readonly region: Region;
  private readonly terms: Terms;
  private readonly knowledge: Knowledge;
  private readonly memory: StepMemory;
  private readonly ends: StepEnds;
  private readonly checks: StepChecks;
  private readonly self: number;
  private readonly ranges: readonly (ReadonlyMap<LocalId, Interval> | undefined)[];
  /** What writes the code that steps share, once there is one. */
  private writer: CodeWriter | undefined;
  /** The options that go there, in the order of entering. */
  private readonly entered: Option[] = [];
  private isCoded = false;
  /** Instructions executed for this step, on all ways. */
  private executed = 0;

  constructor(
    private readonly system: System,
    private readonly cpu: number,
    private readonly root: Root,
    private readonly variables: Variables,
    facts: Facts,
  ) {
    this.self = contextOf(cpu, root.level) + 1;
    this.globals = facts.globals;
    this.region = facts.region(root);
    this.ranges = facts.ranges(root);
    this.terms = new Terms(system, variables, this.globals);
    this.knowledge = new Knowledge(this.terms);
    this.memory = new StepMemory(system, cpu, this.region, this.terms, variables);
    this.ends = new StepEnds(cpu, root, this.terms, this.memory, variables, MAX_OPTIONS, (why) => this.intricate(why));
    this.checks = new StepChecks(system, cpu, root, this.terms, this.knowledge, this.memory, this.ends);
  }

  /** Hidden temporaries that the widest step uses. */
  get temporaries(): number {
    return this.memory.temporaries;
  }

  /** Every way through the step that starts at `block`. */
  step(block: number, entry: Entry): readonly Option[] {
    this.region.begin(block, entry.kind === "hardware");
    try {
      return this.export(block, entry, false);
    } catch (error) {
      if (!(error instanceof Intricate)) throw error;
    }
    try {
      return this.export(block, entry, true);
    } catch (error) {
      if (!(error instanceof Intricate)) throw error;
      const { instrs, term } = this.region.fn.blocks[block]!;
      throw new Error(
        `${placeOf(instrs[0] ?? term)}: this step cannot be exported: ${error.message} before it waits or chooses`,
      );
    }
  }

  private export(block: number, entry: Entry, isCoded: boolean): readonly Option[] {
    this.isCoded = isCoded;
    this.executed = 0;
    this.terms.begin();
    const known = new Map<string, number>();
    this.ends.begin(block, entry, known);
    const path = emptyPath();
    if (entry.kind === "run") {
      for (const local of this.root.program.live.get(block)!) {
        const { name, type } = this.variables.slot(this.root, local);
        const range = this.ranges[block]?.get(local);
        const isKnown = range !== undefined && range.lo === range.hi;
        if (isKnown) known.set(name, range.lo);
        const leaf = isKnown ? constant(type, range.lo) : this.terms.leaf({ kind: "variable", name }, type, range);
        path.before.set(local, leaf);
        path.now.set(local, leaf);
      }
    } else if (entry.kind === "take") {
      const active = this.variables.active(this.cpu, this.root.level);
      if (active !== undefined) path.out.push({ text: `${active} = 1` });
      if (this.root.level === HARDIRQ) {
        this.memory.write(path, this.memory.irqLocation, [], truth(true), truth(true), new Set());
      }
      if (this.region.isPoint(block)) {
        this.ends.exit(path, block);
        return this.ends.options;
      }
    }
    this.run(path, block, 0, true, undefined);
    return this.ends.options;
  }

  private intricate(why: string): never {
    throw new Intricate(why);
  }

  // ---- execution ----

  /** Follows a path from instruction `from` of a block up to the end of the step, or (inside an arm) up to `stop`. */
  private run(path: Path, start: number, from: number, isEntry: boolean, stop: number | undefined): void {
    let node = start;
    let index = from;
    let entering = isEntry;
    for (;;) {
      if (node === stop && index === 0) return;
      if (!entering && index === 0) {
        if (this.region.isExit(node)) {
          this.ends.exit(path, node);
          return;
        }
        if (this.repeats(path, node)) {
          this.ends.stop(path, "endless loop that nobody else can end");
          return;
        }
      }
      const { instrs, term } = this.region.fn.blocks[node]!;
      for (; index < instrs.length; index++) {
        const instr = instrs[index]!;
        if (this.isCoded && stop === undefined && !this.region.asks(node, index)) {
          this.code(path, node, index);
          return;
        }
        if (++this.executed > MAX_INSTRUCTIONS) this.intricate("many instructions");
        if (instr.kind === "choose") {
          this.choose(path, instr, (next) => this.run(next, node, index + 1, entering, stop));
          return;
        }
        if (!this.instr(path, instr)) return;
      }
      if (this.isCoded && stop === undefined && !this.region.asks(node, instrs.length)) {
        this.code(path, node, instrs.length);
        return;
      }
      const meet = this.region.meet(entering ? ENTRY : node);
      entering = false;
      index = 0;
      if (term.kind === "return") {
        if (this.region.isHardware || this.checks.checkLocks(path, () => true)) this.ends.leave(path);
        return;
      }
      if (term.kind === "jump") {
        node = term.to;
        continue;
      }
      const cond = this.memory.value(path.before, term.cond);
      const decided = this.knowledge.decide(path, cond);
      if (decided !== undefined) {
        node = decided ? term.then : term.else;
        continue;
      }
      if (meet !== undefined) {
        this.join(path, cond, this.memory.value(path.now, term.cond), term, meet);
        node = meet;
        continue;
      }
      if (!this.isCoded && (path.visits.get(node) ?? 0) > MAX_OPEN_TURNS)
        this.intricate("a loop without a constant bound");
      const other = fork(path);
      this.knowledge.assume(path, cond);
      this.run(path, term.then, 0, false, stop);
      this.knowledge.assume(other, not(cond));
      this.run(other, term.else, 0, false, stop);
      return;
    }
  }

  /** Whether the path has been at the block before with the same values. */
  private repeats(path: Path, block: number): boolean {
    const visits = (path.visits.get(block) ?? 0) + 1;
    path.visits.set(block, visits);
    if (visits <= SUSPICIOUS_VISITS) return false;
    if (visits > MAX_VISITS) this.intricate("a loop of many turns");
    const values = [...this.region.liveAt[block]!].sort((a, b) => a - b).map((local) => path.before.get(local) ?? 0);
    const text = key([block, values, path.writes.length]);
    if (path.seen.has(text)) return true;
    path.seen.add(text);
    return false;
  }

  /** A way of its own for each value. */
  private choose(path: Path, instr: Extract<Instr, { kind: "choose" }>, goOn: (path: Path) => void): void {
    const { type } = this.region.fn.locals[instr.dst]!;
    for (let value = 0; value < instr.count; value++) {
      const next = fork(path);
      setLocal(next, instr.dst, constant(type, value), constant(type, value));
      goOn(next);
    }
  }

  /** Both arms of a branch up to where they meet, as one conditional statement. */
  private join(
    path: Path,
    cond: Expr,
    nowCond: Expr,
    term: { readonly then: number; readonly else: number },
    meet: number,
  ): void {
    const arm = (start: number, holds: Expr): Path => {
      const result = fork(path);
      result.out = [];
      result.obligations = [];
      result.writes = path.writes.slice();
      this.knowledge.learn(result, holds);
      this.run(result, start, 0, false, meet);
      return result;
    };
    const yes = arm(term.then, cond);
    const no = arm(term.else, not(cond));
    path.temporary = Math.max(yes.temporary, no.temporary);
    const isSilent = yes.out.length === 0 && no.out.length === 0;
    for (const local of this.region.liveAt[meet]!) {
      const a = yes.now.get(local);
      const b = no.now.get(local);
      const before = path.before.get(local);
      if (a === undefined && b === undefined) continue;
      const { type } = this.region.fn.locals[local]!;
      const zero = constant(type, 0);
      const beforeYes = yes.before.get(local) ?? before ?? zero;
      const beforeNo = no.before.get(local) ?? before ?? zero;
      path.before.set(local, this.small(select(cond, beforeYes, beforeNo)));
      if (key(a) === key(b)) {
        path.now.set(local, a!);
      } else if (isSilent) {
        path.now.set(local, this.small(select(nowCond, a ?? zero, b ?? zero)));
      } else {
        const temporary = this.memory.newTemporary(path, type);
        yes.out.push({ text: `${this.terms.text(temporary)} = ${this.terms.text(a ?? zero)}` });
        no.out.push({ text: `${this.terms.text(temporary)} = ${this.terms.text(b ?? zero)}` });
        path.now.set(local, temporary);
      }
    }
    const known = path.writes.length;
    for (const write of yes.writes.slice(known)) {
      path.writes.push({ ...write, cond: write.cond ? logic("&&", cond, write.cond) : cond });
    }
    for (const write of no.writes.slice(known)) {
      path.writes.push({ ...write, cond: write.cond ? logic("&&", not(cond), write.cond) : not(cond) });
    }
    for (const item of yes.obligations) path.obligations.push(logic("||", not(cond), item));
    for (const item of no.obligations) path.obligations.push(logic("||", cond, item));
    if (isSilent && yes.out.length === 0 && no.out.length === 0) return;
    const body = (lines: readonly Line[]) => (lines.length === 0 ? "skip" : finish(lines, []).join("; "));
    if (yes.out.length === 0) {
      path.out.push({ text: `if :: ${this.terms.text(not(nowCond))} -> ${body(no.out)} :: else fi` });
    } else {
      const otherwise = no.out.length === 0 ? ":: else" : `:: else -> ${body(no.out)}`;
      path.out.push({ text: `if :: ${this.terms.text(nowCond)} -> ${body(yes.out)} ${otherwise} fi` });
    }
  }

  private set(path: Path, local: LocalId, before: Expr, now: Expr): void {
    setLocal(path, local, this.small(before), this.small(now));
  }

  private small(expr: Expr): Expr {
    return size(expr) > MAX_SIZE ? this.intricate("a value of many terms") : expr;
  }

  /** The rest of the step, which neither waits nor chooses, as a program of its own, or with what other steps have of it. */
  private code(path: Path, block: number, index: number): void {
    const start: CodeStart = {
      block,
      index,
      toClear: [...this.ends.toClear().keys()],
      initial: (local) => {
        const value = path.now.get(local);
        return value && { text: this.terms.text(value), constant: value.kind === "const" ? value.value : undefined };
      },
    };
    const behind = this.behind(block);
    if (behind.weight <= MAX_OWN || this.region.isHardware) {
      const { lines, targets } = this.newWriter().writeAlone(start);
      path.out.push(...lines.map((text) => ({ text })));
      this.ends.emit(path, targets);
      return;
    }
    this.writer ??= this.newWriter();
    path.out.push(...this.writer.enter(start).map((text) => ({ text })));
    this.entered.push(this.ends.emit(path, behind.targets));
  }

  private newWriter(): CodeWriter {
    const { system, cpu, root, region, variables, globals, ranges } = this;
    return new CodeWriter({ system, cpu, root, region, variables, globals, ranges });
  }

  /** Where a step can end that is at a block, and how many statements it has on all ways, roughly. */
  private behind(start: number): { readonly targets: readonly Target[]; readonly weight: number } {
    const targets: Target[] = [];
    const seen = new Set<number>();
    let weight = 0;
    const visit = (block: number) => {
      const { term } = this.region.fn.blocks[block]!;
      weight += blockWeight(this.region, block);
      if (term.kind === "return" && !targets.some(({ kind }) => kind === "leave")) targets.push({ kind: "leave" });
      for (const to of reachable(term, (next) => this.ranges[next] !== undefined)) {
        if (seen.has(to)) continue;
        seen.add(to);
        if (this.region.isExit(to)) targets.push({ kind: "point", root: this.root, block: to });
        else visit(to);
      }
    };
    visit(start);
    return { targets, weight };
  }

  /** When all steps are known: completes those that share code, and gives back that code. */
  finish(): readonly Piece[] {
    if (!this.writer) return [];
    const { starts, pieces } = this.writer.writeTogether();
    starts.forEach(({ lines, exits }, i) => {
      const option = this.entered[i]!;
      option.effects.push(...lines);
      option.exits = exits;
    });
    return pieces;
  }

  /** One instruction; false when the path ends with it. */
  private instr(path: Path, instr: Instr): boolean {
    const both = (expr: Expr): [Expr, Expr] => [
      this.memory.value(path.before, expr),
      this.memory.value(path.now, expr),
    ];
    switch (instr.kind) {
      case "assign":
        this.set(path, instr.dst, ...both(instr.value));
        return true;
      case "load": {
        const place = this.memory.place(path, instr.place);
        if (!this.checks.inBounds(path, place, instr, true)) return false;
        if (!instr.ghost && !instr.unpublished) this.checks.checkGuard(path, instr.place);
        this.set(path, instr.dst, this.knowledge.read(path, place), this.terms.leafOf(place.location, place.now));
        return true;
      }
      case "store": {
        const place = this.memory.place(path, instr.place);
        if (!this.checks.inBounds(path, place, instr, false)) return false;
        if (!instr.unpublished) this.checks.checkGuard(path, instr.place);
        const [before, now] = both(instr.value);
        this.memory.writePlace(path, place, before, now, instr);
        return true;
      }
      case "acquire": {
        const place = this.memory.place(path, instr.lock);
        if (!this.checks.inBounds(path, place, instr, true)) return false;
        if (!this.checks.block(path, equal(this.knowledge.read(path, place), constant(U8, 0)))) return false;
        const self = constant(U8, this.self);
        this.memory.writePlace(path, place, self, self, instr);
        path.held.add(key([place.location, place.before]));
        return true;
      }
      case "release": {
        const place = this.memory.place(path, instr.lock);
        if (!this.checks.inBounds(path, place, instr, false)) return false;
        const held = key([place.location, place.before]);
        if (!path.held.has(held)) {
          const self = constant(U8, this.self);
          const owner = this.terms.leafOf(place.location, place.now);
          if (!this.checks.check(path, equal(this.knowledge.read(path, place), self), equal(owner, self))) return false;
        }
        path.held.delete(held);
        this.memory.writePlace(path, place, constant(U8, 0), constant(U8, 0), instr);
        return true;
      }
      case "irq": {
        const off = { location: this.memory.irqLocation, before: [], now: [] };
        const [before, now] =
          instr.op === "restore" ? both(instr.value) : [truth(instr.op !== "enable"), truth(instr.op !== "enable")];
        if (instr.op === "save")
          this.set(path, instr.dst, this.knowledge.read(path, off), this.terms.leafOf(off.location, []));
        this.memory.writePlace(path, off, before, now, instr);
        return true;
      }
      case "irqsDisabled": {
        const off = { location: this.memory.irqLocation, before: [], now: [] };
        this.set(path, instr.dst, this.knowledge.read(path, off), this.terms.leafOf(off.location, []));
        return true;
      }
      case "inTask":
        this.set(path, instr.dst, truth(this.root.level === TASK), truth(this.root.level === TASK));
        return true;
      case "wait":
        return this.checks.block(path, both(instr.cond)[0]);
      case "check":
        return this.checks.check(path, ...both(instr.cond));
      case "mightSleep":
        return this.checks.mightSleep(path);
      case "waiters":
        if (this.region.liveAfter.get(instr)!.has(instr.dst)) {
          throw new Error(`${placeOf(instr)}: someone_waits_for() is exported only where a witness asks it`);
        }
        return true;
      case "lockdepAssert":
      case "witness":
      case "print":
      case "atomicBegin":
      case "atomicEnd":
        return true;
      case "choose":
      case "call":
        throw new Error(`${placeOf(instr)}: ${instr.kind} is not expected here`);
      default:
        return assertNever(instr);
    }
  }
}
