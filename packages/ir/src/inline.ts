/**
 * Makes one flat function without calls out of a root (a task's body, an interrupt's handler) and all it calls.
 *
 * There is no recursion, so every call has one body here. A parameter that the callee never assigns is replaced by its
 * argument (the caller is suspended meanwhile and nobody else can write its locals); a by-reference parameter becomes
 * the place it names. Each instruction keeps where it is from and the chain of calls that leads there (`At.caller`).
 *
 * `inline` is for the checker. `inlineSome` is for the link stage: it expands the calls that a compiler would, and leaves
 * the others.
 */
import { definition, mapExpr, mapInstr, mapTerm, placeName, withDefinition } from "./rewrite.js";
import {
  type At,
  type Block,
  BOOL,
  constant,
  type Expr,
  FN,
  type Fn,
  I32,
  type Instr,
  type Local,
  type LocalId,
  type Module,
  type PlaceRef,
  type Term,
} from "./types.js";

/** An event to note where a function is entered or left. `condition` names a function without effects. */
export interface WitnessPoint {
  readonly name: string;
  readonly fn: string;
  readonly when: "reaches" | "returns";
  readonly condition?: string;
}

interface Binding {
  /** By local of the callee: what stands for it. */
  readonly locals: readonly Expr[];
  readonly refs: ReadonlyMap<number, PlaceRef>;
}

interface MutableBlock {
  instrs: Instr[];
  term: Term;
}

class Inliner {
  readonly locals: Local[] = [];
  readonly blocks: MutableBlock[] = [];
  /** Assignments that stand for a `return`, with the function that returns. */
  readonly returns = new Map<Instr, string>();

  /** `expands`: whether a call of a function is replaced by its body. */
  constructor(
    private readonly module: Module,
    private readonly witnesses: readonly WitnessPoint[],
    private readonly expands: ((callee: string) => boolean) | undefined,
  ) {}

  newLocal(local: Local): LocalId {
    this.locals.push(local);
    return this.locals.length - 1;
  }

  newBlock(at: At): number {
    this.blocks.push({ instrs: [], term: { kind: "return", at } });
    return this.blocks.length - 1;
  }

