/**
 * @shootdown/kbuild: which objects a configuration builds, with which flags, and why. The package's only entry.
 * It reads Kbuild files; it does not read Kconfig (values come from the caller) and it builds nothing.
 */
export { type ConfigValues, readConfigText } from "./config-values.js";
export { type FileTree, memoryTree } from "./file-tree.js";
export type { ShellRunner } from "./host.js";
export { type Diagnostic, type Place, showPlace } from "./syntax.js";
export { type KbuildObject, type KbuildOptions, type KbuildResult, type ObjectKind, parseKbuild } from "./tree.js";
export { type Chain, type Condition, formatWhy, type Step, type SymbolValue, type Why } from "./why.js";
