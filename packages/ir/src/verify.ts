/**
 * Checks that a module keeps the contract of `types.ts`. A front end or pass that breaks it is wrong, so this is for
 * tests and for the development of passes; it says every breach that it finds.
 *
 * Assumes nothing of the module, and does not judge what the program does.
 */
import { printExpr, printInstr, printPlace, printTerm } from "./print.js";
import {
  type Arg,
  assertNever,
  type Block,
  BOOL,
  type Expr,
  exprType,
  FN,
  type Fn,
  type Global,
  type Instr,
  isWide,
  type LocalId,
  type Module,
  type PlaceRef,
  sameType,
  type Term,
  typeName,
  U8,
  type ValueType,
} from "./types.js";

/** Every breach, as `function b2: what`. Empty for a sound module. */
export function verify(module: Module): string[] {
  const errors: string[] = [];
  for (const [name, global] of module.globals) {
    if (global.name !== name) errors.push(`global ${name} calls itself ${global.name}`);
    if (global.perCpu && global.dims.length === 0) errors.push(`global ${name} is per-CPU and has no dimension`);
    if (global.dims.some((dim) => dim < 1)) errors.push(`global ${name} has an empty dimension`);
    if (global.guard !== undefined && module.globals.get(global.guard)?.lock === undefined) {
      errors.push(`global ${name} is guarded by ${global.guard}, which is no lock`);
    }
  }
  for (const name of module.functionTable) {
    if (!module.functions.has(name) && !module.undefinedFunctions.has(name)) {
      errors.push(`the function table names ${name}, which does not exist`);
    }
  }
  for (const [name, fn] of module.functions) {
    if (fn.name !== name) errors.push(`function ${name} calls itself ${fn.name}`);
    if (module.undefinedFunctions.has(name)) errors.push(`function ${name} is both defined and undefined`);
    errors.push(...verifyFn(fn, module));
  }
  return errors;
}

/** One function of a module. */
export function verifyFn(fn: Fn, module: Module): string[] {
  return new FnVerifier(fn, module).run();
}

class FnVerifier {
  private readonly errors: string[] = [];
  private where: string;

  constructor(
    private readonly fn: Fn,
    private readonly module: Module,
  ) {
    this.where = fn.name;
  }

  run(): string[] {
    const { fn } = this;
    if (fn.blocks.length === 0) this.fail("has no block");
    for (const param of fn.params) {
      if (param.kind === "value" && !fn.locals[param.local]) this.fail(`parameter ${param.name} has no local`);
    }
    fn.blocks.forEach((block, id) => {
      this.where = `${fn.name} b${id}`;
      for (const instr of block.instrs) this.instr(instr);
      this.term(block.term);
    });
    this.atomics();
    return this.errors;
  }

  private fail(message: string): void {
    this.errors.push(`${this.where}: ${message}`);
  }

  private same(actual: ValueType, wanted: ValueType, what: string): void {
    if (!sameType(actual, wanted)) this.fail(`${what} has type ${typeName(actual)}, not ${typeName(wanted)}`);
  }

  /** The type of a local that is written; undefined after a report. */
  private local(id: LocalId): ValueType | undefined {
    const local = this.fn.locals[id];
    if (!local) this.fail(`there is no local ${id}`);
    return local?.type;
  }

  private writes(id: LocalId, type: ValueType, what: string): void {
    const local = this.local(id);
    if (local) this.same(type, local, what);
  }

