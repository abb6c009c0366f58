/**
 * The grammar of Kconfig.
 *
 * Called by parseKconfig(). One token of lookahead, fetched only where the grammar needs it. After a syntax error it goes on as
 * conf's generated parser does: back to the innermost list of statements, then to the end of the line; up to three tokens after
 * an error a further error is not announced.
 */
import type { Builder } from "./builder.js";
import { ExpressionParser } from "./expression-parser.js";
import { assertNever, type Expr, type Menu, type SymbolType } from "./model.js";
import { InputEnded, MemoryExhausted, type TokenSource } from "./token-source.js";
import * as T from "./tokens.js";

const TYPES: ReadonlyMap<number, SymbolType> = new Map([
  [T.BOOL, "bool"],
  [T.TRISTATE, "tristate"],
  [T.INT, "int"],
  [T.HEX, "hex"],
  [T.STRING, "string"],
]);

const DEFAULT_TYPES: ReadonlyMap<number, SymbolType> = new Map([
  [T.DEFAULT, "unknown"],
  [T.DEF_BOOL, "bool"],
  [T.DEF_TRISTATE, "tristate"],
]);

const BLOCK_ENDS: ReadonlyMap<number, BlockKind> = new Map([
  [T.ENDMENU, "menu"],
  [T.ENDCHOICE, "choice"],
  [T.ENDIF, "if"],
]);

type BlockKind = "menu" | "choice" | "if";

/** An open block. Inside a choice only `config`, `comment` and `if` may stand. */
interface Block {
  readonly kind: BlockKind;
  readonly menu: Menu;
  readonly inChoice: boolean;
}

/** What became of a statement: `word` failed after a first word that is no keyword. */
type Outcome = "ok" | "failed" | { readonly word: string };

export class Parser {
  private readonly blocks: Block[] = [];
  private readonly expressions: ExpressionParser;

  constructor(
    private readonly tokens: TokenSource,
    private readonly build: Builder,
  ) {
    this.expressions = new ExpressionParser(tokens, build);
  }

  parse(): void {
    try {
      // No statement has begun to which conf's parser could go back: it gives up.
      if (this.tokens.peek() === T.MAINMENU && this.mainMenu() === "failed") this.tokens.announce();
      else this.statements();
    } catch (error) {
      if (!(error instanceof InputEnded) && !(error instanceof MemoryExhausted)) throw error;
      while (this.blocks.length > 0) this.build.abandonBlock(this.blocks.pop()!.menu);
    }
  }

  private statements(): void {
    for (;;) {
      // conf's parser keeps two entries per open block on its stack, and two for the whole input.
      this.tokens.depth = 2 + 2 * this.blocks.length;
      if (this.tokens.peek() === T.EOF && this.blocks.length === 0) return;
      this.report(this.statement());
    }
  }

  private report(outcome: Outcome): void {
    if (outcome === "ok") return;
    this.tokens.recover();
    this.build.error(outcome === "failed" ? "invalid statement" : `unknown statement "${outcome.word}"`);
  }

  private statement(): Outcome {
    const block = this.blocks.at(-1);
    const token = this.tokens.peek();
    const end = block === undefined ? undefined : BLOCK_ENDS.get(token);
    if (end !== undefined) return this.blockEnd(block!, end);
    switch (token) {
      case T.CONFIG:
        return this.config();
      case T.COMMENT:
        return this.comment();
      case T.IF:
        return this.ifBlock(block?.inChoice ?? false);
    }
    if (block?.inChoice) return "failed";
    switch (token) {
      case T.MENUCONFIG:
        return this.menuConfig();
      case T.CHOICE:
        return this.choice();
      case T.MENU:
        return this.menu();
      case T.SOURCE:
        return this.source();
      case T.WORD:
        return this.assignment();
      default:
        return "failed";
    }
  }

  private mainMenu(): Outcome {
    this.tokens.shift();
    const text = this.quotedText();
    if (text === null || !this.tokens.accept(T.EOL)) return "failed";
    this.build.addPrompt("menu", text, null);
    return "ok";
  }

  private assignment(): Outcome {
    const word = this.tokens.shift();
    const operator = this.tokens.peek();
    if (operator !== T.EQUAL && operator !== T.COLON_EQUAL && operator !== T.PLUS_EQUAL) return { word };
    this.tokens.shift();
    const value = this.tokens.peek() === T.ASSIGN_VAL ? this.tokens.shift() : "";
    if (!this.tokens.accept(T.EOL)) return { word };
    this.build.lexer.macros.assign(word, value, operator === T.EQUAL ? "=" : operator === T.COLON_EQUAL ? ":=" : "+=");
    return "ok";
  }

