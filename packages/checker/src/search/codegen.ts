/**
 * Generates the JavaScript that expands states: for each CPU and each step point a function over bit-packed words.
 *
 * The generated module holds the current state in `S` and builds each successor in `N`; `emit()` (see `store.ts`)
 * looks the successor up and keeps it if it is new. Successors come in the interpreter's order, so that "the k-th
 * successor of this state" means the same to both; what a violation says is found by replaying it in the interpreter.
 */
import {
  assertNever,
  constant,
  type Expr,
  exprType,
  type Instr,
  mapExpr,
  mapInstr,
  mapTerm,
  type PlaceRef,
  placeName,
  refuseWide,
  simplify,
  successors,
  type ValueType,
} from "@shootdown/ir";
import type { Chain, Chaining } from "../chaining.js";
import { heldBase, type LockPlan, lockPlan } from "../lockdep/lock-facts.js";
import { structure } from "../native/structure.js";
import { contextOf, HARDIRQ, LEVELS, type Root, type Source, type StepPoint, type System, TASK } from "../system.js";
import type { Field, Layout } from "./layout.js";

/** The node before an interrupt's first block. */
const TAKEN = -1;
/** Instructions of a private loop before it is taken to be endless. */
const MAX_LOOP_TURNS = 100_000;

export interface Generated {
  /** Statements that define `expand()`, `reached` and `lockFacts`, to stand behind those of `store.ts`. */
  readonly text: string;
  /** The function of a step by its number: where there are many steps, the text asks for one when it is first taken (`env.step`). */
  step(number: number): string;
}

export function generate(system: System, layout: Layout, chaining?: Chaining): Generated {
  const generator = new Generator(system, layout, chaining);
  return { text: generator.module(), step: (number) => generator.stepText(number) };
}

/** A step's function, made when it is first called, in the midst of these variables. */
const MAKE = "function make(number) { return eval(env.step(number)); }";
/**
 * From so many blocks on, steps are made when they are first taken. Text for all of them would take seconds; but V8 runs code
 * beside an eval() at half the speed, which costs more wherever there are many states.
 */
const LARGE = 2000;

class Generator {
  private readonly out: string[] = [];
  private readonly isLazy: boolean;
  /** Expressions whose values are functions of steps, by number; asked for where steps are made later. */
  private readonly steps: (() => string)[] = [];
  private temporaries = 0;

  constructor(
    private readonly system: System,
    private readonly layout: Layout,
    private readonly chaining?: Chaining,
  ) {
    const blocks = system.roots.reduce((sum, { program }) => sum + program.fn.blocks.length, 0);
    this.isLazy = blocks * system.cpus > LARGE;
  }

  module(): string {
    const { system, layout } = this;
    const cpus: string[] = [];
    for (let cpu = 0; cpu < system.cpus; cpu++) {
      const lines: string[] = [];
      for (let level = LEVELS.length - 1; level >= 0; level--) {
        const points = system.points[level]!;
        if (points.length === 0) continue;
        const cases: string[] = [];
        points.forEach((point, index) => {
          if (level === TASK && system.tasks[cpu] !== point.root) return;
          const name = `run${cpu}_${level}_${index + 1}`;
          this.step(name, cpu, point.root, point.block);
          cases.push(`case ${index + 1}: ${name}(); break;`);
        });
        const pc = this.readOwn("S", layout.pcs[level]!, cpu);
        lines.push(
          `${lines.length > 0 ? "else " : ""}if ((pc = ${pc}) !== 0) { active |= ${1 << cpu}; switch (pc) { ${cases.join(" ")} } }`,
        );
      }
      for (const [index, source] of system.sources.entries()) {
        if (source.cpu !== cpu) continue;
        const name = `take${index}`;
        this.step(name, cpu, source.root, 0, source);
        lines.push(`if (${this.mayBegin(source)}) ${name}();`);
      }
      cpus.push(lines.join("\n"));
    }
    return `"use strict";
const MOVES = ${1 << 30}, ANYONE = ${1 << 31};
let blocked = 0, active = 0, pc = 0, turns = 0;
const tape = [], counts = [];
let told = 0, choices = 0;
const helpers = new Int32Array(${system.cpus});
const reached = env.reached, lockFacts = env.lockFacts;
let current = 0;
function copy() { ${this.copyWords()} }
function violate() { env.violation(current, ordinal); ordinal++; }
/** The next choice of the step: as the tape tells, then 0. */
function pick(count) {
  counts[choices] = count;
  if (choices >= told) { tape[choices] = 0; told = choices + 1; }
  return tape[choices++];
}
function nextChoice() {
  let last = choices - 1;
  while (last >= 0 && tape[last] + 1 >= counts[last]) last--;
  if (last < 0) return false;
  tape[last]++; told = last + 1;
  return true;
}
${this.isLazy ? MAKE : ""}
${this.out.join("\n")}
/** Whether blocked CPUs may be waiting for nobody but each other; the interpreter decides. */
function maybeStuck() {
  let stuck = blocked;
  for (let changed = true; changed; ) {
    changed = false;
    for (let cpu = 0; cpu < ${system.cpus}; cpu++) {
      if ((stuck & (1 << cpu)) !== 0 && (helpers[cpu] & ~stuck) !== 0) { stuck &= ~(1 << cpu); changed = true; }
    }
  }
  return stuck !== 0;
}
function expand() {
  ordinal = 0; blocked = 0; active = 0;
${cpus.join("\n")}
  if (blocked !== 0) {
    for (let cpu = 0; cpu < ${system.cpus}; cpu++) if (helpers[cpu] === ANYONE) helpers[cpu] = active & ~(1 << cpu);
    if (maybeStuck()) env.stuck(current);
  }
}
`;
  }

