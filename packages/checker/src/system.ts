/**
 * From a compiled module and a scenario to the system that is searched: programs cut into steps, who runs them on which
 * CPU, the shared state that they touch and its value after boot.
 *
 * Every engine (interpreter, generated code, Promela) reads this and nothing else, so that they mean the same steps.
 */
import {
  dropDeadCode,
  type Expr,
  elementCount,
  type Fn,
  fold,
  formSteps,
  type Global,
  type Instr,
  inline,
  type Level,
  type Module,
  mapExpr,
  mapInstr,
  mapTerm,
  type Program,
  placeName,
  privateState,
  type WitnessPoint,
} from "@shootdown/ir";
import type { State } from "./state.js";

export const LEVELS: readonly Level[] = ["task", "softirq", "hardirq"];
export const TASK = 0;
export const SOFTIRQ = 1;
export const HARDIRQ = 2;
/** Not a level of a CPU: a hardware action runs whole, in one step, whatever the CPU does. */
const HARDWARE = 3;

/** Who runs what, as a scenario says it. Functions and globals by name. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly tasks: readonly { readonly cpu: number | "every"; readonly body: string }[];
  readonly interrupts: readonly SourceSpec[];
  readonly softirqs: readonly SourceSpec[];
  readonly hardware: readonly SourceSpec[];
  readonly witnesses: readonly {
    readonly name: string;
    readonly kind: "reaches" | "returns" | "in code";
    readonly fn?: string;
    readonly condition?: string;
  }[];
}

export interface SourceSpec {
  /** A per-CPU bool: the source is pending on a CPU while its element is true. Absent: at any time. */
  readonly raised?: string;
  readonly handler: string;
}

/** A program in the system, with the numbers of its steps. */
export interface Root {
  readonly name: string;
  readonly program: Program;
  /** TASK, SOFTIRQ or HARDIRQ; for hardware, none of them. */
  readonly level: number;
  /** By block that starts a step: its pc, 1-based within the level. */
  readonly pcOf: ReadonlyMap<number, number>;
  /** Globals that the program may write, locks included. */
  readonly writes: ReadonlySet<string>;
}

/** A point where a context may stand between steps. */
export interface StepPoint {
  readonly root: Root;
  readonly block: number;
  /** Locals that are part of the state here. */
  readonly live: readonly number[];
}

/** An interrupt, softirq or hardware action that may begin on `cpu`. */
export interface Source {
  readonly cpu: number;
  readonly root: Root;
  readonly kind: "interrupt" | "hardware";
  /** The global whose element for the CPU must be true. */
  readonly raised?: string;
}

export interface System {
  readonly scenario: Scenario;
  readonly cpus: number;
  /** Shared state that some program touches, in a fixed order. */
  readonly globals: readonly Global[];
  /** By global, its elements after boot. */
  readonly initial: readonly (readonly number[])[];
  readonly globalIndex: ReadonlyMap<string, number>;
  readonly roots: readonly Root[];
  /** By CPU: the root of its task. */
  readonly tasks: readonly (Root | undefined)[];
  /** In the order in which the search tries them on a CPU. */
  readonly sources: readonly Source[];
  /** By level, the step points; pc `n` is element `n - 1`. */
  readonly points: readonly (readonly StepPoint[])[];
  readonly witnesses: readonly string[];
  readonly functionTable: readonly string[];
  /** Every engine starts here instead of after boot, if set; see `startingAt()`. */
  readonly start?: State;
}

/** Elements of shared state by global name, as boot left them. */
export type Memory = ReadonlyMap<string, readonly number[]>;

/** The number of a context: 0-based, by CPU and level. A lock's value is this plus 1. */
export function contextOf(cpu: number, level: number): number {
  return cpu * LEVELS.length + level;
}

/** The functions that some roots lead to, folded with the CPU's registers bound: what runs on this CPU. */
export function bindMachine(module: Module, machine: ReadonlyMap<string, number>, roots: readonly string[]): Module {
  const numbers = new Map(module.functionTable.map((name, index) => [name, index + 1]));
  const functionNumber = (name: string) => {
    const number = numbers.get(name);
    if (number === undefined) throw new Error(`${name} is used as a value and not in the function table`);
    return number;
  };
  const functions = new Map(module.functions);
  const wanted = new Set([...roots, ...module.functionTable]);
  for (const name of wanted) {
    const fn = module.functions.get(name);
    if (!fn) continue;
    const folded = fold(fn, { machine, functionNumber });
    functions.set(name, folded);
    for (const { instrs } of folded.blocks) {
      for (const instr of instrs) {
        if (instr.kind === "call" && instr.callee.kind === "direct") wanted.add(instr.callee.name);
      }
    }
  }
  return { ...module, functions };
}

