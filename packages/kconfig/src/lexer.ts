/**
 * Kconfig text to tokens, across `source`d files, with macros expanded on the way.
 *
 * Called by the parser, one token at a time and not a token earlier than needed: `source` and `help` change what the next
 * characters mean. Line numbers follow conf: {@link line} is where the lexer is, {@link statementLine} where the statement
 * under way began; messages use the one conf uses.
 */
import { type Diagnostics, KconfigError } from "./diagnostics.js";
import type { Environment, FileTree, ShellRunner } from "./environment.js";
import { scanHelp } from "./help-text.js";
import type { Dialect } from "./model.js";
import { Preprocessor } from "./preprocess.js";
import { cString, encodeBytes, isWord } from "./text.js";
import * as T from "./tokens.js";

type State = "statement" | "assignment" | "help";

/** A file that waits for one it sources. */
interface Suspended {
  readonly source: string;
  readonly at: number;
  readonly line: number;
  readonly file: string;
  readonly statementLine: number;
}

export class Lexer {
  /** Text of the last WORD, WORD_QUOTE or ASSIGN_VAL. */
  text = "";
  /** Where the last HELPTEXT is. */
  helpStart = 0;
  helpEnd = 0;
  helpIsBlank = false;
  /** The file being read. */
  file = "";
  /** The line the lexer has reached. */
  line = 1;
  /** The line of the first token of the current statement. */
  statementLine = 0;
  /** Every file opened, in order of first opening, with its text. */
  readonly opened = new Map<string, string>();
  readonly macros: Preprocessor;
  private statementFileOf61 = "<none>";
  private source = "";
  private at = 0;
  private state: State = "statement";
  private readonly suspended: Suspended[] = [];
  /** 6.1: the first file has ended, and what follows belongs to no file. */
  rootEnded = false;
  private previous = T.EOL;
  private beforePrevious = T.EOL;
  private readonly keywords: ReadonlyMap<string, number>;

  constructor(
    private readonly files: FileTree,
    environment: Environment,
    shell: ShellRunner,
    private readonly diagnostics: Diagnostics,
    private readonly dialect: Dialect,
  ) {
    this.macros = new Preprocessor(environment, shell, diagnostics, this);
    this.keywords = dialect === "6.1" ? T.KEYWORDS_61 : T.KEYWORDS;
  }

  /** The file messages about the current statement name. */
  get statementFile(): string {
    return this.dialect === "6.1" ? this.statementFileOf61 : this.file;
  }

  open(path: string): void {
    const text = this.read(path);
    if (text === undefined) {
      this.diagnostics.plain("error", `can't find file ${path}`);
      throw new KconfigError(this.diagnostics.list);
    }
    this.source = text;
    this.file = path;
  }

  /** `source "path"`: continues there, and comes back at its end. */
  include(path: string): void {
    const here = {
      source: this.source,
      at: this.at,
      line: this.line,
      file: this.file,
      statementLine: this.statementLine,
    };
    const text = this.read(path);
    if (text === undefined) {
      this.diagnostics.at("error", this.statementFile, this.statementLine, `can't open file "${path}"`);
      throw new KconfigError(this.diagnostics.list);
    }
    this.suspended.push(here);
    if (this.suspended.some((file) => file.file === path)) this.failRecursive(path);
    this.source = text;
    this.at = 0;
    this.line = 1;
    this.file = path;
  }

  /** The next characters are a help text, up to the first line that is indented less. */
  startHelp(): void {
    this.state = "help";
  }

  next(): number {
    let token = this.scan();
    if (this.previous === T.EOL || this.previous === T.HELPTEXT) {
      while (token === T.EOL) token = this.scan();
      // 6.1 has no current file any more once the first one has ended.
      this.statementFileOf61 = this.rootEnded ? "<none>" : this.file;
      this.statementLine = this.line;
    }
    if (
      this.beforePrevious === T.EOL &&
      this.previous === T.WORD &&
      (token === T.EQUAL || token === T.COLON_EQUAL || token === T.PLUS_EQUAL)
    )
      this.state = "assignment";
    this.beforePrevious = this.previous;
    this.previous = token;
    return token;
  }

  private read(path: string): string | undefined {
    const known = this.opened.get(path);
    if (known !== undefined) return known;
    const text = this.files.readFile(path);
    if (text !== undefined) this.opened.set(path, text);
    return text;
  }

  private failRecursive(path: string): never {
    let text = `Recursive inclusion detected.\nInclusion path:\n  current file : ${path}`;
    for (let at = this.suspended.length - 1; at >= 0; at--) {
      const { file, statementLine, line } = this.suspended[at]!;
      text += `\n  included from: ${file}:${this.dialect === "6.1" ? line - 1 : statementLine}`;
      if (this.dialect === "6.1" && file === path) break;
    }
    this.diagnostics.plain("error", text);
    throw new KconfigError(this.diagnostics.list);
  }

  private scan(): number {
    if (this.state === "help") return this.help();
    const assigned = this.state === "assignment" ? this.assignment() : -1;
    if (assigned >= 0) return assigned;
    for (;;) {
      const code = this.source.charCodeAt(this.at);
      if (Number.isNaN(code)) return this.endOfFile();
      if (code === 32 || code === 9) this.at++;
      else if (code === 10) return this.endOfLine();
      else if (code === 35) this.at = this.lineEnd(this.at);
      else if (code === 36 || isWord(code)) {
        const token = this.word();
        if (token >= 0) return token;
      } else if (code === 34 || code === 39) return this.quoted(code);
      else if (code === 92 && this.source.charCodeAt(this.at + 1) === 10) {
        this.at += 2;
        this.line++;
      } else {
        const token = this.operator(code);
        if (token >= 0) return token;
        this.ignoreCharacter();
      }
    }
  }

