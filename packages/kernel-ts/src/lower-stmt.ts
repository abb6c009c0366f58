/**
 * Statements: control flow becomes blocks, assignments become instructions.
 */
import { constant, type Expr, exprType, I32, sameType, type ValueType } from "@shootdown/ir";
import ts from "#typescript";
import type { Draft } from "./builder.js";
import { arithmetic, comparison, convert } from "./c-expr.js";
import { at, type Context, type Region } from "./context.js";
import { lowerCall } from "./lower-call.js";
import { computed, lowerCondition, lowerExpr } from "./lower-expr.js";
import { loadPlace, lowerPlace, storePlace } from "./lower-place.js";
import { COMPOUND, isAssignment } from "./operators.js";
import { valueType } from "./shapes.js";
import { atEnd, symbolOf } from "./unit.js";

const ATOMIC = "atomic";
const UNPUBLISHED = "unpublished";

export function lowerStatements(ctx: Context, statements: readonly ts.Statement[]): void {
  for (const statement of statements) lowerStatement(ctx, statement);
}

export function lowerStatement(ctx: Context, node: ts.Statement, labels: readonly string[] = []): void {
  if (ts.isBlock(node)) lowerBlock(ctx, node, labels);
  else if (ts.isVariableStatement(node)) lowerDeclarations(ctx, node.declarationList);
  else if (ts.isExpressionStatement(node)) lowerEffect(ctx, node.expression);
  else if (ts.isIfStatement(node)) lowerIf(ctx, node);
  else if (ts.isForStatement(node)) lowerFor(ctx, node, labels);
  else if (ts.isWhileStatement(node)) lowerWhile(ctx, node, labels);
  else if (ts.isDoStatement(node)) lowerDo(ctx, node, labels);
  else if (ts.isSwitchStatement(node)) lowerSwitch(ctx, node, labels);
  else if (ts.isReturnStatement(node)) lowerReturn(ctx, node);
  else if (ts.isBreakStatement(node) || ts.isContinueStatement(node)) lowerJump(ctx, node);
  else if (ts.isLabeledStatement(node)) {
    if (node.label.text === ATOMIC) lowerAtomic(ctx, node);
    else if (node.label.text === UNPUBLISHED) lowerStatement({ ...ctx, unpublished: true }, node.statement);
    else lowerStatement(ctx, node.statement, [...labels, node.label.text]);
  } else if (!ts.isEmptyStatement(node) && !ts.isTypeAliasDeclaration(node) && !ts.isInterfaceDeclaration(node)) {
    ctx.unit.sink.rule("K1001", node, node.getText().split("\n", 1)[0]);
  }
}

function inside(ctx: Context, region: Region): Context {
  return { ...ctx, regions: [...ctx.regions, region] };
}

function lowerBlock(ctx: Context, node: ts.Block, labels: readonly string[]): void {
  if (labels.length === 0) {
    lowerStatements(ctx, node.statements);
    return;
  }
  const after = ctx.builder.block();
  lowerStatements(inside(ctx, { kind: "block", labels, breakTo: after }), node.statements);
  ctx.builder.jump(after, at(ctx, node));
  ctx.builder.start(after);
}

function lowerAtomic(ctx: Context, node: ts.LabeledStatement): void {
  const { builder } = ctx;
  if (!ts.isBlock(node.statement)) return; // refused by the rules of syntax
  const after = builder.block();
  builder.emit({ kind: "atomicBegin", at: at(ctx, node) });
  lowerStatements(inside(ctx, { kind: "atomic", labels: [ATOMIC], breakTo: after }), node.statement.statements);
  builder.emit({ kind: "atomicEnd", at: atEnd(node, ctx.source.sourceName) });
  builder.jump(after, at(ctx, node));
  builder.start(after);
}

function lowerDeclarations(ctx: Context, list: ts.VariableDeclarationList): void {
  for (const decl of list.declarations) lowerDeclaration(ctx, decl);
}

function lowerDeclaration(ctx: Context, decl: ts.VariableDeclaration): void {
  const { unit, builder } = ctx;
  if (!ts.isIdentifier(decl.name)) {
    unit.sink.rule("K1016", decl.name);
    return;
  }
  const symbol = unit.checker.getSymbolAtLocation(decl.name)!;
  let declared: ValueType | undefined;
  if (decl.type) {
    declared = valueType(unit.checker, unit.checker.getTypeFromTypeNode(decl.type));
    if (!declared) unit.sink.rule("K1301", decl.name, decl.name.text);
  }
  const value = decl.initializer ? lowerExpr(ctx, decl.initializer) : constant(declared ?? I32, 0);
  const type = declared ?? exprType(value);
  // A result that nobody else can name becomes the variable itself.
  if (value.kind === "local" && builder.isTemporary(value.local) && sameType(value.type, type)) {
    builder.adopt(value.local, decl.name.text);
    ctx.bindings.set(symbol, { kind: "local", local: value.local, type });
    return;
  }
  const local = builder.local(decl.name.text, type);
  builder.assign(local, convert(value, type), at(ctx, decl));
  ctx.bindings.set(symbol, { kind: "local", local, type });
}

