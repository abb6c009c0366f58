/**
 * The sizes of a scenario: `{ NAME: 2, …}`, in which `...COMMON` stands for those of `const COMMON = sizes({ … })`, here or in a file
 * that is imported by a relative path. What comes later counts.
 *
 * By syntax alone, because sizes must be known before anything is compiled. Used by `scenario.ts`.
 */
import ts from "#typescript";
import type { DiagnosticSink } from "./diagnostics.js";
import { resolveRelative } from "./files.js";

/** A parsed file by its name in the program ("/kernel/scenarios/x.ts"). */
export type ReadSource = (fileName: string) => ts.SourceFile | undefined;

/** Without a sink, what is no size is left out. */
export function readSizes(
  node: ts.ObjectLiteralExpression,
  read: ReadSource,
  sink?: DiagnosticSink,
): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  addSizes(node, sizes, read, sink, new Set());
  return sizes;
}

/** `open`: those that are being read, which may not name themselves. */
function addSizes(
  node: ts.ObjectLiteralExpression,
  sizes: Map<string, number>,
  read: ReadSource,
  sink: DiagnosticSink | undefined,
  open: ReadonlySet<ts.Node>,
): void {
  for (const property of node.properties) {
    if (ts.isPropertyAssignment(property) && ts.isNumericLiteral(property.initializer)) {
      sizes.set(nameOf(property.name), Number(property.initializer.text));
      continue;
    }
    const common = ts.isSpreadAssignment(property) ? commonSizes(property, read) : undefined;
    if (common && !open.has(common)) addSizes(common, sizes, read, sink, new Set([...open, common]));
    else sink?.rule("K1501", property, "a size is a number, or one of ...NAME, a const made by sizes({ … })");
  }
}

export function nameOf(name: ts.PropertyName): string {
  return ts.isStringLiteral(name) ? name.text : name.getText();
}

function commonSizes(spread: ts.SpreadAssignment, read: ReadSource): ts.ObjectLiteralExpression | undefined {
  const { expression } = spread;
  const file = spread.getSourceFile();
  if (!ts.isIdentifier(expression)) return undefined;
  const imported = importOf(file, expression.text);
  if (!imported) return declaredIn(file, expression.text);
  const path = imported.from.startsWith(".") ? resolveRelative(file.fileName, imported.from) : undefined;
  const source = path === undefined ? undefined : read(path);
  return source && declaredIn(source, imported.name);
}

function importOf(file: ts.SourceFile, local: string): { readonly name: string; readonly from: string } | undefined {
  for (const statement of file.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const named = statement.importClause?.namedBindings;
    if (!named || !ts.isNamedImports(named)) continue;
    const element = named.elements.find((e) => e.name.text === local);
    if (element) return { name: (element.propertyName ?? element.name).text, from: statement.moduleSpecifier.text };
  }
  return undefined;
}

/** The argument of `const NAME = sizes({ … })` at the top level. */
function declaredIn(file: ts.SourceFile, name: string): ts.ObjectLiteralExpression | undefined {
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name: declared, initializer } of statement.declarationList.declarations) {
      if (declared.getText(file) !== name || !initializer || !ts.isCallExpression(initializer)) continue;
      const [argument] = initializer.arguments;
      const isSizes = initializer.expression.getText(file) === "sizes";
      if (isSizes && argument && ts.isObjectLiteralExpression(argument)) return argument;
    }
  }
  return undefined;
}
