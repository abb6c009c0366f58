/**
 * The result: one versioned document from which text and every other format is made.
 *
 * The schema below is the definition; `shootdown schema` prints it as JSON Schema, and whoever writes a result
 * validates it first (`finishResult`). Numbers are plain integers; bytes are bytes; steps are counted from 1.
 */
import { z } from "zod";

export const RESULT_FORMAT = "shootdown-result";
/** Raised when a reader of the previous version would misread; fields may be added without. */
export const RESULT_VERSION = 1;

export const VIOLATION_KINDS = ["deadlock", "stale", "race", "bug", "warn", "sleep-in-atomic", "lost"] as const;

const place = z.strictObject({
  file: z.string(),
  line: z.number().int(),
  column: z.number().int(),
  /** The function that holds the place. */
  fn: z.string(),
  /** The functions that lead there, outermost first, the place's own last; the line is that of the call that leads on. */
  stack: z
    .array(
      z.strictObject({
        fn: z.string(),
        file: z.string(),
        line: z.number().int(),
        /** Where Linux has the function: file and name. */
        linux: z.string().optional(),
      }),
    )
    .readonly(),
});

const levels = z.enum(["task", "softirq", "hardirq"]);

export const configureStage = z.strictObject({
  verdict: z.enum(["as-asked", "adjusted"]),
  /** Architecture and version of the kernel that wrote the file, as its header says. */
  kernel: z.string().optional(),
  /** The version of the Linux tree whose own Kconfig decided, if one was given. */
  tree: z.string().optional(),
  symbols: z.record(z.string(), z.string()),
  /** The bools among them that can be chosen. */
  prompts: z.array(z.string()),
  /** The prompts among them that say which machines the kernel is for. */
  machine: z.array(z.string()),
  /** What the file asks for and Kconfig does not give. */
  notes: z.array(z.strictObject({ symbol: z.string(), line: z.number().int(), asked: z.string(), got: z.string() })),
  warnings: z.array(z.string()),
});

/** Something that is known, and the line it is known from. */
const fact = z.strictObject({ text: z.string(), file: z.string(), line: z.number().int() });
const sourceLine = z.strictObject({ file: z.string(), line: z.number().int() });
/** What a symbol must be for a Makefile's line, or an include, to count. */
const linkCondition = z.strictObject({
  symbol: z.string(),
  value: z.enum(["y", "n"]),
  /** It is so in this configuration. */
  holds: z.boolean(),
  file: z.string(),
  line: z.number().int(),
});
const liveStep = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("call"), from: z.string(), to: z.string(), at: place }),
  z.strictObject({
    kind: z.literal("branch"),
    condition: z.string(),
    /** The way that leads to the reference. */
    holds: z.boolean(),
    /** It cannot go the other way. */
    isAlways: z.boolean(),
    because: z.array(fact),
    at: place,
  }),
]);

export const linkStage = z.strictObject({
  /** `not-modelled`: the kernel is of an architecture that the model tree does not have; nothing was examined. */
  verdict: z.enum(["links", "undefined-reference", "does-not-build", "skipped", "not-modelled"]),
  objects: z.array(z.string()),
  undefined: z.array(
    z.strictObject({
      symbol: z.string(),
      object: z.string(),
      /** The function that holds it at -O2; `at.fn` is the function of the source, which ld names where there is debug information. */
      holder: z.string(),
      at: place,
      declared: sourceLine,
      definedIn: z.string(),
      /** The emitted functions that lead there, from one that is live by itself. */
      path: z.array(z.string()),
      /** The same with every branch that decides it. */
      steps: z.array(liveStep),
      /** Under which conditions the code that refers to it is built. */
      referencedIf: z.array(linkCondition),
      /** Who would define it, and under which conditions. */
      definers: z.array(z.strictObject({ object: z.string(), built: z.boolean(), conditions: z.array(linkCondition) })),
      /** Under which both hold; absent if they exclude each other. */
      both: z.string().optional(),
      /** Whether it is there hangs on what the compiler expands in place. */
      isUncertain: z.boolean(),
    }),
  ),
  /** Declared, used in the source, defined nowhere, and needed by no live code: no error. */
  dropped: z
    .array(
      z.strictObject({
        symbol: z.string(),
        declared: sourceLine,
        at: place,
        /** What kills the way to it. */
        because: z.array(fact),
        /** No range of values decides it, only constants of the configuration. */
        byConstants: z.boolean(),
        isUncertain: z.boolean(),
      }),
    )
    .default([]),
  /** What this kernel relies on its callers for, in this configuration. */
  obligations: z.array(z.string()),
  /** `#error`'s counterpart. */
  errors: z.array(
    z.strictObject({ file: z.string(), line: z.number().int(), column: z.number().int(), message: z.string() }),
  ),
});

