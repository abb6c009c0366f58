/**
 * One compilation: what all parts of the front end share.
 */
import type { At, ValueType } from "@shootdown/ir";
import ts from "#typescript";
import type { Constants } from "./constants.js";
import type { DiagnosticSink } from "./diagnostics.js";
import { displayName } from "./files.js";
import type { Functions } from "./functions.js";
import type { LoadedProgram, SourceTree } from "./program.js";
import type { Shape } from "./shapes.js";
import type { States } from "./state.js";

export interface CompileOptions {
  readonly tree: SourceTree;
  /** Files to compile: the scenario and the objects that the Makefiles select; imports are followed. */
  readonly roots: readonly string[];
  /**
   * Files whose objects are linked. A function of a file that is neither here nor a header (see `isHeader`) is declared
   * and not linked: importing it is C's extern declaration.
   */
  readonly objects: ReadonlySet<string>;
  /** Kconfig values. A known symbol that is absent is n. */
  readonly config: ReadonlyMap<string, boolean | number>;
  /** Every symbol that Kconfig knows. */
  readonly symbols: ReadonlySet<string>;
  /** Overrides for `size(name, full)`. */
  readonly sizes: ReadonlyMap<string, number>;
}

export type ParamInfo =
  | { readonly kind: "value"; readonly name: string; readonly symbol: ts.Symbol; readonly type: ValueType }
  | { readonly kind: "ref"; readonly name: string; readonly symbol: ts.Symbol; readonly shape: Shape };

export interface FunctionInfo {
  readonly decl: ts.FunctionDeclaration;
  readonly file: ts.SourceFile;
  /** In the source. */
  readonly sourceName: string;
  /** In the module: qualified by the file if two files have the name. */
  readonly name: string;
  readonly exported: boolean;
  readonly linked: boolean;
  readonly params: readonly ParamInfo[];
  /** Undefined for void. */
  readonly result?: ValueType;
}

/** Shared state that a file declares, before it is flattened into globals. */
export interface State {
  readonly decl: ts.VariableDeclaration;
  readonly file: ts.SourceFile;
  readonly sourceName: string;
  readonly name: string;
  readonly shape: Shape;
  readonly perCpu: boolean;
  /** The guarding lock's global. */
  readonly guard?: string;
  readonly linked: boolean;
}

export interface Unit {
  readonly options: CompileOptions;
  readonly loaded: LoadedProgram;
  readonly checker: ts.TypeChecker;
  readonly sink: DiagnosticSink;
  readonly constants: Constants;
  readonly functions: Functions;
  readonly states: States;
  readonly isLinked: (treePath: string) => boolean;
}

export function atOf(node: ts.Node, fn: string, caller?: At): At {
  const file = node.getSourceFile();
  const { line, character } = file.getLineAndCharacterOfPosition(node.getStart(file));
  const at = { file: displayName(file), line: line + 1, column: character + 1, fn };
  return caller ? { ...at, caller } : at;
}

/** The closing brace of a block. */
export function atEnd(node: ts.Node, fn: string): At {
  const file = node.getSourceFile();
  const { line, character } = file.getLineAndCharacterOfPosition(node.getEnd() - 1);
  return { file: displayName(file), line: line + 1, column: character + 1, fn };
}

/** The symbol that an identifier means, through imports. */
export function symbolOf(checker: ts.TypeChecker, node: ts.Node): ts.Symbol | undefined {
  const symbol = checker.getSymbolAtLocation(node);
  if (!symbol) return undefined;
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** The name of what the prelude declares, if `node` is one. */
export function preludeName(
  unit: { checker: ts.TypeChecker; loaded: LoadedProgram },
  node: ts.Node,
): string | undefined {
  const symbol = symbolOf(unit.checker, node);
  const declaration = symbol?.declarations?.[0];
  return declaration && declaration.getSourceFile() === unit.loaded.prelude ? symbol.name : undefined;
}
