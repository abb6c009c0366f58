/**
 * What TypeScript has and kernel TypeScript has not, by syntax alone. Every violation in a file is found in one walk.
 */
import ts from "#typescript";
import type { DiagnosticSink, RuleCode } from "./diagnostics.js";

const K = ts.SyntaxKind;

/** Constructs that are refused wherever they stand. */
const REFUSED: ReadonlyMap<ts.SyntaxKind, RuleCode> = new Map<ts.SyntaxKind, RuleCode>([
  [K.ArrowFunction, "K1002"],
  [K.FunctionExpression, "K1002"],
  [K.AwaitExpression, "K1003"],
  [K.YieldExpression, "K1004"],
  [K.ClassDeclaration, "K1005"],
  [K.ClassExpression, "K1005"],
  [K.NewExpression, "K1005"],
  [K.ThisKeyword, "K1005"],
  [K.SuperKeyword, "K1005"],
  [K.Decorator, "K1005"],
  [K.TryStatement, "K1006"],
  [K.ThrowStatement, "K1006"],
  [K.SpreadElement, "K1008"],
  [K.SpreadAssignment, "K1008"],
  [K.ForOfStatement, "K1010"],
  [K.ForInStatement, "K1010"],
  [K.TypeOfExpression, "K1011"],
  [K.DeleteExpression, "K1011"],
  [K.VoidExpression, "K1011"],
  [K.RegularExpressionLiteral, "K1012"],
  [K.TemplateExpression, "K1013"],
  [K.NoSubstitutionTemplateLiteral, "K1013"],
  [K.TaggedTemplateExpression, "K1013"],
  [K.ObjectBindingPattern, "K1016"],
  [K.ArrayBindingPattern, "K1016"],
  [K.BigIntLiteral, "K1021"],
  [K.NonNullExpression, "K1027"],
  [K.AsExpression, "K1027"],
  [K.TypeAssertionExpression, "K1027"],
  [K.SatisfiesExpression, "K1027"],
  [K.WithStatement, "K1001"],
  [K.DebuggerStatement, "K1001"],
  [K.ModuleDeclaration, "K1020"],
  [K.ExportAssignment, "K1020"],
  [K.ImportEqualsDeclaration, "K1020"],
  [K.NamespaceImport, "K1020"],
  [K.NamespaceExport, "K1020"],
]);

const REFUSED_OPERATORS: ReadonlyMap<ts.SyntaxKind, RuleCode> = new Map<ts.SyntaxKind, RuleCode>([
  [K.EqualsEqualsToken, "K1017"],
  [K.ExclamationEqualsToken, "K1017"],
  [K.GreaterThanGreaterThanGreaterThanToken, "K1018"],
  [K.GreaterThanGreaterThanGreaterThanEqualsToken, "K1018"],
  [K.QuestionQuestionToken, "K1019"],
  [K.QuestionQuestionEqualsToken, "K1019"],
  [K.AmpersandAmpersandEqualsToken, "K1022"],
  [K.BarBarEqualsToken, "K1022"],
  [K.AsteriskAsteriskToken, "K1022"],
  [K.AsteriskAsteriskEqualsToken, "K1022"],
  [K.CommaToken, "K1022"],
  [K.InKeyword, "K1011"],
  [K.InstanceOfKeyword, "K1011"],
]);

/** Calls that stand at the top level. */
const DECLARING_CALLS = new Set(["static_assert", "obligation", "include", "scenario"]);
/** Labels that say what a block is. */
const BLOCK_LABELS = ["atomic", "unpublished"];

/** Calls whose argument is an object literal. */
const TAKES_OBJECT = new Set(["struct", "scenario", "sizes"]);
/** Calls in whose object literals others may be spread. */
const TAKES_SPREAD = new Set(["scenario", "sizes"]);

export function checkRules(file: ts.SourceFile, sink: DiagnosticSink): void {
  for (const statement of file.statements) checkTopLevel(statement, sink);
  const visit = (node: ts.Node): void => {
    checkNode(node, sink);
    // Types are tsc's business.
    if (!ts.isTypeNode(node)) ts.forEachChild(node, visit);
  };
  ts.forEachChild(file, visit);
}

