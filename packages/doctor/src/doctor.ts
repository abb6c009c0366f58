/**
 * The four stages on one tree: configure, link, boot, check. What every face calls.
 *
 * A stage that fails ends the examination: the later ones are skipped and say so. Input that cannot be used is an
 * `InputError`; a finding is a result.
 */
import type { Memory, System } from "@shootdown/checker";
import { ScheduleError } from "@shootdown/checker";
import { type Module, WideError } from "@shootdown/ir";
import type { SymbolInfo } from "@shootdown/kconfig";
import { readScenario, type ScenarioDecl, type ScenarioHead } from "@shootdown/kernel-ts";
import { InputError } from "./errors.js";
import { treeAt } from "./model/history.js";
import type { ModelTree } from "./model/model-tree.js";
import { overrideConfig } from "./model/override-config.js";
import { type NamedText, patched } from "./model/patched-tree.js";
import { suggest } from "./nearest.js";
import { type ConfigureStage, finishResult, type Result } from "./result.js";
import { boot } from "./stages/boot.js";
import { build } from "./stages/build.js";
import { type Cpu, findCpu } from "./stages/catalogue.js";
import { type CheckMode, check, systemOf, unchecked } from "./stages/check.js";
import { type Configured, checkSets, configure, promptsOf } from "./stages/configure.js";

/** What is asked of a kernel where nobody says otherwise: report 2's question, or without highmem report 1's. */
export const DEFAULT_SCENARIO = "kmap-dma";
const DEFAULT_WITHOUT_HIGHMEM = "percpu-second-chunk";

export interface Examination {
  readonly tree: ModelTree;
  readonly config: NamedText;
  /** A name of the catalogue. */
  readonly cpu: string;
  /** Symbols set over the configuration before Kconfig reads it. */
  readonly sets: ReadonlyMap<string, string>;
  /** What a real tree's Kconfig made of the configuration: the model is configured by it. */
  readonly linux?: {
    /** Of the tree, as `make kernelversion` prints it. */
    readonly version: string;
    /** As in `make ARCH=`. */
    readonly arch: string;
    /** The whole `.config`. */
    readonly text: string;
    readonly notes: ConfigureStage["notes"];
    readonly warnings: readonly string[];
    /** Every symbol that has a value. */
    readonly symbols: readonly SymbolInfo[];
    /** What the tree's Makefiles build into vmlinux; asked only where the model has no objects of its own. */
    readonly objects: () => readonly string[];
  };
  /** A release or commit: the tree as Linux was then. */
  readonly at?: string;
  /** In the order in which they are applied, after `at`. */
  readonly patches: readonly NamedText[];
  readonly scenario: string;
  /** Sizes that differ from the scenario's own. */
  readonly sizes: ReadonlyMap<string, number>;
  readonly mode: CheckMode;
  readonly replayCommand: (schedule: string) => string;
  /** Told when a stage is done, while the next one works; all of them are in the result, too. */
  readonly onStages?: (done: Partial<Result["stages"]>) => void;
}

/** What is examined, without how. */
export type Subject = Omit<Examination, "mode" | "replayCommand">;

const SCENARIOS = "kernel/scenarios";

/** The model keeps sets of CPUs in eight bits. */
const MAX_CPUS = 8;

/** The names of the scenarios of a tree. */
export function scenarioNames(tree: ModelTree): readonly string[] {
  return tree.namesIn(SCENARIOS, ".ts");
}

/** One sentence about a scenario. */
export function scenarioAbout(tree: ModelTree, name: string): string {
  return readScenario(tree, `${SCENARIOS}/${name}.ts`)?.about ?? "";
}

/** Everything that the stages before the search make of the input. */
export interface Prepared {
  readonly tree: ModelTree;
  readonly head: ScenarioHead;
  readonly cpu: Cpu;
  readonly cpus: number;
  readonly configured: Configured;
  readonly bounds: ReadonlyMap<string, number>;
  readonly stages: Pick<Result["stages"], "configure" | "link" | "boot">;
  /** Absent when a stage failed or the scenario does not apply; then `reason` says why. */
  readonly kernel?: { readonly module: Module; readonly memory: Memory; readonly scenario: ScenarioDecl };
  readonly reason?: string;
}

