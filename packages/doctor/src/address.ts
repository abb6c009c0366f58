/**
 * What is examined, and which step of which run is shown, as the fragment of an address:
 *
 *      #/run?config=6.1-….config&cpu=arm11mpcore&patch=report2-kmap-high-get&scenario=kmap-dma&schedule=s1:…&step=12&check=8Zk1
 *
 * The lab writes it and reads it; `shootdown replay` takes it in place of a schedule. What ships is named; a
 * configuration or patch of the user's own is carried along, deflated. `check` covers everything before it, so that no
 * single changed character goes unnoticed.
 */
import { checkLetters } from "@shootdown/checker/check-letters";
import { deflateSync, inflateSync, strFromU8, strToU8 } from "fflate";
import { InputError } from "./errors.js";

/** A text that ships under its name, or one that somebody brought along. */
export interface AddressText {
  readonly name: string;
  readonly text?: string;
}

export interface AddressSubject {
  readonly config: AddressText;
  readonly cpu: string;
  readonly set: Readonly<Record<string, string>>;
  readonly at?: string;
  readonly patches: readonly AddressText[];
  readonly scenario: string;
  readonly sizes: Readonly<Record<string, number>>;
}

export interface Address {
  /** `doctor`, `run`, … */
  readonly view: string;
  readonly subject?: AddressSubject;
  readonly schedule?: string;
  /** 0: before the first step. */
  readonly step?: number;
}

/** Stands before the deflated text of what does not ship. */
const CARRIED = "~";
/** Characters of a text that an address carries: beyond it no browser and no mail keeps the address whole. */
export const MAX_CARRIED = 200_000;

export function encodeAddress({ view, subject, schedule, step }: Address): string {
  const fields: string[] = [];
  const add = (key: string, value: string) => fields.push(`${key}=${escaped(value)}`);
  if (subject) {
    add("config", carried(subject.config));
    add("cpu", subject.cpu);
    for (const [symbol, value] of Object.entries(subject.set)) add("set", `${symbol}=${value}`);
    if (subject.at !== undefined) add("at", subject.at);
    for (const patch of subject.patches) add("patch", carried(patch));
    add("scenario", subject.scenario);
    for (const [name, value] of Object.entries(subject.sizes)) add("size", `${name}=${value}`);
  }
  if (schedule !== undefined) add("schedule", schedule);
  if (step !== undefined) add("step", String(step));
  if (fields.length === 0) return `#/${view}`;
  const body = `#/${view}?${fields.join("&")}`;
  return `${body}&check=${checkOf(body)}`;
}

/** From both ends, because an address loses characters more easily than a schedule does. */
function checkOf(body: string): string {
  return checkLetters(body) + checkLetters([...body].reverse().join(""));
}

/** Whether a text looks like an address with a fragment of ours, and not like a schedule or a file. */
export function isAddress(text: string): boolean {
  return /^(https?|file):\/\//.test(text) || text.trim().startsWith("#/");
}

/** Reads a whole address or its fragment. Throws `InputError` S1603. */
export function decodeAddress(text: string): Address {
  const at = text.indexOf("#");
  const fragment = at < 0 ? "" : text.slice(at).trim();
  const match = /^#\/([a-z]+)(?:\?(.*))?$/s.exec(fragment);
  if (!match) throw damaged(fragment, "it does not begin with #/ and the name of a view");
  const [, view, query] = match as unknown as [string, string, string | undefined];
  if (query === undefined) return { view };
  const checked = /^(.*)&check=([0-9A-Za-z]{4})$/s.exec(query);
  if (!checked) throw damaged(fragment, "its check at the end is missing");
  if (checkOf(`#/${view}?${checked[1]}`) !== checked[2]) {
    throw damaged(fragment, "its check does not agree: a character was changed, lost or added");
  }
  const fields = checked[1]!.split("&").map((field): [string, string] => {
    const equals = field.indexOf("=");
    try {
      return [field.slice(0, equals), decodeURIComponent(field.slice(equals + 1))];
    } catch {
      throw damaged(fragment, `it has a part that cannot be read: ${field.slice(0, 40)}`);
    }
  });
  return { view, ...fromFields(fields, fragment) };
}

function fromFields(fields: readonly (readonly [string, string])[], fragment: string): Omit<Address, "view"> {
  const all = (key: string) => fields.filter(([name]) => name === key).map(([, value]) => value);
  const one = (key: string) => all(key)[0];
  const pairs = (key: string) =>
    all(key).map((text): [string, string] => {
      const equals = text.indexOf("=");
      if (equals < 1) throw damaged(fragment, `${key} is not NAME=value: ${text}`);
      return [text.slice(0, equals), text.slice(equals + 1)];
    });
  const text = (value: string): AddressText => {
    const tilde = value.indexOf(CARRIED);
    if (tilde < 0) return { name: value };
    try {
      return { name: value.slice(0, tilde), text: inflated(value.slice(tilde + 1)) };
    } catch {
      throw damaged(fragment, `the text of ${value.slice(0, tilde)} in it cannot be unpacked`);
    }
  };
  const [config, cpu, scenario, step] = [one("config"), one("cpu"), one("scenario"), one("step")];
  if (step !== undefined && !/^\d{1,9}$/.test(step)) throw damaged(fragment, `step is no number: ${step}`);
  const rest = { schedule: one("schedule"), step: step === undefined ? undefined : Number(step) };
  if (config === undefined || cpu === undefined || scenario === undefined) {
    if (config ?? cpu ?? scenario ?? rest.schedule) throw damaged(fragment, "config, cpu or scenario is missing");
    return rest;
  }
  const subject: AddressSubject = {
    config: text(config),
    cpu,
    set: Object.fromEntries(pairs("set")),
    ...(one("at") === undefined ? {} : { at: one("at")! }),
    patches: all("patch").map(text),
    scenario,
    sizes: Object.fromEntries(pairs("size").map(([name, value]) => [name, Number(value)])),
  };
  return { subject, ...rest };
}

function damaged(fragment: string, reason: string): InputError {
  const shown = fragment.length > 60 ? `${fragment.slice(0, 57)}...` : fragment;
  return new InputError("S1603", shown, reason, "copy the whole address again from the page that made it");
}

/** What may stand in a fragment as it is, so that an address stays readable. */
function escaped(value: string): string {
  return encodeURIComponent(value).replaceAll("%3A", ":").replaceAll("%3D", "=").replaceAll("%2F", "/");
}

function carried({ name, text }: AddressText): string {
  return text === undefined
    ? name
    : `${name.replaceAll(CARRIED, "-")}${CARRIED}${base64url(deflateSync(strToU8(text)))}`;
}

function inflated(base64: string): string {
  const bytes = inflateSync(fromBase64url(base64), { out: new Uint8Array(MAX_CARRIED * 4) });
  return strFromU8(bytes);
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const BITS = 6;

function base64url(bytes: Uint8Array): string {
  let text = "";
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= BITS; bits -= BITS) text += LETTERS[(held >> (bits - BITS)) & 63];
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + LETTERS[(held << (BITS - bits)) & 63] : text;
}

function fromBase64url(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((text.length * BITS) / 8));
  let held = 0;
  let bits = 0;
  let used = 0;
  for (const letter of text) {
    const value = LETTERS.indexOf(letter);
    if (value < 0) throw new Error("no letter of base64url");
    held = (held << BITS) | value;
    bits += BITS;
    if (bits < 8) continue;
    bits -= 8;
    bytes[used++] = held >> bits;
    held &= (1 << bits) - 1;
  }
  return bytes;
}
