/**
 * A question that is asked many times over: which kernel, on which CPU, by which scenario. Rows of a report and cells of
 * the matrix are such, written as JSON in the model tree; verdicts are not part of it.
 */
import { z } from "zod";
import { type Examination, examine } from "../doctor.js";
import { InputError } from "../errors.js";
import type { ModelTree } from "../model/model-tree.js";
import type { NamedText } from "../model/patched-tree.js";
import type { Result } from "../result.js";

export const configurationSchema = z.strictObject({
  /** A file of `examples/`. */
  config: z.string(),
  cpu: z.string(),
  /** Symbols set over the configuration. */
  set: z.record(z.string(), z.string()).default({}),
  /** The release or commit whose code is asked about; absent: today's. */
  at: z.string().optional(),
});

export const questionSchema = configurationSchema.extend({
  patches: z.array(z.string()).default([]),
  scenario: z.string(),
  sizes: z.record(z.string(), z.number().int()).default({}),
});

export type Configuration = z.infer<typeof configurationSchema>;
export type Question = z.infer<typeof questionSchema>;

/** What the face does for whoever asks. */
export interface Asker {
  readonly tree: ModelTree;
  /** The text of a file of `examples/`, with the name to show for it. */
  readConfig(name: string): NamedText;
  /** A patch that ships, by name. */
  readPatch(name: string): NamedText;
  readonly mode: Examination["mode"];
}

/** Parses a JSON file of the model tree. */
export function readJson<T>(tree: ModelTree, path: string, schema: z.ZodType<T>): T {
  const text = tree.read(path);
  if (text === undefined) throw new InputError("S1101", path, "the model tree has no such file", "restore the file");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError("S1101", path, `not JSON: ${(error as Error).message}`, "correct the file");
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new InputError("S1101", path, z.prettifyError(parsed.error), "correct the file");
  return parsed.data;
}

/** The command line that asks one question alone, without the program's name. */
export function questionWords(question: Question, configName: string): readonly string[] {
  return [
    "doctor",
    configName,
    "--cpu",
    question.cpu,
    ...Object.entries(question.set).flatMap(([symbol, value]) => ["--set", `${symbol}=${value}`]),
    ...(question.at === undefined ? [] : ["--at", question.at]),
    ...question.patches.flatMap((patch) => ["--patch", patch]),
    "--scenario",
    question.scenario,
    ...Object.entries(question.sizes).flatMap(([name, value]) => ["--size", `${name}=${value}`]),
  ];
}

/** Asks; `extra` patches are applied after the question's own. */
export function ask(asker: Asker, question: Question, extra: readonly NamedText[] = []): Result {
  const config = asker.readConfig(question.config);
  return examine({
    tree: asker.tree,
    config,
    cpu: question.cpu,
    sets: new Map(Object.entries(question.set)),
    at: question.at,
    patches: [...question.patches.map((name) => asker.readPatch(name)), ...extra],
    scenario: question.scenario,
    sizes: new Map(Object.entries(question.sizes)),
    mode: asker.mode,
    replayCommand: (schedule) =>
      ["./shootdown", "replay", schedule, ...questionWords(question, config.name).slice(1)].join(" "),
  });
}

/** A result in one or two words: the check's verdict, or the stage that failed. */
export function outcomeOf(result: Result): string {
  const { link, boot, check } = result.stages;
  if (link.verdict !== "links") return link.verdict.replaceAll("-", " ");
  if (boot.verdict !== "boots") return boot.verdict;
  return check.applies ? check.verdict : "does not apply";
}

/** Whether nothing is wrong, as far as the question reaches. */
export function isWell(outcome: string): boolean {
  return outcome === "sound" || outcome === "does not apply";
}