function checkTopLevel(node: ts.Statement, sink: DiagnosticSink): void {
  if (ts.isExpressionStatement(node)) {
    const callee = ts.isCallExpression(node.expression) ? node.expression.expression.getText() : "";
    if (!DECLARING_CALLS.has(callee)) sink.rule("K1023", node);
    return;
  }
  const declares =
    ts.isImportDeclaration(node) ||
    ts.isExportDeclaration(node) ||
    ts.isVariableStatement(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isEnumDeclaration(node) ||
    ts.isEmptyStatement(node);
  if (!declares && !REFUSED.has(node.kind)) sink.rule("K1023", node, node.getText().split("\n", 1)[0]);
}

function checkNode(node: ts.Node, sink: DiagnosticSink): void {
  const code = REFUSED.get(node.kind);
  if (code && !(ts.isSpreadAssignment(node) && insideCall(node, TAKES_SPREAD))) {
    sink.rule(code, node, firstLine(node));
    return;
  }
  if (ts.isFunctionDeclaration(node)) checkFunction(node, sink);
  else if (ts.isParameter(node)) checkParameter(node, sink);
  else if (ts.isVariableDeclarationList(node)) {
    if (!(node.flags & ts.NodeFlags.BlockScoped)) sink.rule("K1007", node, firstLine(node));
    else if (node.flags & ts.NodeFlags.Using & ~ts.NodeFlags.BlockScoped) checkUsing(node, sink);
  } else if (ts.isVariableDeclaration(node)) {
    if (node.exclamationToken) sink.rule("K1027", node, firstLine(node));
  } else if (ts.isBinaryExpression(node)) {
    const operator = REFUSED_OPERATORS.get(node.operatorToken.kind);
    if (operator) sink.rule(operator, node, node.getText());
  } else if (ts.isCallExpression(node) || ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
    if (node.questionDotToken) sink.rule("K1019", node, node.getText());
  } else if (ts.isStringLiteral(node)) checkString(node, sink);
  else if (ts.isObjectLiteralExpression(node)) checkObject(node, sink);
  else if (ts.isArrayLiteralExpression(node)) {
    if (!insideCall(node, new Set(["scenario"]))) sink.rule("K1015", node, firstLine(node));
  } else if (ts.isImportDeclaration(node)) checkImport(node, sink);
  else if (ts.isExportDeclaration(node)) checkSpecifier(node, node.moduleSpecifier, sink);
  else if (ts.isEnumMember(node)) {
    if (node.initializer && ts.isStringLiteralLike(node.initializer)) sink.rule("K1026", node, firstLine(node));
  } else if (ts.isLabeledStatement(node)) checkLabel(node, sink);
  else if (ts.isMethodDeclaration(node) || ts.isAccessor(node)) sink.rule("K1002", node, firstLine(node));
}

function checkUsing(node: ts.VariableDeclarationList, sink: DiagnosticSink): void {
  // `using` shares its flag with const: the keyword decides.
  if (/^(await\s+)?using\b/.test(node.getText())) sink.rule("K1001", node, firstLine(node));
}

function checkFunction(node: ts.FunctionDeclaration, sink: DiagnosticSink): void {
  const head = node.name ?? node;
  if (!ts.isSourceFile(node.parent)) sink.rule("K1002", node, firstLine(node));
  else if (node.modifiers?.some((m) => m.kind === K.AsyncKeyword)) sink.rule("K1003", head, head.getText());
  else if (node.asteriskToken) sink.rule("K1004", head, head.getText());
  else if (node.modifiers?.some((m) => m.kind === K.DefaultKeyword) || !node.name) sink.rule("K1020", head);
  else if (!node.body) sink.rule("K1029", node, firstLine(node));
  else if (node.typeParameters) sink.rule("K1001", head, `${head.getText()} has type parameters`);
}

function checkLabel(node: ts.LabeledStatement, sink: DiagnosticSink): void {
  const label = node.label.text;
  if (!BLOCK_LABELS.includes(label)) return;
  if (!ts.isBlock(node.statement)) {
    sink.rule("K1025", node.label, `${label} stands before a block`, `write ${label}: { … }`);
  }
  if (label !== "atomic") return;
  for (let outer: ts.Node = node.parent; !ts.isFunctionLike(outer) && !ts.isSourceFile(outer); outer = outer.parent) {
    if (ts.isLabeledStatement(outer) && outer.label.text === "atomic") {
      sink.rule("K1025", node.label, "this is inside an atomic block already");
    }
  }
}

function checkParameter(node: ts.ParameterDeclaration, sink: DiagnosticSink): void {
  if (node.dotDotDotToken) sink.rule("K1008", node, node.getText());
  else if (node.initializer || node.questionToken) sink.rule("K1009", node, node.getText());
}

/** Strings are messages: arguments of calls, file names, and words of a scenario. */
function checkString(node: ts.StringLiteral, sink: DiagnosticSink): void {
  const parent = node.parent;
  if (ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent) || ts.isLiteralTypeNode(parent)) return;
  if (ts.isCallExpression(parent) || ts.isEnumMember(parent)) return;
  if (insideCall(node, new Set(["scenario"]))) return;
  sink.rule("K1014", node, node.getText());
}

function checkObject(node: ts.ObjectLiteralExpression, sink: DiagnosticSink): void {
  if (!insideCall(node, TAKES_OBJECT)) sink.rule("K1015", node, firstLine(node));
}

/** Whether a call of one of `names` encloses the node in its statement. */
function insideCall(node: ts.Node, names: ReadonlySet<string>): boolean {
  for (let at: ts.Node | undefined = node.parent; at && !ts.isStatement(at); at = at.parent) {
    if (ts.isCallExpression(at) && names.has(at.expression.getText())) return true;
  }
  return false;
}

function checkImport(node: ts.ImportDeclaration, sink: DiagnosticSink): void {
  const clause = node.importClause;
  if (!clause || clause.name) sink.rule("K1020", node, firstLine(node));
  else checkSpecifier(node, node.moduleSpecifier, sink);
}

function checkSpecifier(node: ts.Node, specifier: ts.Expression | undefined, sink: DiagnosticSink): void {
  if (!specifier) return;
  if (!ts.isStringLiteral(specifier) || !/^\.\.?\/.*\.ts$/.test(specifier.text))
    sink.rule("K1020", node, firstLine(node));
}

function firstLine(node: ts.Node): string {
  return node.getText().split("\n", 1)[0]!;
}
