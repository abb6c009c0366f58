/**
 * What the configuration decides: constants at the top level of files, and expressions over them.
 *
 * `const X = CONFIG.SMP ? size("NR_CPUS", 4) : 1` is a number; `const f = CONFIG.SMP ? g : h` is another name of a
 * function, as C's #define. Both are folded here, across imports.
 */
import { constant, type Expr, I32, U32 } from "@shootdown/ir";
import ts from "#typescript";
import {
  arithmetic,
  comparison,
  complement,
  convert,
  FALSE,
  isConst,
  NULL_FN,
  negative,
  not,
  TRUE,
  toBool,
} from "./c-expr.js";
import { nearest } from "./nearest.js";
import { ARITHMETIC, COMPARISONS } from "./operators.js";
import { SCALAR_TYPES, valueType } from "./shapes.js";
import { type FunctionInfo, preludeName, symbolOf, type Unit } from "./unit.js";

export type ConstValue =
  | { readonly kind: "scalar"; readonly expr: Extract<Expr, { kind: "const" }> }
  | { readonly kind: "function"; readonly info: FunctionInfo };

const MAX_U32 = 0xffff_ffff;
const MAX_I32 = 0x7fff_ffff;

export class Constants {
  private readonly known = new Map<ts.VariableDeclaration, ConstValue | undefined>();
  private readonly busy = new Set<ts.VariableDeclaration>();

  constructor(private readonly unit: Unit) {}

  /** The value of a `const` declaration; undefined if it has none, which is reported once. */
  valueOf(decl: ts.VariableDeclaration): ConstValue | undefined {
    if (this.known.has(decl)) return this.known.get(decl);
    if (this.busy.has(decl)) {
      this.unit.sink.rule("K1103", decl.name, decl.name.getText());
      return undefined;
    }
    this.busy.add(decl);
    let value = decl.initializer && this.evaluate(decl.initializer);
    if (value?.kind === "scalar" && decl.type) {
      const type = valueType(this.unit.checker, this.unit.checker.getTypeFromTypeNode(decl.type));
      const converted = type && narrow(convert(value.expr, type));
      if (type) value = converted ? scalar(converted) : this.refuse(decl.type, "a constant of 64 bits");
    }
    this.busy.delete(decl);
    this.known.set(decl, value);
    return value;
  }

  /** A constant number; undefined after a report. */
  number(node: ts.Expression): number | undefined {
    const value = this.evaluate(node);
    if (!value) return undefined;
    if (value.kind === "scalar") return value.expr.value;
    this.unit.sink.rule("K1102", node, "a function is not a number");
    return undefined;
  }

  /** Undefined after a report. */
  evaluate(node: ts.Expression): ConstValue | undefined {
    const { sink } = this.unit;
    if (ts.isParenthesizedExpression(node)) return this.evaluate(node.expression);
    if (ts.isNumericLiteral(node)) return scalar(this.literal(node));
    if (node.kind === ts.SyntaxKind.TrueKeyword) return scalar(TRUE);
    if (node.kind === ts.SyntaxKind.FalseKeyword) return scalar(FALSE);
    if (node.kind === ts.SyntaxKind.NullKeyword) return scalar(NULL_FN);
    if (ts.isIdentifier(node)) return this.name(node);
    if (ts.isPropertyAccessExpression(node)) return this.property(node);
    if (ts.isPrefixUnaryExpression(node)) {
      const arg = this.scalar(node.operand);
      if (!arg) return undefined;
      switch (node.operator) {
        case ts.SyntaxKind.ExclamationToken:
          return scalar(not(arg));
        case ts.SyntaxKind.MinusToken:
          return scalar(negative(arg));
        case ts.SyntaxKind.PlusToken:
          return scalar(arg);
        case ts.SyntaxKind.TildeToken:
          return scalar(complement(arg));
        default:
          return this.refuse(node);
      }
    }
    if (ts.isConditionalExpression(node)) {
      const condition = this.scalar(node.condition);
      if (!condition) return undefined;
      return this.evaluate(condition.value !== 0 ? node.whenTrue : node.whenFalse);
    }
    if (ts.isBinaryExpression(node)) return this.binary(node);
    if (ts.isCallExpression(node)) return this.call(node);
    if (ts.isStringLiteralLike(node)) {
      sink.rule("K1014", node);
      return undefined;
    }
    return this.refuse(node);
  }

  /** The value of CONFIG.name. */
  config(node: ts.PropertyAccessExpression): Extract<Expr, { kind: "const" }> {
    const { options, sink } = this.unit;
    const name = node.name.text;
    if (!options.symbols.has(name)) {
      const near = nearest(name, options.symbols);
      const hint = near.length > 0 ? `did you mean ${near.map((n) => `CONFIG.${n}`).join(" or ")}?` : undefined;
      sink.rule("K1101", node.name, `there is no symbol ${name}`, hint);
    }
    const value = options.config.get(name) ?? false;
    return typeof value === "number" ? integer(value) : ((value ? TRUE : FALSE) as Extract<Expr, { kind: "const" }>);
  }

