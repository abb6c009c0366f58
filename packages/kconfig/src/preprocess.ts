/**
 * The macro language: `$(name)`, `$(function,arguments)`, variables with `=`, `:=` and `+=`, and the built-in functions.
 *
 * Called by the lexer for every `$` outside comments, and by the parser for assignments. Everything a tree takes from outside
 * passes through here (environment, shell), so this is also where it is noted down for the cache.
 */
import { type Diagnostics, KconfigError } from "./diagnostics.js";
import type { Environment, ShellResult, ShellRunner } from "./environment.js";
import { cString, decodeBytes, encodeBytes, isWord } from "./text.js";

/** conf's limits. */
const MAX_ARGUMENTS = 16;
const MAX_DEPTH = 1000;
const SHELL_OUTPUT_BYTES = 4096;
/** Not conf's: `$(` inside `$(` this deep is nothing but an attack on the stack. */
const MAX_NESTING = 200;

interface Variable {
  value: string;
  recursive: boolean;
  /** How many expansions of it are under way. */
  active: number;
}

/** Where the lexer is; for `$(filename)`, `$(lineno)` and messages. */
export interface Position {
  readonly file: string;
  readonly line: number;
}

export class Preprocessor {
  /** Environment variables that were read. A name that is not set is not noted, as in conf. */
  readonly usedEnvironment = new Map<string, string>();
  /** Names that were looked up in the environment and not found. */
  readonly missingEnvironment = new Set<string>();
  /** Commands that were run, with their answers. */
  readonly usedShell = new Map<string, ShellResult>();
  private readonly variables = new Map<string, Variable>();
  /** How deep in the text under expansion; each variable's value counts anew. */
  private nesting = 0;

  constructor(
    private readonly environment: Environment,
    private readonly shell: ShellRunner,
    private readonly diagnostics: Diagnostics,
    private readonly position: Position,
  ) {}

  /** Stops as conf does: message, exit. */
  fail(message: string): never {
    this.diagnostics.at("error", this.position.file, this.position.line, message);
    throw new KconfigError(this.diagnostics.list);
  }

  assign(name: string, value: string, operator: "=" | ":=" | "+="): void {
    const known = this.variables.get(name);
    const recursive = operator === "+=" ? (known?.recursive ?? true) : operator === "=";
    const text = recursive ? value : this.guarded(() => this.expand(value, []));
    if (known === undefined) this.variables.set(name, { value: text, recursive, active: 0 });
    else {
      known.value = operator === "+=" ? `${known.value} ${text}` : text;
      known.recursive = recursive;
    }
  }

  /** Expands what follows a `$` at `text[at]`. Returns the expansion and where the rest begins. */
  expandDollar(text: string, at: number): { value: string; next: number } {
    return this.guarded(() => this.dollar(text, at, []));
  }

  /** Expands a word with `$` in it, up to the first character that cannot belong to a word. */
  expandWord(text: string, start: number): { value: string; next: number } {
    return this.guarded(() => {
      let out = "";
      let from = start;
      let at = start;
      while (at < text.length) {
        const code = text.charCodeAt(at);
        if (code === 36) {
          out += text.slice(from, at);
          const { value, next } = this.dollar(text, at + 1, []);
          out += value;
          at = from = next;
        } else if (isWord(code)) at++;
        else break;
      }
      return { value: out + text.slice(from, at), next: at };
    });
  }

