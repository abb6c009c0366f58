/**
 * Which functions a compiler emits into each object, and with what inside: gcc's decisions at an optimisation level, as
 * far as they decide which references are left. Called by `link.ts`.
 *
 * An object is compiled alone: of a function of another object only the name is known. Two phases, as in gcc. First each
 * function by itself, with tiny ones expanded: what is dead by then is gone, and what nobody calls after that is never
 * emitted. Then calls are expanded that are a function's only ones, or of small ones; what becomes dead only now is
 * dropped from the function that holds it, but a function that was called from there is emitted all the same.
 *
 * Most links miss a name or two, and most objects have nothing to do with them: `about` leaves those out.
 *
 * Where gcc weighs sizes that are not known here, the choice is `inlining`: link the module with "eager" and with
 * "reluctant" to see whether anything hangs on it.
 */
import { type Expanded, inlineSome } from "./inline.js";
import { Ranges } from "./ranges.js";
import { eachExpr, eachOperand, eachTermOperand } from "./rewrite.js";
import type { At, Expr, Fn, Instr, Module } from "./types.js";
import { join, type Value, widthOf } from "./value.js";

export type Optimisation = "O0" | "O1" | "O2" | "Os";
export type Inlining = "usual" | "eager" | "reluctant";

/** A function as an object has it. */
export interface Emitted {
  readonly name: string;
  readonly object: string;
  readonly expanded: Expanded;
  readonly ranges: Ranges;
  /** Others call it by name. */
  readonly isExternal: boolean;
}

/** A live use of a function's name. */
export interface Use {
  readonly symbol: string;
  readonly block: number;
  readonly index: number;
  readonly at: At;
  readonly isCall: boolean;
}

interface Limits {
  /** Bodies up to this size are expanded before anything else is decided. */
  readonly early: number;
  /** Static functions up to this size are expanded wherever they are called. */
  readonly small: number;
  /** The same for those of headers, which are declared inline. */
  readonly declared: number;
}

/** Sizes in the instructions of `sizeOf`. Fitted to gcc 12 by `npm run oracle:gcc`, and to what it makes of mm/percpu.c (tests/report1.test.ts). */
const LIMITS: Record<Exclude<Optimisation, "O0">, Limits> = {
  O1: { early: 0, small: 5, declared: 40 },
  O2: { early: 6, small: 12, declared: 60 },
  Os: { early: 4, small: 5, declared: 8 },
};
/** How far off our idea of a size may be: a body this many times the limit is surely not expanded. */
const MARGIN = 3;

const NOWHERE = "";

/** Every function name that live code of a body uses, in order. */
export function usesOf({ expanded, ranges }: Pick<Emitted, "expanded" | "ranges">): readonly Use[] {
  const found: Use[] = [];
  expanded.fn.blocks.forEach((block, id) => {
    if (!ranges.reaches(id)) return;
    const note = (index: number, at: At) => (name: string, isCall: boolean) => {
      if (ranges.executes(id, index)) found.push({ symbol: name, block: id, index, at, isCall });
    };
    for (const [index, instr] of block.instrs.entries()) eachName(instr, note(index, instr.at));
    eachTermOperand(block.term, addressesIn(note(block.instrs.length, block.term.at)));
  });
  return found;
}

type NoteName = (name: string, isCall: boolean) => void;

function addressesIn(note: NoteName): (expr: Expr) => void {
  return (expr) =>
    eachExpr(expr, (e) => {
      if (e.kind === "function") note(e.name, false);
    });
}

/** The function names that an instruction uses. */
function eachName(instr: Instr, note: NoteName): void {
  if (instr.kind === "call" && instr.callee.kind === "direct") note(instr.callee.name, true);
  eachOperand(instr, addressesIn(note));
}

/** About the number of machine instructions of the live part. */
function sizeOf({ fn }: Expanded, ranges: Ranges): number {
  let size = 0;
  const nodes = (expr: Expr): void =>
    eachExpr(expr, (e) => {
      if (e.kind === "arith" || e.kind === "unary" || e.kind === "compare" || e.kind === "select") size++;
    });
  fn.blocks.forEach((block, id) => {
    if (!ranges.reaches(id)) return;
    for (const instr of block.instrs) {
      eachOperand(instr, nodes);
      if (instr.kind === "call") size += 1 + instr.args.length;
      else if (instr.kind !== "assign" && instr.kind !== "witness") size++;
    }
    eachTermOperand(block.term, nodes);
    if (block.term.kind === "branch") size++;
  });
  return size;
}

interface Early {
  readonly name: string;
  readonly object: string;
  readonly expanded: Expanded;
  readonly ranges: Ranges;
  readonly size: number;
  readonly uses: readonly Use[];
}

