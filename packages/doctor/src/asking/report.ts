/**
 * A report of the mission, asked row by row: `shootdown reports 2`. The rows are data of the model tree
 * (`kernel/reports/`); what they should answer stands in the tests only.
 */
import { z } from "zod";
import type { ModelTree } from "../model/model-tree.js";
import type { Result } from "../result.js";
import { type Asker, ask, outcomeOf, questionSchema, questionWords, readJson } from "./question.js";

const reportSchema = z.strictObject({
  number: z.number().int(),
  title: z.string(),
  about: z.string(),
  rows: z.array(questionSchema.extend({ row: z.number().int(), title: z.string(), why: z.string() })),
});

export type Report = z.infer<typeof reportSchema>;
export type ReportRow = Report["rows"][number];

export interface AnsweredRow {
  readonly row: ReportRow;
  readonly outcome: string;
  readonly result: Result;
  /** The words of the command that asks this row alone. */
  readonly command: readonly string[];
}

export function reportNumbers(tree: ModelTree): readonly string[] {
  return tree.namesIn("kernel/reports", ".json").filter((name) => /^\d+$/.test(name));
}

export function readReport(tree: ModelTree, number: string): Report {
  return readJson(tree, `kernel/reports/${number}.json`, reportSchema);
}

/** Asks one row. */
export function answerRow(asker: Asker, row: ReportRow): AnsweredRow {
  const result = ask(asker, row);
  return { row, result, outcome: outcomeOf(result), command: questionWords(row, asker.readConfig(row.config).name) };
}