/** Stages 1 to 3. */
export function prepare(input: Subject): Prepared {
  const cpu = findCpu(input.tree, input.cpu);
  const tree = patched(input.at === undefined ? input.tree : treeAt(input.tree, input.at), input.patches);
  const file = `${SCENARIOS}/${input.scenario}.ts`;
  const head = readScenario(tree, file);
  if (!head) {
    const why = "the model tree has no scenario of that name";
    throw new InputError("S1303", input.scenario, why, suggest(input.scenario, scenarioNames(tree)));
  }
  const bounds = boundsOf(head, input.sizes);
  const configured = configureBoth(tree, input);
  input.onStages?.({ configure: configured.stage });
  const isSmp = configured.values.get("SMP") === true;
  if (!isSmp && bounds.has("NR_CPUS")) bounds.set("NR_CPUS", 1);
  const cpus = bounds.get("NR_CPUS") ?? 1;
  const base = { tree, head, cpu, cpus, configured, bounds };
  const skippedBoot = { verdict: "skipped" as const, cpu: cpu.name, messages: [], left: {} };

  const missing = head.needs.filter((symbol) => configured.values.get(symbol) !== true);
  const applies = missing.length === 0;
  const built = build({ tree, configured, sizes: bounds, scenarioFile: applies ? file : undefined });
  const stages = { configure: configured.stage, link: built.stage, boot: skippedBoot };
  input.onStages?.({ configure: configured.stage, link: built.stage });
  if (!built.module) return { ...base, stages, reason: "the kernel was not built" };
  const booted = boot(built.module, cpu, built.scenario?.boot);
  const done = { ...stages, boot: booted.stage };
  input.onStages?.(done);
  if (!booted.memory) return { ...base, stages: done, reason: "the kernel did not boot" };
  if (!applies || !built.scenario) {
    return {
      ...base,
      stages: done,
      reason: `${missing.join(", ")} is off, so there is nothing to do for the scenario`,
    };
  }
  return { ...base, stages: done, kernel: { module: built.module, memory: booted.memory, scenario: built.scenario } };
}

/** The scenario that a kernel is asked about where nobody names one. */
export function defaultScenario(input: Omit<Examination, "mode" | "replayCommand" | "scenario">): string {
  if (input.linux && input.linux.arch !== MODEL_ARCH) return DEFAULT_SCENARIO;
  const tree = patched(input.at === undefined ? input.tree : treeAt(input.tree, input.at), input.patches);
  const configured = configureBoth(tree, { ...input, scenario: DEFAULT_SCENARIO });
  return configured.values.get("HIGHMEM") === true ? DEFAULT_SCENARIO : DEFAULT_WITHOUT_HIGHMEM;
}

/** Stage 1: on the real tree, if there is one, then on the model's. */
function configureBoth(tree: ModelTree, input: Subject): Configured {
  const { linux, config, sets } = input;
  const configured = configure(tree, config.name, overrideConfig(linux?.text ?? config.text, sets));
  if (!linux) {
    checkSets(configured, sets);
    return configured;
  }
  const notes = [...linux.notes];
  const stage: ConfigureStage = {
    ...configured.stage,
    tree: linux.version,
    notes,
    warnings: [...linux.warnings, ...configured.stage.warnings],
    verdict: notes.length === 0 ? "as-asked" : "adjusted",
  };
  return { ...configured, stage };
}

function boundsOf(head: ScenarioHead, sizes: ReadonlyMap<string, number>): Map<string, number> {
  const bounds = new Map(head.sizes);
  for (const [name, value] of sizes) {
    if (!bounds.has(name)) {
      const why = `the scenario ${head.name} has no size of that name`;
      throw new InputError("S1304", `--size ${name}=${value}`, why, suggest(name, [...bounds.keys()]));
    }
    if (name === "NR_CPUS" && value > MAX_CPUS) {
      const why = `the model has at most ${MAX_CPUS} CPUs: it keeps sets of them in eight bits`;
      throw new InputError("S1002", `--size ${name}=${value}`, why, "a search seldom ends with more than 3 or 4");
    }
    bounds.set(name, value);
  }
  return bounds;
}