  /** Copies `fn` in, bound to `args`; returns its entry block. Every return leads to `done`. */
  body(fn: Fn, args: Binding, site: CallSite): number {
    const place = (ref: PlaceRef): PlaceRef => {
      const index = ref.index.map(expr);
      if (ref.base.kind === "global") return { ...ref, index };
      const bound = args.refs.get(ref.base.param);
      if (!bound) throw new Error(`${fn.name}: parameter ${ref.base.param} is not bound to a place`);
      return { base: bound.base, path: bound.path + ref.path, index: [...bound.index, ...index] };
    };
    const expr = (e: Expr): Expr => mapExpr(e, (x) => (x.kind === "local" ? args.locals[x.local]! : x));
    const atCache = new Map<At, At>();
    const here = (at: At): At => {
      if (!site.caller) return at;
      let result = atCache.get(at);
      if (!result) {
        result = { ...at, caller: site.caller };
        atCache.set(at, result);
      }
      return result;
    };

    const entries = fn.blocks.map((block) => this.newBlock(here(block.term.at)));
    const start = this.newBlock(here(fn.at));
    this.witness(start, fn.name, "reaches", here(fn.at));
    this.blocks[start]!.term = { kind: "jump", to: entries[0]!, at: here(fn.at) };

    fn.blocks.forEach((block, id) => {
      let current = entries[id]!;
      for (const original of block.instrs) {
        const at = here(original.at);
        let instr: Instr = { ...mapInstr(original, expr), at };
        if (instr.kind === "load" || instr.kind === "store")
          instr = { ...instr, place: place(originalPlace(original)) };
        if (instr.kind === "acquire" || instr.kind === "release" || instr.kind === "waiters") {
          instr = { ...instr, lock: place(originalPlace(original)) };
        }
        if (instr.kind === "load" && site.ghost) instr = { ...instr, ghost: true };
        if (site.unpublished && (instr.kind === "load" || instr.kind === "store" || instr.kind === "call")) {
          instr = { ...instr, unpublished: true };
        }
        const dst = definition(instr);
        if (dst !== undefined) {
          const bound = args.locals[dst]!;
          if (bound.kind !== "local") throw new Error(`${fn.name}: a substituted parameter is assigned`);
          instr = withDefinition(instr, bound.local);
        }
        if (instr.kind === "call") {
          const bound = instr.args.map((arg, i) => {
            const originalArg = original.kind === "call" ? original.args[i]! : arg;
            return arg.kind === "value"
              ? arg
              : { kind: "ref" as const, place: place((originalArg as typeof arg).place) };
          });
          const target = this.directTarget(instr);
          if (this.expands && !(target !== undefined && this.module.functions.has(target) && this.expands(target))) {
            const callee = target === undefined ? instr.callee : { kind: "direct" as const, name: target };
            this.blocks[current]!.instrs.push({ ...instr, callee, args: bound });
          } else current = this.call({ ...instr, args: bound }, current, site.ghost);
        } else {
          this.blocks[current]!.instrs.push(instr);
        }
      }
      const term = mapTerm({ ...block.term, at: here(block.term.at) }, expr);
      if (term.kind === "jump") this.blocks[current]!.term = { ...term, to: entries[term.to]! };
      else if (term.kind === "branch") {
        this.blocks[current]!.term = { ...term, then: entries[term.then]!, else: entries[term.else]! };
      } else {
        if (site.result !== undefined && term.value) {
          const result: Instr = { kind: "assign", dst: site.result, value: term.value, at: term.at };
          this.blocks[current]!.instrs.push(result);
          this.returns.set(result, fn.name);
        }
        this.witness(current, fn.name, "returns", term.at);
        this.blocks[current]!.term = { kind: "jump", to: site.done, at: term.at };
      }
    });
    return start;
  }

  /** Replaces a call that stands at the end of `current`; returns the block that goes on after it. */
  private call(instr: Extract<Instr, { kind: "call" }>, current: number, ghost: boolean): number {
    const done = this.newBlock(instr.at);
    const site: CallSite = { caller: instr.at, result: instr.dst, done, ghost, unpublished: instr.unpublished };
    const target = this.directTarget(instr);
    if (target !== undefined && this.module.undefinedFunctions.has(target)) {
      // The link stage has found that control never comes here; should it, the search says so.
      this.blocks[current]!.instrs.push({
        kind: "check",
        cond: constant(BOOL, 0),
        violation: "bug",
        message: `call of ${target}(), which is not linked`,
        at: instr.at,
      });
      this.blocks[current]!.term = { kind: "jump", to: done, at: instr.at };
      return done;
    }
    if (target !== undefined) {
      const entry = this.enter(target, instr, current, site);
      this.blocks[current]!.term = { kind: "jump", to: entry, at: instr.at };
      return done;
    }
    // An indirect call of a function that is known at run time only: a chain of comparisons.
    const callee = (instr.callee as Extract<typeof instr.callee, { kind: "indirect" }>).expr;
    let test = current;
    this.module.functionTable.forEach((name, index) => {
      const fn = this.module.functions.get(name);
      if (!fn || fn.params.length !== instr.args.length) return;
      const chosen = this.newBlock(instr.at);
      const otherwise = this.newBlock(instr.at);
      const cond: Expr = { kind: "compare", op: "==", left: callee, right: constant(FN, index + 1) };
      this.blocks[test]!.term = { kind: "branch", cond, then: chosen, else: otherwise, at: instr.at };
      this.blocks[chosen]!.term = { kind: "jump", to: this.enter(name, instr, chosen, site), at: instr.at };
      test = otherwise;
    });
    this.blocks[test]!.instrs.push({
      kind: "check",
      cond: constant(BOOL, 0),
      violation: "bug",
      message: "call of NULL",
      at: instr.at,
    });
    this.blocks[test]!.term = { kind: "jump", to: done, at: instr.at };
    return done;
  }

