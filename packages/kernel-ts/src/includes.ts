/**
 * `include("./file.ts", condition)`: a file that is part of another, as a `.c` file that is `#include`d. It has no object of
 * its own, and is linked when its includer is and the condition holds.
 */
import ts from "#typescript";
import type { DiagnosticSink } from "./diagnostics.js";
import { displayName, programName, resolveRelative, treeName } from "./files.js";
import { type LoadedProgram, parse, type SourceTree } from "./program.js";

interface Include {
  readonly node: ts.CallExpression;
  /** By its path in the tree. */
  readonly file: string;
  readonly condition: ts.Expression;
}

/** The calls of a file that are well formed. */
function includesOf(file: ts.SourceFile, sink?: DiagnosticSink): readonly Include[] {
  return file.statements.flatMap((statement): readonly Include[] => {
    const node = ts.isExpressionStatement(statement) ? statement.expression : undefined;
    if (!node || !ts.isCallExpression(node) || node.expression.getText(file) !== "include") return [];
    const [name, condition] = node.arguments;
    const path = name && ts.isStringLiteral(name) ? resolveRelative(file.fileName, name.text) : undefined;
    if (path?.endsWith(".ts") && condition) return [{ node, file: path.slice(1), condition }];
    sink?.rule("K1031", node, node.getText(file));
    return [];
  });
}

/** The roots and what they include, whatever the conditions: all of it is type-checked together. */
export function withIncluded(tree: SourceTree, roots: readonly string[]): readonly string[] {
  const result = [...roots];
  for (const path of result) {
    const text = tree.read(path);
    if (text === undefined || !text.includes("include(")) continue;
    for (const { file } of includesOf(parse(programName(path), text))) {
      if (!result.includes(file) && tree.read(file) !== undefined) result.push(file);
    }
  }
  return result;
}

/**
 * By file that is part of an object: the object's file. `holds` evaluates a condition. Files that the tree does not have are
 * reported.
 */
export function partsOf(
  loaded: LoadedProgram,
  objects: ReadonlySet<string>,
  holds: (condition: ts.Expression) => boolean,
  sink: DiagnosticSink,
): ReadonlyMap<string, string> {
  const files = new Map(loaded.files.map((file) => [treeName(file), file]));
  const parts = new Map<string, string>();
  const visit = (path: string, object: string): void => {
    const file = files.get(path);
    if (!file) return;
    for (const { node, file: part, condition } of includesOf(file, sink)) {
      if (!files.has(part)) sink.rule("K1031", node, `${displayName(file)} includes ${part}, which is not there`);
      else if (!parts.has(part) && !objects.has(part) && holds(condition)) {
        parts.set(part, object);
        visit(part, object);
      }
    }
  };
  for (const object of [...objects].sort()) visit(object, object);
  return parts;
}
