/**
 * House style as a function: from a file's path and text to what is wrong with it, as `path:line: X, use Y`.
 *
 * What biome checks is not repeated here. The style itself, with its reasons, is CONTRIBUTING's and the headers' matter;
 * this is the part of it that a machine can hold.
 */
import { basename } from "node:path";
import ts from "typescript";
import { FACES } from "./layering.js";

/** Lines. What is longer is listed with its reason. */
const MAX_LINES = 500;
export const LONG_FILES: Readonly<Record<string, string>> = {};

/** Functions that are hardware instructions keep the architecture's mnemonic and are nobody's in Linux. Machine only. */
const HARDWARE_MNEMONICS = /^tlbi_/;

/** `@linux path symbol`: a C source, header or assembly file of Linux, and the symbol in it. */
const LINUX_TAG = /@linux\s+[\w./-]+\/[\w.-]+\.[chS]\s+\w+/;

/** Reading a clock or chance: the same input would no longer give the same bytes. */
const NOT_REPRODUCIBLE: Readonly<Record<string, string>> = {
  "Date.now": "a parameter that a face fills",
  "performance.now": "a parameter that a face fills",
  "Math.random": "seededRandom()",
  "crypto.randomUUID": "seededRandom()",
};

const UNFINISHED = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "X" + "XX"].join("|")})\\b`);

/** Everything that a machine can see in one file. */
export function tidyErrors(path: string, text: string): string[] {
  const errors: string[] = [];
  const complain: Complain = (line, problem, instead) => errors.push(`${path}:${line}: ${problem}, use ${instead}`);
  whitespace(path, text, complain);
  unfinished(text, complain);
  if (!/\.([jt]s|tsx)$/.test(path)) return errors;
  names(path, complain);
  length(path, text, complain);
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  header(file, complain);
  calls(path, file, complain);
  if (isKernelTypeScript(path)) linuxTags(path, file, complain);
  return errors;
}

/** Entries of the list above that are not needed any more. */
export function needlessLongFiles(read: (path: string) => string | undefined): string[] {
  return Object.keys(LONG_FILES).filter((path) => lineCount(read(path) ?? "") <= MAX_LINES);
}

type Complain = (line: number, problem: string, instead: string) => void;

export function isKernelTypeScript(path: string): boolean {
  return /^packages\/(kernel|machine)\//.test(path);
}

// ---- every text file ----

function whitespace(path: string, text: string, complain: Complain): void {
  text.split("\n").forEach((line, index) => {
    if (/[ \t\r]$/.test(line)) complain(index + 1, "blanks at the end of the line", "none");
  });
  if (text !== "" && !text.endsWith("\n"))
    complain(lineCount(text), `${basename(path)} ends in the middle of a line`, "a newline");
}

function unfinished(text: string, complain: Complain): void {
  text.split("\n").forEach((line, index) => {
    const match = UNFINISHED.exec(line);
    if (match) complain(index + 1, `${match[1]} is no place to keep work`, "an issue, or CAVEATS.md");
  });
}

function lineCount(text: string): number {
  return text.replace(/\n$/, "").split("\n").length;
}

// ---- every source file ----

const KEBAB = /^[a-z0-9]+([.-][a-z0-9]+)*$/;
const LINUX_NAME = /^[A-Za-z0-9_.-]+$/;

function names(path: string, complain: Complain): void {
  const allowed = isKernelTypeScript(path) ? LINUX_NAME : KEBAB;
  for (const part of path.split("/")) {
    if (!allowed.test(part.replace(/^\./, ""))) complain(1, `the name ${part}`, "kebab-case");
  }
}

function length(path: string, text: string, complain: Complain): void {
  const lines = lineCount(text);
  if (lines <= MAX_LINES || path in LONG_FILES) return;
  complain(MAX_LINES + 1, `${lines} lines`, `at most ${MAX_LINES}: one file, one idea (or a reason in LONG_FILES)`);
}

function header(file: ts.SourceFile, complain: Complain): void {
  const text = file.text.replace(/^#!.*\n/, (line) => " ".repeat(line.length));
  const first = ts.getLeadingCommentRanges(text, 0)?.[0];
  const words = first && text.slice(first.pos, first.end).replace(/[^\p{L}]/gu, "");
  if (!words) complain(1, "no header", "a comment that says what the file is and what its callers must do");
}

function calls(path: string, file: ts.SourceFile, complain: Complain): void {
  const face = FACES.some((name) => path.startsWith(`packages/${name}/`));
  if (face || !path.startsWith("packages/")) return;
  visit(file, (node) => {
    if (ts.isPropertyAccessExpression(node)) {
      const name = node.getText(file).replace(/^globalThis\./, "");
      if (/^console\.\w+$/.test(name)) complain(lineOf(file, node), name, "a result or a callback; only a face prints");
      const instead = Object.hasOwn(NOT_REPRODUCIBLE, name) ? NOT_REPRODUCIBLE[name] : undefined;
      if (instead) complain(lineOf(file, node), `${name} below the faces`, instead);
    }
    if (ts.isNewExpression(node) && node.expression.getText(file) === "Date") {
      complain(lineOf(file, node), "new Date below the faces", "a parameter that a face fills");
    }
  });
}

// ---- kernel TypeScript: snake_case is Linux's name, camelCase is ours ----

function linuxTags(path: string, file: ts.SourceFile, complain: Complain): void {
  for (const { name, node, exported } of functionsOf(file)) {
    const comment = commentOf(file, node);
    const tagged = LINUX_TAG.test(comment);
    const line = lineOf(file, node);
    if (comment.includes("@linux") && !tagged)
      complain(line, `the @linux tag of ${name}`, "@linux mm/highmem.c kmap_high");
    if (!exported) continue;
    const camel = /^[a-z]+[a-z0-9]*[A-Z]/.test(name) && !name.includes("_");
    const linux = name.includes("_") && !(path.startsWith("packages/machine/") && HARDWARE_MNEMONICS.test(name));
    if (linux && !tagged) complain(line, `${name} has Linux's spelling and no tag`, "@linux path symbol, or camelCase");
    if (camel && tagged) complain(line, `${name} is tagged @linux and spelt as ours`, "Linux's name, or no tag");
  }
}