  private copyWords(): string {
    if (this.layout.words > 24) return "N.set(S);";
    return Array.from({ length: this.layout.words }, (_, i) => `N[${i}] = S[${i}];`).join(" ");
  }

  // ---- fields ----

  /** The word index and shift of element `index` (a number or JavaScript text) of a field at word `base`. */
  private locate(base: string | number, field: Field, index: string | number): { word: string; shift: string } {
    const plus = (a: string | number, b: number) => (typeof a === "number" ? `${a + b}` : b === 0 ? a : `${a} + ${b}`);
    if (typeof index === "number") {
      const word = plus(base, field.word + Math.floor(index / field.perWord));
      return { word, shift: `${field.shift + (index % field.perWord) * field.bits}` };
    }
    const scaled = (i: string) => (field.bits === 1 ? i : `Math.imul(${i}, ${field.bits})`);
    if (field.count <= field.perWord) {
      const shift = field.shift === 0 ? scaled(index) : `${field.shift} + ${scaled(index)}`;
      return { word: plus(base, field.word), shift };
    }
    const log = Math.log2(field.perWord);
    return {
      word: `${plus(base, field.word)} + (${index} >> ${log})`,
      shift: scaled(`(${index} & ${field.perWord - 1})`),
    };
  }

  private mask(field: Field): string {
    return field.bits === 32 ? "-1" : `${(1 << field.bits) - 1}`;
  }

  private read(words: string, base: string | number, field: Field, index: string | number): string {
    if (field.bits === 0) return `${field.min}`;
    const { word, shift } = this.locate(base, field, index);
    const raw = shift === "0" ? `${words}[${word}]` : `(${words}[${word}] >>> (${shift}))`;
    const value = field.bits === 32 ? `(${raw} >>> 0)` : `(${raw} & ${this.mask(field)})`;
    return field.min === 0 ? value : `(${value} + ${field.min})`;
  }

  private readOwn(words: string, field: Field, cpu: number): string {
    return this.read(words, this.part(cpu), field, 0);
  }

  private part(cpu: number): number {
    return this.layout.cpuBase + cpu * this.layout.cpuWords;
  }

  /** Statements that store `value` (text of a number) and check that it fits. */
  private write(base: string | number, field: Field, index: string | number, value: string, type?: ValueType): string {
    const capacity = field.bits === 32 ? 2 ** 32 - 1 : 2 ** field.bits - 1;
    const literal = /^-?\d+$/.test(value) ? Number(value) : undefined;
    const fits =
      literal !== undefined ? literal >= field.min && literal - field.min <= capacity : typeFits(type, field);
    const v = `v${this.temporaries++}`;
    const lines = [`const ${v} = ${value}${field.min === 0 ? "" : ` - ${field.min}`};`];
    if (!fits)
      lines.push(
        `if (${v} < 0 || ${v} > ${capacity}) env.overflow(${JSON.stringify(field.name)}, ${v} + ${field.min});`,
      );
    if (field.bits > 0) {
      const { word, shift } = this.locate(base, field, index);
      const w = `w${this.temporaries++}`;
      const s = `s${this.temporaries++}`;
      if (/^\d+$/.test(word) && /^\d+$/.test(shift)) {
        const mask = field.bits === 32 ? -1 : ((1 << field.bits) - 1) << Number(shift);
        const bits = shift === "0" ? v : `(${v} << ${shift})`;
        lines.push(mask === -1 ? `N[${word}] = ${v};` : `N[${word}] = (N[${word}] & ${~mask}) | ${bits};`);
      } else {
        lines.push(`const ${w} = ${word}, ${s} = ${shift};`);
        lines.push(`N[${w}] = (N[${w}] & ~(${this.mask(field)} << ${s})) | (${v} << ${s});`);
      }
    }
    return `{ ${lines.join(" ")} }\n`;
  }

