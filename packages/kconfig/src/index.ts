/** The public face of the package: everything users import from `@shootdown/kconfig`. See README.md. */

export { fingerprint, type LoadOptions, loadTree, saveTree } from "./cache.js";
export * from "./configuration.js";
export * from "./diagnostics.js";
export * from "./environment.js";
export { type Cause, formatReason, type Reason, why } from "./explain.js";
export { type Difference, diff, type Lost, lost } from "./lost.js";
export { causesOf, type LostCause, type LostItem } from "./lost-causes.js";
export * from "./model.js";
export * from "./modes.js";
export { oldconfig, type Talk, type TalkOptions, type TalkStep } from "./oldconfig.js";
export type { Request } from "./read-config.js";
export { canBe, isChangeable, setText, setTristate } from "./set-value.js";
export { extendedHelp } from "./symbol-help.js";
export { decodeBytes, encodeBytes } from "./text.js";
export * from "./tree.js";
export * from "./tristate.js";
export { isEntryVisible } from "./visibility.js";
