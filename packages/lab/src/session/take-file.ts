/**
 * A file that the reader brought: what it is is told from what it holds. Every refusal is a message.
 */
import type { Result } from "@shootdown/doctor/face";
import type { Failure } from "../engine/protocol.js";
import { examine, getSession, openResult, say, show } from "./session.js";

/** Larger files are no configuration and no patch. Bytes, as the terminal has it. */
const MAX_INPUT_BYTES = 8 * 1024 * 1024;
/** Lines of a `.config` that no model of ours has a symbol for are not carried along. */
const CONFIG_LINE = /^(CONFIG_\w+=|# CONFIG_\w+ is not set$)/;

function refused(code: string, about: string, place: string, reason: string, next: string): Failure {
  return { code, about, place, reason, next, sites: [] };
}

/** Takes the file and shows what comes of it, or says why not. */
export async function takeFile(file: File): Promise<void> {
  const name = file.name.replace(/[^\w.+-]/g, "_");
  const problem = await taken(file, name);
  if (problem) say(problem);
}

async function taken(file: File, name: string): Promise<Failure | undefined> {
  if (file.size > MAX_INPUT_BYTES) {
    const reason = `${(file.size / 1e6).toFixed(1)} MB: more than 8 MiB`;
    return notText(name, reason, "give a .config, a patch or a result document");
  }
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    return refused("S1101", "a file cannot be read", name, "it is a folder, or it is gone", "give one file");
  }
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return notText(name, "the file is UTF-16", `make it UTF-8: iconv -f UTF-16 -t UTF-8 ${name}`);
  }
  if (bytes.includes(0)) {
    const next = "give a .config, a patch or a result document as text";
    return notText(name, "the file has NUL bytes: it is binary, not text", next);
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return notText(name, "the file is not UTF-8 text", "give it as text");
  }
  if (text.trimStart().startsWith("{")) return takeResult(name, text);
  const { subject } = getSession();
  show("doctor");
  if (/^(diff |--- )/m.test(text) && /^@@ /m.test(text)) {
    // The same file again is a newer version of it.
    const others = subject.patches.filter((patch) => patch.name !== name);
    void examine({ ...subject, patches: [...others, { name, text }] });
  } else void examine({ ...subject, config: { name, text }, set: {} });
  return undefined;
}

function notText(place: string, reason: string, next: string): Failure {
  return refused("S1103", "a file is not text", place, reason, next);
}

function takeResult(name: string, text: string): Failure | undefined {
  const next = "give a document that --json printed";
  let result: Result;
  try {
    result = JSON.parse(text) as Result;
  } catch {
    return notText(name, "it begins like JSON and is none", next);
  }
  const { input, stages } = result ?? {};
  const check = stages?.check;
  if (result.format !== "shootdown-result" || !input || !check?.initial || !Array.isArray(check.trace)) {
    return refused("S1103", "a file cannot be used", name, "it is no result with a run", next);
  }
  const base = (path: string) => path.split("/").at(-1)!;
  openResult({
    subject: {
      config: { name: base(input.config) },
      cpu: input.cpu,
      set: input.set ?? {},
      at: input.at,
      patches: input.patches.map((patch) => ({ name: base(patch) })),
      scenario: input.scenario,
      sizes: {},
    },
    origin: "own",
    schedule: check.schedule ?? "",
    initial: check.initial,
    trace: check.trace,
    violation: check.violation,
  });
  return undefined;
}

/** The lines of a configuration that decide something, for an address that is not longer than it must be. */
export function decidingLines(text: string, symbols: ReadonlySet<string>): string {
  const header = text.split("\n").filter((line) => /^# Linux\//.test(line));
  const lines = text.split("\n").filter((line) => {
    const match = /CONFIG_(\w+)/.exec(line);
    return CONFIG_LINE.test(line) && match !== null && symbols.has(match[1]!);
  });
  return `${[...header, ...lines].join("\n")}\n`;
}