  // ---- steps ----

  private mayBegin(source: Source): string {
    const { layout, system } = this;
    const conditions: string[] = [];
    if (source.raised !== undefined) {
      const index = system.globalIndex.get(source.raised)!;
      conditions.push(`${this.read("S", this.part(source.cpu), layout.globals[index]!, 0)} !== 0`);
    }
    if (source.kind === "interrupt") {
      conditions.push(`${this.readOwn("S", layout.irqOff, source.cpu)} === 0`);
      for (let level = source.root.level; level < LEVELS.length; level++) {
        if (system.points[level]!.length === 0) continue;
        conditions.push(`${this.readOwn("S", layout.pcs[level]!, source.cpu)} === 0`);
      }
    }
    return conditions.length === 0 ? "true" : conditions.join(" && ");
  }

  /** The function of one step: from `block` of `root` on `cpu` to the next step point. */
  private step(name: string, cpu: number, root: Root, block: number, source?: Source): void {
    const text = (): string =>
      new StepCode(this.system, this.layout, this.chaining, cpu, root, block, source, {
        read: (words, base, field, index) => this.read(words, base, field, index),
        write: (base, field, index, value, type) => this.write(base, field, index, value, type),
        part: (c) => this.part(c),
      }).text(name);
    if (this.isLazy) {
      const number = this.steps.push(() => `(() => {\n${text()}\nreturn ${name};\n})()`) - 1;
      this.out.push(`let ${name} = () => { ${name} = make(${number}); ${name}(); };`);
    } else this.out.push(text());
  }

  stepText(number: number): string {
    return this.steps[number]!();
  }
}

/** Whether every value of the type fits the field. */
function typeFits(type: ValueType | undefined, field: Field): boolean {
  if (!type) return false;
  if (type.kind === "bool") return field.min === 0 && field.bits >= 1;
  if (type.kind === "fn" || type.signed) return false;
  return field.min === 0 && field.bits >= type.bits;
}

interface FieldAccess {
  read(words: string, base: string | number, field: Field, index: string | number): string;
  write(base: string | number, field: Field, index: string | number, value: string, type?: ValueType): string;
  part(cpu: number): number;
}

/** The JavaScript of one step on one CPU. */
class StepCode {
  private readonly self: number;
  private readonly used = new Set<number>();
  /** What `structure` sees: a block, and the phase of the chain that reaches it. */
  private readonly nodes: { readonly block: number; readonly chain: Chain | undefined }[] = [];
  private readonly nodeNumbers = new Map<string, number>();
  /** By node: the nodes that may follow inside the function. */
  private readonly following: (readonly number[] | undefined)[] = [];
  private hasChoice = false;
  private temporaries = 0;
  private readonly context: number;
  private readonly locks: LockPlan;

  constructor(
    private readonly system: System,
    private readonly layout: Layout,
    private readonly chaining: Chaining | undefined,
    private readonly cpu: number,
    private readonly root: Root,
    private readonly entry: number,
    private readonly source: Source | undefined,
    private readonly fields: FieldAccess,
  ) {
    this.context = contextOf(cpu, root.level);
    this.self = this.context + 1;
    this.locks = lockPlan(system);
  }