/** An expression for its effect: a call or an assignment. */
function lowerEffect(ctx: Context, node: ts.Expression): void {
  if (ts.isParenthesizedExpression(node)) {
    lowerEffect(ctx, node.expression);
    return;
  }
  if (ts.isCallExpression(node)) {
    lowerCall(ctx, node);
    return;
  }
  if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind)) {
    lowerAssignment(ctx, node);
    return;
  }
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
    const step = node.operator === ts.SyntaxKind.PlusPlusToken ? "+" : "-";
    if (node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken) {
      update(ctx, node.operand, node, (old) => arithmetic(step, old, constant(I32, 1)));
      return;
    }
  }
  ctx.unit.sink.rule("K1028", node, node.getText());
}

function lowerAssignment(ctx: Context, node: ts.BinaryExpression): void {
  const { sink } = ctx.unit;
  if (node.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
    update(ctx, node.left, node, undefined, () => lowerExpr(ctx, node.right));
    return;
  }
  const op = COMPOUND.get(node.operatorToken.kind);
  if (op === undefined) {
    sink.rule("K1022", node, node.operatorToken.getText());
    return;
  }
  update(ctx, node.left, node, (old) => computed(ctx, node, op, old, lowerExpr(ctx, node.right)));
}

/** Writes to a local or to shared state: `fresh()`, or what `from` makes of the old value. */
function update(
  ctx: Context,
  target: ts.Expression,
  node: ts.Expression,
  from: ((old: Expr) => Expr) | undefined,
  fresh?: () => Expr,
): void {
  const { builder, unit } = ctx;
  if (ts.isParenthesizedExpression(target)) {
    update(ctx, target.expression, node, from, fresh);
    return;
  }
  const symbol = ts.isIdentifier(target) ? symbolOf(unit.checker, target) : undefined;
  const binding = symbol && ctx.bindings.get(symbol);
  if (binding?.kind === "local") {
    const old: Expr = { kind: "local", type: binding.type, local: binding.local };
    const value = from ? from(old) : fresh!();
    builder.assign(binding.local, convert(value, binding.type), at(ctx, node));
    return;
  }
  const place = lowerPlace(ctx, target);
  if (!place) {
    unit.sink.rule("K1001", target, `an assignment to ${target.getText()}`);
    return;
  }
  const value = from ? from(loadPlace(ctx, place, target)) : fresh!();
  storePlace(ctx, place, value, node);
}

function lowerIf(ctx: Context, node: ts.IfStatement): void {
  const { builder } = ctx;
  const then = builder.block();
  const after = builder.block();
  const otherwise = node.elseStatement ? builder.block() : after;
  lowerCondition(ctx, node.expression, then, otherwise);
  builder.start(then);
  lowerStatement(ctx, node.thenStatement);
  builder.jump(after, at(ctx, node));
  if (node.elseStatement) {
    builder.start(otherwise);
    lowerStatement(ctx, node.elseStatement);
    builder.jump(after, at(ctx, node));
  }
  builder.start(after);
}

/** `while (true)` has no way out of its own. */
function isForever(node: ts.Expression | undefined): boolean {
  return !node || node.kind === ts.SyntaxKind.TrueKeyword || (ts.isNumericLiteral(node) && node.text === "1");
}

function lowerLoopHead(
  ctx: Context,
  condition: ts.Expression | undefined,
  body: Draft,
  after: Draft,
  node: ts.Node,
): void {
  if (!condition || isForever(condition)) ctx.builder.jump(body, at(ctx, node));
  else lowerCondition(ctx, condition, body, after);
}