class Compiler {
  private readonly bodies = new Map<string, Early>();
  private readonly limits: Limits;
  private readonly inlining: Inlining;
  /** Functions of a part that another object uses: external whatever their file says. */
  private readonly crossed = new Set<string>();
  /** The objects that are compiled; of the others nothing is asked. */
  private readonly objects: ReadonlySet<string>;

  constructor(
    private readonly module: Module,
    private readonly level: Exclude<Optimisation, "O0">,
    { inlining, about }: EmitOptions,
  ) {
    this.limits = LIMITS[level];
    this.inlining = inlining ?? "usual";
    for (const fn of module.functions.values()) {
      for (const name of namesIn(fn)) {
        const used = module.functions.get(name);
        if (used?.isPart && used.object !== fn.object) this.crossed.add(name);
      }
    }
    this.objects = new Set([...(about ? usersOf(module, about) : module.functions.values())].map(objectOf));
  }

  isExternal(fn: Fn): boolean {
    if (fn.object === undefined || !fn.exported) return false;
    return !fn.isPart || this.crossed.has(fn.name);
  }

  /** The function that a call in `object` means, if its body is there to see. */
  private visible(name: string, object: string): Fn | undefined {
    const fn = this.module.functions.get(name);
    return fn && (fn.object === undefined || fn.object === object) ? fn : undefined;
  }

  private fits(size: number, limit: number): boolean {
    if (this.inlining === "eager") return size <= limit * MARGIN;
    return size <= (this.inlining === "reluctant" ? Math.floor(limit / MARGIN) : limit);
  }

  /** A function by itself, tiny ones expanded. */
  early(name: string, object: string): Early {
    const key = `${object}\n${name}`;
    const known = this.bodies.get(key);
    if (known) return known;
    const expands = (callee: string): boolean => {
      const fn = this.visible(callee, object);
      if (!fn) return false;
      const { size } = this.early(callee, object);
      return this.fits(size, fn.object === undefined ? this.limits.declared : this.limits.early);
    };
    const expanded = inlineSome(this.module, this.module.functions.get(name)!, expands);
    const ranges = new Ranges(expanded.fn, { precision: "ranges", forgetsLoops: this.level === "O1" });
    const early = {
      name,
      object,
      expanded,
      ranges,
      size: sizeOf(expanded, ranges),
      uses: usesOf({ expanded, ranges }),
    };
    this.bodies.set(key, early);
    return early;
  }

  /** Everything that live code reaches after the first phase, callers before callees where they are of one object. */
  private reachable(roots: readonly string[]): readonly Early[] {
    const order: Early[] = [];
    const seen = new Set<string>();
    const visit = (name: string, object: string): void => {
      const key = `${object}\n${name}`;
      if (seen.has(key) || !this.objects.has(object)) return;
      seen.add(key);
      const early = this.early(name, object);
      for (const { symbol } of early.uses) {
        const fn = this.module.functions.get(symbol);
        if (fn) visit(symbol, fn.object ?? object);
      }
      order.unshift(early);
    };
    for (const root of [...roots].reverse()) {
      const fn = this.module.functions.get(root);
      if (fn) visit(root, objectOf(fn));
    }
    return order;
  }

  emit(roots: readonly string[]): readonly Emitted[] {
    const reached = this.reachable([...roots, ...this.crossed]);
    const rootSet = new Set(roots);
    const sites = new Map<string, number>();
    const addressed = new Set<string>();
    for (const { object, uses } of reached) {
      for (const { symbol, isCall } of uses) {
        const key = `${this.module.functions.get(symbol)?.object ?? object}\n${symbol}`;
        if (isCall) sites.set(key, (sites.get(key) ?? 0) + 1);
        else addressed.add(key);
      }
    }
    const stays = (early: Early): boolean => {
      const fn = this.module.functions.get(early.name)!;
      return this.isExternal(fn) || rootSet.has(early.name) || addressed.has(`${early.object}\n${early.name}`);
    };
    const expands = (object: string) => (callee: string) => {
      const fn = this.visible(callee, object);
      if (!fn) return false;
      const early = this.early(callee, object);
      if (!stays(early) && sites.get(`${object}\n${callee}`) === 1) return true;
      return this.fits(early.size, fn.object === undefined ? this.limits.declared : this.limits.small);
    };
    const passed = this.level === "O1" ? new Map<string, readonly Value[]>() : this.arguments(reached, stays);
    return reached.flatMap((early): Emitted[] => {
      const { name, object } = early;
      if (!stays(early) && expands(object)(name)) return [];
      const fn = this.module.functions.get(name)!;
      const expanded = inlineSome(this.module, fn, expands(object));
      const ranges = new Ranges(expanded.fn, {
        precision: "ranges",
        forgetsLoops: this.level === "O1",
        params: passed.get(`${object}\n${name}`),
      });
      return [{ name, object, expanded, ranges, isExternal: this.isExternal(fn) }];
    });
  }

