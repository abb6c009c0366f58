/**
 * One token of lookahead over the lexer, with the bookkeeping of a generated parser: when to announce a syntax error, how to get
 * past one, and when the parser's stack would be full.
 *
 * Used by the parser and the expression parser.
 */
import type { Builder } from "./builder.js";
import * as T from "./tokens.js";

/** The stack of conf's parser holds this many entries. */
const STACK_LIMIT = 10_000;
/** After an error, errors are silent until so many tokens were read without one. */
const QUIET_TOKENS = 3;

/** The input ended where a statement or block was unfinished. */
export class InputEnded extends Error {}

/** The nesting is deeper than conf's parser can hold; conf says so and goes on with what it has. */
export class MemoryExhausted extends Error {}

export class TokenSource {
  /** Entries on the stack of conf's parser, as far as they matter. */
  depth = 0;
  private token = -1;
  private quiet = 0;

  constructor(private readonly build: Builder) {}

  /** The next token; it stays. */
  peek(): number {
    if (this.token < 0) this.token = this.build.lexer.next();
    return this.token;
  }

  /** Takes the next token; returns its text, if it is one that has text. */
  shift(): string {
    this.peek();
    this.token = -1;
    if (this.quiet > 0) this.quiet--;
    return this.build.lexer.text;
  }

  accept(token: number): boolean {
    if (this.peek() !== token) return false;
    this.shift();
    return true;
  }

  /** After a syntax error: announces it and skips to the end of the line. */
  recover(): void {
    if (this.quiet === 0) this.announce();
    this.quiet = QUIET_TOKENS;
    while (this.peek() !== T.EOL) {
      if (this.token === T.EOF) throw new InputEnded();
      this.token = -1;
    }
    this.shift();
  }

  announce(): void {
    this.build.errors++;
    const { lexer, dialect, diagnostics } = this.build;
    const line = lexer.statementLine + (dialect === "6.1" ? 1 : 0);
    diagnostics.at("error", lexer.statementFile, line, "syntax error");
  }

  /** Called when an expression nests; `stacked` entries lie above the statement's own. */
  checkDepth(stacked: number): void {
    if (this.depth + stacked < STACK_LIMIT) return;
    const { lexer, dialect, diagnostics } = this.build;
    const line = lexer.statementLine + (dialect === "6.1" ? 1 : 0);
    diagnostics.at("error", lexer.statementFile, line, "memory exhausted");
    throw new MemoryExhausted();
  }
}