function lowerFor(ctx: Context, node: ts.ForStatement, labels: readonly string[]): void {
  const { builder } = ctx;
  const head = builder.block();
  const body = builder.block();
  const next = builder.block();
  const after = builder.block();
  if (node.initializer) {
    if (ts.isVariableDeclarationList(node.initializer)) lowerDeclarations(ctx, node.initializer);
    else lowerEffect(ctx, node.initializer);
  }
  builder.jump(head, at(ctx, node));
  builder.start(head);
  lowerLoopHead(ctx, node.condition, body, after, node);
  builder.start(body);
  lowerStatement(inside(ctx, { kind: "loop", labels, breakTo: after, continueTo: next }), node.statement);
  builder.jump(next, at(ctx, node));
  builder.start(next);
  if (node.incrementor) lowerEffect(ctx, node.incrementor);
  builder.jump(head, at(ctx, node));
  builder.start(after);
}

function lowerWhile(ctx: Context, node: ts.WhileStatement, labels: readonly string[]): void {
  const { builder } = ctx;
  const head = builder.block();
  const body = builder.block();
  const after = builder.block();
  builder.jump(head, at(ctx, node));
  builder.start(head);
  lowerLoopHead(ctx, node.expression, body, after, node);
  builder.start(body);
  lowerStatement(inside(ctx, { kind: "loop", labels, breakTo: after, continueTo: head }), node.statement);
  builder.jump(head, at(ctx, node));
  builder.start(after);
}

function lowerDo(ctx: Context, node: ts.DoStatement, labels: readonly string[]): void {
  const { builder } = ctx;
  const body = builder.block();
  const test = builder.block();
  const after = builder.block();
  builder.jump(body, at(ctx, node));
  builder.start(body);
  lowerStatement(inside(ctx, { kind: "loop", labels, breakTo: after, continueTo: test }), node.statement);
  builder.jump(test, at(ctx, node));
  builder.start(test);
  lowerLoopHead(ctx, node.expression, body, after, node);
  builder.start(after);
}

function lowerSwitch(ctx: Context, node: ts.SwitchStatement, labels: readonly string[]): void {
  const { builder, unit } = ctx;
  const scrutinee = lowerExpr(ctx, node.expression);
  const type = exprType(scrutinee);
  // A copy: the cases may assign to the variable that is switched over.
  const local = builder.temporary(type);
  builder.assign(local, scrutinee, at(ctx, node.expression));
  const value: Expr = { kind: "local", type, local };
  const after = builder.block();
  const clauses = node.caseBlock.clauses.map((clause) => ({ clause, body: builder.block() }));
  for (const { clause, body } of clauses) {
    if (!ts.isCaseClause(clause)) continue;
    const constantCase = unit.constants.evaluate(clause.expression);
    if (constantCase?.kind !== "scalar") continue;
    const next = builder.block();
    builder.branch(comparison("==", value, constantCase.expr), body, next, at(ctx, clause));
    builder.start(next);
  }
  const fallback = clauses.find(({ clause }) => ts.isDefaultClause(clause))?.body ?? after;
  builder.jump(fallback, at(ctx, node));
  const inner = inside(ctx, { kind: "switch", labels, breakTo: after });
  clauses.forEach(({ clause, body }, i) => {
    builder.start(body);
    lowerStatements(inner, clause.statements);
    builder.jump(clauses[i + 1]?.body ?? after, at(ctx, clause));
  });
  builder.start(after);
}

function lowerReturn(ctx: Context, node: ts.ReturnStatement): void {
  const { builder } = ctx;
  const { result } = ctx.fn;
  let value: Expr | undefined;
  if (node.expression) {
    if (result) value = convert(lowerExpr(ctx, node.expression), result);
    else lowerEffect(ctx, node.expression); // `return f();` of a void function
  }
  leave(ctx, 0, node);
  builder.return(value, at(ctx, node));
}

function lowerJump(ctx: Context, node: ts.BreakOrContinueStatement): void {
  const label = node.label?.text;
  const isBreak = ts.isBreakStatement(node);
  const index = ctx.regions.findLastIndex((region) => {
    if (label !== undefined) return region.labels.includes(label);
    return region.kind === "loop" || (isBreak && region.kind === "switch");
  });
  const region = ctx.regions[index];
  const target = isBreak ? region?.breakTo : region?.kind === "loop" ? region.continueTo : undefined;
  if (!target) {
    ctx.unit.sink.rule("K1025", node);
    return;
  }
  leave(ctx, isBreak && region?.kind === "atomic" ? index : index + 1, node);
  ctx.builder.jump(target, at(ctx, node));
}

/** Ends the hardware actions that a jump leaves: the regions from `from` on. */
function leave(ctx: Context, from: number, node: ts.Node): void {
  for (const region of ctx.regions.slice(from)) {
    if (region.kind === "atomic") ctx.builder.emit({ kind: "atomicEnd", at: at(ctx, node) });
  }
}