  private source(): Outcome {
    this.tokens.shift();
    const path = this.quotedText();
    if (path === null || !this.tokens.accept(T.EOL)) return "failed";
    this.build.lexer.include(path);
    return "ok";
  }

  private comment(): Outcome {
    this.tokens.shift();
    const text = this.quotedText();
    if (text === null || !this.tokens.accept(T.EOL)) return "failed";
    this.build.addEntry(null);
    this.build.addPrompt("comment", text, null);
    while (this.tokens.peek() === T.DEPENDS) if (!this.depends()) return "failed";
    return "ok";
  }

  private config(): Outcome {
    if (!this.configHead()) return "failed";
    if (!this.configOptions()) return "failed";
    this.build.endChoiceMember();
    return "ok";
  }

  private menuConfig(): Outcome {
    if (!this.configHead()) return "failed";
    if (!this.configOptions()) return "failed";
    const prompt = this.build.currentEntry.prompt;
    if (prompt !== null) prompt.kind = "menu";
    else this.build.warn("warning: menuconfig statement without prompt");
    return "ok";
  }

  private configHead(): boolean {
    this.tokens.shift();
    if (this.tokens.peek() !== T.WORD) return false;
    const symbol = this.build.symbols.lookup(this.tokens.shift());
    if (!this.tokens.accept(T.EOL)) return false;
    this.build.addEntry(symbol);
    return true;
  }

  /** False: a syntax error. Ends before the first token that is no option. */
  private configOptions(): boolean {
    for (;;) {
      const option = this.configOption(this.tokens.peek());
      if (option !== "ok") return option === "none";
    }
  }

  private configOption(token: number): "ok" | "failed" | "none" {
    let ok: boolean;
    switch (token) {
      case T.BOOL:
      case T.TRISTATE:
      case T.INT:
      case T.HEX:
      case T.STRING:
        ok = this.typeOption(TYPES.get(token)!);
        break;
      case T.DEFAULT:
      case T.DEF_BOOL:
      case T.DEF_TRISTATE:
        ok = this.defaultOption(DEFAULT_TYPES.get(token)!);
        break;
      case T.PROMPT:
        ok = this.promptOption();
        break;
      case T.SELECT:
        ok = this.selectOption("select");
        break;
      case T.IMPLY:
        ok = this.selectOption("imply");
        break;
      case T.RANGE:
        ok = this.rangeOption();
        break;
      case T.MODULES:
        ok = this.modulesOption();
        break;
      case T.DEPENDS:
        ok = this.depends();
        break;
      case T.HELP:
        ok = this.help();
        break;
      default:
        return "none";
    }
    return ok ? "ok" : "failed";
  }

  private typeOption(type: SymbolType): boolean {
    this.tokens.shift();
    if (!this.optionalPrompt() || !this.tokens.accept(T.EOL)) return false;
    this.build.setType(type);
    return true;
  }

  private optionalPrompt(): boolean {
    if (this.tokens.peek() !== T.WORD_QUOTE) return true;
    const text = this.tokens.shift();
    const condition = this.condition(5);
    if (condition === undefined) return false;
    this.build.addPrompt("prompt", text, condition);
    return true;
  }

  private promptOption(): boolean {
    this.tokens.shift();
    const text = this.quotedText();
    if (text === null) return false;
    const condition = this.condition(5);
    if (condition === undefined || !this.tokens.accept(T.EOL)) return false;
    this.build.addPrompt("prompt", text, condition);
    return true;
  }

  private defaultOption(type: SymbolType): boolean {
    this.tokens.shift();
    const value = this.expressions.parse(3);
    if (value === undefined) return false;
    const condition = this.condition(5);
    if (condition === undefined || !this.tokens.accept(T.EOL)) return false;
    this.build.addProperty("default", value, condition);
    if (type !== "unknown") this.build.setType(type);
    return true;
  }

  private selectOption(kind: "select" | "imply" | "default"): boolean {
    this.tokens.shift();
    if (this.tokens.peek() !== T.WORD) return false;
    const symbol = this.build.symbols.lookup(this.tokens.shift());
    const condition = this.condition(5);
    if (condition === undefined || !this.tokens.accept(T.EOL)) return false;
    this.build.addProperty(kind, this.build.pool.symbol(symbol), condition);
    return true;
  }

