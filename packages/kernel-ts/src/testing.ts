/** For this package's tests: trees of a few lines, and a machine that runs one function. Not part of the package. */
import {
  arith,
  compare,
  type Expr,
  elementCount,
  type Fn,
  type Module,
  type PlaceRef,
  printFn,
  refuseWide,
  verify,
  wrap,
} from "@shootdown/ir";
import { type CompileResult, compile } from "./compile.js";
import type { Diagnostic } from "./diagnostics.js";
import type { CompileOptions } from "./unit.js";

export interface Setup extends Partial<Pick<CompileOptions, "config" | "symbols" | "sizes" | "objects" | "roots">> {
  /** Other files of the tree. */
  readonly files?: Readonly<Record<string, string>>;
}

export const MAIN = "kernel/mm/a.ts";

/** Compiles `source` as mm/a.ts, linked. */
export function compileText(source: string, setup: Setup = {}): CompileResult {
  const files: Readonly<Record<string, string>> = { [MAIN]: source, ...setup.files };
  const config = setup.config ?? new Map<string, boolean | number>();
  return compile({
    tree: { read: (path) => files[path] },
    roots: setup.roots ?? [MAIN],
    objects: setup.objects ?? new Set([MAIN]),
    config,
    symbols: setup.symbols ?? new Set(config.keys()),
    sizes: setup.sizes ?? new Map(),
  });
}

/** The diagnostics of a source that must not compile. */
export function diagnose(source: string, setup: Setup = {}): readonly Diagnostic[] {
  const result = compileText(source, setup);
  return result.ok ? [] : result.diagnostics;
}

/** The module of a source that must compile, and that must keep the contract of the intermediate form. */
export function moduleOf(source: string, setup: Setup = {}): Module {
  const result = compileText(source, setup);
  if (!result.ok) {
    throw new Error(result.diagnostics.map((d) => `${d.file}:${d.line}:${d.column} ${d.code} ${d.message}`).join("\n"));
  }
  const breaches = verify(result.module);
  if (breaches.length > 0) throw new Error(breaches.join("\n"));
  return result.module;
}

/** The text of one function, without the places. */
export function textOf(source: string, fn: string, setup: Setup = {}): string[] {
  const found = moduleOf(source, setup).functions.get(fn);
  if (!found) throw new Error(`there is no function ${fn}`);
  return printFn(found)
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/ +#.*$/, ""));
}

const MAX_STEPS = 100_000;

/** Runs a function on one CPU, alone; locks and interrupts do nothing. For what an expression or statement computes. */
export class Machine {
  private readonly memory = new Map<string, number[]>();
  private steps = 0;

  constructor(private readonly module: Module) {
    for (const global of module.globals.values()) {
      this.memory.set(global.name, new Array<number>(elementCount(global)).fill(global.init));
    }
  }

  read(name: string): readonly number[] {
    return this.memory.get(name)!;
  }

  run(name: string, ...args: readonly number[]): number | undefined {
    return this.call(
      this.module.functions.get(name)!,
      args.map((value) => value),
    );
  }

  private call(fn: Fn, args: readonly (number | { name: string; index: number[] })[]): number | undefined {
    const locals = fn.locals.map(() => 0);
    fn.params.forEach((param, i) => {
      if (param.kind === "value") locals[param.local] = args[i] as number;
    });
    const place = (ref: PlaceRef): { name: string; index: number[] } => {
      const index = ref.index.map((expr) => evaluate(expr, locals, this.module));
      if (ref.base.kind === "global") return { name: ref.base.name + ref.path, index };
      const base = args[ref.base.param] as { name: string; index: number[] };
      return { name: base.name + ref.path, index: [...base.index, ...index] };
    };
    const cell = (ref: PlaceRef): { array: number[]; at: number } => {
      const { name, index } = place(ref);
      const { dims } = this.module.globals.get(name)!;
      const at = index.reduce((sum, value, i) => {
        if (value < 0 || value >= dims[i]!) throw new Error(`${name}: index ${value} is out of range`);
        return sum * dims[i]! + value;
      }, 0);
      return { array: this.memory.get(name)!, at };
    };
    for (let id = 0; ; ) {
      const block = fn.blocks[id]!;
      for (const instr of block.instrs) {
        if (++this.steps > MAX_STEPS) throw new Error("no end");
        if (instr.kind === "assign") locals[instr.dst] = evaluate(instr.value, locals, this.module);
        else if (instr.kind === "load") {
          const { array, at } = cell(instr.place);
          locals[instr.dst] = array[at]!;
        } else if (instr.kind === "store") {
          const { array, at } = cell(instr.place);
          array[at] = evaluate(instr.value, locals, this.module);
        } else if (instr.kind === "check") {
          if (!evaluate(instr.cond, locals, this.module)) throw new Error(`${instr.violation}: ${instr.message}`);
        } else if (instr.kind === "call") {
          const values = instr.args.map((arg) =>
            arg.kind === "value" ? evaluate(arg.expr, locals, this.module) : place(arg.place),
          );
          const name =
            instr.callee.kind === "direct"
              ? instr.callee.name
              : this.module.functionTable[evaluate(instr.callee.expr, locals, this.module) - 1]!;
          const result = this.call(this.module.functions.get(name)!, values);
          if (instr.dst !== undefined) locals[instr.dst] = result!;
        }
      }
      const { term } = block;
      if (++this.steps > MAX_STEPS) throw new Error("no end");
      if (term.kind === "return") return term.value && evaluate(term.value, locals, this.module);
      if (term.kind === "jump") id = term.to;
      else id = evaluate(term.cond, locals, this.module) ? term.then : term.else;
    }
  }
}

function evaluate(expr: Expr, locals: readonly number[], module: Module): number {
  const e = (inner: Expr): number => evaluate(inner, locals, module);
  switch (expr.kind) {
    case "wide":
      return refuseWide(expr.type);
    case "const":
      return expr.value;
    case "local":
      return locals[expr.local]!;
    case "unary":
      if (expr.op === "!") return e(expr.arg) ? 0 : 1;
      return wrap(expr.type, expr.op === "-" ? -e(expr.arg) : ~e(expr.arg));
    case "arith":
      return arith(expr.op, expr.type, e(expr.left), e(expr.right));
    case "compare":
      return compare(expr.op, e(expr.left), e(expr.right)) ? 1 : 0;
    case "logic":
      return expr.op === "&&" ? e(expr.left) && e(expr.right) : e(expr.left) || e(expr.right);
    case "select":
      return e(expr.cond) ? e(expr.then) : e(expr.else);
    case "convert":
      return wrap(expr.type, e(expr.arg));
    case "cpu":
      return 0;
    case "machine":
      return 7;
    case "function":
      return module.functionTable.indexOf(expr.name) + 1;
  }
}
