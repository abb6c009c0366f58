/**
 * The kernel at full size: compiles functions of a module to plain JavaScript for one CPU, and runs them.
 *
 * Each function becomes a JavaScript function, each scalar of shared state a variable, each array a typed array; control flow
 * is structured again (`../structure.ts`). There is no other context: a lock that is taken twice and a wait whose condition
 * is false are deadlocks, nothing is interrupted, and steps do not exist. What stands below the code (page allocator,
 * hardware) comes from the host, which may also take the place of functions that the module has.
 *
 * The text is an ES module that exports `create(host)`. `instantiate()` runs it by `new Function`, which a page whose
 * policy forbids that replaces by importing the text from a Blob URL. Integers are kept as JavaScript's 32-bit ones, so a u32
 * above 2^31 is negative inside; `call` and `reader` give and take C's values. Integers wider than 32 bits are refused.
 *
 * With `checked`, an index out of range and state that is touched without its lock are violations too. Without, the text
 * is as fast as it gets, and an index out of range reads 0 or another element.
 */
import {
  type At,
  assertNever,
  elementCount,
  type Fn,
  fold,
  type Global,
  type Instr,
  type Module,
  type PlaceRef,
  successors,
  type Term,
  type ValueType,
} from "@shootdown/ir";
import { structure } from "../structure.js";
import {
  arrayType,
  asInt,
  cond,
  external,
  flatIndex,
  identifier,
  isU32,
  local,
  num,
  placeText,
  violation,
} from "./text.js";

export interface NativeOptions {
  /** Functions that the host calls. By-reference parameters cannot be given from outside. */
  readonly roots: readonly string[];
  /** Functions that the host defines, whether or not the module does. */
  readonly externals: ReadonlySet<string>;
  /** Registers of the CPU by name; absent ones are 0. */
  readonly machine?: ReadonlyMap<string, number>;
  readonly checked?: boolean;
}

/** Compiles `roots` and all they call. The module must be complete but for `externals`. */
export function nativeText(module: Module, options: NativeOptions): string {
  return new NativeCompiler(module, options).text();
}

/** What a by-reference parameter is in one copy of a function: a global, and how many of its indices come as arguments. */
interface Bound {
  readonly name: string;
  readonly indices: number;
}

/** One copy of a function, for what its by-reference parameters name. */
interface Copy {
  readonly fn: Fn;
  readonly bound: ReadonlyMap<number, Bound>;
  /** What it touches is unpublished, by its caller's word: no lock need be held. Only told apart with `checked`. */
  readonly unpublished: boolean;
  readonly js: string;
}

class NativeCompiler {
  private readonly copies = new Map<string, Copy>();
  private readonly work: Copy[] = [];
  private readonly folded = new Map<string, Fn>();
  readonly used = new Map<string, string>();
  private readonly out: string[] = [];
  private usesTable = false;

  constructor(
    readonly module: Module,
    readonly options: NativeOptions,
  ) {}

  text(): string {
    const roots = this.options.roots.map((name) => {
      const copy = this.copy(name, new Map(), false);
      if (copy.fn.params.some((param) => param.kind === "ref")) throw new Error(`${name} takes a reference: no root`);
      return copy;
    });
    this.drain();
    const table: string[] = [];
    if (this.usesTable) {
      for (const name of this.module.functionTable) table.push(this.callee(name, new Map(), false));
      this.drain();
    }
    const globals = [...this.used].map(([name, js]) => this.declaration(this.module.globals.get(name)!, js));
    const readers = [...this.used].map(([name, js]) => this.reader(this.module.globals.get(name)!, js));
    const calls = roots.map(({ fn, js }) => {
      const isUnsigned = fn.result !== undefined && isU32(fn.result);
      return `${JSON.stringify(fn.name)}: (...args) => ${js}(...args.map((x) => x | 0))${isUnsigned ? " >>> 0" : ""},`;
    });
    const externals = [...this.options.externals].map(
      (name) => `const ${external(name)} = host.externals[${JSON.stringify(name)}];`,
    );
    return `export function create(host) {
"use strict";
let irqOff = 0, spinlocks = 0, alone = false;
const violation = (kind, message, place) => host.violation(kind, message, place);
const outside = (name, index, length, place) => { violation("bug", "index " + index + " of " + name + ", which has " + length, place); return 0; };
${externals.join("\n")}
${globals.join("\n")}
${this.out.join("\n")}
const table = [${table.join(", ")}];
const readers = {
${readers.join("\n")}
};
return {
call: {
${calls.join("\n")}
},
reader: (name) => {
if (!Object.hasOwn(readers, name)) throw new Error("nothing that runs touches " + name);
return readers[name];
},
irqsDisabled: () => irqOff !== 0,
boot: (run) => { alone = true; run(); alone = false; },
};
}
`;
  }

