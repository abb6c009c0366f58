/**
 * Reading a `.config`: lines to user values, with conf's warnings.
 *
 * Called by Configuration. Nothing is computed here except where conf does: the second half ({@link settle}) compares what the
 * file says with what Kconfig makes of it.
 */
import { isValidValue } from "./check-properties.js";
import type { Environment } from "./environment.js";
import type { Evaluator } from "./evaluate.js";
import { Evaluator61 } from "./evaluate-6.1.js";
import { Evaluator612 } from "./evaluate-6.12.js";
import type { KSymbol } from "./model.js";
import { CONSTANTS } from "./symbol-table.js";
import { cString, parseSigned } from "./text.js";
import { MOD, NO, tristateOf, YES } from "./tristate.js";

/** A line of a `.config` that asks for a value. */
export interface Request {
  /** Without `CONFIG_`. */
  readonly name: string;
  /** As written after `=`, or `n` for `is not set`. */
  readonly value: string;
  /** From 1. */
  readonly line: number;
  /** Undefined: the tree does not know the symbol. */
  readonly symbol: KSymbol | undefined;
  /** The value was understood. If not, there is a warning. */
  readonly accepted: boolean;
}

export interface ReadResult {
  readonly requests: Request[];
  /** Number of warnings about the file. */
  readonly warnings: number;
}

export function configPrefix(env: Environment): string {
  return env.CONFIG_ ?? "CONFIG_";
}

/** Replaces all user values by those of the text. */
export function readSimple(evaluator: Evaluator, text: string, fileName: string, env: Environment): ReadResult {
  resetUserValues(evaluator);
  const reader = new Reader(evaluator, fileName, env);
  const lines = text.split("\n");
  const last = lines.pop()!;
  for (const line of lines) reader.line(line, true);
  if (last !== "") reader.line(last, false);
  return { requests: reader.requests, warnings: reader.warnings };
}

function resetUserValues(evaluator: Evaluator): void {
  evaluator.hasUser.fill(0, CONSTANTS);
  evaluator.userTri.fill(NO, CONSTANTS);
  evaluator.userText.fill(null, CONSTANTS);
  if (evaluator instanceof Evaluator61) {
    for (const symbol of evaluator.tree.symbols.all) if (symbol.isChoice) evaluator.hasUser[symbol.index] = 1;
    evaluator.userChosen.clear();
  }
  evaluator.invalidate();
}

class Reader {
  readonly requests: Request[] = [];
  warnings = 0;
  private number = 0;
  private readonly prefix: string;
  private readonly is61: boolean;
  private readonly warnUnknown: boolean;

  constructor(
    private readonly evaluator: Evaluator,
    private readonly fileName: string,
    env: Environment,
  ) {
    this.prefix = configPrefix(env);
    this.is61 = evaluator instanceof Evaluator61;
    this.warnUnknown = env.KCONFIG_WARN_UNKNOWN_SYMBOLS !== undefined;
  }

  line(raw: string, terminated: boolean): void {
    this.number++;
    const text = cString(terminated && raw.endsWith("\r") ? raw.slice(0, -1) : raw);
    if (text === "") return;
    if (text.startsWith("#")) this.unsetLine(text);
    else if (text.startsWith(this.prefix)) this.assignmentLine(text);
    else this.unexpected(text);
  }

  /** `# CONFIG_FOO is not set`; any other comment is a comment. */
  private unsetLine(text: string): void {
    if (!text.startsWith(`# ${this.prefix}`)) return;
    const rest = text.slice(2 + this.prefix.length);
    const space = rest.indexOf(" ");
    if (space < 0) return;
    const tail = rest.slice(space + 1);
    if (this.is61 ? !tail.startsWith("is not set") : tail !== "is not set") return;
    this.request(rest.slice(0, space), "n");
  }

  private assignmentLine(text: string): void {
    const equal = text.indexOf("=", this.prefix.length);
    if (equal >= 0) this.request(text.slice(this.prefix.length, equal), text.slice(equal + 1));
    else if (!this.is61) this.unexpected(text);
  }

  private unexpected(text: string): void {
    // 6.1 shows the line up to a carriage return inside it.
    this.warn(`unexpected data: ${this.is61 ? text.split("\r")[0] : text}`);
  }

  private request(name: string, value: string): void {
    const symbol = this.evaluator.tree.symbol(name);
    if (symbol === undefined) {
      if (this.warnUnknown) this.warn(`unknown symbol: ${name}`);
      this.evaluator.changed = true;
      this.requests.push({ name, value, line: this.number, symbol, accepted: false });
      return;
    }
    if (this.evaluator.hasUser[symbol.index]) this.warn(`override: reassigning to symbol ${symbol.name}`);
    const accepted = this.setValue(symbol, value);
    this.requests.push({ name, value, line: this.number, symbol, accepted });
    if (!accepted) return;
    if (this.evaluator instanceof Evaluator61) this.noteChoice61(this.evaluator, symbol);
    else if (this.evaluator instanceof Evaluator612) this.evaluator.moveToFront(symbol);
  }