  private instr(instr: Instr): void {
    const text = printInstr(instr, this.fn);
    switch (instr.kind) {
      case "assign": {
        this.expr(instr.value);
        this.writes(instr.dst, exprType(instr.value), text);
        return;
      }
      case "load": {
        const global = this.place(instr.place, false);
        if (global) this.writes(instr.dst, global.type, text);
        return;
      }
      case "store": {
        this.expr(instr.value);
        const global = this.place(instr.place, false);
        if (global) this.same(exprType(instr.value), global.type, text);
        return;
      }
      case "call":
        this.call(instr, text);
        return;
      case "acquire":
      case "release":
        this.place(instr.lock, true);
        return;
      case "irq":
        if (instr.op === "save") this.writes(instr.dst, BOOL, text);
        if (instr.op === "restore") this.boolean(instr.value, text);
        return;
      case "irqsDisabled":
      case "inTask":
        this.writes(instr.dst, BOOL, text);
        return;
      case "wait":
        this.boolean(instr.cond, text);
        if (instr.on.kind === "cpu") {
          this.expr(instr.on.cpu);
          this.same(exprType(instr.on.cpu), U8, text);
        }
        return;
      case "choose":
        this.writes(instr.dst, U8, text);
        if (instr.count < 1) this.fail(`${text} has nothing to choose from`);
        return;
      case "check":
      case "witness":
        this.boolean(instr.cond, text);
        return;
      case "waiters":
        this.writes(instr.dst, BOOL, text);
        this.place(instr.lock, true);
        return;
      case "mightSleep":
      case "lockdepAssert":
      case "print":
      case "atomicBegin":
      case "atomicEnd":
        return;
      default:
        assertNever(instr);
    }
  }

  private boolean(expr: Expr, text: string): void {
    this.expr(expr);
    this.same(exprType(expr), BOOL, text);
  }

  private call(instr: Extract<Instr, { kind: "call" }>, text: string): void {
    for (const arg of instr.args) if (arg.kind === "value") this.expr(arg.expr);
    if (instr.callee.kind === "indirect") {
      this.expr(instr.callee.expr);
      this.same(exprType(instr.callee.expr), FN, text);
      if (instr.args.some((arg) => arg.kind === "ref")) this.fail(`${text} passes a place through a function value`);
      if (instr.dst !== undefined) this.local(instr.dst);
      return;
    }
    const callee = this.module.functions.get(instr.callee.name);
    if (!callee) {
      if (!this.module.undefinedFunctions.has(instr.callee.name)) this.fail(`${text} calls what does not exist`);
      return;
    }
    if (callee.params.length !== instr.args.length) {
      this.fail(`${text} passes ${instr.args.length} of ${callee.params.length} arguments`);
      return;
    }
    callee.params.forEach((param, i) => {
      const arg = instr.args[i]!;
      if (param.kind !== arg.kind) this.fail(`${text} passes argument ${i + 1} by ${arg.kind}`);
      else if (arg.kind === "value" && param.kind === "value") {
        const wanted = callee.locals[param.local]?.type;
        if (wanted) this.same(exprType(arg.expr), wanted, `argument ${i + 1} of ${text}`);
      } else this.reference(arg);
    });
    if (instr.dst === undefined) return;
    if (!callee.result) this.fail(`${text} uses the result of a function that has none`);
    else this.writes(instr.dst, callee.result, text);
  }

  /** A place passed on: some global must begin with it. */
  private reference(arg: Arg): void {
    if (arg.kind !== "ref") return;
    for (const index of arg.place.index) this.index(index);
    if (arg.place.base.kind === "param") {
      this.param(arg.place);
      return;
    }
    const name = arg.place.base.name + arg.place.path;
    const depth = arg.place.index.length;
    const found = [...this.module.globals.values()].some(
      (global) => (global.name === name || global.name.startsWith(`${name}.`)) && global.dims.length >= depth,
    );
    if (!found) this.fail(`${printPlace(arg.place, this.fn)} names no shared state`);
  }

  private param(ref: PlaceRef): void {
    if (ref.base.kind !== "param") return;
    if (this.fn.params[ref.base.param]?.kind !== "ref") {
      this.fail(`${printPlace(ref, this.fn)}: parameter ${ref.base.param} is not by reference`);
    }
  }

  private index(expr: Expr): void {
    this.expr(expr);
    if (exprType(expr).kind !== "int") this.fail(`index ${printExpr(expr, this.fn)} is no integer`);
  }

  /** The global that is accessed, where it is known here. */
  private place(ref: PlaceRef, lock: boolean): Global | undefined {
    for (const index of ref.index) this.index(index);
    if (ref.base.kind === "param") {
      this.param(ref);
      return undefined;
    }
    const text = printPlace(ref, this.fn);
    const global = this.module.globals.get(ref.base.name + ref.path);
    if (!global) {
      this.fail(`${text} names no shared state`);
      return undefined;
    }
    if (global.dims.length !== ref.index.length) {
      this.fail(`${text} has ${ref.index.length} of ${global.dims.length} indices`);
    }
    if ((global.lock !== undefined) !== lock) this.fail(`${text} is ${lock ? "no" : "a"} lock`);
    return global;
  }

