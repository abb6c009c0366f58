/**
 * Schedules as strings: `s1:kmap-dma:1k9x2m:AEG2x9:7f`.
 *
 *      version : scenario : fingerprint of the system : one letter a step : check
 *
 * A letter says which of the state's successors comes next, in the interpreter's order; a number past the alphabet is
 * `_` and two letters. The fingerprint covers every program, size and value after boot, but no line numbers, so that
 * a comment in the model does not make a schedule void. The check covers everything before it.
 */
import { ALPHABET, CHECK_LETTERS, checkLetters, letters } from "../check-letters.js";
import type { System } from "../system.js";

const VERSION = "s1";
const ESCAPE = "_";
const FINGERPRINT_LETTERS = 6;

export interface Schedule {
  readonly scenario: string;
  readonly fingerprint: string;
  readonly successors: readonly number[];
}

/** Why a string is no schedule, or not one for this system. */
export class ScheduleError extends Error {
  constructor(
    message: string,
    /** What to do about it. */
    readonly next: string,
  ) {
    super(message);
  }
}

/** 53 bits of a string (cyrb53): enough to tell models apart, not a defence against an adversary. */
function hash(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}

/** Names the system: the same for two systems if and only if (but for chance) they mean the same steps. */
export function fingerprint(system: System): string {
  return letters(hash(systemText(system)), FINGERPRINT_LETTERS);
}

/** The same for two systems if and only if they mean the same steps. */
export function systemText(system: System): string {
  return JSON.stringify(
    [
      system.cpus,
      system.globals.map((g) => [g.name, g.type, g.dims, g.guard]),
      system.initial,
      system.roots.map((root) => [root.name, root.level, root.program.fn.blocks, root.program.starts]),
      system.tasks.map((root) => root?.name),
      system.sources.map((s) => [s.cpu, s.kind, s.root.name, s.raised]),
    ],
    (key, value) => (key === "at" || key === "caller" || key === "message" ? undefined : value),
  );
}

export function encodeSchedule(schedule: Schedule): string {
  const body = schedule.successors
    .map((n) => (n < ALPHABET.length ? ALPHABET[n] : ESCAPE + letters(n, CHECK_LETTERS)))
    .join("");
  const text = `${VERSION}:${schedule.scenario}:${schedule.fingerprint}:${body}`;
  return `${text}:${checkLetters(text)}`;
}

/** Reads a schedule; throws `ScheduleError`. */
export function decodeSchedule(text: string): Schedule {
  const again = "copy the whole string from the line that the finding printed";
  const parts = text.trim().split(":");
  const version = parts[0]!;
  if (!/^s\d+$/.test(version))
    throw new ScheduleError(`a schedule starts with "${VERSION}:", this is "${text}"`, again);
  if (version !== VERSION) {
    throw new ScheduleError(
      `the schedule has format ${version}, this program reads ${VERSION}`,
      "find the run again with this version",
    );
  }
  if (parts.length !== 5) {
    throw new ScheduleError(`a schedule has five parts divided by colons, this has ${parts.length}`, again);
  }
  const [, scenario, print, body, check] = parts as [string, string, string, string, string];
  if (checkLetters(parts.slice(0, 4).join(":")) !== check) {
    throw new ScheduleError("the schedule was damaged: its check does not agree", again);
  }
  const successors: number[] = [];
  for (let i = 0; i < body.length; i++) {
    if (body[i] === ESCAPE) {
      successors.push(ALPHABET.indexOf(body[i + 1]!) + ALPHABET.length * ALPHABET.indexOf(body[i + 2]!));
      i += 2;
    } else successors.push(ALPHABET.indexOf(body[i]!));
  }
  if (successors.some((n) => n < 0)) throw new ScheduleError("the schedule has a letter that is none", again);
  return { scenario, fingerprint: print, successors };
}