  private rangeOption(): boolean {
    this.tokens.shift();
    const low = this.expressions.operand();
    const high = low === undefined ? undefined : this.expressions.operand();
    if (low === undefined || high === undefined) return false;
    const condition = this.condition(6);
    if (condition === undefined || !this.tokens.accept(T.EOL)) return false;
    this.build.addProperty("range", this.build.pool.compare("range", low, high), condition);
    return true;
  }

  private modulesOption(): boolean {
    this.tokens.shift();
    if (!this.tokens.accept(T.EOL)) return false;
    this.build.setModules();
    return true;
  }

  private depends(): boolean {
    this.tokens.shift();
    if (!this.tokens.accept(T.ON)) return false;
    const expr = this.expressions.parse(4);
    if (expr === undefined || !this.tokens.accept(T.EOL)) return false;
    this.build.addDependency(expr);
    return true;
  }

  private help(): boolean {
    const lexer = this.build.lexer;
    this.tokens.shift();
    if (!this.tokens.accept(T.EOL)) return false;
    lexer.startHelp();
    if (!this.tokens.accept(T.HELPTEXT)) return false;
    this.build.setHelp(lexer.helpStart, lexer.helpEnd, lexer.helpIsBlank);
    return true;
  }

  private choice(): Outcome {
    const is61 = this.build.dialect === "6.1";
    this.tokens.shift();
    const name = is61 && this.tokens.peek() === T.WORD ? this.tokens.shift() : null;
    if (!this.tokens.accept(T.EOL)) return "failed";
    this.build.beginChoice(name);
    for (let ok = true; ok; ) {
      const token = this.tokens.peek();
      if (token === T.PROMPT) ok = this.promptOption();
      else if (token === T.DEFAULT) ok = this.selectOption("default");
      else if (token === T.DEPENDS) ok = this.depends();
      else if (token === T.HELP) ok = this.help();
      else if (is61 && token === T.OPTIONAL) ok = this.optionalOption();
      else if (is61 && (token === T.BOOL || token === T.TRISTATE)) ok = this.typeOption(TYPES.get(token)!);
      else if (token === T.BOOL) ok = this.promptOption();
      else {
        this.blocks.push({ kind: "choice", menu: this.build.beginChoiceBlock(), inChoice: true });
        return "ok";
      }
    }
    return "failed";
  }

  private optionalOption(): boolean {
    this.tokens.shift();
    if (!this.tokens.accept(T.EOL)) return false;
    this.build.currentEntry.symbol!.isOptional = true;
    return true;
  }

  private ifBlock(inChoice: boolean): Outcome {
    this.tokens.shift();
    const expr = this.expressions.parse(1);
    if (expr === undefined || !this.tokens.accept(T.EOL)) return "failed";
    this.build.addEntry(null);
    this.build.addDependency(expr);
    this.blocks.push({ kind: "if", menu: this.build.beginBlock(), inChoice });
    return "ok";
  }

  private menu(): Outcome {
    this.tokens.shift();
    const text = this.quotedText();
    if (text === null || !this.tokens.accept(T.EOL)) return "failed";
    this.build.addEntry(null);
    this.build.addPrompt("menu", text, null);
    for (;;) {
      const token = this.tokens.peek();
      if (token === T.DEPENDS) {
        if (!this.depends()) return "failed";
      } else if (token === T.VISIBLE) {
        if (!this.visible()) return "failed";
      } else break;
    }
    this.blocks.push({ kind: "menu", menu: this.build.beginBlock(), inChoice: false });
    return "ok";
  }

  private visible(): boolean {
    this.tokens.shift();
    const condition = this.condition(3);
    if (condition === undefined || !this.tokens.accept(T.EOL)) return false;
    this.build.addVisibility(condition);
    return true;
  }

  private blockEnd(block: Block, keyword: BlockKind): Outcome {
    this.tokens.shift();
    if (!this.tokens.accept(T.EOL)) return "failed";
    switch (block.kind) {
      case "choice":
        this.build.currentChoice = null;
        break;
      case "menu":
      case "if":
        break;
      default:
        assertNever(block.kind);
    }
    this.build.endBlockWith(keyword, block.kind);
    this.blocks.pop();
    return "ok";
  }

  /** `if expression`, or null if there is none; undefined: a syntax error. */
  private condition(stacked: number): Expr | null | undefined {
    if (this.tokens.peek() !== T.IF) return null;
    this.tokens.shift();
    return this.expressions.parse(stacked);
  }

  private quotedText(): string | null {
    return this.tokens.peek() === T.WORD_QUOTE ? this.tokens.shift() : null;
  }
}
