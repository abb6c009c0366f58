/** The four stages on one tree, and what they read and write. */
export { decodeSchedule, type Progress, ScheduleError } from "@shootdown/checker";
export { builtObjects } from "./build.js";
export { type Cpu, readCatalogue } from "./catalogue.js";
export type { CheckMode } from "./check.js";
export * from "./doctor.js";
export * from "./errors.js";
export { printIr } from "./inspect.js";
export { type FileMap, ModelTree } from "./model-tree.js";
export { suggest } from "./nearest.js";
export { parsePatch } from "./patch.js";
export * from "./result.js";
