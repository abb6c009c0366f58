/**
 * The front end from sources to a module: load, check types and rules, then lower every function that is linked.
 */
import type { Fn, Module } from "@shootdown/ir";
import ts from "#typescript";
import { Constants } from "./constants.js";
import { References } from "./context.js";
import { type Diagnostic, DiagnosticSink, RULES } from "./diagnostics.js";
import { isHeader, treeName } from "./files.js";
import { Functions } from "./functions.js";
import { partsOf, withIncluded } from "./includes.js";
import { lowerFunction } from "./lower-fn.js";
import { loadProgram, reportTypeErrors } from "./program.js";
import { checkRules } from "./rules.js";
import { type LoweredScenario, lowerScenario, type ScenarioDecl } from "./scenario.js";
import { States } from "./state.js";
import { type CompileOptions, type FunctionInfo, preludeName, type Unit } from "./unit.js";

export type CompileResult =
  | {
      readonly ok: true;
      readonly module: Module;
      readonly scenarios: readonly ScenarioDecl[];
      /** The obligations of linked files whose condition holds, in source order. */
      readonly obligations: readonly string[];
      readonly warnings: readonly Diagnostic[];
      /** By file that is part of an object and has none of its own (see `include` in the manual): that object's file. */
      readonly parts: ReadonlyMap<string, string>;
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[]; readonly warnings: readonly Diagnostic[] };

/** Compiles a tree for one configuration. Reports every violation that it finds, in the order of the sources. */
export function compile(options: CompileOptions): CompileResult {
  const sink = new DiagnosticSink();
  const loaded = loadProgram(options.tree, withIncluded(options.tree, options.roots));
  const isBuilt = (path: string): boolean => options.objects.has(path) || isHeader(path);
  // What the conditions may name is the same whatever is linked; errors in them are found again below.
  const { constants } = createUnit(options, loaded, new DiagnosticSink(), isBuilt);
  const parts = partsOf(loaded, options.objects, (condition) => constants.number(condition) !== 0, sink);
  const isLinked = (path: string): boolean => isBuilt(path) || parts.has(path);
  const files = loaded.files.filter((file) => isLinked(treeName(file)));

  // The rules come first: where one is broken, what tsc says of the same place is no news.
  for (const file of files) checkRules(file, sink);
  reportTypeErrors(loaded, isLinked, sink);
  const unit = createUnit(options, loaded, sink, isLinked);

  const obligations: string[] = [];
  for (const file of files) checkConstants(unit, file, obligations);
  const scenarios = files.flatMap((file): readonly LoweredScenario[] => {
    const lowered = lowerScenario(unit, file);
    return lowered ? [lowered] : [];
  });
  const conditions = new Set(scenarios.flatMap((scenario) => scenario.conditions));
  const references = new References();
  const functions = new Map<string, Fn>();
  for (const info of unit.functions.all) {
    if (info.linked) functions.set(info.name, lowerFunction(unit, references, info, conditions.has(info)));
  }
  refuseRecursion(references, sink);
  const globals = unit.states.globals();

  const errors = [...missingFiles(loaded.missing), ...sink.errors];
  const warnings = sink.sorted(sink.warnings);
  if (errors.length > 0) return { ok: false, diagnostics: sink.sorted(errors), warnings };
  const module: Module = {
    globals,
    functions,
    functionTable: references.table,
    undefinedFunctions: references.undefined,
  };
  return { ok: true, module, scenarios: scenarios.map((scenario) => scenario.decl), obligations, warnings, parts };
}

/** The parts refer to each other, so they meet in one object. */
function createUnit(
  options: CompileOptions,
  loaded: ReturnType<typeof loadProgram>,
  sink: DiagnosticSink,
  isLinked: (path: string) => boolean,
): Unit {
  const functions = new Functions(loaded, isLinked, sink);
  const base = { options, loaded, checker: loaded.checker, sink, functions, isLinked };
  const unit = base as { -readonly [K in keyof Unit]: Unit[K] };
  unit.constants = new Constants(unit);
  unit.states = new States(unit);
  return unit;
}

/** Constants and assertions at the top level of a linked file, whether or not a function uses them. */
function checkConstants(unit: Unit, file: ts.SourceFile, obligations: string[]): void {
  for (const statement of file.statements) {
    if (ts.isExpressionStatement(statement) && ts.isCallExpression(statement.expression)) {
      const call = statement.expression;
      const name = ts.isIdentifier(call.expression) ? preludeName(unit, call.expression) : undefined;
      if (name === "static_assert") checkAssertion(unit, call);
      if (name === "include" && call.arguments[1]) unit.constants.number(call.arguments[1]);
      const [condition, text] = call.arguments;
      if (name === "obligation" && condition && text && unit.constants.number(condition) !== 0) {
        obligations.push(ts.isStringLiteral(text) ? text.text : text.getText());
      }
    }
    if (!ts.isVariableStatement(statement)) continue;
    for (const decl of statement.declarationList.declarations) {
      if (unit.states.isState(decl)) unit.states.stateOf(decl);
      else if (!declaresNothing(unit, decl.initializer)) unit.constants.valueOf(decl);
    }
  }
}

/** `const t = struct(…)`, `const s = scenario(…)` and `const n = sizes(…)` have no value. */
function declaresNothing(unit: Unit, node: ts.Expression | undefined): boolean {
  if (!node || !ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return false;
  const name = preludeName(unit, node.expression);
  return name === "struct" || name === "fn" || name === "scenario" || name === "sizes";
}

function checkAssertion(unit: Unit, call: ts.CallExpression): void {
  const [condition, message] = call.arguments;
  if (!condition || !message) return;
  const value = unit.constants.number(condition);
  if (value !== 0) return;
  const text = ts.isStringLiteral(message) ? message.text : message.getText();
  unit.sink.staticAssert(call, text, `${condition.getText().replace(/\s+/g, " ")} is false in this configuration`);
}

function missingFiles(missing: readonly string[]): readonly Diagnostic[] {
  return missing.map((file) => ({
    code: "K1030",
    file,
    line: 1,
    column: 1,
    message: `${RULES.K1030[0]}: ${file}`,
    hint: RULES.K1030[1],
    kind: "language",
  }));
}

/** A direct call that leads back to its caller. */
function refuseRecursion(references: References, sink: DiagnosticSink): void {
  const done = new Set<FunctionInfo>();
  const path: FunctionInfo[] = [];
  const visit = (fn: FunctionInfo): void => {
    path.push(fn);
    for (const { callee, node } of references.calls.get(fn) ?? []) {
      const start = path.indexOf(callee);
      if (start >= 0) {
        const circle = [...path.slice(start), callee].map((f) => f.sourceName).join(" -> ");
        sink.rule("K1302", node, circle);
      } else if (!done.has(callee)) visit(callee);
    }
    path.pop();
    done.add(fn);
  };
  for (const fn of references.calls.keys()) if (!done.has(fn)) visit(fn);
}
