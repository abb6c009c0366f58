/**
 * A result as SARIF 2.1.0: one run whose results are what was found, each with the places to look at. A run of the
 * kernel is a code flow with a thread flow for each CPU; executionOrder puts their locations in one sequence. Sound is
 * no results. A bound that was reached is a notification of the invocation, which then was not successful: no results
 * must not be read as sound.
 *
 * Files are relative to KERNEL, the folder that holds `packages/kernel` and `packages/machine`.
 */
import { FINDINGS, type FindingName } from "../findings.js";
import { type CheckStage, exitStatus, type Frame, type Place, type Result, type TraceStep } from "../result.js";
import { VERSION } from "../version.js";
import { cpuText, irqsText, limitText, shownFrame, shownPath, stepText, waitText, where } from "../wording.js";

const SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const URI_BASE = "KERNEL";
const RULES = Object.keys(FINDINGS) as FindingName[];
const NESTING = { task: 0, softirq: 1, hardirq: 2, hardware: 0 } as const;
const LIMIT = "limit";

type Json = Readonly<Record<string, unknown>>;

export function toSarif(result: Result): Json {
  const { check } = result.stages;
  return {
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "shootdown",
            version: VERSION,
            semanticVersion: VERSION,
            rules: RULES.map((name) => ({
              id: FINDINGS[name].code,
              name: pascalCase(name),
              shortDescription: { text: sentence(capital(FINDINGS[name].about)) },
              defaultConfiguration: { level: levelOf(name) },
            })),
            notifications: [
              {
                id: LIMIT,
                name: "Limit",
                shortDescription: { text: "A bound ended the search before every schedule had been seen." },
              },
            ],
          },
        },
        invocations: [invocation(result)],
        originalUriBaseIds: {
          [URI_BASE]: { description: { text: "The folder that holds packages/kernel and packages/machine." } },
        },
        columnKind: "utf16CodeUnits",
        results: [...linkResults(result), ...bootResults(result), ...checkResults(result)],
        properties: {
          verdict: result.verdict,
          input: result.input,
          ...(check.applies ? { bounds: check.bounds, witnesses: check.witnesses } : { reason: check.reason }),
        },
      },
    ],
  };
}

function invocation(result: Result): Json {
  const { configure, check } = result.stages;
  const limit = {
    descriptor: { id: LIMIT, index: 0 },
    level: "error",
    message: { text: sentence(limitText(check)) },
    properties: { states: check.states, depth: check.depth, bounds: check.bounds },
  };
  return {
    executionSuccessful: result.verdict !== "limit",
    exitCode: exitStatus(result),
    toolExecutionNotifications: result.verdict === "limit" ? [limit] : [],
    toolConfigurationNotifications: configure.notes.map((note) => ({
      level: "note",
      message: { text: `The file asks for ${note.symbol}=${note.asked}, Kconfig gives ${note.got}.` },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: userFile(result.input.config) },
            region: { startLine: note.line },
          },
        },
      ],
    })),
  };
}

// ---- what was found ----

function finding(name: FindingName, message: string, fingerprint: readonly string[], rest: Json): Json {
  const { code } = FINDINGS[name];
  return {
    ruleId: code,
    ruleIndex: RULES.indexOf(name),
    level: levelOf(name),
    message: { text: sentence(message) },
    partialFingerprints: { "finding/v1": [code, ...fingerprint].join(" ") },
    ...rest,
  };
}

function linkResults({ stages: { link } }: Result): Json[] {
  const missing = link.undefined.map(({ symbol, object, at, definedIn, path }) => {
    const alive = `alive by ${path.join(" -> ")}; ${definedIn} would define it and is not built`;
    const message = `${object}: in function '${at.fn}': undefined reference to '${symbol}'; ${alive}`;
    return finding("undefined-reference", message, [at.fn, symbol], { locations: [location(at)] });
  });
  const errors = link.errors.map(({ file, line, column, message }) =>
    finding("does-not-build", message, [file, message], {
      locations: [{ physicalLocation: physical(file, line, column) }],
    }),
  );
  return [...missing, ...errors];
}

function bootResults({ stages: { boot } }: Result): Json[] {
  if (boot.verdict !== "panics") return [];
  const last = boot.messages.at(-1)!;
  const { cpu } = boot;
  return [finding("panic", `${cpu}: ${last.text}`, [cpu, last.at.fn], { locations: [location(last.at)] })];
}

