/**
 * A Makefile's text to statements (syntax.ts). Called by evaluate.ts for every file that is read, and for `$(eval)`.
 * Broken input gives diagnostics with a line and the statements that could be read; it never throws.
 * Recipes are skipped; pattern rules, `vpath` and `load` mean nothing here.
 */
import { continues, findOutside, LineReader, skipReference, stripComment } from "./lines.js";
import type { Assignment, AssignOperator, Branch, Diagnostic, Place, Statement, Test } from "./syntax.js";

export interface ParsedMakefile {
  readonly statements: readonly Statement[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Conditionals nested deeper than this are refused: no Makefile has them, and a generated one must not exhaust the stack. */
const MAX_NESTING = 1000;

interface OpenConditional {
  readonly at: Place;
  readonly branches: Branch[];
  test: Test | undefined;
  branchAt: Place;
  body: Statement[];
  sawElse: boolean;
}

/** Reads `text`, whose first line is `firstLine` of `file`. */
export function parseMakefile(text: string, file: string, firstLine = 1): ParsedMakefile {
  return new Parser(text, file, firstLine).parse();
}

class Parser {
  private readonly reader: LineReader;
  private readonly diagnostics: Diagnostic[] = [];
  private readonly open: OpenConditional[] = [];
  private readonly top: Statement[] = [];
  private inRule = false;

  constructor(
    text: string,
    private readonly file: string,
    private readonly firstLine: number,
  ) {
    this.reader = new LineReader(text);
  }

  parse(): ParsedMakefile {
    while (!this.reader.done) {
      const at = this.place();
      const tab = this.reader.peekCharacter() === "\t";
      const line = this.reader.take();
      if (tab && this.inRule) continue;
      const text = stripComment(line).trimStart();
      if (text.trim() !== "") this.statement(text, at);
    }
    for (const unfinished of this.open.splice(0).reverse()) {
      this.error(
        unfinished.at,
        "missing 'endif' for this conditional",
        "add the endif; it was taken to end with the file",
      );
      this.top.push(closeConditional(unfinished));
    }
    return { statements: this.top, diagnostics: this.diagnostics };
  }

  private place(): Place {
    return { file: this.file, line: this.reader.lineNumber - 1 + this.firstLine };
  }

  private error(at: Place, message: string, next: string): void {
    this.diagnostics.push({ severity: "error", at, message, next });
  }

  private warn(at: Place, message: string, next: string): void {
    this.diagnostics.push({ severity: "warning", at, message, next });
  }

  private emit(statement: Statement): void {
    (this.open.at(-1)?.body ?? this.top).push(statement);
  }

  private statement(text: string, at: Place): void {
    const assignment = readAssignment(text, at);
    if (assignment !== undefined) {
      this.inRule = false;
      this.emit(assignment);
      return;
    }
    const [word, rest] = firstWord(text);
    switch (word) {
      case "ifdef":
      case "ifndef":
      case "ifeq":
      case "ifneq":
        this.openConditional(word, rest, at);
        break;
      case "else":
        this.elseBranch(rest, at);
        break;
      case "endif":
        if (rest.trim() !== "") this.warn(at, "extraneous text after 'endif'", "remove it, or make it a comment");
        this.endif(at);
        break;
      case "include":
      case "-include":
      case "sinclude":
        this.inRule = false;
        this.emit({ kind: "include", paths: rest, optional: word !== "include", at });
        break;
      case "define":
        this.define(rest, at, { override: false, exported: false });
        break;
      case "export":
      case "unexport":
        this.inRule = false;
        this.emit({ kind: "export", names: rest, on: word === "export", at });
        break;
      case "override": {
        const [second, tail] = firstWord(rest);
        if (second === "define") {
          this.define(tail, at, { override: true, exported: false });
        } else this.emit({ kind: "undefine", name: tail, at });
        break;
      }
      case "undefine":
        this.inRule = false;
        this.emit({ kind: "undefine", name: rest.trim(), at });
        break;
      case "endef":
        this.error(at, "'endef' without 'define'", "remove it");
        break;
      case "vpath":
      case "load":
        break;
      default:
        this.ruleOrExpression(text, at);
        break;
    }
  }

  private openConditional(word: string, rest: string, at: Place): void {
    if (this.open.length >= MAX_NESTING) {
      this.error(at, `conditionals nested deeper than ${MAX_NESTING}`, "split the file");
      return;
    }
    this.open.push({ at, branches: [], test: this.readTest(word, rest, at), branchAt: at, body: [], sawElse: false });
  }

  private elseBranch(rest: string, at: Place): void {
    const current = this.open.at(-1);
    if (current === undefined) {
      this.error(at, "extraneous 'else'", "remove it, or add the ifdef it belongs to");
      return;
    }
    if (current.sawElse) this.error(at, "only one 'else' per conditional", "remove one of them");
    finishBranch(current);
    current.branchAt = at;
    const [word, tail] = firstWord(rest.trim());
    if (word === "") {
      current.sawElse = true;
      current.test = undefined;
    } else if (word === "ifdef" || word === "ifndef" || word === "ifeq" || word === "ifneq") {
      current.test = this.readTest(word, tail, at);
    } else {
      this.error(at, `extraneous text after 'else': ${word}`, "put it on a line of its own");
      current.sawElse = true;
      current.test = undefined;
    }
  }

  private endif(at: Place): void {
    const finished = this.open.pop();
    if (finished === undefined) {
      this.error(at, "extraneous 'endif'", "remove it, or add the ifdef it belongs to");
      return;
    }
    this.emit(closeConditional(finished));
  }

  private readTest(word: string, rest: string, at: Place): Test {
    const text = `${word} ${rest.trim()}`;
    const negated = word === "ifndef" || word === "ifneq";
    if (word === "ifdef" || word === "ifndef") {
      const name = rest.trim();
      if (name === "") this.error(at, `'${word}' without a variable name`, "name the variable");
      return { kind: "defined", negated, name, text };
    }
    const sides = readSides(rest.trim());
    if (sides === undefined) {
      this.error(at, `invalid syntax in conditional: ${text}`, "write ifeq (a,b) or ifeq 'a' 'b'");
      return { kind: "equal", negated, left: "", right: "", text };
    }
    return { kind: "equal", negated, left: sides[0], right: sides[1], text };
  }

  private define(rest: string, at: Place, modifiers: { override: boolean; exported: boolean }): void {
    this.inRule = false;
    const { name, operator } = readDefineHeader(rest.trim());
    const body: string[] = [];
    let depth = 1;
    while (!this.reader.done) {
      const line = this.reader.takePhysical();
      const [word] = firstWord(stripComment(line).trim());
      if (!line.startsWith("\t")) {
        if (word === "define") depth++;
        if (word === "endef" && --depth === 0) break;
      }
      body.push(line);
    }
    if (depth > 0)
      this.error(at, `missing 'endef' for 'define ${name}'`, "add the endef; it was taken to end with the file");
    const value = joinContinuations(body);
    this.emit({ kind: "assign", name, operator, value, ...modifiers, at });
  }

  private ruleOrExpression(text: string, at: Place): void {
    const colon = findOutside(text, (c) => c === ":");
    if (colon < 0) {
      this.inRule = false;
      if (!text.includes("$")) {
        this.error(
          at,
          `missing separator: ${text.trim().slice(0, 60)}`,
          "an assignment, a rule or a directive belongs here",
        );
        return;
      }
      this.emit({ kind: "expand", text, at });
      return;
    }
    this.inRule = true;
    let rest = text.slice(colon + 1);
    if (rest.startsWith(":")) rest = rest.slice(1);
    const variable = readAssignment(rest.trimStart(), at);
    const targets = text.slice(0, colon).trim();
    this.emit(variable === undefined ? { kind: "rule", targets, at } : { kind: "rule", targets, variable, at });
  }
}

function finishBranch(current: OpenConditional): void {
  const branch = { at: current.branchAt, body: current.body };
  current.branches.push(current.test === undefined ? branch : { ...branch, test: current.test });
  current.body = [];
}

function closeConditional(current: OpenConditional): Statement {
  finishBranch(current);
  return { kind: "conditional", branches: current.branches, at: current.at };
}

function firstWord(text: string): readonly [word: string, rest: string] {
  const match = /^(\S*)\s*(.*)$/s.exec(text);
  return [match?.[1] ?? "", match?.[2] ?? ""];
}

/** `name`, `name =`, `name +=`, …: the operator is the last word or ends it. */
function readDefineHeader(text: string): { name: string; operator: AssignOperator } {
  const equals = text.endsWith("=") ? text.length - 1 : -1;
  if (equals < 0) return { name: text, operator: "=" };
  let start = equals;
  while (start > 0 && /[+?!:]/.test(text[start - 1]!)) start--;
  return { name: text.slice(0, start).trimEnd(), operator: normalizeOperator(text.slice(start)) };
}

/** Lines of a define as text: a backslash at the end joins two with one space. */
function joinContinuations(lines: readonly string[]): string {
  let text = "";
  lines.forEach((line, index) => {
    const joined = index > 0 && continues(lines[index - 1]!);
    const own = joined ? line.trimStart() : line;
    text += index === 0 ? "" : joined ? " " : "\n";
    text += continues(line) && index < lines.length - 1 ? own.slice(0, -1).trimEnd() : own;
  });
  return text;
}

function normalizeOperator(text: string): AssignOperator {
  if (text === "=" || text === "+=" || text === "?=" || text === "!=") return text;
  return ":=";
}

/** An assignment with its modifiers (`export`, `override`, `private`), or undefined when the line is something else. */
function readAssignment(line: string, at: Place): Assignment | undefined {
  let text = line;
  let override = false;
  let exported = false;
  for (;;) {
    const plain = readPlainAssignment(text);
    if (plain !== undefined) return { kind: "assign", ...plain, override, exported, at };
    const [word, rest] = firstWord(text);
    if (word === "override") override = true;
    else if (word === "export") exported = true;
    else if (word !== "private") return undefined;
    if (rest === "") return undefined;
    text = rest;
  }
}

function readPlainAssignment(text: string): { name: string; operator: AssignOperator; value: string } | undefined {
  const end = findOutside(text, (c) => c === "=" || c === ":" || c === ";");
  if (end < 0 || text[end] === ";") return undefined;
  let nameEnd = end;
  let valueStart = end + 1;
  let operator: AssignOperator = "=";
  if (text[end] === ":") {
    const colons = /^:{1,3}=/.exec(text.slice(end));
    if (colons === null) return undefined;
    operator = ":=";
    valueStart = end + colons[0].length;
  } else {
    const before = text[end - 1];
    if (before === "+" || before === "?" || before === "!") {
      operator = `${before}=`;
      nameEnd--;
    }
  }
  const name = text.slice(0, nameEnd).trim();
  if (name === "" || findOutside(name, (c) => c === " " || c === "\t") >= 0) return undefined;
  return { name, operator, value: text.slice(valueStart).trimStart() };
}

/** Both sides of `ifeq (a,b)`, `ifeq "a" "b"`, `ifeq 'a' 'b'`. */
function readSides(text: string): readonly [string, string] | undefined {
  if (text.startsWith("(")) {
    let depth = 0;
    let comma = -1;
    for (let i = 0; i < text.length; i++) {
      const c = text[i];
      if (c === "$" && text[i + 1] === "{") i = skipReference(text, i) - 1;
      else if (c === "(") depth++;
      else if (c === ")" && --depth === 0) {
        return comma < 0 ? undefined : [text.slice(1, comma).trimEnd(), text.slice(comma + 1, i).trimStart()];
      } else if (c === "," && depth === 1 && comma < 0) comma = i;
    }
    return undefined;
  }
  const first = readQuoted(text, 0);
  if (first === undefined) return undefined;
  const second = readQuoted(text, first.end);
  return second === undefined ? undefined : [first.value, second.value];
}

function readQuoted(text: string, from: number): { value: string; end: number } | undefined {
  let start = from;
  while (text[start] === " " || text[start] === "\t") start++;
  const quote = text[start];
  if (quote !== '"' && quote !== "'") return undefined;
  const end = text.indexOf(quote, start + 1);
  return end < 0 ? undefined : { value: text.slice(start + 1, end), end: end + 1 };
}