interface FunctionName {
  readonly name: string;
  readonly node: ts.Node;
  readonly exported: boolean;
}

/** Declarations, and names given to one of several functions: `export const f = CONFIG.SMP ? g : h`. */
function functionsOf(file: ts.SourceFile): FunctionName[] {
  const exported = (node: ts.Statement) =>
    ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword) === true;
  return file.statements.flatMap((statement): FunctionName[] => {
    if (ts.isFunctionDeclaration(statement) && statement.name) {
      return [{ name: statement.name.text, node: statement, exported: exported(statement) }];
    }
    if (!ts.isVariableStatement(statement)) return [];
    return statement.declarationList.declarations
      .filter((d) => d.initializer && ts.isConditionalExpression(d.initializer) && isNames(d.initializer))
      .map((d) => ({ name: d.name.getText(file), node: statement, exported: exported(statement) }));
  });
}

function isNames(choice: ts.ConditionalExpression): boolean {
  return ts.isIdentifier(choice.whenTrue) && ts.isIdentifier(choice.whenFalse);
}

function commentOf(file: ts.SourceFile, node: ts.Node): string {
  const last = ts.getLeadingCommentRanges(file.text, node.pos)?.at(-1);
  return last ? file.text.slice(last.pos, last.end).replace(/\n\s*\*/g, " ") : "";
}

// ---- helpers ----

function lineOf(file: ts.SourceFile, node: ts.Node): number {
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
}

function visit(node: ts.Node, each: (node: ts.Node) => void): void {
  each(node);
  ts.forEachChild(node, (child) => visit(child, each));
}