  private expr(expr: Expr): void {
    const text = (): string => printExpr(expr, this.fn);
    switch (expr.kind) {
      case "const":
        if (isWide(expr.type)) this.fail(`${text()} is a 64-bit constant in 32`);
        if (!Number.isInteger(expr.value)) this.fail(`${text()} is no integer`);
        return;
      case "wide":
        if (!isWide(expr.type)) this.fail(`${text()} is not of 64 bits`);
        return;
      case "local": {
        const type = this.local(expr.local);
        if (type) this.same(expr.type, type, text());
        return;
      }
      case "unary":
        this.expr(expr.arg);
        this.same(exprType(expr.arg), expr.type, text());
        if (expr.op === "!") this.same(expr.type, BOOL, text());
        else if (expr.type.kind !== "int") this.fail(`${text()} is no integer`);
        return;
      case "arith":
        this.expr(expr.left);
        this.expr(expr.right);
        this.same(exprType(expr.left), expr.type, `the left of ${text()}`);
        this.same(exprType(expr.right), expr.type, `the right of ${text()}`);
        return;
      case "compare":
        this.expr(expr.left);
        this.expr(expr.right);
        this.same(exprType(expr.left), exprType(expr.right), `the left of ${text()}`);
        return;
      case "logic":
        this.boolean(expr.left, `the left of ${text()}`);
        this.boolean(expr.right, `the right of ${text()}`);
        return;
      case "select":
        this.boolean(expr.cond, `the condition of ${text()}`);
        this.expr(expr.then);
        this.expr(expr.else);
        this.same(exprType(expr.then), expr.type, text());
        this.same(exprType(expr.else), expr.type, text());
        return;
      case "convert":
        this.expr(expr.arg);
        return;
      case "cpu":
        this.same(expr.type, U8, text());
        return;
      case "machine":
        return;
      case "function":
        if (!this.module.functionTable.includes(expr.name)) this.fail(`${expr.name} is not in the function table`);
        return;
      default:
        assertNever(expr);
    }
  }

  private term(term: Term): void {
    const text = printTerm(term, this.fn);
    const target = (id: number): void => {
      if (!this.fn.blocks[id]) this.fail(`${text} leads nowhere`);
    };
    switch (term.kind) {
      case "jump":
        target(term.to);
        return;
      case "branch":
        this.boolean(term.cond, text);
        target(term.then);
        target(term.else);
        return;
      case "return":
        if (term.value) this.expr(term.value);
        if (!term.value !== !this.fn.result)
          this.fail(`${text} in a function with ${this.fn.result ? "a" : "no"} result`);
        else if (term.value && this.fn.result) this.same(exprType(term.value), this.fn.result, text);
        return;
      default:
        assertNever(term);
    }
  }

  /** On every path each `atomicBegin` meets its end before the function returns. */
  private atomics(): void {
    const depths = new Map<number, number>([[0, 0]]);
    const work = [0];
    for (let id = work.pop(); id !== undefined; id = work.pop()) {
      const block: Block | undefined = this.fn.blocks[id];
      if (!block) continue;
      this.where = `${this.fn.name} b${id}`;
      let depth = depths.get(id)!;
      for (const instr of block.instrs) {
        if (instr.kind === "atomicBegin") depth++;
        if (instr.kind === "atomicEnd") depth--;
        if (depth < 0) this.fail("a hardware action ends that has not begun");
      }
      const { term } = block;
      if (term.kind === "return" && depth !== 0) this.fail("returns inside a hardware action");
      const next = term.kind === "jump" ? [term.to] : term.kind === "branch" ? [term.then, term.else] : [];
      for (const to of next) {
        const known = depths.get(to);
        if (known === undefined) {
          depths.set(to, depth);
          work.push(to);
        } else if (known !== depth) this.fail(`b${to} is reached inside and outside of a hardware action`);
      }
    }
  }
}
