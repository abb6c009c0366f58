/**
 * Stage 4: is it free of deadlock, stale translation and lost mapping under every schedule? Searches one scenario on
 * the kernel that the stages before have built and booted.
 */
import {
  bindMachine,
  buildSystem,
  encodeSchedule,
  fingerprint,
  type LockFacts,
  type Memory,
  type Progress,
  type ReducedOptions,
  type Run,
  replay,
  type Schedule,
  type System,
  searchReduced,
  simulate,
  startOf,
  systemText,
  type TracePlace,
  tell,
} from "@shootdown/checker";
import { fold, inline, type Module, Recent } from "@shootdown/ir";
import type { ScenarioDecl } from "@shootdown/kernel-ts";
import type { CheckStage, Place } from "../result.js";
import { type Cpu, registersOf } from "./catalogue.js";
import { lockdepOf } from "./lockdep.js";
import { toldStep, toldViolation } from "./told.js";

/** How stage 4 looks for a violation. */
export type CheckMode =
  | {
      readonly kind: "search";
      readonly options: ReducedOptions;
      readonly onProgress?: (progress: Progress) => void;
      /** Searches that found nothing, by their systems: a patch or a symbol leaves most scenarios as they were. */
      readonly sound?: SoundSystems;
    }
  | {
      readonly kind: "simulate";
      readonly seed: number;
      readonly runs: number;
      readonly steps: number;
      readonly expired?: () => boolean;
    }
  | { readonly kind: "replay"; readonly schedule: Schedule };

/** Systems are long texts, and a matrix has about a hundred. */
const MAX_SOUND = 256;

/** What a search that found nothing says, by the text of its system. One limit holds for all searches that share it. */
export class SoundSystems extends Recent<ReturnType<typeof searchReduced>> {
  constructor() {
    super(MAX_SOUND);
  }
}

export interface CheckInput {
  readonly module: Module;
  readonly memory: Memory;
  readonly scenario: ScenarioDecl;
  readonly cpu: Cpu;
  readonly cpus: number;
  readonly bounds: ReadonlyMap<string, number>;
  /** CONFIG_PROVE_LOCKING. */
  readonly provesLocking: boolean;
  readonly mode: CheckMode;
  /** The command that replays a schedule. */
  readonly replayCommand: (schedule: string) => string;
}

const NOTHING = { states: 0, transitions: 0, depth: 0, memory: 0 };

/** A check stage that has nothing to search. */
export function unchecked(
  head: { readonly name: string; readonly about: string },
  verdict: "sound" | "skipped" | "not-modelled",
  reason: string,
): CheckStage {
  return {
    verdict,
    scenario: head.name,
    about: head.about,
    applies: false,
    reason,
    mode: "search",
    bounds: {},
    ...NOTHING,
    witnesses: [],
  };
}

/** What a function without arguments and effects returns after boot. */
function valueAfterBoot(input: CheckInput, name: string): boolean {
  const module = bindMachine(input.module, registersOf(input.cpu), [name]);
  const constantGlobals = new Map<string, number>();
  for (const global of module.globals.values()) {
    const values = input.memory.get(global.name) ?? [global.init];
    if (values.every((value) => value === values[0])) constantGlobals.set(global.name, values[0]!);
  }
  const fn = fold(inline(module, name), { constantGlobals });
  const term = fn.blocks[0]!.term;
  if (term.kind !== "return" || term.value?.kind !== "const") throw new Error(`${name} is not decided by boot alone`);
  return term.value.value !== 0;
}

/** The system of a scenario on a built and booted kernel. */
export function systemOf(input: Omit<CheckInput, "mode" | "replayCommand" | "bounds" | "provesLocking">): System {
  return buildSystem({
    module: input.module,
    scenario: input.scenario,
    cpus: input.cpus,
    machine: registersOf(input.cpu),
    memory: input.memory,
  });
}

export function check(input: CheckInput): CheckStage {
  const { scenario, mode } = input;
  if (scenario.applies && !valueAfterBoot(input, scenario.applies.when)) {
    return unchecked(scenario, "sound", scenario.applies.otherwise);
  }
  const system = systemOf(input);
  const linux = linuxNames(input.module);
  const base = {
    scenario: scenario.name,
    about: scenario.about,
    applies: true,
    mode: mode.kind,
    bounds: Object.fromEntries(input.bounds),
    initial: startOf(system),
  };
  const lockdep = (facts: LockFacts | undefined, told?: { run: Run; schedule: readonly number[] }) =>
    lockdepOf({ system, facts, told, enabled: input.provesLocking, linux });
  const told = (run: Run, schedule: readonly number[], lockFacts?: LockFacts): Partial<CheckStage> => {
    const text = encodeSchedule({ scenario: scenario.name, fingerprint: fingerprint(system), successors: schedule });
    return {
      violation: toldViolation(run, base.initial, linux),
      lockdep: lockdep(lockFacts, { run, schedule }),
      trace: run.steps.map((step) => toldStep(step, linux)),
      schedule: text,
      replay: input.replayCommand(text),
    };
  };
  const confirmed = (schedule: readonly number[], lockFacts: LockFacts) => {
    const run = tell(system, schedule);
    if (!run.violation) throw new Error("the interpreter does not confirm the finding of the generated code");
    return { verdict: run.violation.kind, ...told(run, schedule, lockFacts) };
  };
  switch (mode.kind) {
    case "replay": {
      const run = replay(system, mode.schedule);
      const verdict = run.violation?.kind ?? "sound";
      const depth = run.steps.length;
      return { ...base, ...NOTHING, depth, witnesses: [], verdict, ...told(run, mode.schedule.successors) };
    }
    case "simulate": {
      const result = simulate(system, mode);
      const facts = { ...NOTHING, transitions: result.steps, witnesses: [...result.witnesses] };
      const { schedule, lockFacts } = result;
      if (schedule) return { ...base, ...facts, depth: schedule.length, ...confirmed(schedule, lockFacts) };
      return { ...base, ...facts, verdict: "limit", limit: "simulation", lockdep: lockdep(lockFacts) };
    }
    case "search": {
      const key = mode.sound && JSON.stringify([systemText(system), system.witnesses]);
      const searched = (key && mode.sound?.get(key)) || searchReduced(system, mode.options, mode.onProgress);
      if (key && searched.verdict === "sound") mode.sound?.set(key, searched);
      const { verdict, schedule, limit, witnesses, lockFacts, ...facts } = searched;
      const known = { ...base, ...facts, witnesses: [...witnesses] };
      if (schedule) return { ...known, ...confirmed(schedule, lockFacts) };
      return { ...known, verdict: verdict === "sound" ? "sound" : "limit", limit, lockdep: lockdep(lockFacts) };
    }
  }
}

/** Adds where Linux has the function that holds a place. */
export function linuxNames(module: Module): (place: TracePlace) => Place {
  const byPlace = new Map<string, string>();
  for (const fn of module.functions.values()) if (fn.linux) byPlace.set(`${fn.at.file} ${fn.name}`, fn.linux);
  return (place) => ({
    ...place,
    stack: place.stack.map((frame) => ({ ...frame, linux: byPlace.get(`${frame.file} ${frame.fn}`) })),
  });
}
