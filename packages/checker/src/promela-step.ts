/**
 * One step as Promela options: each way through the step becomes `guard -> effects`, both in terms of the state before.
 *
 * A step's region (the blocks from a step point up to the next ones) is executed symbolically. What a branch asks, when
 * it decides where the step ends, goes into the guard; a branch whose arms meet again inside the step stays an
 * `if … fi` among the effects. Loops over constants unroll. So no variable is needed that says where a step is, and
 * Spin takes each step as one transition, as a person would have written it.
 *
 * Values are IR expressions over *leaves*: elements of shared state, variables of the process, temporaries. Each local
 * has two: `before`, over the state before the step (for guards), and `now`, over what is in memory at this point of
 * the effects. A write first saves what is still needed of the value that it overwrites.
 */
import {
  assertNever,
  BOOL,
  constant,
  definition,
  type Expr,
  eachTermUse,
  eachUse,
  exprType,
  type Fn,
  type Instr,
  type LocalId,
  mapExpr,
  type PlaceRef,
  placeName,
  simplify,
  successors,
  type Term,
  U8,
  type ValueType,
} from "@shootdown/ir";
import { type GlobalRanges, localRanges } from "./bounds.js";
import { bare, type Interval, interval, type LeafRange, printExpr } from "./promela-expr.js";
import { contextOf, HARDIRQ, type Root, type System, TASK } from "./system.js";

/** Ways through one step before the export gives up. */
const MAX_OPTIONS = 512;
/** Instructions on all ways through one step. */
const MAX_INSTRUCTIONS = 5_000;
/** Visits of one block on one way before it is asked whether the way repeats itself. */
const SUSPICIOUS_VISITS = 8;
/** Values of a leaf that are told apart where a loop needs them. */
const MAX_VALUES = 16;
/** Turns of a loop inside one step before the export gives up. */
const MAX_VISITS = 600;

/** The number of a region's entry: not its block's, because the step may come back to where it started. */
const ENTRY = -1;

/** Where a step ends. */
export type Target =
  | { readonly kind: "point"; readonly root: Root; readonly block: number }
  /** The handler is left, or the task is over. */
  | { readonly kind: "leave" }
  /** Hardware: nothing to go to. */
  | { readonly kind: "stay" }
  /** The step violates something: Spin stops here. */
  | { readonly kind: "stop" };

export interface Option {
  /** Conditions in the order in which they must be evaluated. */
  readonly guards: readonly string[];
  /** Lines of statements. */
  readonly effects: readonly string[];
  readonly target: Target;
}

/** The variables of the exported model, as the exporter of the whole file decided them. */
export interface Variables {
  /** The text of an element of a global; `element` is the flat index. */
  element(global: number, element: string): string;
  irqOff(cpu: number): string;
  /** The bit that says that a handler of this level runs; undefined for tasks. */
  active(cpu: number, level: number): string | undefined;
  /** The process variable that holds a local. */
  slot(root: Root, local: LocalId): { readonly name: string; readonly type: ValueType };
  /** Hidden temporary `n`. */
  temporary(n: number): string;
}

/** How the step begins. */
export type Entry =
  | { readonly kind: "run" }
  /** An interrupt is taken. `conditions` are texts. */
  | { readonly kind: "take"; readonly conditions: readonly string[] }
  | { readonly kind: "hardware"; readonly conditions: readonly string[] };

type Leaf =
  | { readonly kind: "variable"; readonly name: string }
  /** `location` is a global's index, or the number of globals plus a CPU for its interrupt mask. */
  | { readonly kind: "element"; readonly location: number; readonly index: readonly Expr[] };

interface Write {
  readonly location: number;
  readonly index: readonly Expr[];
  readonly value: Expr;
  /** Absent: always. */
  readonly cond?: Expr;
}

/** A statement; `checks` names the access for whose sake it stands, if another one that reads the same makes it needless. */
interface Line {
  readonly text: string;
  readonly checks?: string;
}

interface Path {
  before: Map<LocalId, Expr>;
  now: Map<LocalId, Expr>;
  guards: Expr[];
  /** Conditions of assertions so far: where one fails, the step is taken whatever is waited for behind it. */
  obligations: Expr[];
  writes: Write[];
  out: Line[];
  /** Conditions that hold for the state before, by key. */
  known: Map<string, Expr>;
  /** Leaves of the state before whose value the guards fix. */
  fixed: Map<number, number>;
  /** Locks that this context certainly holds now. */
  held: Set<string>;
  visits: Map<number, number>;
  seen: Set<string>;
  /** The next temporary that is free. */
  temporary: number;
}

function truth(value: boolean): Expr {
  return constant(BOOL, value ? 1 : 0);
}

function not(expr: Expr): Expr {
  if (expr.kind === "unary" && expr.op === "!") return expr.arg;
  if (expr.kind === "compare" && expr.op === "==") return { ...expr, op: "!=" };
  if (expr.kind === "compare" && expr.op === "!=") return { ...expr, op: "==" };
  return simplify({ kind: "unary", op: "!", type: BOOL, arg: expr });
}