/** Systems that were built: a schedule made by hand asks for its own again and again. */
const systems = new WeakMap<Prepared, System>();

/** The system that stage 4 searches; throws `InputError` if there is none. */
export function preparedSystem(prepared: Prepared): System {
  const { kernel, cpu, cpus, reason } = prepared;
  if (!kernel) throw new InputError("S1303", prepared.head.name, reason!, "examine it with: shootdown doctor");
  const system = systems.get(prepared) ?? systemOf({ ...kernel, cpu, cpus });
  systems.set(prepared, system);
  return system;
}

/** The architecture that the model tree is written for. */
export const MODEL_ARCH = "arm";

/**
 * A real tree of an architecture that the model does not have: stage 1 and the objects of stage 2 are the tree's own; what the model
 * would say of linking, booting and schedules would be ARM's answer to another kernel's question, so it is not asked.
 */
function examineUnmodelled(input: Examination, linux: NonNullable<Examination["linux"]>): Result {
  if (input.sets.size > 0 || input.at !== undefined || input.patches.length > 0) {
    const why = `they change the model tree, which is ARM's, and this kernel is ${linux.arch}'s`;
    throw new InputError(
      "S1303",
      "--set, --at, --patch",
      why,
      "leave them out, and change the .config or the tree itself",
    );
  }
  const reason = `the model tree is ARM's: nothing is known about linking, booting and schedules on ${linux.arch}`;
  refuseReplay(input, reason);
  const { version, arch, notes, warnings, symbols, objects } = linux;
  const echo = { config: input.config.name, cpu: input.cpu, patches: [], scenario: input.scenario };
  return finishResult(echo, {
    configure: {
      verdict: notes.length === 0 ? "as-asked" : "adjusted",
      kernel: `${arch} ${version}`,
      tree: version,
      symbols: Object.fromEntries(symbols.map(({ name, value }) => [name, value])),
      ...promptsOf(symbols),
      notes: [...notes],
      warnings: [...warnings],
    },
    link: { verdict: "not-modelled", objects: [...objects()], undefined: [], dropped: [], obligations: [], errors: [] },
    boot: { verdict: "not-modelled", cpu: input.cpu, messages: [], left: {} },
    check: unchecked({ name: input.scenario, about: "" }, "not-modelled", reason),
  });
}

/** All four stages. */
export function examine(input: Examination): Result {
  try {
    return examineAll(input);
  } catch (error) {
    if (!(error instanceof WideError)) throw error;
    throw new InputError("S1501", "64 bits", error.message, "compute with u32 or i32 where code boots or runs");
  }
}

function examineAll(input: Examination): Result {
  if (input.linux && input.linux.arch !== MODEL_ARCH) return examineUnmodelled(input, input.linux);
  const prepared = prepare(input);
  const { head, kernel, cpu, cpus, bounds, stages, reason } = prepared;
  const echo = {
    config: input.config.name,
    cpu: cpu.name,
    ...(input.sets.size > 0 ? { set: Object.fromEntries(input.sets) } : {}),
    ...(input.at === undefined ? {} : { at: input.at }),
    patches: input.patches.map((patch) => patch.name),
    scenario: head.name,
  };
  if (!kernel) {
    refuseReplay(input, reason!);
    const isBuilt = stages.boot.verdict === "boots";
    return finishResult(echo, { ...stages, check: unchecked(head, isBuilt ? "sound" : "skipped", reason!) });
  }
  try {
    const { mode, replayCommand } = input;
    const provesLocking = prepared.configured.values.get("PROVE_LOCKING") === true;
    const checked = check({ ...kernel, cpu, cpus, bounds, provesLocking, mode, replayCommand });
    if (!checked.applies) refuseReplay(input, checked.reason!);
    return finishResult(echo, { ...stages, check: checked });
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    throw new InputError("S1602", "the schedule", error.message, error.next);
  }
}

/** A run needs a kernel that runs: there is none to replay a schedule on. */
function refuseReplay({ mode }: Examination, reason: string): void {
  if (mode.kind !== "replay") return;
  const next = "replay it with the configuration, CPU, patches and sizes of the finding";
  throw new InputError("S1602", "the schedule", `nothing runs here: ${reason}`, next);
}