  /** A chain of references that is too deep for the JavaScript stack is too deep for Kconfig. */
  private guarded<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (error instanceof RangeError) this.fail("Too deep recursive expansion");
      throw error;
    }
  }

  private expand(text: string, args: readonly string[]): string {
    let dollar = text.indexOf("$");
    if (dollar < 0) return text;
    let out = "";
    let from = 0;
    while (dollar >= 0) {
      out += text.slice(from, dollar);
      const { value, next } = this.dollar(text, dollar + 1, args);
      out += value;
      from = next;
      dollar = text.indexOf("$", from);
    }
    return out + text.slice(from);
  }

  private dollar(text: string, start: number, args: readonly string[]): { value: string; next: number } {
    if (text[start] !== "(") return { value: "$", next: start };
    let nest = 0;
    for (let at = start + 1; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 40) nest++;
      else if (code === 41 && nest-- === 0)
        return { value: this.clause(text.slice(start + 1, at), args), next: at + 1 };
    }
    return this.fail(`unterminated reference to '${text.slice(start + 1)}': missing ')'`);
  }

  /** What is between the parentheses: an argument's number, a variable, a function call, an environment variable. */
  private clause(text: string, args: readonly string[]): string {
    const number = /^[ \t\n\v\f\r]*\+?(\d+)$/.exec(text);
    if (number !== null) {
      const index = Number(number[1]);
      if (index > 0 && index <= args.length) return args[index - 1]!;
    }
    if (++this.nesting > MAX_NESTING) this.fail("Too deep recursive expansion");
    const [head, ...rest] = this.split(text);
    const name = this.expand(head!, args);
    const values = rest.map((part) => this.expand(part, args));
    this.nesting--;
    return this.variable(name, values) ?? this.builtin(name, values) ?? this.fromEnvironment(name, values.length) ?? "";
  }

  private split(text: string): string[] {
    const parts: string[] = [];
    let nest = 0;
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 44 && nest === 0) {
        if (parts.length >= MAX_ARGUMENTS) this.fail("too many function arguments");
        parts.push(text.slice(from, at));
        from = at + 1;
      } else if (code === 40) nest++;
      else if (code === 41) nest--;
    }
    if (parts.length >= MAX_ARGUMENTS) this.fail("too many function arguments");
    parts.push(text.slice(from));
    return parts;
  }

  private variable(name: string, args: readonly string[]): string | undefined {
    const variable = this.variables.get(name);
    if (variable === undefined) return undefined;
    if (args.length === 0 && variable.active > 0)
      this.fail(`Recursive variable '${name}' references itself (eventually)`);
    if (variable.active > MAX_DEPTH) this.fail("Too deep recursive expansion");
    if (!variable.recursive) return variable.value;
    const nesting = this.nesting;
    this.nesting = 0;
    variable.active++;
    const value = this.expand(variable.value, args);
    variable.active--;
    this.nesting = nesting;
    return value;
  }

  private builtin(name: string, args: readonly string[]): string | undefined {
    switch (name) {
      case "error-if":
        this.checkCount(name, args, 2);
        if (args[0] === "y") this.fail(args[1]!);
        return "";
      case "warning-if":
        this.checkCount(name, args, 2);
        if (args[0] === "y") this.diagnostics.at("warning", this.position.file, this.position.line, args[1]!);
        return "";
      case "filename":
        this.checkCount(name, args, 0);
        return this.position.file;
      case "lineno":
        this.checkCount(name, args, 0);
        return String(this.position.line);
      case "info":
        this.checkCount(name, args, 1);
        this.diagnostics.info(args[0]!);
        return "";
      case "shell":
        this.checkCount(name, args, 1);
        return this.runShell(args[0]!);
      default:
        return undefined;
    }
  }

  private checkCount(name: string, args: readonly string[], wanted: number): void {
    if (args.length < wanted) this.fail(`too few function arguments passed to '${name}'`);
    if (args.length > wanted) this.fail(`too many function arguments passed to '${name}'`);
  }

  /** At most 4095 bytes, without trailing line feeds, other line feeds as spaces. */
  private runShell(command: string): string {
    let result = this.usedShell.get(command);
    if (result === undefined) {
      try {
        result = this.shell(command);
      } catch (error) {
        this.fail(error instanceof Error ? error.message : String(error));
      }
      this.usedShell.set(command, result);
    }
    const complaint = result.stderr?.replace(/\n$/, "");
    if (complaint) this.diagnostics.plain("warning", complaint);
    let text = result.stdout;
    if (text.length >= SHELL_OUTPUT_BYTES / 4) {
      const bytes = encodeBytes(text);
      if (bytes.length >= SHELL_OUTPUT_BYTES) text = decodeBytes(bytes.subarray(0, SHELL_OUTPUT_BYTES - 1));
    }
    return cString(text.replace(/\n+$/, "").replaceAll("\n", " "));
  }

  private fromEnvironment(name: string, argumentCount: number): string | undefined {
    if (argumentCount > 0 || name === "") return undefined;
    const value = Object.hasOwn(this.environment, name) ? this.environment[name] : undefined;
    if (value === undefined) this.missingEnvironment.add(name);
    else this.usedEnvironment.set(name, value);
    return value;
  }
}