  private drain(): void {
    for (let copy = this.work.shift(); copy; copy = this.work.shift())
      this.out.push(new FunctionCode(this, copy).text());
  }

  /** The JavaScript name of a function for bound references. */
  callee(name: string, bound: ReadonlyMap<number, Bound>, unpublished: boolean): string {
    return this.options.externals.has(name)
      ? external(name)
      : this.copy(name, bound, unpublished && this.options.checked === true).js;
  }

  isExternal(name: string): boolean {
    return this.options.externals.has(name);
  }

  needTable(): void {
    this.usesTable = true;
  }

  functionNumber(name: string): number {
    return this.module.functionTable.indexOf(name) + 1;
  }

  private copy(name: string, bound: ReadonlyMap<number, Bound>, unpublished: boolean): Copy {
    const key = [name, unpublished, ...[...bound].map(([param, b]) => `${param}:${b.name}/${b.indices}`)].join(" ");
    const known = this.copies.get(key);
    if (known) return known;
    const copy = { fn: this.function(name), bound, unpublished, js: `f${this.copies.size}_${identifier(name)}` };
    this.copies.set(key, copy);
    this.work.push(copy);
    return copy;
  }

  private function(name: string): Fn {
    const known = this.folded.get(name);
    if (known) return known;
    const fn = this.module.functions.get(name);
    if (!fn) throw new Error(`${name} is called and defined nowhere: name it in externals`);
    const result = fold(fn, {
      machine: this.options.machine,
      functionNumber: (callee) => this.functionNumber(callee),
    });
    this.folded.set(name, result);
    return result;
  }

  /** The JavaScript name of a global. */
  global(name: string): { readonly global: Global; readonly js: string } {
    const global = this.module.globals.get(name);
    if (!global) throw new Error(`no shared state is named ${name}`);
    let js = this.used.get(name);
    if (js === undefined) {
      js = `g${this.used.size}_${identifier(name)}`;
      this.used.set(name, js);
    }
    return { global, js };
  }

  private declaration(global: Global, js: string): string {
    const init = global.init | 0;
    if (global.dims.length === 0) return `let ${js} = ${init};`;
    const fill = init === 0 ? "" : `.fill(${init})`;
    return `const ${js} = new ${arrayType(global.type)}(${elementCount(global)})${fill};`;
  }

  private reader(global: Global, js: string): string {
    const unsigned = isU32(global.type) ? " >>> 0" : "";
    const names = global.dims.map((_, i) => `i${i}`);
    const element = names.length === 0 ? js : `${js}[${flatIndex(names, global.dims)}]`;
    return `${JSON.stringify(global.name)}: (${names.join(", ")}) => ${element}${unsigned},`;
  }
}

/** The JavaScript of one copy of a function. */
class FunctionCode {
  /** Arguments that carry the indices of references, by parameter. */
  private readonly indexNames = new Map<number, readonly string[]>();

  constructor(
    private readonly compiler: NativeCompiler,
    private readonly copy: Copy,
  ) {}

