/** Front end: kernel TypeScript to the intermediate form. The manual of the language is this package's README. */
export { type CompileResult, compile } from "./compile.js";
export { type Diagnostic, type DiagnosticKind, RULES, type RuleCode } from "./diagnostics.js";
export { isHeader } from "./files.js";
export { PRELUDE } from "./prelude.js";
export type { SourceTree } from "./program.js";
export {
  readScenario,
  type ScenarioDecl,
  type ScenarioHead,
  type ScenarioSource,
  type ScenarioWitness,
} from "./scenario.js";
export type { CompileOptions } from "./unit.js";
