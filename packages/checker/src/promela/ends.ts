/**
 * How a step ends: the variables of the process become what lives at the next step point, and the way through the step
 * becomes an option of the exported process.
 *
 * Used by `step.ts` and `checks.ts`.
 */
import { constant, type Expr, exprType, type ValueType } from "@shootdown/ir";
import { HARDIRQ, type Root } from "../system.js";
import { bare } from "./expr.js";
import type { StepMemory } from "./memory.js";
import type { Line, Path } from "./path.js";
import type { Terms, Variables } from "./terms.js";

/** Where a step ends. */
export type Target =
  | { readonly kind: "point"; readonly root: Root; readonly block: number }
  /** The handler is left, or the task is over. */
  | { readonly kind: "leave" }
  /** Hardware: nothing to go to. */
  | { readonly kind: "stay" }
  /** The step violates something: Spin stops here. */
  | { readonly kind: "stop" }
  /** The step goes on in a piece of the process's code. */
  | { readonly kind: "piece"; readonly label: string };

/** Where a sequence goes, if its code left the number in `EXIT`. */
export interface Exit {
  readonly number: number;
  readonly target: Target;
}

export interface Option {
  /** Conditions in the order in which they must be evaluated. */
  readonly guards: readonly string[];
  /** Lines of statements. */
  readonly effects: string[];
  /** Where the step may end. */
  readonly targets: readonly Target[];
  /** Where its first sequence goes; several where its code decides. */
  exits: readonly Exit[];
}

/**
 * The variable in which a step's code leaves which target it goes to. It is part of Spin's state, although it is 0 in
 * every state that is stored: Spin comes back to the choice of the target after it has gone another way, and restores
 * only what is part of its state.
 */
export const EXIT = "exit";

/** What a context leaves behind at the end of a task or handler, as statements. */
export function leaving(variables: Variables, cpu: number, level: number): string[] {
  const active = variables.active(cpu, level);
  return [
    ...(level === HARDIRQ ? [`${variables.irqOff(cpu)} = 0`] : []),
    ...(active === undefined ? [] : [`${active} = 0`]),
  ];
}

/** How the step begins. */
export type Entry =
  | { readonly kind: "run" }
  /** An interrupt is taken. `conditions` are texts. */
  | { readonly kind: "take"; readonly conditions: readonly string[] }
  | { readonly kind: "hardware"; readonly conditions: readonly string[] };

export class StepEnds {
  options: Option[] = [];
  private entry: Entry = { kind: "run" };
  private entryBlock = 0;
  private known: ReadonlyMap<string, number> = new Map();

  constructor(
    private readonly cpu: number,
    private readonly root: Root,
    private readonly terms: Terms,
    private readonly memory: StepMemory,
    private readonly variables: Variables,
    private readonly maxOptions: number,
    private readonly tooMany: (why: string) => never,
  ) {}

  /** `known`: by variable of the process that holds something before the step, its value where it can have but one. */
  begin(block: number, entry: Entry, known: ReadonlyMap<string, number>): void {
    this.options = [];
    this.known = known;
    this.entry = entry;
    this.entryBlock = block;
  }

  /** The variables of the process that hold something before the step. */
  entrySlots(): Map<string, ValueType> {
    const result = new Map<string, ValueType>();
    if (this.entry.kind !== "run") return result;
    for (const local of this.root.program.live.get(this.entryBlock)!) {
      const { name, type } = this.variables.slot(this.root, local);
      result.set(name, type);
    }
    return result;
  }

  /** Those of them that are not certainly 0. */
  toClear(): Map<string, ValueType> {
    return new Map([...this.entrySlots()].filter(([name]) => this.known.get(name) !== 0));
  }

  /** The step ends at a step point. */
  exit(path: Path, block: number): void {
    const entrySlots = this.entrySlots();
    const wanted = new Map<string, Expr>();
    for (const local of this.root.program.live.get(block)!) {
      const { name, type } = this.variables.slot(this.root, local);
      wanted.set(name, path.now.get(local) ?? constant(type, 0));
    }
    for (const [name, type] of entrySlots) if (!wanted.has(name)) wanted.set(name, constant(type, 0));
    for (const [name, value] of wanted) {
      // A variable that did not live at the start of the step is 0.
      const before = entrySlots.has(name) ? this.known.get(name) : 0;
      if (value.kind === "const" && value.value === before) wanted.delete(name);
    }
    this.assignSlots(path, wanted);
    this.emit(path, [{ kind: "point", root: this.root, block }]);
  }

  /** All at once: an assignment waits for those that still read the variable it writes. */
  private assignSlots(path: Path, wanted: Map<string, Expr>): void {
    const pending = new Map([...wanted].filter(([name, value]) => !this.terms.isVariable(value, name)));
    while (pending.size > 0) {
      const free = [...pending].find(([name]) =>
        [...pending].every(([other, value]) => other === name || !this.terms.reads(value, name)),
      );
      if (!free) {
        const [name, value] = [...pending][0]!;
        const temporary = this.memory.newTemporary(path, exprType(value));
        path.out.push({ text: `${this.terms.text(temporary)} = ${bare(this.terms.text(value))}` });
        pending.set(name, temporary);
        continue;
      }
      const [name, value] = free;
      path.out.push({ text: `${name} = ${bare(this.terms.text(value))}` });
      pending.delete(name);
    }
  }

  /** The end of a task or handler, or of a hardware action. */
  leave(path: Path): void {
    if (this.entry.kind === "hardware") {
      this.emit(path, [{ kind: "stay" }]);
      return;
    }
    this.assignSlots(path, new Map([...this.toClear()].map(([name, type]) => [name, constant(type, 0)])));
    path.out.push(...leaving(this.variables, this.cpu, this.root.level).map((text) => ({ text })));
    this.emit(path, [{ kind: "leave" }]);
  }

  /** The step violates something. */
  stop(path: Path, why: string): void {
    path.out.push({ text: why === "" ? "assert(false)" : `assert(false) /* ${why} */` });
    this.emit(path, [{ kind: "stop" }]);
  }

  /** The way through the step becomes an option. */
  emit(path: Path, targets: readonly Target[]): Option {
    if (this.options.length >= this.maxOptions) this.tooMany("many ways through it");
    const guards = path.guards.map((guard) => this.terms.text(guard));
    if (this.entry.kind !== "run") guards.unshift(...this.entry.conditions);
    const exits = targets.map((target, i) => ({ number: i + 1, target }));
    const option: Option = { guards, effects: finish(path.out, guards), targets, exits };
    this.options.push(option);
    return option;
  }
}

/** Drops bounds checks of accesses that the rest makes in any case: Spin checks them there. */
export function finish(lines: readonly Line[], guards: readonly string[]): string[] {
  const certain = [...guards, ...lines.filter((line) => !line.checks).map((line) => line.text)].filter(
    (text) => !text.includes("->") && !text.includes("||"),
  );
  return lines
    .filter((line) => line.checks === undefined || !certain.some((text) => text.includes(line.checks!)))
    .map((line) => line.text);
}