function checkResults({ input, stages: { check }, prescriptions }: Result): Json[] {
  const { violation } = check;
  if (!violation) return [];
  const { kind, waits } = violation;
  const main = violation.at ?? (waits.find((wait) => wait.inCycle) ?? waits[0])?.at ?? check.trace?.at(-1)?.at;
  const sayWait = (wait: (typeof waits)[number]) =>
    `${cpuText(wait.cpu, wait.context)} ${waitText(wait)}, ${irqsText(wait)} (${where(shownFrame(wait.at))})`;
  const message = [`${kind}: ${violation.message}`, ...waits.map(sayWait)]
    .join(". ")
    .concat((violation.because ?? []).map((sentence) => ` ${sentence}`).join(""));
  const functions = violation.at ? [violation.at.fn] : waits.map((wait) => shownFrame(wait.at).fn).sort();
  const stacks = violation.at
    ? [stack(violation.at, violation.message)]
    : waits.map((wait) => stack(wait.at, sayWait(wait)));
  return [
    finding(kind, message, [check.scenario, ...functions], {
      locations: main ? [location(main)] : [],
      relatedLocations: waits.map((wait, index) => ({ id: index + 1, ...location(wait.at, sayWait(wait)) })),
      stacks,
      codeFlows: codeFlows(check),
      properties: {
        scenario: check.scenario,
        config: input.config,
        cpu: input.cpu,
        patches: input.patches,
        bounds: check.bounds,
        states: check.states,
        ...(check.schedule === undefined ? {} : { schedule: check.schedule }),
        ...(check.replay === undefined ? {} : { replay: check.replay }),
        ...(prescriptions === undefined ? {} : { prescriptions }),
      },
    }),
  ];
}

function codeFlows({ trace = [], isShortest }: CheckStage): Json[] {
  if (trace.length === 0) return [];
  const cpus = [...new Set(trace.map((step) => step.cpu))].sort((a, b) => a - b);
  const threadFlows = cpus.map((cpu) => ({
    id: `CPU${cpu}`,
    locations: trace.filter((step) => step.cpu === cpu).map(threadFlowLocation),
  }));
  const kind = isShortest ? "Shortest run" : "Run";
  return [{ message: { text: `${kind}: ${trace.length} steps on ${cpus.length} CPUs.` }, threadFlows }];
}

function threadFlowLocation(step: TraceStep): Json {
  const { locks = [], changes } = step;
  return {
    executionOrder: step.step,
    nestingLevel: NESTING[step.context],
    location: location(step.at, `${shownPath(step.at)}: ${stepText(step)}`),
    ...(locks.length > 0 ? { kinds: ["lock", locks.some((lock) => lock.holder) ? "acquire" : "release"] } : {}),
    ...(changes.length > 0
      ? { state: Object.fromEntries(changes.map(({ what, to }) => [what, { text: String(to) }])) }
      : {}),
    properties: { context: step.context, irqsOff: step.irqsOff },
  };
}

// ---- places ----

function location(place: Place, message?: string): Json {
  const frame = shownFrame(place);
  const column = frame === place.stack.at(-1) ? place.column : undefined;
  return {
    physicalLocation: physical(frame.file, frame.line, column),
    logicalLocations: [logical(frame)],
    ...(message === undefined ? {} : { message: { text: message } }),
  };
}

function stack(place: Place, message: string): Json {
  return {
    message: { text: sentence(message) },
    frames: [...place.stack].reverse().map((frame) => ({
      location: { physicalLocation: physical(frame.file, frame.line), logicalLocations: [logical(frame)] },
    })),
  };
}

function logical({ fn, linux }: Frame): Json {
  return { name: fn, fullyQualifiedName: fn, kind: "function", ...(linux ? { properties: { linux } } : {}) };
}

function physical(file: string, line: number, column?: number): Json {
  const path = file.startsWith("machine/") ? `packages/${file}` : `packages/kernel/${file}`;
  return {
    artifactLocation: { uri: encodePath(path), uriBaseId: URI_BASE },
    region: { startLine: Math.max(1, line), ...(column !== undefined && column > 0 ? { startColumn: column } : {}) },
  };
}

/** A file that a user named, as a URI: relative as it was given, or absolute. */
function userFile(path: string): string {
  return path.startsWith("/") ? `file://${encodePath(path)}` : encodePath(path);
}

function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

// ---- words ----

function levelOf(name: FindingName): "error" | "warning" {
  return name === "warn" ? "warning" : "error";
}

function pascalCase(name: string): string {
  return name.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase());
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