  text(name: string): string {
    const { layout, cpu, root, fields, system } = this;
    const base = fields.part(cpu);
    const begin = this.chaining?.begin();
    const entryPoint = this.source ? undefined : this.pointAt(this.entry);
    const chain = begin && entryPoint ? this.chaining!.after(begin, this.chaining!.mover(entryPoint)) : begin;
    // An interrupt begins with an edge to its first block, which may be a step point; a run begins at one.
    const entry = this.source ? this.nodeOf(TAKEN, chain) : this.nodeOf(this.entry, chain);
    const body = structure(
      { entry, successors: (node) => this.nextNodes(node) },
      { node: (node, branch) => this.block(node, branch) },
    );
    const reads: string[] = [];
    const writes: string[] = [];
    let guard = "";
    if (this.source) {
      if (root.level === HARDIRQ) writes.push(fields.write(base, layout.irqOff, 0, "1"));
    } else {
      for (const local of system.points[root.level]![root.pcOf.get(this.entry)! - 1]!.live) {
        const field = layout.slots[root.level]![layout.slotOf(root, local)]!;
        reads.push(this.set(local, fields.read("S", base, field, 0)));
      }
      const first = root.program.fn.blocks[this.entry]!.instrs[0];
      if (first?.kind === "acquire") guard = this.noteLocks(first, "S") + this.lockGuard(first.lock);
    }
    const locals = [...this.used].sort((a, b) => a - b).map((id) => `l${id} = 0`);
    const declare = locals.length > 0 ? `let ${locals.join(", ")};\n` : "";
    const code = `${declare}${reads.join("")}${guard}copy();\n${writes.join("")}${body}`;
    const { instrs, term } = root.program.fn.blocks[this.entry]!;
    const { file, line } = (instrs[0] ?? term).at;
    const comment = `// CPU${cpu} ${root.name}: ${file}:${line}`;
    if (!this.hasChoice) return `function ${name}() { ${comment}\n${code}}`;
    return `function ${name}_() {\nchoices = 0;\n${code}}
function ${name}() { ${comment}\ntold = 0; do ${name}_(); while (nextChoice());\n}`;
  }

  private get isHardware(): boolean {
    return this.source?.kind === "hardware";
  }

  private term(id: number) {
    return mapTerm(this.root.program.fn.blocks[id]!.term, (e) => this.bind(e));
  }

  /** With this CPU's number put in and constants folded. */
  private bind(expr: Expr): Expr {
    return simplify(mapExpr(expr, (e) => (e.kind === "cpu" ? constant(e.type, this.cpu) : e)));
  }

  /** The node of a block that is reached by a chain in a given phase. */
  private nodeOf(block: number, chain: Chain | undefined): number {
    const key = `${block} ${chain?.isPre} ${chain?.hasAcquired}`;
    const found = this.nodeNumbers.get(key) ?? this.nodes.push({ block, chain }) - 1;
    this.nodeNumbers.set(key, found);
    return found;
  }

  private nextBlocks(node: number): readonly number[] {
    const { block } = this.nodes[node]!;
    return block === TAKEN ? [this.entry] : successors(this.term(block));
  }

  private nextNodes(node: number): readonly number[] {
    const { chain } = this.nodes[node]!;
    this.following[node] ??= this.nextBlocks(node).flatMap((to) => {
      const next = this.onward(chain, to);
      return next === undefined ? [] : [next];
    });
    return this.following[node];
  }

  private pointAt(block: number): StepPoint {
    return this.system.points[this.root.level]![this.root.pcOf.get(block)! - 1]!;
  }

  /** The node that an edge to `to` leads to inside this function; undefined if the step always ends there. */
  private onward(chain: Chain | undefined, to: number): number | undefined {
    if (this.isHardware || !this.root.pcOf.has(to)) return this.nodeOf(to, chain);
    if (!chain) return undefined;
    const mover = this.chaining!.mover(this.pointAt(to));
    if (this.chaining!.mayGoOn(chain, mover) === "no") return undefined;
    return this.nodeOf(to, this.chaining!.after(chain, mover));
  }

  /** An edge: on inside the function, or the end of the step, or whichever the interrupt mask and the lock decide. */
  private edge(node: number, to: number, branch: (to: number) => string): string {
    const { chain } = this.nodes[node]!;
    const next = this.onward(chain, to);
    if (next === undefined) return this.exit(to);
    if (this.isHardware || !this.root.pcOf.has(to)) return branch(next);
    const point = this.pointAt(to);
    const stops: string[] = [];
    if (this.chaining!.mayGoOn(chain!, this.chaining!.mover(point)) === "irqs-off") {
      stops.push(`${this.fields.read("N", this.fields.part(this.cpu), this.layout.irqOff, 0)} === 0`);
    }
    const first = this.root.program.fn.blocks[to]!.instrs[0];
    let before = "";
    if (first?.kind === "acquire") {
      const place = this.place({ ...first.lock, index: first.lock.index.map((e) => this.bind(e)) });
      before = place.before;
      stops.push(`${this.readPlace("N", place)} !== 0`);
    }
    return stops.length === 0
      ? branch(next)
      : `${before}if (${stops.join(" || ")}) {\n${this.exit(to)}}\n${branch(next)}`;
  }

