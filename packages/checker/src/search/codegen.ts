/**
 * Generates the JavaScript that expands states: for each CPU and each step point a function over bit-packed words.
 *
 * The generated module holds the current state in `S` and builds each successor in `N`; `emit()` (see `store.ts`)
 * looks the successor up and keeps it if it is new. Successors come in the interpreter's order, so that "the k-th
 * successor of this state" means the same to both; what a violation says is found by replaying it in the interpreter.
 */
import type { Chaining } from "../chaining.js";
import { LEVELS, type Root, type Source, type System, TASK } from "../system.js";
import { Fields } from "./fields.js";
import type { Layout } from "./layout.js";
import { StepCode } from "./step-code.js";

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
  private readonly fields: Fields;

  constructor(
    private readonly system: System,
    private readonly layout: Layout,
    private readonly chaining?: Chaining,
  ) {
    this.fields = new Fields(layout);
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
        const pc = this.fields.readOwn("S", layout.pcs[level]!, cpu);
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
function copy() { ${this.fields.copyWords()} }
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

  private mayBegin(source: Source): string {
    const { layout, system } = this;
    const conditions: string[] = [];
    if (source.raised !== undefined) {
      const index = system.globalIndex.get(source.raised)!;
      conditions.push(`${this.fields.read("S", this.fields.part(source.cpu), layout.globals[index]!, 0)} !== 0`);
    }
    if (source.kind === "interrupt") {
      conditions.push(`${this.fields.readOwn("S", layout.irqOff, source.cpu)} === 0`);
      for (let level = source.root.level; level < LEVELS.length; level++) {
        if (system.points[level]!.length === 0) continue;
        conditions.push(`${this.fields.readOwn("S", layout.pcs[level]!, source.cpu)} === 0`);
      }
    }
    return conditions.length === 0 ? "true" : conditions.join(" && ");
  }

  /** The function of one step: from `block` of `root` on `cpu` to the next step point. */
  private step(name: string, cpu: number, root: Root, block: number, source?: Source): void {
    const text = (): string =>
      new StepCode(this.system, this.layout, this.fields, this.chaining, cpu, root, block, source).text(name);
    if (this.isLazy) {
      const number = this.steps.push(() => `(() => {\n${text()}\nreturn ${name};\n})()`) - 1;
      this.out.push(`let ${name} = () => { ${name} = make(${number}); ${name}(); };`);
    } else this.out.push(text());
  }

  stepText(number: number): string {
    return this.steps[number]!();
  }
}