  private directTarget(instr: Extract<Instr, { kind: "call" }>): string | undefined {
    if (instr.callee.kind === "direct") return instr.callee.name;
    const callee = instr.callee.expr;
    if (callee.kind === "function") return callee.name;
    return callee.kind === "const" ? this.module.functionTable[callee.value - 1] : undefined;
  }

  /** Binds the arguments (computed at the end of `current`) and copies the callee's body. */
  private enter(name: string, instr: Extract<Instr, { kind: "call" }>, current: number, site: CallSite): number {
    const fn = this.module.functions.get(name);
    if (!fn) throw new Error(`${name} is called and not defined; the link stage must run first`);
    const assigned = new Set<LocalId>();
    for (const block of fn.blocks) {
      for (const i of block.instrs) {
        const dst = definition(i);
        if (dst !== undefined) assigned.add(dst);
      }
    }
    const locals: Expr[] = fn.locals.map((local, id) => {
      const param = fn.params.findIndex((p) => p.kind === "value" && p.local === id);
      if (param >= 0) {
        const arg = instr.args[param]!;
        if (arg.kind !== "value") throw new Error(`${name}: argument ${param + 1} is a place`);
        const simple =
          arg.expr.kind === "const" ||
          arg.expr.kind === "local" ||
          arg.expr.kind === "cpu" ||
          arg.expr.kind === "function";
        if (simple && !assigned.has(id)) return arg.expr;
        const copy = this.newLocal(local);
        this.blocks[current]!.instrs.push({ kind: "assign", dst: copy, value: arg.expr, at: instr.at });
        return { kind: "local", type: local.type, local: copy };
      }
      return { kind: "local", type: local.type, local: this.newLocal(local) };
    });
    const refs = new Map<number, PlaceRef>();
    fn.params.forEach((param, i) => {
      const arg = instr.args[i]!;
      if (param.kind === "ref" && arg.kind === "ref") refs.set(i, arg.place);
    });
    return this.body(fn, { locals, refs }, site);
  }

  private witness(block: number, fn: string, when: WitnessPoint["when"], at: At): void {
    for (const point of this.witnesses) {
      if (point.fn !== fn || point.when !== when) continue;
      if (point.condition === undefined) {
        this.blocks[block]!.instrs.push({ kind: "witness", name: point.name, cond: constant(BOOL, 1), at });
        continue;
      }
      const condition = this.module.functions.get(point.condition);
      if (!condition) throw new Error(`witness "${point.name}": there is no function ${point.condition}`);
      this.blocks[block]!.instrs.push(...this.ghost(condition, point.name, at));
    }
  }

  /** A condition of one straight line: its loads as ghosts, then the witness. */
  private ghost(condition: Fn, name: string, at: At): Instr[] {
    if (condition.blocks.length !== 1) throw new Error(`witness "${name}": ${condition.name} must be one expression`);
    const locals = condition.locals.map((local) => this.newLocal(local));
    const rename = (e: Expr): Expr => mapExpr(e, (x) => (x.kind === "local" ? { ...x, local: locals[x.local]! } : x));
    const block = condition.blocks[0]!;
    const instrs = block.instrs.map((original): Instr => {
      let instr: Instr = { ...mapInstr(original, rename), at };
      const dst = definition(instr);
      if (dst !== undefined) instr = withDefinition(instr, locals[dst]!);
      return instr.kind === "load" ? { ...instr, ghost: true } : instr;
    });
    const value = block.term.kind === "return" ? block.term.value : undefined;
    if (!value) throw new Error(`witness "${name}": ${condition.name} returns nothing`);
    return [...instrs, { kind: "witness", name, cond: rename(value), at }];
  }
}