export const bootStage = z.strictObject({
  verdict: z.enum(["boots", "panics", "skipped", "not-modelled"]),
  cpu: z.string(),
  messages: z.array(z.strictObject({ level: z.enum(["info", "notice", "warn", "err"]), text: z.string(), at: place })),
  /** Shared state that boot left different from its initial value. */
  left: z.record(z.string(), z.number()),
});

const frame = z.strictObject({ fn: z.string(), file: z.string(), line: z.number().int() });
/** Where a CPU's contexts stand: what each does next. Absent: it does not run. */
const standing = z.strictObject({ task: frame.optional(), softirq: frame.optional(), hardirq: frame.optional() });
/** Without a holder it is free. */
const lockState = z.strictObject({
  what: z.string(),
  holder: z.strictObject({ cpu: z.number().int(), context: levels }).optional(),
});

/** The state that every run starts from, with interrupts on. Traces say what changes from here. */
const start = z.strictObject({
  /** Every element of shared state, locks excepted. */
  shared: z.record(z.string(), z.number()),
  locks: z.array(lockState).readonly(),
  /** By CPU. */
  stands: z.array(standing).readonly(),
});

const traceStep = z.strictObject({
  step: z.number().int(),
  cpu: z.number().int(),
  context: z.enum(["task", "softirq", "hardirq", "hardware"]),
  root: z.string(),
  at: place,
  what: z.string(),
  /** Shared state that the step changed, locks excepted, in the order of the writes, each with its place. */
  changes: z.array(z.strictObject({ what: z.string(), from: z.number(), to: z.number(), at: place.optional() })),
  /** Locks that the step took or released. */
  locks: z.array(lockState).readonly().optional(),
  irqsOff: z.boolean(),
  /** Where this CPU's contexts stand after the step. */
  stands: standing.optional(),
});

const wait = z.strictObject({
  cpu: z.number().int(),
  context: levels,
  at: place,
  for: z.enum(["lock", "cpu", "anyone"]),
  what: z.string(),
  on: z.strictObject({ cpu: z.number().int(), context: levels.optional() }).optional(),
  irqsOff: z.boolean(),
  irqsOffSince: z.number().int().optional(),
  inCycle: z.boolean(),
});

export const violation = z.strictObject({
  kind: z.enum(VIOLATION_KINDS),
  message: z.string(),
  at: place.optional(),
  /** What the step that violates something had read. */
  reads: z
    .array(z.strictObject({ what: z.string(), value: z.number(), at: place }))
    .readonly()
    .optional(),
  /** What that means, a sentence each: for a stale translation, which entry was used and what became of it. */
  because: z.array(z.string()).readonly().optional(),
  /** For a deadlock: every context that can never move again. */
  waits: z.array(wait),
});

const lockdepReport = z.strictObject({
  kind: z.enum(["inconsistent-state", "irq-dependency", "circular-dependency", "recursive-locking", "irqs-off"]),
  /** The kernel's first line. */
  title: z.string(),
  /** The lock class; absent for `irqs-off`. */
  class: z.string().optional(),
  /** The class at the other end of a dependency. */
  other: z.string().optional(),
  sites: z.array(z.strictObject({ what: z.string(), context: levels, root: z.string(), at: place })),
  /** The report in the kernel's form. */
  text: z.string(),
  /** The step of the printed run at which it would come. Absent: only other runs show it. */
  step: z.number().int().optional(),
  /** The report is about the finding. */
  warnsOfFinding: z.boolean(),
});

/** What lockdep would see. */
export const lockdep = z.strictObject({
  /** CONFIG_PROVE_LOCKING: the kernel prints only then. */
  enabled: z.boolean(),
  /** From every step that was taken; all of them, although the kernel stops at the first. */
  reports: z.array(lockdepReport),
  /** How many of them are about locks: their order, or their use in interrupts. The others are assertions. */
  lockReports: z.number().int().optional(),
  /** What that comes to, in a sentence. */
  summary: z.string().optional(),
  /** There is a finding, and no report is about it: why. */
  cannotSee: z.string().optional(),
});