  literal(node: ts.NumericLiteral): Extract<Expr, { kind: "const" }> {
    const value = Number(node.text);
    if (!Number.isInteger(value) || value > MAX_U32) {
      this.unit.sink.rule("K1021", node, node.getText());
      return integer(0);
    }
    return integer(value);
  }

  private scalar(node: ts.Expression): Extract<Expr, { kind: "const" }> | undefined {
    const value = this.evaluate(node);
    if (value?.kind === "function") return undefined;
    return value?.expr;
  }

  private refuse(node: ts.Node, detail?: string): undefined {
    this.unit.sink.rule("K1102", node, detail ?? node.getText());
    return undefined;
  }

  private name(node: ts.Identifier): ConstValue | undefined {
    const { unit } = this;
    const prelude = preludeName(unit, node);
    if (prelude === "NULL") return scalar(integer(0));
    if (prelude !== undefined) return this.refuse(node);
    const decl = symbolOf(unit.checker, node)?.declarations?.[0];
    if (decl && ts.isFunctionDeclaration(decl)) {
      const info = unit.functions.infoOf(decl);
      return info && { kind: "function", info: unit.functions.bind(info) };
    }
    if (decl && ts.isVariableDeclaration(decl)) {
      if (!(ts.getCombinedNodeFlags(decl) & ts.NodeFlags.Const)) {
        return this.refuse(node, `${node.text} is a variable`);
      }
      if (unit.states.isState(decl)) return this.refuse(node, `${node.text} is shared state`);
      return this.valueOf(decl);
    }
    return this.refuse(node);
  }

  private property(node: ts.PropertyAccessExpression): ConstValue | undefined {
    const base = ts.isIdentifier(node.expression) ? preludeName(this.unit, node.expression) : undefined;
    if (base === "CONFIG") return scalar(this.config(node));
    if (base === "CPU") return this.refuse(node, `CPU.${node.name.text} is read at run time`);
    const value = this.unit.checker.getConstantValue(node);
    return typeof value === "number" ? scalar(integer(value)) : this.refuse(node);
  }

  private binary(node: ts.BinaryExpression): ConstValue | undefined {
    const operator = node.operatorToken.kind;
    const left = this.scalar(node.left);
    if (!left) return undefined;
    if (operator === ts.SyntaxKind.AmpersandAmpersandToken || operator === ts.SyntaxKind.BarBarToken) {
      const decided = (left.value !== 0) === (operator === ts.SyntaxKind.BarBarToken);
      if (decided) return scalar(toBool(left));
      const right = this.scalar(node.right);
      return right && scalar(toBool(right));
    }
    const right = this.scalar(node.right);
    if (!right) return undefined;
    const op = ARITHMETIC.get(operator);
    if (op !== undefined) {
      const result = arithmetic(op, left, right);
      if (isConst(result)) return scalar(result);
      this.unit.sink.rule("K1107", node);
      return undefined;
    }
    const compared = COMPARISONS.get(operator);
    return compared === undefined ? this.refuse(node) : scalar(comparison(compared, left, right));
  }

  private call(node: ts.CallExpression): ConstValue | undefined {
    const { unit } = this;
    const callee = ts.isIdentifier(node.expression) ? preludeName(unit, node.expression) : undefined;
    const [first, second] = node.arguments;
    const cast = callee === undefined ? undefined : SCALAR_TYPES.get(callee);
    if (cast && first) {
      const arg = this.scalar(first);
      const converted = arg && narrow(convert(arg, cast));
      if (arg && !converted) return this.refuse(node, "a constant of 64 bits");
      return converted && scalar(converted);
    }
    if (callee !== "size") return this.refuse(node);
    if (!first || !second || !ts.isStringLiteral(first)) {
      unit.sink.rule("K1104", node);
      return undefined;
    }
    const full = this.number(second);
    const value = unit.options.sizes.get(first.text) ?? full;
    return value === undefined ? undefined : scalar(integer(value));
  }
}

/** A constant of 64 bits is not for the top level: those decide array lengths and sizes. */
function narrow(expr: Expr): Expr | undefined {
  return expr.kind === "wide" ? undefined : expr;
}

function scalar(expr: Expr): ConstValue {
  if (!isConst(expr)) throw new Error("a constant did not fold");
  return { kind: "scalar", expr };
}

function integer(value: number): Extract<Expr, { kind: "const" }> {
  return constant(value > MAX_I32 ? U32 : I32, value) as Extract<Expr, { kind: "const" }>;
}
