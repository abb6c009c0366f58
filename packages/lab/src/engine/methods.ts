/**
 * The requests that the engine answers: from what the page names to the doctor, and back to plain data.
 */

import {
  type AddressSubject,
  decodeSchedule,
  type Examination,
  examine,
  explore,
  InputError,
  outcomeOf,
  outlook,
  type Prepared,
  type Progress,
  prepare,
  prescribe,
  readCatalogue,
  readHistory,
  readMatrix,
  ScheduleError,
  SoundSystems,
  type Subject,
  scenarioAbout,
  scenarioNames,
  successorsOf,
} from "@shootdown/doctor";
import { exampleConfig, exampleTexts, patchesOf, shippedNames, shippedPatch, tree } from "./bundled.js";
import { commandWords, shellWords } from "./command.js";
import { runTrace } from "./percpu.js";
import type { Catalogue, MethodName } from "./protocol.js";
import type { Answers } from "./serve.js";

/** Milliseconds between two reports of a search. */
const REPORT_INTERVAL = 100;
/** Bytes of state storage of one search: what a page may take of a machine. */
const MAX_MEMORY = 1024 ** 3;
/** States of one search for a prescription: a candidate that needs more is not prescribed. */
const MAX_PRESCRIPTION_STATES = 4_000_000;

export const methods: Answers<Exclude<MethodName, "sources">> = {
  catalogue: () => catalogue(),

  examine({ subject, look }, report) {
    const onProgress = throttled((progress) => report({ progress }));
    const mode: Examination["mode"] =
      look.kind === "simulate"
        ? look
        : { kind: "search", options: { chaining: true, maxMemory: MAX_MEMORY }, onProgress };
    const onStages = (stages: Parameters<NonNullable<Subject["onStages"]>>[0]) => report({ stages });
    return examine({ ...subjectOf(subject), mode, replayCommand: replayCommand(subject), onStages });
  },

  prescribe({ subject, result }, report) {
    const shipped = shippedNames().map(shippedPatch);
    const options = { chaining: true, shortest: false, maxStates: MAX_PRESCRIPTION_STATES };
    let tries = { tried: 0, total: 0 };
    let begun = performance.now();
    let states = 0;
    const onProgress = throttled((progress) => {
      // Fewer states than before are another search's.
      if (progress.states < states) begun = performance.now();
      states = progress.states;
      report({ progress: { ...tries, search: { progress, milliseconds: performance.now() - begun } } });
    });
    const mode: Examination["mode"] = { kind: "search", options, onProgress, sound: new SoundSystems() };
    const input: Examination = { ...subjectOf(subject), mode, replayCommand: () => "" };
    const onTried = (tried: number, total: number) => {
      tries = { tried, total };
      report({ progress: tries });
    };
    return prescribe(input, result, { shipped, onTried }).prescriptions;
  },

  explore({ subject, schedule, successors }) {
    const prepared = preparedOf(subject);
    const wanted = schedule === undefined ? (successors ?? []) : successorsOf(prepared, readSchedule(schedule));
    return { ...explore(prepared, wanted), successors: wanted };
  },

  outlook({ subject, successors, maxStates }, report) {
    const onProgress = throttled((progress) => report({ progress }));
    return outlook(preparedOf(subject), successors, { maxStates }, onProgress);
  },

  allocate: (ask) => runTrace(tree, ask),

  cell({ subject, maxStates }, report) {
    const onProgress = throttled((progress) => report({ progress }));
    const mode: Examination["mode"] = {
      kind: "search",
      options: { chaining: true, shortest: true, maxStates },
      onProgress,
    };
    const result = examine({ ...subjectOf(subject), mode, replayCommand: () => "" });
    const { states, trace } = result.stages.check;
    return { outcome: outcomeOf(result), states, steps: trace?.length };
  },
};

/** The words behind `./shootdown replay SCHEDULE`. */
function replayCommand(subject: AddressSubject) {
  return (schedule: string) => shellWords(["./shootdown", "replay", schedule, ...commandWords(subject)]);
}

function catalogue(): Catalogue {
  const firstParagraph = (text: string) => text.split(/\n\s*\n/)[0]!.replaceAll("\n", " ");
  return {
    cpus: readCatalogue(tree).map(({ name, about, smp, mmu }) => ({ name, about, smp, mmu })),
    scenarios: scenarioNames(tree).map((name) => ({ name, about: scenarioAbout(tree, name) })),
    patches: [
      ...shippedNames().map((name) => ({ name, about: firstParagraph(shippedPatch(name).text) })),
      ...readHistory(tree).map(({ at, subject }) => ({ name: `revert-${at}`, about: `Takes back: ${subject}` })),
    ],
    history: readHistory(tree).map(({ at, subject, since }) => ({ at, subject, since })),
    examples: [...exampleTexts.keys()],
    matrix: readMatrix(tree).configurations.map(({ name, config, cpu, set, at }) => ({
      name,
      config,
      cpu,
      set,
      ...(at === undefined ? {} : { at }),
    })),
  };
}

function subjectOf(subject: AddressSubject): Subject {
  const { config, cpu, set, at, scenario, sizes } = subject;
  return {
    tree,
    config: config.text === undefined ? exampleConfig(config.name) : { name: config.name, text: config.text },
    cpu,
    sets: new Map(Object.entries(set)),
    at,
    patches: patchesOf(subject),
    scenario,
    sizes: new Map(Object.entries(sizes)),
  };
}

/** The last kernel that was prepared: a schedule made by hand asks for it again and again. */
let last: { readonly key: string; readonly prepared: Prepared } | undefined;

function preparedOf(subject: AddressSubject): Prepared {
  const key = JSON.stringify(subject);
  if (last?.key !== key) last = { key, prepared: prepare(subjectOf(subject)) };
  return last.prepared;
}

function readSchedule(text: string) {
  try {
    return decodeSchedule(text);
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    throw new InputError("S1601", text.length > 60 ? `${text.slice(0, 57)}...` : text, error.message, error.next);
  }
}

function throttled(report: (progress: { states: number; depth: number; memory: number }) => void) {
  let next = 0;
  return ({ states, depth, memory }: Progress) => {
    const now = performance.now();
    if (now < next) return;
    next = now + REPORT_INTERVAL;
    report({ states, depth, memory });
  };
}
