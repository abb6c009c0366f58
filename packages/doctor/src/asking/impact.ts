/**
 * What a patch changes: every scenario on every configuration of the matrix, before and after. "Your fix breaks X."
 */
import { z } from "zod";
import { scenarioNames } from "../doctor.js";
import type { ModelTree } from "../model/model-tree.js";
import type { NamedText } from "../model/patched-tree.js";
import {
  type Asker,
  ask,
  configurationSchema,
  isWell,
  outcomeOf,
  type Question,
  questionWords,
  readJson,
} from "./question.js";

const matrixSchema = z.strictObject({
  about: z.string(),
  configurations: z.array(configurationSchema.extend({ name: z.string() })),
});

export type Matrix = z.infer<typeof matrixSchema>;

export function readMatrix(tree: ModelTree): Matrix {
  return readJson(tree, "kernel/reports/matrix.json", matrixSchema);
}

export type Change = "fixed" | "broken" | "changed" | "unchanged" | "not-built";

export interface Cell {
  readonly configuration: string;
  readonly scenario: string;
  readonly before: string;
  readonly after: string;
  readonly change: Change;
  /** The words of the command that shows the cell after the patch, without the patch's own. */
  readonly command: readonly string[];
}

function changeOf(before: string, after: string): Change {
  const isBuilt = (outcome: string) => outcome !== "does not build" && outcome !== "undefined reference";
  if (before === after) return "unchanged";
  if (!isBuilt(after)) return isBuilt(before) ? "not-built" : "changed";
  if (isWell(after)) return isWell(before) ? "changed" : "fixed";
  return isWell(before) ? "broken" : "changed";
}

/** A question of the matrix, with the name of its configuration. */
export interface CellQuestion {
  readonly configuration: string;
  readonly question: Question;
}

/** Every scenario on every configuration. */
export function cellQuestions(tree: ModelTree): readonly CellQuestion[] {
  return readMatrix(tree).configurations.flatMap(({ name, ...configuration }) =>
    scenarioNames(tree).map((scenario) => ({
      configuration: name,
      question: { ...configuration, patches: [], scenario, sizes: {} },
    })),
  );
}

/** Asks one cell before and after; `onto` is applied in both, before `patches`. */
export function askCell(
  asker: Asker,
  { configuration, question }: CellQuestion,
  onto: readonly NamedText[],
  patches: readonly NamedText[],
): Cell {
  const before = outcomeOf(ask(asker, question, onto));
  const after = outcomeOf(ask(asker, question, [...onto, ...patches]));
  const command = questionWords(question, asker.readConfig(question.config).name);
  return { configuration, scenario: question.scenario, before, after, change: changeOf(before, after), command };
}