function logic(op: "&&" | "||", left: Expr, right: Expr): Expr {
  return simplify({ kind: "logic", op, left, right });
}

function equal(left: Expr, right: Expr): Expr {
  return simplify({ kind: "compare", op: "==", left, right });
}

function key(value: unknown): string {
  return JSON.stringify(value);
}

/** Exports the steps of one program on one CPU. */
export class StepExporter {
  private readonly leaves: Leaf[] = [];
  private readonly leafNumbers = new Map<string, number>();
  private readonly fn: Fn;
  private readonly liveAfter = new Map<Instr, ReadonlySet<LocalId>>();
  private readonly liveAt: Set<LocalId>[];
  private readonly self: number;
  private readonly ranges: readonly (ReadonlyMap<LocalId, Interval> | undefined)[];
  /** By leaf: bounds that hold in the step, where they are narrower than the type's. */
  private readonly leafRanges = new Map<number, Interval>();
  private readonly range: LeafRange = (id) => {
    const leaf = this.leaves[id]!;
    if (leaf.kind === "variable") return this.leafRanges.get(id);
    const name = this.system.globals[leaf.location]?.name;
    return name === undefined ? undefined : this.globals.get(name);
  };
  private options: Option[] = [];
  private entry: Entry = { kind: "run" };
  private entryBlock = 0;
  private meets = new Map<number, number | undefined>();
  /** Hidden temporaries that the widest way of a step uses. */
  temporaries = 0;
  /** Instructions executed for this step, on all ways. */
  private executed = 0;

  constructor(
    private readonly system: System,
    private readonly cpu: number,
    private readonly root: Root,
    private readonly variables: Variables,
    private readonly globals: GlobalRanges,
  ) {
    this.self = contextOf(cpu, root.level) + 1;
    const { fn } = root.program;
    const isNeeded = (instr: Instr) => instr.kind !== "witness" && instr.kind !== "print";
    this.fn = {
      ...fn,
      blocks: fn.blocks.map((block) => ({ instrs: block.instrs.filter(isNeeded), term: block.term })),
    };
    this.liveAt = this.fn.blocks.map((_, id) => new Set(this.isPoint(id) ? root.program.live.get(id)! : []));
    this.computeLiveness();
    this.ranges = localRanges(fn, globals);
  }

  /** Every way through the step that starts at `block`. */
  step(block: number, entry: Entry): readonly Option[] {
    this.options = [];
    this.executed = 0;
    this.leafRanges.clear();
    this.entry = entry;
    this.entryBlock = block;
    this.meets = this.meetingPoints(block);
    const path: Path = {
      before: new Map(),
      now: new Map(),
      guards: [],
      obligations: [],
      writes: [],
      out: [],
      known: new Map(),
      fixed: new Map(),
      held: new Set(),
      visits: new Map(),
      seen: new Set(),
      temporary: 0,
    };
    if (entry.kind === "run") {
      for (const local of this.root.program.live.get(block)!) {
        const { name, type } = this.variables.slot(this.root, local);
        const range = this.ranges[block]?.get(local);
        let leaf = this.leaf({ kind: "variable", name }, type);
        if (range && range.lo === range.hi) leaf = constant(type, range.lo);
        else if (range && leaf.kind === "local") this.leafRanges.set(leaf.local, range);
        path.before.set(local, leaf);
        path.now.set(local, leaf);
      }
    } else if (entry.kind === "take") {
      const active = this.variables.active(this.cpu, this.root.level);
      if (active !== undefined) path.out.push({ text: `${active} = 1` });
      if (this.root.level === HARDIRQ) this.write(path, this.irqLocation, [], truth(true), truth(true), new Set());
      if (this.isPoint(block)) {
        this.exit(path, block);
        return this.options;
      }
    }
    this.run(path, block, 0, true, undefined);
    return this.options;
  }

  private get irqLocation(): number {
    return this.system.globals.length + this.cpu;
  }

  /** Whether a step ends at the block. */
  private isPoint(block: number): boolean {
    return this.root.pcOf.has(block);
  }

  // ---- the region ----

  /** Liveness inside steps: at a step point, what the state holds there (which may serve a witness only). */
  private computeLiveness(): void {
    const { blocks } = this.fn;
    for (let changed = true; changed; ) {
      changed = false;
      for (let id = blocks.length - 1; id >= 0; id--) {
        const block = blocks[id]!;
        const live = new Set(successors(block.term).flatMap((next) => [...this.liveAt[next]!]));
        eachTermUse(block.term, (local) => live.add(local));
        for (let i = block.instrs.length - 1; i >= 0; i--) {
          const instr = block.instrs[i]!;
          this.liveAfter.set(instr, new Set(live));
          const dst = definition(instr);
          if (dst !== undefined) live.delete(dst);
          eachUse(instr, (local) => live.add(local));
        }
        if (this.isPoint(id)) continue;
        if (live.size !== this.liveAt[id]!.size) {
          this.liveAt[id] = live;
          changed = true;
        }
      }
    }
  }