  private block(node: number, branch: (to: number) => string): string {
    const { block: id } = this.nodes[node]!;
    if (id === TAKEN) return this.edge(node, this.entry, branch);
    const { instrs } = this.root.program.fn.blocks[id]!;
    const lines: string[] = [];
    instrs.forEach((instr, index) => {
      // The lock of a step's start has been found free: at the start of the function, or at the edge of the chain.
      const isFree = index === 0 && instr.kind === "acquire" && this.root.pcOf.has(id) && !this.isHardware;
      // lockdep: an acquire counts before it takes effect, the one that starts the function even before it is free.
      const isNoted = isFree && id === this.entry && !this.source && !this.chaining;
      if (instr.kind === "acquire" && !isNoted) lines.push(this.noteLocks(instr, "N"));
      lines.push(
        this.instr(
          mapInstr(instr, (e) => this.bind(e)),
          isFree,
        ),
      );
      if (instr.kind !== "acquire") lines.push(this.noteLocks(instr, "N"));
    });
    const term = this.term(id);
    switch (term.kind) {
      case "jump":
        return `${lines.join("")}${this.turn(id, term.to)}${this.edge(node, term.to, branch)}`;
      case "branch":
        return `${lines.join("")}${this.turn(id, Math.min(term.then, term.else))}if (${this.bool(term.cond)}) {\n${this.edge(node, term.then, branch)}} else {\n${this.edge(node, term.else, branch)}}\n`;
      case "return":
        return `${lines.join("")}${this.leave()}`;
      default:
        return assertNever(term);
    }
  }

  /** A private loop must end: counts the turns of what may be one (an edge to a lower block, which every cycle has). */
  private turn(from: number, to: number): string {
    if (to > from) return "";
    return `if (++turns > ${MAX_LOOP_TURNS}) { turns = 0; violate(); return; }\n`;
  }

  /** Stops at a step point: its pc and the locals that are live there; everything else of the frame is 0. */
  private exit(to: number): string {
    const { layout, root, fields, cpu, system } = this;
    const base = fields.part(cpu);
    const pc = root.pcOf.get(to)!;
    const { live } = system.points[root.level]![pc - 1]!;
    const lines = ["turns = 0;\n", this.clearFrame(), fields.write(base, layout.pcs[root.level]!, 0, `${pc}`)];
    for (const local of live) {
      this.used.add(local);
      const field = layout.slots[root.level]![layout.slotOf(root, local)]!;
      lines.push(fields.write(base, field, 0, `l${local}`, root.program.fn.locals[local]!.type));
    }
    return `${lines.join("")}emit(); return;\n`;
  }

  /** The end of a task or handler. */
  private leave(): string {
    const { layout, root, fields, cpu } = this;
    if (this.isHardware) return "turns = 0; emit(); return;\n";
    const base = fields.part(cpu);
    const held = this.system.globals.flatMap((global, index) =>
      global.lock ? this.eachElement(index).map((text) => `${text} === ${this.self}`) : [],
    );
    const lines = ["turns = 0;\n"];
    if (held.length > 0) lines.push(`if (${held.join(" || ")}) { violate(); return; }\n`);
    lines.push(this.clearFrame(), fields.write(base, layout.pcs[root.level]!, 0, "0"));
    if (root.level === HARDIRQ) lines.push(fields.write(base, layout.irqOff, 0, "0"));
    return `${lines.join("")}emit(); return;\n`;
  }

  private clearFrame(): string {
    const base = this.fields.part(this.cpu);
    const masks = new Map<number, number>();
    for (const field of [this.layout.pcs[this.root.level]!, ...this.layout.slots[this.root.level]!]) {
      if (field.bits === 0) continue;
      const mask = field.bits === 32 ? -1 : ((1 << field.bits) - 1) << field.shift;
      masks.set(base + field.word, (masks.get(base + field.word) ?? 0) | mask);
    }
    return [...masks].map(([word, mask]) => `N[${word}] &= ${~mask};\n`).join("");
  }

  /** The text that reads each element of a global. */
  private eachElement(index: number, words = "N"): string[] {
    const global = this.system.globals[index]!;
    const field = this.layout.globals[index]!;
    const count = this.system.initial[index]!.length;
    const row = global.perCpu ? count / this.system.cpus : count;
    return Array.from({ length: count }, (_, i) =>
      this.fields.read(words, global.perCpu ? this.fields.part(Math.floor(i / row)) : 0, field, i % row),
    );
  }

  // ---- instructions ----

