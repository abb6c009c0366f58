/** The four stages on one tree, and what they read and write. */
export { decodeSchedule, type Progress, ScheduleError } from "@shootdown/checker";
export { builtObjects } from "./build.js";
export { type Cpu, readCatalogue } from "./catalogue.js";
export type { CheckMode } from "./check.js";
export * from "./doctor.js";
export * from "./errors.js";
export { type HistoryEntry, readHistory, treeAt } from "./history.js";
export { type Cell, type Change, impact } from "./impact.js";
export { printIr } from "./inspect.js";
export { type FileMap, ModelTree } from "./model-tree.js";
export { suggest } from "./nearest.js";
export { overrideConfig } from "./override-config.js";
export { parsePatch } from "./patch.js";
export { type NamedText, patched } from "./patched-tree.js";
export { prescribe } from "./prescribe.js";
export { type Asker, isWell, outcomeOf } from "./question.js";
export { type AnsweredRow, answerRow, readReport, reportNumbers } from "./report.js";
export * from "./result.js";