  private get isHardware(): boolean {
    return this.entry.kind === "hardware";
  }

  private isExit(block: number): boolean {
    return !this.isHardware && this.isPoint(block);
  }

  /**
   * By block of the region that ends in a branch: the block where all ways from it meet again; undefined if they do not
   * before the step ends.
   */
  private meetingPoints(entry: number): Map<number, number | undefined> {
    const next = new Map<number, readonly number[]>();
    const visit = (node: number) => {
      if (next.has(node)) return;
      const block = node === ENTRY ? entry : node;
      const ends = node !== ENTRY && this.isExit(block);
      next.set(node, ends ? [] : successors(this.fn.blocks[block]!.term));
      for (const to of next.get(node)!) visit(to);
    };
    visit(ENTRY);
    const nodes = [...next.keys()];
    const behind = new Map(nodes.map((node) => [node, new Set(nodes)]));
    for (let changed = true; changed; ) {
      changed = false;
      for (const node of nodes) {
        const sets = next.get(node)!.map((to) => behind.get(to)!);
        const common = new Set(sets.length === 0 ? [] : [...sets[0]!].filter((n) => sets.every((set) => set.has(n))));
        common.add(node);
        if (common.size !== behind.get(node)!.size) {
          behind.set(node, common);
          changed = true;
        }
      }
    }
    const result = new Map<number, number | undefined>();
    for (const node of nodes) {
      if (next.get(node)!.length < 2) continue;
      const candidates = [...behind.get(node)!].filter((n) => n !== node);
      const nearest = candidates.sort((a, b) => behind.get(b)!.size - behind.get(a)!.size)[0];
      result.set(node, nearest !== undefined && this.isPlain(next, node, nearest) ? nearest : undefined);
    }
    return result;
  }