  text(): string {
    const { fn, bound, js } = this.copy;
    const params: string[] = [];
    const isParam = new Set<number>();
    fn.params.forEach((param, i) => {
      if (param.kind === "value") {
        params.push(local(param.local));
        isParam.add(param.local);
        return;
      }
      const names = Array.from({ length: bound.get(i)!.indices }, (_, k) => `r${i}_${k}`);
      this.indexNames.set(i, names);
      params.push(...names);
    });
    const body = structure(
      { entry: 0, successors: (id) => successors(fn.blocks[id]!.term) },
      { node: (id, branch) => this.block(id, branch) },
    );
    const mentioned = new Set([...body.matchAll(/\bl(\d+)\b/g)].map((match) => Number(match[1])));
    const locals = [...mentioned].filter((id) => !isParam.has(id)).sort((a, b) => a - b);
    const declare = locals.length === 0 ? "" : `let ${locals.map((id) => `${local(id)} = 0`).join(", ")};\n`;
    return `function ${js}(${params.join(", ")}) { // ${fn.at.file}:${fn.at.line}\n${declare}${body}}`;
  }

  private block(id: number, branch: (to: number) => string): string {
    const { instrs, term } = this.copy.fn.blocks[id]!;
    return instrs.map((instr) => this.instr(instr)).join("") + this.term(term, branch);
  }

  private term(term: Term, branch: (to: number) => string): string {
    switch (term.kind) {
      case "jump":
        return branch(term.to);
      case "branch":
        if (term.then === term.else) return branch(term.then);
        return `if (${cond(term.cond)}) {\n${branch(term.then)}} else {\n${branch(term.else)}}\n`;
      case "return":
        return term.value ? `return ${num(term.value)};\n` : "return;\n";
      default:
        return assertNever(term);
    }
  }

  private instr(instr: Instr): string {
    switch (instr.kind) {
      case "assign":
        return `${local(instr.dst)} = ${num(instr.value)};\n`;
      case "load":
        return `${this.guarded(instr)}${local(instr.dst)} = ${this.element(instr.place, instr.at)};\n`;
      case "store":
        return `${this.guarded(instr)}${this.element(instr.place, instr.at)} = ${num(instr.value)};\n`;
      case "call":
        return this.call(instr);
      case "acquire": {
        const lock = this.element(instr.lock, instr.at);
        const spin = this.isSpinlock(instr.lock) ? " spinlocks++;" : "";
        const name = this.placeGlobal(instr.lock).global.name;
        return `if (${lock} !== 0) ${violation("deadlock", `${name} is taken by who holds it`, instr.at)} ${lock} = 1;${spin}\n`;
      }
      case "release": {
        const lock = this.element(instr.lock, instr.at);
        const spin = this.isSpinlock(instr.lock) ? " spinlocks--;" : "";
        const name = this.placeGlobal(instr.lock).global.name;
        return `if (${lock} === 0) ${violation("bug", `${name} is released and not held`, instr.at)} ${lock} = 0;${spin}\n`;
      }
      case "irq":
        if (instr.op === "save") return `${local(instr.dst)} = irqOff; irqOff = 1;\n`;
        if (instr.op === "restore") return `irqOff = ${num(instr.value)};\n`;
        return `irqOff = ${instr.op === "disable" ? 1 : 0};\n`;
      case "irqsDisabled":
        return `${local(instr.dst)} = irqOff;\n`;
      case "inTask":
        return `${local(instr.dst)} = 1;\n`;
      case "wait":
        return `if (!(${cond(instr.cond)})) ${violation("deadlock", "a wait that nobody else can end", instr.at)}\n`;
      case "choose":
        return `${local(instr.dst)} = host.choose(${instr.count});\n`;
      case "check":
        return `if (!(${cond(instr.cond)})) ${violation(instr.violation, instr.message, instr.at)}\n`;
      case "mightSleep":
        return `if ((irqOff | spinlocks) !== 0) ${violation("sleep-in-atomic", "sleeps with interrupts off or a spinlock held", instr.at)}\n`;
      case "print":
        return `if (host.print) host.print(${JSON.stringify(instr.level)}, ${JSON.stringify(instr.message)});\n`;
      case "waiters":
        return `${local(instr.dst)} = 0;\n`;
      case "lockdepAssert":
      case "witness":
      case "atomicBegin":
      case "atomicEnd":
        return "";
      default:
        return assertNever(instr);
    }
  }