  /** False: not a value of this type, and said so. */
  private setValue(symbol: KSymbol, value: string): boolean {
    const at = symbol.index;
    switch (symbol.type) {
      case "tristate":
      case "bool": {
        const tristate = tristateOf(value.slice(0, 1));
        if (tristate === undefined || (tristate === MOD && symbol.type === "bool")) return this.invalid(symbol, value);
        this.evaluator.userTri[at] = tristate;
        break;
      }
      case "string": {
        if (!value.startsWith('"')) return true;
        const text = unquote(value);
        if (text === undefined) {
          this.warn("invalid string found");
          return false;
        }
        this.evaluator.userText[at] = text;
        break;
      }
      case "int":
      case "hex":
        if (!isValidValue(symbol.type, value)) return this.invalid(symbol, value);
        this.evaluator.userText[at] = value;
        break;
      case "unknown":
        return true;
    }
    this.evaluator.hasUser[at] = 1;
    return true;
  }

  private invalid(symbol: KSymbol, value: string): false {
    this.warn(`symbol value '${value}' invalid for ${symbol.name}`);
    return false;
  }

  private noteChoice61(evaluator: Evaluator61, member: KSymbol): void {
    const choice = member.choice;
    if (choice === null) return;
    const value = evaluator.userTri[member.index]!;
    const mode = evaluator.userTri[choice.index]!;
    if (value === MOD && mode === YES) {
      this.warn(`${member.name} creates inconsistent choice state`);
      evaluator.hasUser[choice.index] = 0;
    } else if (value === YES) {
      if (mode !== NO) this.warn(`override: ${member.name} changes choice state`);
      evaluator.userChosen.set(choice, member);
    }
    evaluator.userTri[choice.index] = Math.max(mode, value);
  }

  private warn(text: string): void {
    this.warnings++;
    this.evaluator.warnings.push({
      severity: "warning",
      stream: "stderr",
      text: `${this.fileName}:${this.number}:warning: ${text}`,
      file: this.fileName,
      line: this.number,
    });
  }
}

/** The text between the quotes, or undefined if the second one is missing. A backslash quotes the next character. */
function unquote(value: string): string | undefined {
  let out = "";
  for (let at = 1; at < value.length; at++) {
    const character = value[at]!;
    if (character === '"') return out;
    // A backslash at the very end quotes nothing.
    if (character === "\\") at++;
    out += value[at] ?? "";
  }
  return undefined;
}

/** Computes every value, in conf's order, and notes whether the file and Kconfig disagree. */
export function settle(evaluator: Evaluator, warnings: number): void {
  evaluator.calc(evaluator.tree.modules);
  let unsaved = 0;
  for (const symbol of evaluator.tree.hashOrder) {
    evaluator.calc(symbol);
    if (!symbol.isChoice && disagrees(evaluator, symbol)) unsaved++;
  }
  if (evaluator instanceof Evaluator61) unsaved = dropStaleValues61(evaluator, unsaved);
  if (warnings > 0 || unsaved > 0) evaluator.changed = true;
}

function disagrees(evaluator: Evaluator, symbol: KSymbol): boolean {
  const at = symbol.index;
  if (!evaluator.hasUser[at]) return evaluator.writes[at] === 1;
  if (!evaluator.writes[at]) return true;
  if (symbol.type === "bool" || symbol.type === "tristate") return evaluator.userTri[at] !== evaluator.tri[at];
  return evaluator.userText[at] !== evaluator.text[at];
}

/** 6.1 forgets user values that cannot apply, so that they count as new when they can. */
function dropStaleValues61(evaluator: Evaluator61, before: number): number {
  let unsaved = before;
  for (const symbol of evaluator.tree.hashOrder) {
    const at = symbol.index;
    if (!evaluator.hasUser[at] || symbol.isChoiceMember) continue;
    if (evaluator.visible[at] === NO && unsaved === 0) evaluator.hasUser[at] = 0;
    const isText = symbol.type === "string" || symbol.type === "int" || symbol.type === "hex";
    if (!isText || isWithinRange(evaluator, symbol, evaluator.userText[at]!)) continue;
    evaluator.valid[at] = 0;
    evaluator.hasUser[at] = 0;
    unsaved++;
  }
  return unsaved;
}

/** May the user set a string, int or hex to this text? */
export function isWithinRange(evaluator: Evaluator, symbol: KSymbol, text: string): boolean {
  if (symbol.type === "string") return true;
  if (!isValidValue(symbol.type, text)) return false;
  const range = evaluator.rangeOf(symbol);
  if (range === null) return true;
  const base = symbol.type === "int" ? 10 : 16;
  const value = parseSigned(text, base).value;
  return (
    value >= evaluator.rangeBound(range.expr!.symbol!, base) && value <= evaluator.rangeBound(range.expr!.other!, base)
  );
}