  /** Whether all between a branch and where it meets again is straight computation: no choice, wait, lock or loop. */
  private isPlain(next: ReadonlyMap<number, readonly number[]>, branch: number, meet: number): boolean {
    const open = new Set<number>();
    const visit = (node: number): boolean => {
      if (node === meet) return true;
      if (open.has(node) || node === branch || this.isExit(node)) return false;
      const { instrs, term } = this.fn.blocks[node]!;
      if (term.kind === "return") return false;
      for (const instr of instrs) {
        if (instr.kind === "choose" || instr.kind === "wait" || instr.kind === "acquire" || instr.kind === "release") {
          return false;
        }
      }
      open.add(node);
      const plain = next.get(node)!.every(visit);
      open.delete(node);
      return plain;
    };
    return next.get(branch)!.every(visit);
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
        if (this.isExit(node)) {
          this.exit(path, node);
          return;
        }
        if (this.repeats(path, node)) {
          this.stop(path, "endless loop that touches no shared state");
          return;
        }
      }
      const { instrs, term } = this.fn.blocks[node]!;
      for (; index < instrs.length; index++) {
        const instr = instrs[index]!;
        if (++this.executed > MAX_INSTRUCTIONS) throw new Error(`${place(instr)}: a step is too long to be exported`);
        if (instr.kind === "choose") {
          this.choose(path, instr, (next) => this.run(next, node, index + 1, entering, stop));
          return;
        }
        if (!this.instr(path, instr)) return;
      }
      const meet = this.meets.get(entering ? ENTRY : node);
      entering = false;
      index = 0;
      if (term.kind === "return") {
        this.leave(path);
        return;
      }
      if (term.kind === "jump") {
        node = term.to;
        continue;
      }
      const cond = this.value(path.before, term.cond);
      const decided = this.decide(path, cond);
      if (decided !== undefined) {
        node = decided ? term.then : term.else;
        continue;
      }
      if (meet !== undefined) {
        this.join(path, cond, this.value(path.now, term.cond), term, meet);
        node = meet;
        continue;
      }
      if ((path.visits.get(node) ?? 0) > 1) {
        // A loop: what it asks may follow from what it asked before, if only the values were known.
        const leaf = this.smallLeaf(cond);
        if (leaf) {
          for (let value = leaf.range.lo; value <= leaf.range.hi; value++) {
            const one = this.fork(path);
            if (this.fix(one, leaf.expr, value)) this.branch(one, term, stop);
          }
          return;
        }
      }
      const other = this.fork(path);
      this.assume(path, cond);
      this.run(path, term.then, 0, false, stop);
      this.assume(other, not(cond));
      this.run(other, term.else, 0, false, stop);
      return;
    }
  }

  /** Takes a branch again, with more known. */
  private branch(path: Path, term: Extract<Term, { kind: "branch" }>, stop: number | undefined): void {
    const cond = this.value(path.before, term.cond);
    const decided = this.decide(path, cond);
    if (decided !== undefined) {
      this.run(path, decided ? term.then : term.else, 0, false, stop);
      return;
    }
    const leaf = this.smallLeaf(cond);
    if (leaf) {
      for (let value = leaf.range.lo; value <= leaf.range.hi; value++) {
        const one = this.fork(path);
        if (this.fix(one, leaf.expr, value)) this.branch(one, term, stop);
      }
      return;
    }
    const other = this.fork(path);
    this.assume(path, cond);
    this.run(path, term.then, 0, false, stop);
    this.assume(other, not(cond));
    this.run(other, term.else, 0, false, stop);
  }

  /** A leaf of an expression that has few values. */
  private smallLeaf(expr: Expr): { readonly expr: Expr; readonly range: Interval } | undefined {
    let found: { expr: Expr; range: Interval } | undefined;
    mapExpr(expr, (e) => {
      if (e.kind !== "local") return e;
      const range = interval(e, this.range);
      if (range.hi - range.lo < MAX_VALUES && (!found || range.hi - range.lo < found.range.hi - found.range.lo)) {
        found = { expr: e, range };
      }
      return e;
    });
    return found;
  }

  /** Adds a guard that fixes a leaf's value, and draws the consequences; false if the path cannot be then. */
  private fix(path: Path, leaf: Expr, value: number): boolean {
    if (leaf.kind !== "local") return true;
    path.fixed.set(leaf.local, value);
    const known = [...path.known.values()].map((cond) => this.fixedValue(path, cond));
    if (known.some((cond) => cond.kind === "const" && cond.value === 0)) return false;
    path.known = new Map();
    for (const cond of known) this.learn(path, cond);
    path.guards = path.guards.map((guard) => this.fixedValue(path, guard));
    if (path.guards.some((guard) => guard.kind === "const" && guard.value === 0)) return false;
    path.guards = path.guards.filter((guard) => guard.kind !== "const");
    path.guards.unshift(equal(leaf, constant(exprType(leaf), value)));
    path.obligations = path.obligations.map((item) => this.fixedValue(path, item));
    path.writes = path.writes.map((write) => ({
      location: write.location,
      index: write.index.map((index) => this.fixedValue(path, index)),
      value: this.fixedValue(path, write.value),
      cond: write.cond && this.fixedValue(path, write.cond),
    }));
    for (const [local, before] of path.before) {
      this.set(path, local, this.fixedValue(path, before), path.now.get(local) ?? before);
    }
    return true;
  }

  /** The expression with fixed leaves replaced, in indices of elements too. */
  private fixedValue(path: Path, expr: Expr): Expr {
    if (path.fixed.size === 0) return expr;
    return simplify(
      mapExpr(expr, (e) => {
        if (e.kind !== "local") return e;
        const value = path.fixed.get(e.local);
        if (value !== undefined) return constant(e.type, value);
        const leaf = this.leaves[e.local]!;
        if (leaf.kind === "variable" || leaf.index.length === 0) return e;
        const element = this.leafOf(
          leaf.location,
          leaf.index.map((index) => this.fixedValue(path, index)),
        );
        const inner = element.kind === "local" ? path.fixed.get(element.local) : undefined;
        return inner === undefined ? element : constant(e.type, inner);
      }),
    );
  }

  /** Whether the path has been at the block before with the same values. */
  private repeats(path: Path, block: number): boolean {
    const visits = (path.visits.get(block) ?? 0) + 1;
    path.visits.set(block, visits);
    if (visits <= SUSPICIOUS_VISITS) return false;
    if (visits > MAX_VISITS) {
      const { instrs, term } = this.fn.blocks[block]!;
      throw new Error(`${place(instrs[0] ?? term)}: a loop without a bound that is known cannot be exported`);
    }
    const values = [...this.liveAt[block]!].sort((a, b) => a - b).map((local) => path.before.get(local) ?? 0);
    const text = key([block, values, path.writes.length]);
    if (path.seen.has(text)) return true;
    path.seen.add(text);
    return false;
  }

  private fork(path: Path): Path {
    return {
      before: new Map(path.before),
      now: new Map(path.now),
      guards: path.guards.slice(),
      obligations: path.obligations.slice(),
      writes: path.writes.slice(),
      out: path.out.slice(),
      known: new Map(path.known),
      fixed: new Map(path.fixed),
      held: new Set(path.held),
      visits: new Map(path.visits),
      seen: new Set(path.seen),
      temporary: path.temporary,
    };
  }

  /** What is known of a condition on the state before. */
  private decide(path: Path, cond: Expr): boolean | undefined {
    if (cond.kind === "const") return cond.value !== 0;
    if (path.known.has(key(cond))) return true;
    if (path.known.has(key(not(cond)))) return false;
    const range = interval(cond, this.range);
    return range.lo === range.hi ? range.lo !== 0 : undefined;
  }

  private assume(path: Path, cond: Expr): void {
    path.guards.push(cond);
    this.learn(path, cond);
  }

  private learn(path: Path, cond: Expr): void {
    path.known.set(key(cond), cond);
    if (cond.kind === "logic" && cond.op === "&&") {
      this.learn(path, cond.left);
      this.learn(path, cond.right);
    }
  }

  /** A way of its own for each value. */
  private choose(path: Path, instr: Extract<Instr, { kind: "choose" }>, goOn: (path: Path) => void): void {
    const { type } = this.fn.locals[instr.dst]!;
    for (let value = 0; value < instr.count; value++) {
      const next = this.fork(path);
      this.set(next, instr.dst, constant(type, value), constant(type, value));
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
      const result = this.fork(path);
      result.out = [];
      result.obligations = [];
      result.writes = path.writes.slice();
      this.learn(result, holds);
      this.run(result, start, 0, false, meet);
      return result;
    };
    const yes = arm(term.then, cond);
    const no = arm(term.else, not(cond));
    path.temporary = Math.max(yes.temporary, no.temporary);
    const isSilent = yes.out.length === 0 && no.out.length === 0;
    for (const local of this.liveAt[meet]!) {
      const a = yes.now.get(local);
      const b = no.now.get(local);
      const before = path.before.get(local);
      if (a === undefined && b === undefined) continue;
      const { type } = this.fn.locals[local]!;
      const zero = constant(type, 0);
      const beforeYes = yes.before.get(local) ?? before ?? zero;
      const beforeNo = no.before.get(local) ?? before ?? zero;
      path.before.set(local, select(cond, beforeYes, beforeNo));
      if (key(a) === key(b)) {
        path.now.set(local, a!);
      } else if (isSilent) {
        path.now.set(local, select(nowCond, a ?? zero, b ?? zero));
      } else {
        const temporary = this.newTemporary(path, type);
        yes.out.push({ text: `${this.text(temporary)} = ${this.text(a ?? zero)}` });
        no.out.push({ text: `${this.text(temporary)} = ${this.text(b ?? zero)}` });
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
    const body = (lines: readonly Line[]) => (lines.length === 0 ? "skip" : this.finish(lines, []).join("; "));
    if (yes.out.length === 0) {
      path.out.push({ text: `if :: ${this.text(not(nowCond))} -> ${body(no.out)} :: else fi` });
    } else {
      const otherwise = no.out.length === 0 ? ":: else" : `:: else -> ${body(no.out)}`;
      path.out.push({ text: `if :: ${this.text(nowCond)} -> ${body(yes.out)} ${otherwise} fi` });
    }
  }

  /** One instruction; false when the path ends with it. */
  private instr(path: Path, instr: Instr): boolean {
    const both = (expr: Expr): [Expr, Expr] => [this.value(path.before, expr), this.value(path.now, expr)];
    switch (instr.kind) {
      case "assign":
        this.set(path, instr.dst, ...both(instr.value));
        return true;
      case "load": {
        const place = this.place(path, instr.place);
        if (!this.inBounds(path, place, instr, true)) return false;
        if (!instr.ghost) this.checkGuard(path, instr.place);
        this.set(path, instr.dst, this.read(path, place), this.leafOf(place.location, place.now));
        return true;
      }
      case "store": {
        const place = this.place(path, instr.place);
        if (!this.inBounds(path, place, instr, false)) return false;
        this.checkGuard(path, instr.place);
        const [before, now] = both(instr.value);
        this.writePlace(path, place, before, now, instr);
        return true;
      }
      case "acquire": {
        const place = this.place(path, instr.lock);
        if (!this.inBounds(path, place, instr, true)) return false;
        if (!this.block(path, equal(this.read(path, place), constant(U8, 0)))) return false;
        const self = constant(U8, this.self);
        this.writePlace(path, place, self, self, instr);
        path.held.add(key([place.location, place.before]));
        return true;
      }
      case "release": {
        const place = this.place(path, instr.lock);
        if (!this.inBounds(path, place, instr, false)) return false;
        const held = key([place.location, place.before]);
        if (!path.held.has(held)) {
          const self = constant(U8, this.self);
          const owner = this.leafOf(place.location, place.now);
          if (!this.check(path, equal(this.read(path, place), self), equal(owner, self))) return false;
        }
        path.held.delete(held);
        this.writePlace(path, place, constant(U8, 0), constant(U8, 0), instr);
        return true;
      }
      case "irq": {
        const off = { location: this.irqLocation, before: [], now: [] };
        const [before, now] =
          instr.op === "restore" ? both(instr.value) : [truth(instr.op !== "enable"), truth(instr.op !== "enable")];
        if (instr.op === "save") this.set(path, instr.dst, this.read(path, off), this.leafOf(off.location, []));
        this.writePlace(path, off, before, now, instr);
        return true;
      }
      case "irqsDisabled": {
        const off = { location: this.irqLocation, before: [], now: [] };
        this.set(path, instr.dst, this.read(path, off), this.leafOf(off.location, []));
        return true;
      }
      case "inTask":
        this.set(path, instr.dst, truth(this.root.level === TASK), truth(this.root.level === TASK));
        return true;
      case "wait":
        return this.block(path, both(instr.cond)[0]);
      case "check":
        return this.check(path, ...both(instr.cond));
      case "mightSleep":
        return this.mightSleep(path);
      case "waiters":
        if (this.liveAfter.get(instr)!.has(instr.dst)) {
          throw new Error(`${place(instr)}: someone_waits_for() is exported only where a witness asks it`);
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
        throw new Error(`${place(instr)}: ${instr.kind} is not expected here`);
      default:
        return assertNever(instr);
    }
  }

  private mightSleep(path: Path): boolean {
    if (this.root.level !== TASK) return this.check(path, truth(false), truth(false));
    const off = { location: this.irqLocation, before: [], now: [] };
    if (!this.check(path, not(this.read(path, off)), not(this.leafOf(off.location, [])))) return false;
    return this.checkLocks(path, (lock) => lock === "spinlock");
  }

  /** This context holds none of the locks that its program takes. */
  private checkLocks(path: Path, which: (kind: string) => boolean): boolean {
    const self = constant(U8, this.self);
    return this.system.globals.every((global, location) => {
      if (!global.lock || !which(global.lock) || !this.root.writes.has(global.name)) return true;
      return elements(global.dims).every((index) => {
        const before = this.read(path, { location, before: index, now: index });
        return this.check(path, not(equal(before, self)), not(equal(this.leafOf(location, index), self)));
      });
    });
  }

  /** Goes on only if the condition holds. */
  private block(path: Path, cond: Expr): boolean {
    const decided = this.decide(path, cond);
    if (decided === true) return true;
    if (path.obligations.length === 0) {
      if (decided === false) return false;
      this.assume(path, cond);
      return true;
    }
    // An assertion stands before the wait: the step must be enabled for it to fail.
    const fine = path.obligations.reduce((all, item) => logic("&&", all, item));
    path.guards.push(logic("||", cond, not(fine)));
    path.obligations = [];
    if (decided === false) {
      this.stop(path, "");
      return false;
    }
    this.learn(path, cond);
    return true;
  }

  /** A violation unless the condition holds; false when it never does. */
  private check(path: Path, before: Expr, now: Expr): boolean {
    const decided = this.decide(path, before);
    if (decided === true) return true;
    if (decided === false) {
      this.stop(path, "");
      return false;
    }
    path.out.push({ text: `assert(${bare(this.text(now))})` });
    path.obligations.push(before);
    this.learn(path, before);
    return true;
  }

  /** The indices lie in their dimensions. Spin checks the index of a one-dimensional array by itself where it is used. */
  private inBounds(path: Path, place: Place, instr: Instr, isRead: boolean): boolean {
    const { dims } = this.system.globals[place.location]!;
    return dims.every((dim, i) => {
      const range = interval(place.before[i]!, this.range);
      if (range.lo >= 0 && range.hi < dim) return true;
      if (range.lo >= dim || range.hi < 0) {
        this.stop(path, "");
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
      this.learn(path, cond);
      const access = this.text(this.leafOf(place.location, place.now));
      const line = { text: `assert(${bare(this.text(below(place.now[i]!)))})` };
      if (dims.length > 1) path.out.push(line);
      else if (isRead && instr.kind !== "acquire") path.out.push({ ...line, checks: access });
      path.obligations.push(cond);
      return true;
    });
  }

  private checkGuard(path: Path, ref: PlaceRef): void {
    const { guard } = this.system.globals[this.system.globalIndex.get(placeName(ref)!)!]!;
    if (guard === undefined) return;
    const lock = this.system.globals[this.system.globalIndex.get(guard)!]!;
    const lockRef: PlaceRef = {
      base: { kind: "global", name: guard },
      path: "",
      index: ref.index.slice(0, lock.dims.length),
    };
    const place = this.place(path, lockRef);
    const held = key([place.location, place.before]);
    if (path.held.has(held)) return;
    path.held.add(held);
    const self = constant(U8, this.self);
    const before = equal(this.read(path, place), self);
    path.out.push({ text: `assert(${bare(this.text(equal(this.leafOf(place.location, place.now), self)))})` });
    path.obligations.push(before);
    this.learn(path, before);
  }

  // ---- values and places ----

  private leaf(leaf: Leaf, type: ValueType): Expr {
    const text = key(leaf);
    let id = this.leafNumbers.get(text);
    if (id === undefined) {
      id = this.leaves.push(leaf) - 1;
      this.leafNumbers.set(text, id);
    }
    return { kind: "local", type, local: id };
  }

  private leafOf(location: number, index: readonly Expr[]): Expr {
    return this.leaf({ kind: "element", location, index }, this.system.globals[location]?.type ?? BOOL);
  }

  private newTemporary(path: Path, type: ValueType): Expr {
    const number = path.temporary++;
    this.temporaries = Math.max(this.temporaries, number + 1);
    return this.leaf({ kind: "variable", name: this.variables.temporary(number) }, type);
  }

  private text(expr: Expr): string {
    return printExpr(
      expr,
      (id) => {
        const leaf = this.leaves[id]!;
        if (leaf.kind === "variable") return leaf.name;
        if (leaf.location >= this.system.globals.length)
          return this.variables.irqOff(leaf.location - this.system.globals.length);
        const { dims } = this.system.globals[leaf.location]!;
        return this.variables.element(leaf.location, bare(this.text(flatten(dims, leaf.index))));
      },
      this.range,
    );
  }

  private value(env: ReadonlyMap<LocalId, Expr>, expr: Expr): Expr {
    return simplify(
      mapExpr(expr, (e) => {
        if (e.kind === "cpu") return constant(e.type, this.cpu);
        return e.kind === "local" ? (env.get(e.local) ?? constant(e.type, 0)) : e;
      }),
    );
  }

  private set(path: Path, local: LocalId, before: Expr, now: Expr): void {
    path.before.set(local, before);
    path.now.set(local, before.kind === "const" ? before : now);
  }

  private place(path: Path, ref: PlaceRef): Place {
    return {
      location: this.system.globalIndex.get(placeName(ref)!)!,
      before: ref.index.map((expr) => this.value(path.before, expr)),
      now: ref.index.map((expr) => this.value(path.now, expr)),
    };
  }

  /** What an element holds now, over the state before: the last write to it in this step, else what it held. */
  private read(path: Path, place: Place): Expr {
    let result = this.fixedValue(path, this.leafOf(place.location, place.before));
    for (const write of path.writes) {
      if (write.location !== place.location) continue;
      const same = write.index.reduce<Expr>(
        (all, expr, i) => logic("&&", all, equalIndex(expr, place.before[i]!, this.range)),
        truth(true),
      );
      const cond = write.cond ? logic("&&", write.cond, same) : same;
      if (cond.kind === "const" && cond.value === 0) continue;
      result = select(cond, write.value, result);
    }
    return result;
  }

  private writePlace(path: Path, place: Place, before: Expr, now: Expr, instr: Instr): void {
    const live = this.liveAfter.get(instr)!;
    this.save(path, place, live);
    const target = this.leafOf(place.location, place.now);
    path.out.push({ text: `${this.text(target)} = ${bare(this.text(before.kind === "const" ? before : now))}` });
    path.writes.push({ location: place.location, index: place.before, value: before });
  }

  private write(
    path: Path,
    location: number,
    index: readonly Expr[],
    before: Expr,
    now: Expr,
    live: ReadonlySet<LocalId>,
  ): void {
    this.save(path, { location, before: index, now: index }, live);
    path.out.push({ text: `${this.text(this.leafOf(location, index))} = ${bare(this.text(now))}` });
    path.writes.push({ location, index, value: before });
  }

  /** Copies to temporaries what is still needed of an element that is about to be written. */
  private save(path: Path, place: Place, live: ReadonlySet<LocalId>): void {
    const saved = new Map<string, Expr>();
    for (const local of live) {
      const now = path.now.get(local);
      if (now === undefined || !this.mentions(now, place)) continue;
      let temporary = saved.get(key(now));
      if (!temporary) {
        temporary = this.newTemporary(path, exprType(now));
        saved.set(key(now), temporary);
        path.out.push({ text: `${this.text(temporary)} = ${bare(this.text(now))}` });
      }
      path.now.set(local, temporary);
    }
  }

  /** Whether the expression reads what may be the element. */
  private mentions(expr: Expr, place: Place): boolean {
    let found = false;
    mapExpr(expr, (e) => {
      if (e.kind !== "local") return e;
      const leaf = this.leaves[e.local]!;
      if (leaf.kind !== "element") return e;
      if (leaf.index.some((index) => this.mentions(index, place))) found = true;
      if (leaf.location !== place.location) return e;
      const differs = leaf.index.some((index, i) => {
        const same = equalIndex(index, place.now[i]!, this.range);
        return same.kind === "const" && same.value === 0;
      });
      if (!differs) found = true;
      return e;
    });
    return found;
  }

  // ---- the end of a step ----

  private exit(path: Path, block: number): void {
    const entrySlots = new Map<string, ValueType>();
    if (this.entry.kind === "run") {
      for (const local of this.root.program.live.get(this.entryBlock)!) {
        const { name, type } = this.variables.slot(this.root, local);
        entrySlots.set(name, type);
      }
    }
    const wanted = new Map<string, Expr>();
    for (const local of this.root.program.live.get(block)!) {
      const { name, type } = this.variables.slot(this.root, local);
      const value = path.now.get(local) ?? constant(type, 0);
      // A variable that did not live at the start of the step is 0.
      if (value.kind === "const" && value.value === 0 && !entrySlots.has(name))
        wanted.set(name, this.leaf({ kind: "variable", name }, type));
      else wanted.set(name, value);
    }
    for (const [name, type] of entrySlots) if (!wanted.has(name)) wanted.set(name, constant(type, 0));
    this.assignSlots(path, wanted);
    this.emit(path, { kind: "point", root: this.root, block });
  }

  /** All at once: an assignment waits for those that still read the variable it writes. */
  private assignSlots(path: Path, wanted: Map<string, Expr>): void {
    const reads = (expr: Expr, name: string): boolean => {
      let found = false;
      mapExpr(expr, (e) => {
        if (e.kind !== "local") return e;
        const leaf = this.leaves[e.local]!;
        if (leaf.kind === "variable" ? leaf.name === name : leaf.index.some((index) => reads(index, name)))
          found = true;
        return e;
      });
      return found;
    };
    const isItself = (expr: Expr, name: string) => {
      const leaf = expr.kind === "local" ? this.leaves[expr.local]! : undefined;
      return leaf?.kind === "variable" && leaf.name === name;
    };
    const pending = new Map([...wanted].filter(([name, value]) => !isItself(value, name)));
    while (pending.size > 0) {
      const free = [...pending].find(([name]) =>
        [...pending].every(([other, value]) => other === name || !reads(value, name)),
      );
      if (!free) {
        const [name, value] = [...pending][0]!;
        const temporary = this.newTemporary(path, exprType(value));
        path.out.push({ text: `${this.text(temporary)} = ${bare(this.text(value))}` });
        pending.set(name, temporary);
        continue;
      }
      const [name, value] = free;
      path.out.push({ text: `${name} = ${bare(this.text(value))}` });
      pending.delete(name);
    }
  }

  /** The end of a task or handler, or of a hardware action. */
  private leave(path: Path): void {
    if (this.isHardware) {
      this.emit(path, { kind: "stay" });
      return;
    }
    if (!this.checkLocks(path, () => true)) return;
    if (this.entry.kind === "run") {
      const wanted = new Map<string, Expr>();
      for (const local of this.root.program.live.get(this.entryBlock)!) {
        const { name, type } = this.variables.slot(this.root, local);
        wanted.set(name, constant(type, 0));
      }
      this.assignSlots(path, wanted);
    }
    if (this.root.level === HARDIRQ) path.out.push({ text: `${this.variables.irqOff(this.cpu)} = 0` });
    const active = this.variables.active(this.cpu, this.root.level);
    if (active !== undefined) path.out.push({ text: `${active} = 0` });
    this.emit(path, { kind: "leave" });
  }

  private stop(path: Path, why: string): void {
    path.out.push({ text: why === "" ? "assert(false)" : `assert(false) /* ${why} */` });
    this.emit(path, { kind: "stop" });
  }

  private emit(path: Path, target: Target): void {
    if (this.options.length >= MAX_OPTIONS) {
      const { instrs, term } = this.fn.blocks[this.entryBlock]!;
      throw new Error(
        `${place(instrs[0] ?? term)}: a step with more than ${MAX_OPTIONS} ways through it cannot be exported`,
      );
    }
    const guards = path.guards.map((guard) => this.text(guard));
    if (this.entry.kind !== "run") guards.unshift(...this.entry.conditions);
    this.options.push({ guards, effects: this.finish(path.out, guards), target });
  }

  /** Drops bounds checks of accesses that the rest makes in any case: Spin checks them there. */
  private finish(lines: readonly Line[], guards: readonly string[]): string[] {
    const certain = [...guards, ...lines.filter((line) => !line.checks).map((line) => line.text)].filter(
      (text) => !text.includes("->") && !text.includes("||"),
    );
    return lines
      .filter((line) => line.checks === undefined || !certain.some((text) => text.includes(line.checks!)))
      .map((line) => line.text);
  }
}

interface Place {
  readonly location: number;
  readonly before: readonly Expr[];
  readonly now: readonly Expr[];
}

function place(where: { readonly at: { readonly file: string; readonly line: number } }): string {
  return `${where.at.file}:${where.at.line}`;
}

/** Whether two indices are the same, as an expression; a constant where that can be told. */
function equalIndex(a: Expr, b: Expr, range: LeafRange): Expr {
  if (key(a) === key(b)) return truth(true);
  const x = interval(a, range);
  const y = interval(b, range);
  if (x.hi < y.lo || y.hi < x.lo) return truth(false);
  return equal(a, b);
}

function select(cond: Expr, yes: Expr, no: Expr): Expr {
  if (key(yes) === key(no)) return yes;
  return simplify({ kind: "select", type: exprType(yes), cond, then: yes, else: no });
}

/** The flat index of an element. */
function flatten(dims: readonly number[], index: readonly Expr[]): Expr {
  const type = { kind: "int", bits: 32, signed: true } as const;
  return index.reduce<Expr>(
    (sum, expr, i) => {
      const scaled = simplify({ kind: "arith", op: "*", type, left: sum, right: constant(type, dims[i]!) });
      return simplify({ kind: "arith", op: "+", type, left: scaled, right: { kind: "convert", type, arg: expr } });
    },
    constant(type, 0),
  );
}

/** The indices of every element, in order. */
function elements(dims: readonly number[]): Expr[][] {
  return dims.reduce<Expr[][]>(
    (all, dim) => all.flatMap((index) => Array.from({ length: dim }, (_, i) => [...index, constant(U8, i)])),
    [[]],
  );
}