  private call(instr: Extract<Instr, { kind: "call" }>): string {
    const result = (text: string, type: ValueType | undefined) =>
      instr.dst === undefined
        ? `${text};\n`
        : `${local(instr.dst)} = ${type === undefined ? text : asInt(text, type)};\n`;
    const { callee } = instr;
    const name = callee.kind === "direct" ? callee.name : undefined;
    if (name === undefined) {
      this.compiler.needTable();
      const args = instr.args.map((arg) => (arg.kind === "value" ? num(arg.expr) : "0"));
      const index = num((callee as Extract<typeof callee, { kind: "indirect" }>).expr);
      const target = `(table[${index} - 1] ?? (() => ${violation("bug", "call of NULL", instr.at)}))`;
      return result(`${target}(${args.join(", ")})`, undefined);
    }
    const args: string[] = [];
    const bound = new Map<number, Bound>();
    const isExternal = this.compiler.isExternal(name);
    instr.args.forEach((arg, i) => {
      if (arg.kind === "value") {
        args.push(num(arg.expr));
        return;
      }
      const { name: place, index } = this.place(arg.place);
      if (isExternal) {
        const { global, js } = this.compiler.global(place);
        const rest = global.dims.slice(index.length).reduce((product, dim) => product * dim, 1);
        const first =
          index.length === 0 ? "0" : `Math.imul(${flatIndex(index, global.dims.slice(0, index.length))}, ${rest})`;
        args.push(js, first);
        return;
      }
      bound.set(i, { name: place, indices: index.length });
      args.push(...index);
    });
    const type = instr.dst === undefined ? undefined : this.copy.fn.locals[instr.dst]!.type;
    const unpublished = this.copy.unpublished || instr.unpublished === true;
    return result(
      `${this.compiler.callee(name, bound, unpublished)}(${args.join(", ")})`,
      isExternal ? type : undefined,
    );
  }

  /** The global that a place names in this copy, and the text of its indices. */
  private place(place: PlaceRef): { readonly name: string; readonly index: readonly string[] } {
    const own = place.index.map(num);
    if (place.base.kind === "global") return { name: place.base.name + place.path, index: own };
    const { name } = this.copy.bound.get(place.base.param)!;
    return { name: name + place.path, index: [...this.indexNames.get(place.base.param)!, ...own] };
  }

  private placeGlobal(place: PlaceRef): { readonly global: Global; readonly js: string } {
    return this.compiler.global(this.place(place).name);
  }

  private isSpinlock(place: PlaceRef): boolean {
    return this.placeGlobal(place).global.lock === "spinlock";
  }

  /** An element, to be read or written. */
  private element(place: PlaceRef, at: At): string {
    const { name, index } = this.place(place);
    const { global, js } = this.compiler.global(name);
    if (global.dims.length === 0) return js;
    if (index.length !== global.dims.length)
      throw new Error(`${at.file}:${at.line}: ${name} with ${index.length} indices`);
    if (!this.compiler.options.checked) return `${js}[${flatIndex(index, global.dims)}]`;
    const checked = index.map((text, i) => {
      const dim = global.dims[i]!;
      if (/^\d+$/.test(text)) return text;
      return `((${text}) >>> 0 < ${dim} ? ${text} : outside(${JSON.stringify(name)}, ${text}, ${dim}, ${placeText(at)}))`;
    });
    return `${js}[${flatIndex(checked, global.dims)}]`;
  }

  /** With `checked`: the lock that guards what is touched is held. */
  private guarded(instr: Extract<Instr, { kind: "load" | "store" }>): string {
    if (
      !this.compiler.options.checked ||
      instr.unpublished ||
      this.copy.unpublished ||
      (instr.kind === "load" && instr.ghost)
    )
      return "";
    const { name, index } = this.place(instr.place);
    const { guard } = this.compiler.global(name).global;
    if (guard === undefined) return "";
    const { global, js } = this.compiler.global(guard);
    const lock = global.dims.length === 0 ? js : `${js}[${flatIndex(index.slice(0, global.dims.length), global.dims)}]`;
    return `if (${lock} === 0 && !alone) ${violation("race", `${name} is touched without ${guard} held`, instr.at)}\n`;
  }
}