  private instr(instr: Instr, isGuard: boolean): string {
    switch (instr.kind) {
      case "assign":
        return this.set(instr.dst, this.num(instr.value));
      case "load": {
        const place = this.place(instr.place);
        const guard = instr.ghost || instr.unpublished ? "" : this.guardCheck(instr.place, place);
        return `${place.before}${guard}${this.set(instr.dst, this.readPlace("N", place))}`;
      }
      case "store": {
        const place = this.place(instr.place);
        const type = this.system.globals[place.global]!.type;
        const write = this.fields.write(
          place.base,
          this.layout.globals[place.global]!,
          place.index,
          this.num(instr.value),
          type,
        );
        const guard = instr.unpublished ? "" : this.guardCheck(instr.place, place);
        return `${place.before}${guard}${write}`;
      }
      case "acquire": {
        const place = this.place(instr.lock);
        const write = this.fields.write(place.base, this.layout.globals[place.global]!, place.index, `${this.self}`);
        // Not the start of the step: inside a hardware action. It blocks all the same.
        const check = isGuard
          ? ""
          : `if (${this.readPlace("N", place)} !== 0) { ${this.blockOnLock(this.readPlace("N", place))} return; }\n`;
        return `${place.before}${check}${write}`;
      }
      case "release": {
        const place = this.place(instr.lock);
        const write = this.fields.write(place.base, this.layout.globals[place.global]!, place.index, "0");
        return `${place.before}if (${this.readPlace("N", place)} !== ${this.self}) { violate(); return; }\n${write}`;
      }
      case "irq": {
        const base = this.fields.part(this.cpu);
        const save = instr.op === "save" ? this.set(instr.dst, this.fields.read("N", base, this.layout.irqOff, 0)) : "";
        const value = instr.op === "restore" ? this.num(instr.value) : instr.op === "enable" ? "0" : "1";
        return save + this.fields.write(base, this.layout.irqOff, 0, value, { kind: "bool" });
      }
      case "irqsDisabled":
        return this.set(instr.dst, this.fields.read("N", this.fields.part(this.cpu), this.layout.irqOff, 0));
      case "inTask":
        return this.set(instr.dst, this.root.level === TASK ? "1" : "0");
      case "wait": {
        const helper = instr.on.kind === "cpu" ? this.blockOnCpu(this.num(instr.on.cpu)) : this.blockOn("ANYONE");
        return `if (!(${this.bool(instr.cond)})) { ${helper} return; }\n`;
      }
      case "choose":
        this.hasChoice = true;
        return this.set(instr.dst, `pick(${instr.count})`);
      case "check":
        return `if (!(${this.bool(instr.cond)})) { violate(); return; }\n`;
      case "mightSleep": {
        if (this.root.level !== TASK) return "violate(); return;\n";
        const held = this.system.globals.flatMap((global, index) =>
          global.lock === "spinlock" ? this.eachElement(index).map((text) => ` || ${text} === ${this.self}`) : [],
        );
        const off = this.fields.read("N", this.fields.part(this.cpu), this.layout.irqOff, 0);
        return `if (${off} !== 0${held.join("")}) { violate(); return; }\n`;
      }
      case "witness": {
        const index = this.system.witnesses.indexOf(instr.name);
        return index < 0 ? "" : `if (${this.bool(instr.cond)}) reached[${index}] = 1;\n`;
      }
      case "waiters":
        return this.set(instr.dst, `(${this.waiters(instr.lock)} ? 1 : 0)`);
      case "lockdepAssert":
      case "print":
      case "atomicBegin":
      case "atomicEnd":
        return "";
      case "call":
        throw new Error("a flat program has no calls");
      default:
        return assertNever(instr);
    }
  }

  /** Sets the bits of a point of the lock plan: before an acquire takes effect, after an interrupt mask did. */
  private noteLocks(instr: Instr, words: string): string {
    const point = this.locks.of.get(this.root)?.get(instr);
    if (!point) return "";
    const off = this.fields.read(words, this.fields.part(this.cpu), this.layout.irqOff, 0);
    const noteHeld = point.mayHold.map((hold, index) => {
      const held = this.eachElement(hold.class, words).map((text) => `${text} === ${this.self}`);
      return `if (${held.join(" || ")}) lockFacts[${point.base + heldBase(point.kind) + index}] = 1;\n`;
    });
    switch (point.kind) {
      case "acquire":
        return `lockFacts[${point.base} + ${off}] = 1;\n${noteHeld.join("")}`;
      case "enable":
        return point.mayHold.length === 0 ? "" : `if (${off} === 0) {\n${noteHeld.join("")}}\n`;
      case "assert":
        return `if (${off} !== 0) {\nlockFacts[${point.base}] = 1;\n${noteHeld.join("")}}\n`;
      default:
        return assertNever(point.kind);
    }
  }