export const checkStage = z.strictObject({
  verdict: z.enum(["sound", ...VIOLATION_KINDS, "limit", "skipped", "not-modelled"]),
  scenario: z.string(),
  about: z.string(),
  /** Whether the scenario has anything to say about this kernel; if not, why. */
  applies: z.boolean(),
  reason: z.string().optional(),
  mode: z.enum(["search", "simulate", "replay"]),
  /** How states were counted: chaining joins steps between which no other context's step is needed. */
  reduction: z.enum(["none", "chaining"]).optional(),
  /** The run is one of the shortest there are. */
  isShortest: z.boolean().optional(),
  /** The sizes that the verdict holds for. */
  bounds: z.record(z.string(), z.number()),
  states: z.number().int(),
  transitions: z.number().int(),
  depth: z.number().int(),
  /** Bytes of state storage. */
  memory: z.number(),
  witnesses: z.array(z.strictObject({ name: z.string(), reached: z.boolean() })),
  /** Which bound ended the search. */
  limit: z.enum(["states", "memory", "seconds", "simulation"]).optional(),
  violation: violation.optional(),
  lockdep: lockdep.optional(),
  initial: start.optional(),
  trace: z.array(traceStep).optional(),
  schedule: z.string().optional(),
  /** The command that replays the run. */
  replay: z.string().optional(),
});

/** A change that makes all four stages pass, in every scenario. */
export const prescription = z.strictObject({
  what: z.string(),
  about: z.string(),
  /** Words to add to the command line. */
  words: z.array(z.string()).readonly(),
  /** The patch itself, where it does not ship: for --patch. */
  patch: z.string().optional(),
  /** Symbols that were on and are off. */
  takesAway: z.array(z.string()).readonly(),
  obligations: z.array(z.string()).readonly(),
  /** The scenarios that were searched. */
  checked: z.array(z.string()).readonly(),
});

export const resultSchema = z.strictObject({
  format: z.literal(RESULT_FORMAT),
  version: z.literal(RESULT_VERSION),
  input: z.strictObject({
    config: z.string(),
    cpu: z.string(),
    set: z.record(z.string(), z.string()).optional(),
    at: z.string().optional(),
    patches: z.array(z.string()),
    scenario: z.string(),
  }),
  /** The first stage that is not well decides. */
  verdict: z.enum(["sound", "finding", "limit"]),
  stages: z.strictObject({ configure: configureStage, link: linkStage, boot: bootStage, check: checkStage }),
  /** For a finding, what would fix it, best first; absent where nobody asked. */
  prescriptions: z.array(prescription).readonly().optional(),
  /** What was tried because it looks like a remedy, and where it fails. */
  rejected: z
    .array(z.strictObject({ what: z.string(), why: z.string() }))
    .readonly()
    .optional(),
});

export type Place = z.infer<typeof place>;
export type Frame = Place["stack"][number];
export type ConfigureStage = z.infer<typeof configureStage>;
export type LinkStage = z.infer<typeof linkStage>;
export type BootStage = z.infer<typeof bootStage>;
export type CheckStage = z.infer<typeof checkStage>;
export type TraceStep = z.infer<typeof traceStep>;
export type Wait = z.infer<typeof wait>;
export type Lockdep = z.infer<typeof lockdep>;
export type Prescription = z.infer<typeof prescription>;
export type Result = z.infer<typeof resultSchema>;

/** Completes a result and holds it against the schema: a result that leaves this program is valid. */
export function finishResult(input: Result["input"], stages: Result["stages"]): Result {
  const { link, boot, check } = stages;
  const isWell =
    link.verdict === "links" && boot.verdict === "boots" && (check.verdict === "sound" || check.verdict === "skipped");
  const isLimit = check.verdict === "limit" || check.verdict === "not-modelled";
  const verdict = isWell ? "sound" : isLimit ? "limit" : "finding";
  return resultSchema.parse({ format: RESULT_FORMAT, version: RESULT_VERSION, input, verdict, stages });
}

/** The result with what would fix it. */
export function withPrescriptions(
  result: Result,
  prescriptions: readonly Prescription[],
  rejected: Result["rejected"] = [],
): Result {
  return resultSchema.parse({ ...result, prescriptions, ...(rejected.length > 0 ? { rejected } : {}) });
}

/** 0 sound, 1 a finding, 3 a bound was reached, be it that the kernel is outside the model. (2, an input error, has no result.) */
export function exitStatus(result: Result): 0 | 1 | 3 {
  return result.verdict === "sound" ? 0 : result.verdict === "finding" ? 1 : 3;
}

/** The published schema, as JSON Schema. */
export function resultJsonSchema(): unknown {
  return z.toJSONSchema(resultSchema);
}
