/**
 * Stage 3: does the mapping layer come up on this CPU, and with what taken away? Runs the boot code on one CPU, before
 * anything else exists, and keeps what it left in memory.
 */
import { buildSystem, Interpreter, initialState, type Memory, placeOf, TASK } from "@shootdown/checker";
import type { Module } from "@shootdown/ir";
import type { BootStage } from "../result.js";
import { type Cpu, registersOf } from "./catalogue.js";

/** Where Linux's boot begins, and the model's, unless a scenario needs more of it. */
const BOOT = "start_kernel";
/** Steps after which boot code that has not finished is taken to hang. */
const MAX_BOOT_STEPS = 100_000;

export interface Booted {
  readonly stage: BootStage;
  /** Shared state as boot left it; absent when boot failed. */
  readonly memory?: Memory;
}

/** Nobody else is there yet, and boot code takes no locks: nothing is guarded. */
function withoutGuards(module: Module): Module {
  const globals = [...module.globals].map(([name, { guard: _, ...global }]) => [name, global] as const);
  return { ...module, globals: new Map(globals) };
}

/** `start` is the function that boots. */
export function boot(module: Module, cpu: Cpu, start: string = BOOT): Booted {
  const scenario = {
    name: "boot",
    about: "the boot CPU alone",
    tasks: [{ cpu: 0, body: start }],
    interrupts: [],
    softirqs: [],
    hardware: [],
    witnesses: [],
  };
  const system = buildSystem({ module: withoutGuards(module), scenario, cpus: 1, machine: registersOf(cpu) });
  const interpreter = new Interpreter(system);
  const messages: BootStage["messages"] = [];
  interpreter.onPrint = (level, text, at) => messages.push({ level, text, at: placeOf(at) });
  const state = initialState(system);
  const failed = (text: string, at: BootStage["messages"][number]["at"]): Booted => ({
    stage: { verdict: "panics", cpu: cpu.name, messages: [...messages, { level: "err", text, at }], left: {} },
  });
  for (let step = 0; state.pcs[TASK] !== 0; step++) {
    const outcome = interpreter.runStep(state, { kind: "run", cpu: 0, level: TASK }, []);
    if (outcome.kind === "violation") return failed(outcome.violation.message, placeOf(outcome.violation.at));
    if (outcome.kind === "blocked")
      return failed("boot waits for something that nobody can give", placeOf(outcome.blocked.at));
    if (step >= MAX_BOOT_STEPS)
      return failed(`boot has not finished after ${MAX_BOOT_STEPS} steps`, placeOf(system.roots[0]!.program.fn.at));
  }
  const left: Record<string, number> = {};
  const memory = new Map<string, readonly number[]>();
  system.globals.forEach((global, index) => {
    const values = state.shared[index]!;
    memory.set(global.name, values);
    if (values.length === 1 && values[0] !== global.init) left[global.name] = values[0]!;
  });
  return { stage: { verdict: "boots", cpu: cpu.name, messages, left }, memory };
}