  private endOfLine(): number {
    this.at++;
    this.line++;
    return T.EOL;
  }

  private lineEnd(from: number): number {
    const end = this.source.indexOf("\n", from);
    return end < 0 ? this.source.length : end;
  }

  /** The end of a sourced file ends its last line. So does the end of the first file, but only in 6.1. */
  private endOfFile(): number {
    this.state = "statement";
    if (this.previous !== T.EOL && this.previous !== T.HELPTEXT)
      this.diagnostics.warnAt(this.file, this.line, "no new line at end of file");
    const back = this.suspended.pop();
    if (back !== undefined) {
      this.source = back.source;
      this.at = back.at;
      this.line = back.line;
      this.file = back.file;
      return T.EOL;
    }
    if (this.dialect === "6.12" || this.rootEnded) return T.EOF;
    this.rootEnded = true;
    return T.EOL;
  }

  private word(): number {
    const start = this.at;
    let end = start;
    let macro = false;
    for (;;) {
      const code = this.source.charCodeAt(end);
      if (code === 36) macro = true;
      else if (!isWord(code)) break;
      end++;
    }
    if (!macro) {
      this.at = end;
      const text = this.source.slice(start, end);
      // Keywords are in lower case, most symbols are not.
      const first = this.source.charCodeAt(start);
      const keyword = first >= 97 && first <= 122 ? this.keywords.get(text) : undefined;
      if (keyword !== undefined) return keyword;
      this.text = text;
      return T.WORD;
    }
    const line = cString(this.source.slice(start, this.lineEnd(end)));
    const { value, next } = this.macros.expandWord(line, 0);
    this.at = start + next;
    this.text = value;
    return value === "" ? -1 : T.WORD;
  }

  private quoted(quote: number): number {
    let out = "";
    let from = ++this.at;
    for (;;) {
      const code = this.source.charCodeAt(this.at);
      if (code === quote || code === 10 || Number.isNaN(code)) {
        out += this.source.slice(from, this.at);
        if (code === quote) this.at++;
        else if (code === 10) this.multiLine();
        this.text = cString(out);
        return T.WORD_QUOTE;
      }
      if (code === 36) {
        out += this.source.slice(from, this.at);
        const line = cString(this.source.slice(this.at, this.lineEnd(this.at)));
        const { value, next } = this.macros.expandDollar(line, 1);
        out += value;
        from = this.at += next;
      } else if (code === 92) {
        // A backslash quotes the next character; at the end of a line it is dropped.
        out += this.source.slice(from, this.at);
        from = ++this.at;
        const quoted = this.source.charCodeAt(this.at);
        if (!Number.isNaN(quoted) && quoted !== 10) this.at++;
      } else this.at++;
    }
  }

  private multiLine(): void {
    const file = this.dialect === "6.1" ? this.statementFileOf61 : this.file;
    this.diagnostics.warnAt(file, this.statementLine, "multi-line strings not supported");
  }

  /** After `NAME =`: the rest of the line as it is, comments included. -1: the line is empty. */
  private assignment(): number {
    this.state = "statement";
    for (;;) {
      const code = this.source.charCodeAt(this.at);
      if (code === 32 || code === 9) this.at++;
      else if (code === 10 || Number.isNaN(code)) return -1;
      else break;
    }
    const end = this.lineEnd(this.at);
    this.text = cString(this.source.slice(this.at, end));
    this.at = end;
    return T.ASSIGN_VAL;
  }

  private help(): number {
    this.state = "statement";
    const help = scanHelp(this.source, this.at);
    this.helpStart = this.at;
    this.helpEnd = help.end;
    this.helpIsBlank = help.isBlank;
    this.at = help.end;
    this.line += help.lines;
    return T.HELPTEXT;
  }

  private operator(code: number): number {
    const second = this.source.charCodeAt(this.at + 1);
    const two = OPERATORS_OF_TWO.get(code * 256 + second);
    if (two !== undefined) {
      this.at += 2;
      return two;
    }
    const one = OPERATORS_OF_ONE.get(code);
    if (one === undefined) return -1;
    this.at++;
    return one;
  }

  /** conf says so byte by byte. */
  private ignoreCharacter(): void {
    const character = String.fromCodePoint(this.source.codePointAt(this.at)!);
    this.at += character.length;
    const bytes = character.charCodeAt(0) < 128 ? undefined : encodeBytes(character);
    const shown = bytes === undefined ? [character] : Array.from(bytes, (byte) => String.fromCharCode(0xdc00 + byte));
    for (const one of shown) this.diagnostics.warnAt(this.file, this.line, `ignoring unsupported character '${one}'`);
  }
}

const OPERATORS_OF_ONE: ReadonlyMap<number, number> = new Map([
  [61, T.EQUAL],
  [60, T.LESS],
  [62, T.GREATER],
  [33, T.NOT],
  [40, T.OPEN_PAREN],
  [41, T.CLOSE_PAREN],
]);

const OPERATORS_OF_TWO: ReadonlyMap<number, number> = new Map(
  (
    [
      ["||", T.OR],
      ["&&", T.AND],
      ["!=", T.UNEQUAL],
      ["<=", T.LESS_EQUAL],
      [">=", T.GREATER_EQUAL],
      [":=", T.COLON_EQUAL],
      ["+=", T.PLUS_EQUAL],
    ] as const
  ).map(([text, token]) => [text.charCodeAt(0) * 256 + text.charCodeAt(1), token]),
);
