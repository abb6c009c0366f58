/**
 * A file that the reader brought: what it is is told from what it holds. Every refusal is a message.
 */
import type { AddressSubject, Result } from "@shootdown/doctor/face";
import type { Failure } from "../engine/protocol.js";
import { examine, openResult } from "./session.js";

/** Larger files are no configuration and no patch. Bytes, as the terminal has it. */
const MAX_INPUT_BYTES = 8 * 1024 * 1024;
/** Lines of a `.config` that no model of ours has a symbol for are not carried along. */
const CONFIG_LINE = /^(CONFIG_\w+=|# CONFIG_\w+ is not set$)/;

function refused(code: string, about: string, place: string, reason: string, next: string): Failure {
  return { code, about, place, reason, next, sites: [] };
}

/** Takes the file, or says why not. */
export async function takeFile(file: File, subject: AddressSubject): Promise<Failure | undefined> {
  const name = file.name.replace(/[^\w.+-]/g, "_");
  if (file.size > MAX_INPUT_BYTES) {
    const reason = `${(file.size / 1e6).toFixed(1)} MB: more than 8 MiB`;
    return refused("S1103", "a file is not text", name, reason, "give a .config, a patch or a result document");
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes.includes(0)) {
    const next = "give a .config, a patch or a result document as text";
    return refused("S1103", "a file is not text", name, "the file has NUL bytes: it is binary, not text", next);
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return refused("S1103", "a file is not text", name, "the file is not UTF-8 text", "give it as text");
  }
  if (text.trimStart().startsWith("{")) return takeResult(name, text);
  if (/^(diff |--- )/m.test(text) && /^@@ /m.test(text)) {
    void examine({ ...subject, patches: [...subject.patches, { name, text }] });
    return undefined;
  }
  void examine({ ...subject, config: { name, text }, set: {} });
  return undefined;
}

function takeResult(name: string, text: string): Failure | undefined {
  const next = "give a document that --json printed";
  let result: Result;
  try {
    result = JSON.parse(text) as Result;
  } catch {
    return refused("S1103", "a file is not text", name, "it begins like JSON and is none", next);
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