  /** What all callers pass to functions that only they can call. */
  private arguments(
    reached: readonly Early[],
    stays: (early: Early) => boolean,
  ): ReadonlyMap<string, readonly Value[]> {
    const passed = new Map<string, Value[]>();
    const closed = new Set(reached.filter((early) => !stays(early)).map(({ name, object }) => `${object}\n${name}`));
    for (const early of reached) {
      const { name, object, expanded } = early;
      const params = passed.get(`${object}\n${name}`);
      const isAsBefore = params === undefined; // nothing is known of its callers: what was found out about it stands
      const ranges = isAsBefore
        ? early.ranges
        : new Ranges(expanded.fn, { precision: "ranges", forgetsLoops: this.level === "O1", params });
      for (const { symbol, block, index, isCall } of isAsBefore ? early.uses : usesOf({ expanded, ranges })) {
        const key = `${object}\n${symbol}`;
        const instr = expanded.fn.blocks[block]!.instrs[index];
        const callee = this.visible(symbol, object);
        if (!isCall || !closed.has(key) || instr?.kind !== "call" || !callee) continue;
        const facts = ranges.before(block, index)!;
        const values = passed.get(key) ?? [];
        callee.params.forEach((param, i) => {
          const arg = instr.args[i];
          if (param.kind !== "value" || arg?.kind !== "value") return;
          const width = widthOf(callee.locals[param.local]!.type);
          const value = facts.evaluate(arg.expr);
          values[i] = values[i] ? join(width, values[i], value) : value;
        });
        passed.set(key, values);
      }
    }
    return passed;
  }
}

/** Every function from which code, dead or alive, leads to one of the names. */
export function usersOf(module: Module, names: Iterable<string>): ReadonlySet<Fn> {
  const users = new Map<string, Fn[]>();
  for (const fn of module.functions.values()) {
    for (const name of namesIn(fn)) users.set(name, [...(users.get(name) ?? []), fn]);
  }
  const found = new Set<Fn>();
  const waiting = new Set(names);
  for (const name of waiting) {
    for (const fn of users.get(name) ?? []) {
      found.add(fn);
      waiting.add(fn.name);
    }
  }
  return found;
}

/**
 * The functions that decide whether live code uses one of the names: those of the objects that are compiled for it, and
 * what they lead to.
 */
export function decisiveFor(module: Module, about: ReadonlySet<string>): ReadonlySet<Fn> {
  const users = usersOf(module, about);
  const objects = new Set([...users].map(objectOf));
  const found = new Set(users);
  for (const fn of module.functions.values()) if (fn.object !== undefined && objects.has(fn.object)) found.add(fn);
  for (const fn of found) {
    for (const name of namesIn(fn)) {
      const used = module.functions.get(name);
      if (used) found.add(used);
    }
  }
  return found;
}

function objectOf(fn: Fn): string {
  return fn.object ?? NOWHERE;
}

/** Functions that a body names, dead or alive. */
function namesIn(fn: Fn): ReadonlySet<string> {
  const names = new Set<string>();
  const note = (name: string): void => void names.add(name);
  for (const block of fn.blocks) {
    for (const instr of block.instrs) eachName(instr, note);
    eachTermOperand(block.term, addressesIn(note));
  }
  return names;
}

export interface EmitOptions {
  /** "usual" unless told. */
  readonly inlining?: Inlining;
  /** Only the objects with code, dead or alive, that leads to one of these names; all objects unless told. */
  readonly about?: ReadonlySet<string>;
}

/** The functions of all objects at an optimisation level. `roots` are live whoever calls them. */
export function emit(
  module: Module,
  roots: readonly string[],
  level: Optimisation,
  options: EmitOptions = {},
): readonly Emitted[] {
  return level === "O0" ? emitPlain(module, roots) : new Compiler(module, level, options).emit(roots);
}

/**
 * -O0: every function of every object is emitted as it stands, a header's where it is used. Only what follows a condition
 * that is constant by itself is dropped.
 */
function emitPlain(module: Module, roots: readonly string[]): readonly Emitted[] {
  const result: Emitted[] = [];
  const seen = new Set<string>();
  const visit = (fn: Fn, object: string): void => {
    const key = `${object}\n${fn.name}`;
    if (seen.has(key)) return;
    seen.add(key);
    const expanded = inlineSome(module, fn, () => false);
    const ranges = new Ranges(expanded.fn, { precision: "none" });
    const emitted = { name: fn.name, object, expanded, ranges, isExternal: fn.exported && fn.object !== undefined };
    result.push(emitted);
    for (const { symbol } of usesOf(emitted)) {
      const used = module.functions.get(symbol);
      if (used && used.object === undefined) visit(used, object);
    }
  };
  for (const fn of module.functions.values()) if (fn.object !== undefined) visit(fn, fn.object);
  for (const root of roots) {
    const fn = module.functions.get(root);
    if (fn) visit(fn, objectOf(fn));
  }
  return result;
}
