/**
 * From a compiled module and a scenario to the system that is searched.
 *
 * In four passes: each function that a scenario names is bound to the CPU and made one flat function; what nothing writes is
 * constant and folded away, until nothing changes; each is cut into steps; tasks and sources are placed on the CPUs.
 */
import {
  dropDeadCode,
  dropUnusedLocals,
  elementCount,
  type Fn,
  fold,
  formSteps,
  type Global,
  inline,
  type Level,
  type Module,
  placeName,
  privateState,
  type WitnessPoint,
} from "@shootdown/ir";
import {
  HARDIRQ,
  HARDWARE,
  LEVELS,
  type Memory,
  type Root,
  type Scenario,
  SOFTIRQ,
  type Source,
  type SourceSpec,
  type StepPoint,
  type System,
  TASK,
} from "./system.js";

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
  const { cpus, memory } = options;
  const scenario = withoutUnlinkedSources(options.scenario, options.module);
  const module = bindMachine(options.module, options.machine, rootsOf(scenario));
  const flats = foldConstantState(flatPrograms(scenario, module), module, memory);
  const { roots, points, touched } = cutIntoSteps(flats, module);
  const sources = sourcesOf(scenario, roots, cpus);
  for (const { raised } of sources) if (raised !== undefined) touched.add(raised);
  for (const name of [...touched]) {
    const guard = module.globals.get(name)?.guard;
    if (guard !== undefined) touched.add(guard);
  }
  const globals = [...module.globals.values()].filter((global) => touched.has(global.name));
  const initialOf = (global: Global): readonly number[] =>
    memory?.get(global.name) ?? new Array<number>(elementCount(global)).fill(global.init);
  return {
    scenario,
    cpus,
    globals,
    initial: globals.map(initialOf),
    globalIndex: new Map(globals.map((global, index) => [global.name, index])),
    roots: [...roots.values()],
    tasks: tasksOf(scenario, roots, cpus),
    sources,
    points,
    witnesses: scenario.witnesses.map((witness) => witness.name),
    functionTable: module.functionTable,
  };
}

/** A function that a scenario names, with all that it calls inside it. */
interface Flat {
  readonly name: string;
  /** TASK, SOFTIRQ, HARDIRQ or HARDWARE. */
  readonly level: number;
  readonly fn: Fn;
}

/** The key of a program: a function may run at several levels, and is another program at each. */
const keyOf = (level: number, name: string) => `${level}:${name}`;

function flatPrograms(scenario: Scenario, module: Module): Flat[] {
  const points: WitnessPoint[] = scenario.witnesses.flatMap((w) =>
    w.kind === "in code" ? [] : [{ name: w.name, fn: w.fn!, when: w.kind, condition: w.condition }],
  );
  const wanted = new Map<string, { level: number; name: string }>();
  const want = (level: number, name: string) => wanted.set(keyOf(level, name), { level, name });
  for (const task of scenario.tasks) want(TASK, task.body);
  for (const { specs, level } of sourceKinds(scenario)) for (const { handler } of specs) want(level, handler);
  return [...wanted.values()].map(({ level, name }) => ({ level, name, fn: inline(module, name, points) }));
}

/** What nothing writes is constant; folding it may make more code dead, and so more state constant. */
function foldConstantState(flats: readonly Flat[], module: Module, memory: Memory | undefined): readonly Flat[] {
  const written = new Set<string>();
  for (const flat of flats) for (const name of globalsTouched(flat.fn).writes) written.add(name);
  const constantGlobals = new Map<string, number>();
  for (const global of module.globals.values()) {
    if (written.has(global.name) || global.lock) continue;
    // Arrays of a whole kernel's size: made only for the globals that the system is left with.
    const values = memory?.get(global.name) ?? [global.init];
    if (values.every((v) => v === values[0])) constantGlobals.set(global.name, values[0]!);
  }
  const folded = flats.map((flat) => ({ ...flat, fn: dropDeadCode(fold(flat.fn, { constantGlobals })) }));
  const isSmaller = folded.some(({ fn }, index) => sizeOf(fn) < sizeOf(flats[index]!.fn));
  return isSmaller ? foldConstantState(folded, module, memory) : folded;
}

function sizeOf(fn: Fn): number {
  return fn.blocks.reduce((sum, block) => sum + block.instrs.length + 1, 0);
}

interface Programs {
  /** By `keyOf`. */
  readonly roots: ReadonlyMap<string, Root>;
  /** By level. */
  readonly points: readonly (readonly StepPoint[])[];
  /** Globals that a program reads or writes. */
  readonly touched: Set<string>;
}

function cutIntoSteps(flats: readonly Flat[], module: Module): Programs {
  const levelOf = (level: number): Level => LEVELS[level] ?? "hardirq";
  // A hardware action is nobody's: what it touches is shared.
  const privates = privateState(
    flats.map((flat) => ({ fn: flat.fn, level: levelOf(flat.level) })),
    module.globals,
  );
  const shared = { globals: module.globals, privates };
  const touched = new Set<string>();
  const points: StepPoint[][] = LEVELS.map(() => []);
  const roots = new Map<string, Root>();
  for (const { name, level, fn } of flats) {
    const program = formSteps(dropUnusedLocals(fn), levelOf(level), shared);
    const { reads, writes } = globalsTouched(program.fn);
    for (const global of [...reads, ...writes]) touched.add(global);
    const pcOf = new Map<number, number>();
    const root: Root = { name, program, level, pcOf, writes };
    for (const block of level === HARDWARE ? [] : program.starts) {
      points[level]!.push({ root, block, live: program.live.get(block)! });
      pcOf.set(block, points[level]!.length);
    }
    roots.set(keyOf(level, name), root);
  }
  return { roots, points, touched };
}

/** In the order in which the search tries them on a CPU. */
function sourcesOf(scenario: Scenario, roots: Programs["roots"], cpus: number): readonly Source[] {
  const sources: Source[] = [];
  for (let cpu = 0; cpu < cpus; cpu++) {
    for (const { specs, level } of sourceKinds(scenario)) {
      const kind = level === HARDWARE ? "hardware" : "interrupt";
      for (const { handler, raised } of specs) {
        sources.push({ cpu, root: roots.get(keyOf(level, handler))!, kind, raised });
      }
    }
  }
  return sources;
}

function tasksOf(scenario: Scenario, roots: Programs["roots"], cpus: number): readonly (Root | undefined)[] {
  const tasks: (Root | undefined)[] = new Array(cpus).fill(undefined);
  for (const { cpu, body } of scenario.tasks) {
    const root = roots.get(keyOf(TASK, body));
    if (cpu === "every") tasks.fill(root);
    else if (cpu < cpus) tasks[cpu] = root;
  }
  return tasks;
}

function sourceKinds(scenario: Scenario): readonly { specs: readonly SourceSpec[]; level: number }[] {
  return [
    { specs: scenario.interrupts, level: HARDIRQ },
    { specs: scenario.softirqs, level: SOFTIRQ },
    { specs: scenario.hardware, level: HARDWARE },
  ];
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
