/** The four stages on one tree, and what they read and write. */
export { decodeSchedule, exportPromela, type Progress, ScheduleError } from "@shootdown/checker";
export * from "./address.js";
export { type Bisected, type Bisection, type BisectStep, bisect, type Without } from "./bisect.js";
export { builtObjects } from "./build.js";
export { type Cpu, readCatalogue } from "./catalogue.js";
export { type CheckMode, SoundSystems } from "./check.js";
export * from "./doctor.js";
export * from "./errors.js";
export * from "./explore.js";
export * from "./findings.js";
export { formatResult, MACHINE_FORMATS, type MachineFormat } from "./formats/format.js";
export { type ItfTrace, type ItfValue, toItf } from "./formats/itf.js";
export { toKtap } from "./formats/ktap.js";
export { toSarif } from "./formats/sarif.js";
export { type HistoryEntry, readHistory, revertOf, treeAt } from "./history.js";
export { type Cell, type Change, impact, type Matrix, readMatrix } from "./impact.js";
export { printIr } from "./inspect.js";
export * from "./link-remedies.js";
export { type FileMap, ModelTree } from "./model-tree.js";
export { suggest } from "./nearest.js";
export { overrideConfig } from "./override-config.js";
export { parsePatch } from "./patch.js";
export { type NamedText, patched } from "./patched-tree.js";
export { compileAllocator } from "./percpu-allocator.js";
export { KernelBug } from "./percpu-host.js";
export {
  type AllocatorRequest,
  allocatorRequest,
  BLOCK_HINTS,
  type ChunkMaps,
  PercpuTrace,
  type PercpuTraceOptions,
} from "./percpu-trace.js";
export { prescribe } from "./prescribe.js";
export { type Asker, isWell, outcomeOf } from "./question.js";
export { type AnsweredRow, answerRow, readReport, reportNumbers } from "./report.js";
export * from "./result.js";
export { VERSION } from "./version.js";
export * from "./wording.js";
