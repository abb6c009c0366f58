/** The four stages on one tree, and what they read and write. */
export { decodeSchedule, exportPromela, type Progress, ScheduleError } from "@shootdown/checker";
export * from "./address.js";
export { type Bisected, type Bisection, type BisectStep, bisect, type Without } from "./asking/bisect.js";
export * from "./asking/explore.js";
export {
  askCell,
  type Cell,
  type CellQuestion,
  type Change,
  cellQuestions,
  type Matrix,
  readMatrix,
} from "./asking/impact.js";
export { printIr } from "./asking/inspect.js";
export { type Asker, isWell, outcomeOf } from "./asking/question.js";
export { type AnsweredRow, answerRow, type ReportRow, readReport, reportNumbers } from "./asking/report.js";
export * from "./doctor.js";
export * from "./errors.js";
export * from "./findings.js";
export { formatResult, MACHINE_FORMATS, type MachineFormat } from "./formats/format.js";
export { type ItfTrace, type ItfValue, toItf } from "./formats/itf.js";
export { toKtap } from "./formats/ktap.js";
export { toSarif } from "./formats/sarif.js";
export { type HistoryEntry, readHistory, revertOf, treeAt } from "./model/history.js";
export { type FileMap, ModelTree } from "./model/model-tree.js";
export { overrideConfig } from "./model/override-config.js";
export { parsePatch } from "./model/patch.js";
export { type NamedText, patched } from "./model/patched-tree.js";
export { suggest } from "./nearest.js";
export { compileAllocator } from "./percpu/allocator.js";
export { KernelBug } from "./percpu/host.js";
export {
  type AllocatorRequest,
  allocatorRequest,
  BLOCK_HINTS,
  type ChunkMaps,
  PercpuTrace,
  type PercpuTraceOptions,
} from "./percpu/trace.js";
export { type Candidate, candidates } from "./remedies/candidates.js";
export * from "./remedies/link-remedies.js";
export {
  type Before,
  beforeOf,
  failsIn,
  otherScenarios,
  type Prescribed,
  prescribe,
  prescribed,
  type Trial,
  tryOut,
} from "./remedies/prescribe.js";
export * from "./result.js";
export { builtObjects } from "./stages/build.js";
export { type Cpu, readCatalogue } from "./stages/catalogue.js";
export { type CheckMode, SoundSystems } from "./stages/check.js";
export { VERSION } from "./version.js";
export * from "./wording.js";