interface CallSite {
  /** The place of the call, with its own callers; absent for a root. */
  readonly caller?: At;
  /** Where the result goes. */
  readonly result?: LocalId;
  /** Where control goes on. */
  readonly done: number;
  readonly ghost: boolean;
  /** The call works on what nobody else can name yet. */
  readonly unpublished?: true | undefined;
}

function originalPlace(instr: Instr): PlaceRef {
  if (instr.kind === "load" || instr.kind === "store") return instr.place;
  if (instr.kind === "acquire" || instr.kind === "release" || instr.kind === "waiters") return instr.lock;
  throw new Error(`${instr.kind} names no place`);
}

/** The flat form of `root`, which takes no arguments. All its functions must have been folded. */
export function inline(module: Module, root: string, witnesses: readonly WitnessPoint[] = []): Fn {
  const fn = module.functions.get(root);
  if (!fn) throw new Error(`there is no function ${root}`);
  if (fn.params.length > 0) throw new Error(`${root} takes arguments and cannot be a task or a handler`);
  const inliner = new Inliner(module, witnesses, undefined);
  const entry = inliner.newBlock(fn.at);
  const done = inliner.newBlock(fn.at);
  const result = fn.result && inliner.newLocal({ name: "result", type: fn.result });
  const locals = fn.locals.map((local): Expr => ({ kind: "local", type: local.type, local: inliner.newLocal(local) }));
  const start = inliner.body(fn, { locals, refs: new Map() }, { result, done, ghost: false });
  inliner.blocks[entry]!.term = { kind: "jump", to: start, at: fn.at };
  if (result !== undefined) {
    const value: Expr = { kind: "local", type: fn.result ?? I32, local: result };
    inliner.blocks[done]!.term = { kind: "return", value, at: fn.at };
  }
  for (const block of inliner.blocks) {
    for (const instr of block.instrs) {
      const place = instr.kind === "load" || instr.kind === "store" ? instr.place : undefined;
      if (place && !module.globals.has(placeName(place) ?? "")) {
        throw new Error(`${instr.at.file}:${instr.at.line}: no shared state is named ${placeName(place)}`);
      }
    }
  }
  return { ...fn, locals: inliner.locals, blocks: inliner.blocks as Block[] };
}

export interface Expanded {
  readonly fn: Fn;
  /** Assignments that stand for the `return` of an expanded call, with the function that returns. */
  readonly returns: ReadonlyMap<Instr, string>;
}

/** A function with the calls that `expands` wants replaced by bodies. Parameters and other calls stay. */
export function inlineSome(module: Module, fn: Fn, expands: (callee: string) => boolean): Expanded {
  const inliner = new Inliner(module, [], expands);
  const locals = fn.locals.map((local): Expr => ({ kind: "local", type: local.type, local: inliner.newLocal(local) }));
  const refs = new Map<number, PlaceRef>();
  fn.params.forEach((param, i) => {
    if (param.kind === "ref") refs.set(i, { base: { kind: "param", param: i }, path: "", index: [] });
  });
  const entry = inliner.newBlock(fn.at);
  const done = inliner.newBlock(fn.at);
  const result = fn.result && inliner.newLocal({ name: "result", type: fn.result });
  const start = inliner.body(fn, { locals, refs }, { result, done, ghost: false });
  inliner.blocks[entry]!.term = { kind: "jump", to: start, at: fn.at };
  if (fn.result && result !== undefined) {
    inliner.blocks[done]!.term = {
      kind: "return",
      value: { kind: "local", type: fn.result, local: result },
      at: fn.at,
    };
  }
  for (const [instr, name] of inliner.returns) if (name === fn.name) inliner.returns.delete(instr);
  return { fn: { ...fn, locals: inliner.locals, blocks: inliner.blocks as Block[] }, returns: inliner.returns };
}