  private set(local: number, value: string): string {
    this.used.add(local);
    return `l${local} = ${value};\n`;
  }

  private lockGuard(lock: PlaceRef): string {
    const place = this.place({ ...lock, index: lock.index.map((e) => this.bind(e)) });
    const owner = this.readPlace("S", place);
    return `{ ${place.before}if (${owner} !== 0) { ${this.blockOnLock(owner)} return; } }\n`;
  }

  private blockOnLock(owner: string): string {
    return this.blockOn(`1 << (((${owner} - 1) / ${LEVELS.length}) | 0)`);
  }

  /** An interrupt of the other CPU ends the wait: if one is pending and can be taken now, nobody is stuck. */
  private blockOnCpu(target: string): string {
    const free = (cpu: number) => {
      const conditions = [`${this.fields.read("S", this.fields.part(cpu), this.layout.irqOff, 0)} === 0`];
      if (this.system.points[HARDIRQ]!.length > 0) {
        conditions.push(`${this.fields.read("S", this.fields.part(cpu), this.layout.pcs[HARDIRQ]!, 0)} === 0`);
      }
      const pending = this.system.sources.flatMap(({ cpu: on, root, raised }) =>
        on === cpu && root.level === HARDIRQ && raised !== undefined
          ? [`${this.eachElement(this.system.globalIndex.get(raised)!, "S")[cpu]!} !== 0`]
          : [],
      );
      conditions.push(pending.length === 0 ? "false" : `(${pending.join(" || ")})`);
      return `(${conditions.join(" && ")} ? MOVES : ${1 << cpu})`;
    };
    let text = free(this.system.cpus - 1);
    for (let cpu = this.system.cpus - 2; cpu >= 0; cpu--) text = `(${target}) === ${cpu} ? ${free(cpu)} : ${text}`;
    return this.blockOn(text);
  }

  private blockOn(helpers: string): string {
    // Hardware that does not act now is nobody who waits.
    if (this.isHardware) return "";
    return `blocked |= ${1 << this.cpu}; helpers[${this.cpu}] = ${helpers};`;
  }

  private waiters(lock: PlaceRef): string {
    const name = placeName(lock)!;
    if (lock.index.length > 0) throw new Error(`someone_waits_for(${name}): arrays of locks are not supported`);
    const index = this.system.globalIndex.get(name)!;
    const owner = this.fields.read("N", 0, this.layout.globals[index]!, 0);
    const others: string[] = [];
    for (let cpu = 0; cpu < this.system.cpus; cpu++) {
      if (cpu === this.cpu) continue;
      let above = "";
      for (let level = LEVELS.length - 1; level >= 0; level--) {
        if (this.system.points[level]!.length === 0) continue;
        const pc = this.fields.read("N", this.fields.part(cpu), this.layout.pcs[level]!, 0);
        const acquires = this.system.points[level]!.flatMap((point, i) => {
          const first = point.root.program.fn.blocks[point.block]!.instrs[0];
          return first?.kind === "acquire" && placeName(first.lock) === name ? [`${pc} === ${i + 1}`] : [];
        });
        if (acquires.length > 0) others.push(`(${above}(${acquires.join(" || ")}))`);
        above += `${pc} === 0 && `;
      }
    }
    return others.length === 0 ? "false" : `${owner} !== 0 && (${others.join(" || ")})`;
  }

  // ---- places ----

  private place(ref: PlaceRef): {
    global: number;
    before: string;
    base: string | number;
    index: string | number;
    element: string | number;
  } {
    const name = placeName(ref)!;
    const global = this.system.globalIndex.get(name);
    if (global === undefined) throw new Error(`${name} is not part of the system`);
    const { dims, perCpu } = this.system.globals[global]!;
    const before: string[] = [];
    const indices = ref.index.map((expr, i): string | number => {
      const dim = dims[i]!;
      if (expr.kind === "const") {
        if (expr.value < 0 || expr.value >= dim) before.push("violate(); return;\n");
        return Math.max(0, Math.min(expr.value, dim - 1));
      }
      const t = `i${this.temporaries++}`;
      before.push(`const ${t} = ${this.num(expr)};\nif (${t} < 0 || ${t} >= ${dim}) { violate(); return; }\n`);
      return t;
    });
    const flatten = (from: number): string | number =>
      indices.slice(from).reduce<string | number>((sum, index, i) => {
        const dim = dims[from + i]!;
        if (typeof sum === "number" && typeof index === "number") return sum * dim + index;
        if (sum === 0) return index;
        const scaled = typeof sum === "number" ? `${sum * dim}` : `Math.imul(${sum}, ${dim})`;
        return `(${scaled} + ${index})`;
      }, 0);
    const element = flatten(0);
    if (!perCpu) return { global, before: before.join(""), base: 0, index: element, element };
    const cpu = indices[0]!;
    const { cpuBase, cpuWords } = this.layout;
    const base = typeof cpu === "number" ? cpuBase + cpu * cpuWords : `${cpuBase} + Math.imul(${cpu}, ${cpuWords})`;
    return { global, before: before.join(""), base, index: flatten(1), element };
  }