function globalsTouched(fn: Fn): { reads: Set<string>; writes: Set<string> } {
  const reads = new Set<string>();
  const writes = new Set<string>();
  for (const block of fn.blocks) {
    for (const instr of block.instrs) {
      if (instr.kind === "load") reads.add(placeName(instr.place)!);
      if (instr.kind === "store") writes.add(placeName(instr.place)!);
      if (instr.kind === "acquire" || instr.kind === "release") writes.add(placeName(instr.lock)!);
      if (instr.kind === "waiters") reads.add(placeName(instr.lock)!);
    }
  }
  return { reads, writes };
}

/** Removes what only costs locals: the expressions are rebuilt over the locals that are left. */
function dropUnusedLocals(fn: Fn): Fn {
  const used = new Set<number>();
  const note = (expr: Expr) =>
    mapExpr(expr, (e) => {
      if (e.kind === "local") used.add(e.local);
      return e;
    });
  const noteInstr = (instr: Instr) => {
    mapInstr(instr, note);
    if ("dst" in instr && instr.dst !== undefined) used.add(instr.dst);
  };
  for (const block of fn.blocks) {
    for (const instr of block.instrs) noteInstr(instr);
    mapTerm(block.term, note);
  }
  const kept = [...used].sort((a, b) => a - b);
  const renumbered = new Map(kept.map((id, index) => [id, index]));
  const rename = (expr: Expr) =>
    mapExpr(expr, (e) => (e.kind === "local" ? { ...e, local: renumbered.get(e.local)! } : e));
  return {
    ...fn,
    locals: kept.map((id) => fn.locals[id]!),
    blocks: fn.blocks.map((block) => ({
      instrs: block.instrs.map((instr) => {
        const mapped = mapInstr(instr, rename);
        if ("dst" in mapped && mapped.dst !== undefined) {
          return { ...mapped, dst: renumbered.get(mapped.dst)! } as Instr;
        }
        return mapped;
      }),
      term: mapTerm(block.term, rename),
    })),
  };
}

export interface BuildOptions {
  readonly module: Module;
  readonly scenario: Scenario;
  readonly cpus: number;
  readonly machine: ReadonlyMap<string, number>;
  /** Shared state after boot; globals that are not in it have their `init`. */
  readonly memory?: Memory;
}

/** A handler that is not linked (the IPI's, on a uniprocessor) has nobody who raises its interrupt. */
function withoutUnlinkedSources(scenario: Scenario, module: Module): Scenario {
  const linked = (specs: readonly SourceSpec[]) =>
    specs.filter((spec) => spec.raised === undefined || module.functions.has(spec.handler));
  return {
    ...scenario,
    interrupts: linked(scenario.interrupts),
    softirqs: linked(scenario.softirqs),
    hardware: linked(scenario.hardware),
  };
}

/** Every function that a scenario names. */
function rootsOf({ tasks, interrupts, softirqs, hardware, witnesses }: Scenario): readonly string[] {
  const handlers = [...interrupts, ...softirqs, ...hardware].map(({ handler }) => handler);
  const conditions = witnesses.flatMap((witness) => (witness.kind === "in code" ? [] : (witness.condition ?? [])));
  return [...tasks.map(({ body }) => body), ...handlers, ...conditions];
}

