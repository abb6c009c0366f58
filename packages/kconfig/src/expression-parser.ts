/**
 * Expressions: symbols, comparisons, `!`, `&&`, `||`, parentheses.
 *
 * Called by the parser. Works with a stack of its own instead of recursion, so that the depth of nesting is limited by conf's
 * limit and not by JavaScript's.
 */
import type { Builder } from "./builder.js";
import type { ComparisonKind, Expr, KSymbol } from "./model.js";
import type { TokenSource } from "./token-source.js";
import * as T from "./tokens.js";

const COMPARISONS: ReadonlyMap<number, ComparisonKind> = new Map([
  [T.EQUAL, "="],
  [T.UNEQUAL, "!="],
  [T.LESS, "<"],
  [T.LESS_EQUAL, "<="],
  [T.GREATER, ">"],
  [T.GREATER_EQUAL, ">="],
]);

export class ExpressionParser {
  private readonly values: Expr[] = [];
  private readonly operators: number[] = [];

  constructor(
    private readonly tokens: TokenSource,
    private readonly build: Builder,
  ) {}

  /** An expression, or undefined at a syntax error. `stacked`: entries of the statement on the parser's stack so far. */
  parse(stacked: number): Expr | undefined {
    this.values.length = 0;
    this.operators.length = 0;
    for (;;) {
      while (this.tokens.peek() === T.NOT || this.tokens.peek() === T.OPEN_PAREN) {
        this.operators.push(this.tokens.peek());
        this.tokens.shift();
        this.tokens.checkDepth(stacked + this.values.length + this.operators.length);
      }
      const value = this.term();
      if (value === undefined) return undefined;
      this.tokens.checkDepth(stacked + this.values.length + this.operators.length + 1);
      this.values.push(value);
      const more = this.afterOperand();
      if (more === "operand") continue;
      return more === "end" ? this.values[0] : undefined;
    }
  }

  /** A word or a quoted word. */
  operand(): KSymbol | undefined {
    const token = this.tokens.peek();
    if (token === T.WORD) return this.build.symbols.lookup(this.tokens.shift());
    return token === T.WORD_QUOTE ? this.build.symbols.constant(this.tokens.shift()) : undefined;
  }

  private term(): Expr | undefined {
    const left = this.operand();
    if (left === undefined) return undefined;
    const comparison = COMPARISONS.get(this.tokens.peek());
    if (comparison === undefined) return this.build.pool.symbol(left);
    this.tokens.shift();
    const right = this.operand();
    return right === undefined ? undefined : this.build.pool.compare(comparison, left, right);
  }

  /** Reads operators and closing parentheses up to the next operand or the end. */
  private afterOperand(): "operand" | "end" | "error" {
    for (;;) {
      this.reduceWhile((operator) => operator === T.NOT);
      const token = this.tokens.peek();
      switch (token) {
        case T.AND:
          this.reduceWhile((operator) => operator === T.AND);
          break;
        case T.OR:
          this.reduceWhile((operator) => operator !== T.OPEN_PAREN);
          break;
        default:
          this.reduceWhile((operator) => operator !== T.OPEN_PAREN);
          if (this.operators.length === 0) return "end";
          if (token !== T.CLOSE_PAREN) return "error";
          this.operators.pop();
          this.tokens.shift();
          continue;
      }
      this.operators.push(token);
      this.tokens.shift();
      return "operand";
    }
  }

  private reduceWhile(isDue: (operator: number) => boolean): void {
    while (this.operators.length > 0 && isDue(this.operators.at(-1)!)) {
      const operator = this.operators.pop()!;
      const right = this.values.pop()!;
      if (operator === T.NOT) this.values.push(this.build.pool.not(right));
      else this.values.push(this.build.pool.binary(operator === T.AND ? "and" : "or", this.values.pop()!, right));
    }
  }
}