  private readPlace(words: string, place: { global: number; base: string | number; index: string | number }): string {
    return this.fields.read(words, place.base, this.layout.globals[place.global]!, place.index);
  }

  /** The lock that guards an element must be held by this context. */
  private guardCheck(ref: PlaceRef, place: { global: number }): string {
    const { guard } = this.system.globals[place.global]!;
    if (guard === undefined) return "";
    const lock = this.system.globalIndex.get(guard)!;
    const lockDims = this.system.globals[lock]!.dims.length;
    const lockRef: PlaceRef = { base: { kind: "global", name: guard }, path: "", index: ref.index.slice(0, lockDims) };
    const owner = this.place(lockRef);
    return `${owner.before}if (${this.readPlace("N", owner)} !== ${this.self}) { violate(); return; }\n`;
  }

  // ---- expressions ----

  /** As a JavaScript number in the range of the expression's type; bool as 0 or 1. */
  private num(expr: Expr): string {
    switch (expr.kind) {
      case "wide":
        return refuseWide(expr.type);
      case "const":
        return `${expr.value}`;
      case "local":
        this.used.add(expr.local);
        return `l${expr.local}`;
      case "compare":
      case "logic":
        return `(${this.bool(expr)} ? 1 : 0)`;
      case "select":
        return `(${this.bool(expr.cond)} ? ${this.num(expr.then)} : ${this.num(expr.else)})`;
      case "convert":
        if (expr.type.kind === "bool") return `(${this.bool(expr.arg)} ? 1 : 0)`;
        return wrapText(expr.type, this.num(expr.arg), exprType(expr.arg));
      case "unary":
        if (expr.op === "!") return `(${this.bool(expr.arg)} ? 0 : 1)`;
        return wrapText(expr.type, `${expr.op}${this.num(expr.arg)}`);
      case "arith": {
        const left = this.num(expr.left);
        const right = this.num(expr.right);
        if (expr.op === "*") return wrapText(expr.type, `Math.imul(${left}, ${right})`);
        if (expr.op === ">>" && !expr.type.signed) return wrapText(expr.type, `(${left} >>> ${right})`);
        if (expr.op === "/") return wrapText(expr.type, `Math.trunc(${left} / ${right})`);
        return wrapText(expr.type, `(${left} ${expr.op} ${right})`);
      }
      case "cpu":
      case "machine":
      case "function":
        throw new Error(`${expr.kind} is not bound`);
      default:
        return assertNever(expr);
    }
  }

  /** As a JavaScript boolean. */
  private bool(expr: Expr): string {
    switch (expr.kind) {
      case "const":
        return expr.value !== 0 ? "true" : "false";
      case "compare": {
        const op = expr.op === "==" ? "===" : expr.op === "!=" ? "!==" : expr.op;
        return `(${this.num(expr.left)} ${op} ${this.num(expr.right)})`;
      }
      case "logic":
        return `(${this.bool(expr.left)} ${expr.op} ${this.bool(expr.right)})`;
      case "unary":
        if (expr.op === "!") return `!${this.bool(expr.arg)}`;
        return `(${this.num(expr)} !== 0)`;
      default:
        return `(${this.num(expr)} !== 0)`;
    }
  }
}

/** `text`, any integer, converted to `type`; nothing to do where the type it has already fits. */
function wrapText(type: ValueType, text: string, from?: ValueType): string {
  if (type.kind !== "int") return text;
  if (from?.kind === "bool") return text;
  if (from?.kind === "int" && !from.signed && (from.bits < type.bits || (from.bits === type.bits && !type.signed)))
    return text;
  if (type.bits === 32) return type.signed ? `(${text} | 0)` : `(${text} >>> 0)`;
  const mask = (1 << type.bits) - 1;
  return type.signed ? `(${text} << ${32 - type.bits} >> ${32 - type.bits})` : `(${text} & ${mask})`;
}