/** Builds the system. The module must have linked: a call of an undefined function throws. */
export function buildSystem(options: BuildOptions): System {
  const { cpus } = options;
  const scenario = withoutUnlinkedSources(options.scenario, options.module);
  const module = bindMachine(options.module, options.machine, rootsOf(scenario));
  const points: WitnessPoint[] = scenario.witnesses.flatMap((w) =>
    w.kind === "in code" ? [] : [{ name: w.name, fn: w.fn!, when: w.kind, condition: w.condition }],
  );
  const initialOf = (global: Global): readonly number[] =>
    options.memory?.get(global.name) ?? new Array<number>(elementCount(global)).fill(global.init);

  const wanted = new Map<string, { level: number; name: string }>();
  const want = (name: string, level: number) => wanted.set(`${level}:${name}`, { level, name });
  for (const task of scenario.tasks) want(task.body, TASK);
  for (const source of scenario.interrupts) want(source.handler, HARDIRQ);
  for (const source of scenario.softirqs) want(source.handler, SOFTIRQ);
  for (const source of scenario.hardware) want(source.handler, HARDWARE);
  let flats = [...wanted].map(([key, { level, name }]) => ({ key, level, name, fn: inline(module, name, points) }));

  // What nothing writes is constant; folding it may make more code dead, and so more state constant.
  for (let changed = true; changed; ) {
    const written = new Set<string>();
    for (const flat of flats) for (const name of globalsTouched(flat.fn).writes) written.add(name);
    const constantGlobals = new Map<string, number>();
    for (const global of module.globals.values()) {
      if (written.has(global.name) || global.lock) continue;
      // Arrays of a whole kernel's size: made only for the globals that the system is left with.
      const values = options.memory?.get(global.name) ?? [global.init];
      if (values.every((v) => v === values[0])) constantGlobals.set(global.name, values[0]!);
    }
    changed = false;
    flats = flats.map((flat) => {
      const fn = dropDeadCode(fold(flat.fn, { constantGlobals }));
      const size = (f: Fn) => f.blocks.reduce((sum, block) => sum + block.instrs.length + 1, 0);
      if (size(fn) < size(flat.fn)) changed = true;
      return { ...flat, fn };
    });
  }

  const levelOf = (level: number): Level => LEVELS[level] ?? "hardirq";
  // A hardware action is nobody's: what it touches is shared.
  const privates = privateState(
    flats.map((flat) => ({ fn: flat.fn, level: levelOf(flat.level) })),
    module.globals,
  );
  const shared = { globals: module.globals, privates };
  const touched = new Set<string>();
  const levelPoints: StepPoint[][] = LEVELS.map(() => []);
  const rootByKey = new Map<string, Root>();
  for (const flat of flats) {
    const program = formSteps(dropUnusedLocals(flat.fn), levelOf(flat.level), shared);
    const { reads, writes } = globalsTouched(program.fn);
    for (const name of [...reads, ...writes]) touched.add(name);
    const pcOf = new Map<number, number>();
    const root: Root = { name: flat.name, program, level: flat.level, pcOf, writes };
    for (const block of flat.level === HARDWARE ? [] : program.starts) {
      levelPoints[flat.level]!.push({ root, block, live: program.live.get(block)! });
      pcOf.set(block, levelPoints[flat.level]!.length);
    }
    rootByKey.set(flat.key, root);
  }
  const specs = [...scenario.interrupts, ...scenario.softirqs, ...scenario.hardware];
  for (const spec of specs) if (spec.raised !== undefined) touched.add(spec.raised);
  for (const name of [...touched]) {
    const guard = module.globals.get(name)?.guard;
    if (guard !== undefined) touched.add(guard);
  }

  const globals = [...module.globals.values()].filter((global) => touched.has(global.name));
  const sources: Source[] = [];
  for (let cpu = 0; cpu < cpus; cpu++) {
    const add = (specs: readonly SourceSpec[], level: number, kind: Source["kind"]) => {
      for (const spec of specs) {
        sources.push({ cpu, root: rootByKey.get(`${level}:${spec.handler}`)!, kind, raised: spec.raised });
      }
    };
    add(scenario.interrupts, HARDIRQ, "interrupt");
    add(scenario.softirqs, SOFTIRQ, "interrupt");
    add(scenario.hardware, HARDWARE, "hardware");
  }
  const tasks: (Root | undefined)[] = new Array(cpus).fill(undefined);
  for (const task of scenario.tasks) {
    const root = rootByKey.get(`${TASK}:${task.body}`)!;
    if (task.cpu === "every") tasks.fill(root);
    else if (task.cpu < cpus) tasks[task.cpu] = root;
  }
  return {
    scenario,
    cpus,
    globals,
    initial: globals.map(initialOf),
    globalIndex: new Map(globals.map((global, index) => [global.name, index])),
    roots: [...rootByKey.values()],
    tasks,
    sources,
    points: levelPoints,
    witnesses: scenario.witnesses.map((w) => w.name),
    functionTable: module.functionTable,
  };
}
