/**
 * What the front end can refuse: one registry of rules, and the sink that collects every violation of a run.
 *
 * A rule is a sentence; a report adds what stands there and what to write instead. One construct is reported once: a
 * later report inside a place that is already reported is dropped.
 */
import type ts from "#typescript";
import { displayName } from "./files.js";

export type DiagnosticKind = "language" | "types" | "static_assert";

export interface Diagnostic {
  /** K1001 … from `RULES`, or tsc's own code, for example TS2322. */
  readonly code: string;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** What to write instead. */
  readonly hint: string;
  readonly kind: DiagnosticKind;
}

/** Every rule of the language, by code, with the usual way out. */
export const RULES = {
  K1001: ["this is not part of kernel TypeScript", "the manual lists what is"],
  K1002: ["a function is declared at the top level of a file", "name it there and pass it by its name"],
  K1003: ["there is no async code: a kernel function runs to its end", "block with wait_until()"],
  K1004: ["there are no generators", "write a plain function"],
  K1005: ["there are no classes", "use struct() for data and functions for code"],
  K1006: ["there are no exceptions", "return an error code"],
  K1007: ["there is no var", "write let or const"],
  K1008: ["there is no spread and no rest", "write each element"],
  K1009: ["every parameter is given at every call", "declare it without a default and without `?`"],
  K1010: ["a loop counts", "write for (let i: u8 = 0; i < n; i++)"],
  K1011: ["there is no type at run time", "compare values; convert with u8(x)"],
  K1012: ["there are no regular expressions", "remove it"],
  K1013: ["a message is a plain string literal", 'write "..."'],
  K1014: ["there are no string values", "use an enum or an integer"],
  K1015: ["there are no object and array values", "declare struct() or array() at the top level"],
  K1016: ["a declaration names one variable", "read each field by its name"],
  K1017: ["== and != convert", "write === or !=="],
  K1018: ["there is no >>>", "write >>; on an unsigned value it shifts in zeros"],
  K1019: ["there is no ?. and no ??", "compare with null"],
  K1020: [
    "a file imports and exports by name, from a relative path that ends in .ts",
    'write import { name } from "./file.ts"',
  ],
  K1021: ["a number is an integer of at most 32 bits", "write an integer"],
  K1022: ["C has no such operator", "write it out"],
  K1023: ["the top level of a file only declares", "put statements into a function"],
  K1024: ["an assignment is a statement of its own", "write it on a line before"],
  K1025: [
    "a label names a loop or a block; `atomic: { … }` is one hardware action and does not nest; nothing breaks out of `unpublished: { … }`",
    "remove the label",
  ],
  K1026: ["an enum numbers its members", "give it integers"],
  K1027: ["a type assertion converts nothing", "convert with u8(x), or compare with null first"],
  K1028: ["an expression statement is a call or an assignment", "use its value or remove it"],
  K1029: ["a variable or function is declared where it is defined", "write the definition"],

  K1031: [
    "include() names a file of the tree, by a relative path that ends in .ts, and a condition",
    'write include("./file.ts", true)',
  ],
  K1030: ["every root is a file of the tree", "correct the Makefile or add the file"],

  K1101: ["CONFIG has the symbols of Kconfig", "define it in a Kconfig file or correct the name"],
  K1102: ["this must be a constant of the configuration", "use literals, CONFIG, size() and top-level constants"],
  K1103: ["a constant depends on itself", "break the circle"],
  K1104: ["size() takes a name and a whole number", 'write size("NAME", full)'],
  K1105: ["static_assert", "change the configuration"],
  K1106: ["static_assert() and scenario() stand at the top level of a file", "move it there"],
  K1107: ["there is no division by zero", "correct the divisor"],
  K1108: ["a shift count is less than the width", "correct the count"],

  K1201: ["shared state is declared at the top level of a file", "move the declaration there"],
  K1202: [
    "shared state is declared by let, array(), shared(), per_cpu(), spinlock(), mutex() or guarded_by()",
    "see the manual",
  ],
  K1203: ["guarded_by() names a lock that a file declares", "declare const x = spinlock()"],
  K1204: ["a constant index is less than the length", "correct the index"],
  K1205: ["a lock, struct or array is passed by naming it", "pass the declared state itself"],
  K1206: ["a lock, struct or array has no value", "name the field or element"],
  K1207: ["two linked files define the same name", "rename one or do not build both"],
  K1208: [
    "per_cpu() needs the number of CPUs",
    "export const NR_CPUS from machine/memory-map.ts and compile it with the rest",
  ],
  K1209: ["this shared state is in a file that is not linked", "build the file or guard the use"],

  K1301: [
    "a local variable, parameter or result is an integer, a bool, an enum or a named function; a parameter may also be a lock, struct or array",
    "give it such a type",
  ],
  K1302: ["a direct call does not lead back to its caller: there is no recursion", "write a loop"],
  K1303: [
    "a function value has exactly the parameters and result of its type",
    "give the function the type's signature",
  ],
  K1304: ["an intrinsic has no address", "wrap it in a function"],
  K1305: [
    "a call through a function value passes integers, bools and functions",
    "call the function by its name to pass a lock, struct or array",
  ],

  K1401: [
    "a condition of wait_until(), witness() or a scenario only reads: it may call functions of the form { return expression; }",
    "move what it does out of the condition",
  ],
  K1402: ["choose() takes a constant from 1 to 256", "use a constant"],
  K1403: ["a message is a string literal", 'write "..."'],
  K1404: ["someone_waits_for() is for witnesses", "use it in witness() or in the condition of a scenario's witness"],

  K1501: ["scenario() is given as the manual shows", "see packages/kernel/scenarios"],
  K1502: ["a scenario names functions of the top level", "name one"],
  K1503: ["one file declares one scenario", "move the second to a file of its own"],
} as const satisfies Record<string, readonly [rule: string, hint: string]>;

export type RuleCode = keyof typeof RULES;

interface Reported {
  readonly start: number;
  readonly end: number;
}

export class DiagnosticSink {
  readonly errors: Diagnostic[] = [];
  readonly warnings: Diagnostic[] = [];
  private readonly reported = new Map<string, Reported[]>();

  /** Reports that `node` breaks `code`; `detail` says what stands there, `hint` replaces the rule's own. */
  rule(code: RuleCode, node: ts.Node, detail?: string, hint?: string): void {
    const [sentence, usual] = RULES[code];
    this.add(code, node, detail === undefined ? sentence : `${sentence}: ${detail}`, hint ?? usual, "language");
  }

  staticAssert(node: ts.Node, message: string, hint: string): void {
    this.add("K1105", node, message, hint, "static_assert");
  }

  warn(code: RuleCode, node: ts.Node, detail: string): void {
    const [sentence, hint] = RULES[code];
    this.warnings.push({ ...place(node), code, message: `${sentence}: ${detail}`, hint, kind: "language" });
  }

  /** tsc's own findings. Unused names are warnings, as in a C compiler. */
  types(file: ts.SourceFile, start: number, length: number, code: number, message: string, warning: boolean): void {
    const { line, character } = file.getLineAndCharacterOfPosition(start);
    const diagnostic: Diagnostic = {
      code: `TS${code}`,
      file: displayName(file),
      line: line + 1,
      column: character + 1,
      message,
      hint: "tsc's own error; the types of the language are in kernel.d.ts",
      kind: "types",
    };
    if (warning) this.warnings.push(diagnostic);
    else if (this.note(file.fileName, { start, end: start + Math.max(length, 1) })) this.errors.push(diagnostic);
  }

  sorted(list: readonly Diagnostic[]): readonly Diagnostic[] {
    return [...list].sort(
      (a, b) => compareText(a.file, b.file) || a.line - b.line || a.column - b.column || compareText(a.code, b.code),
    );
  }

  private add(code: RuleCode, node: ts.Node, message: string, hint: string, kind: DiagnosticKind): void {
    const file = node.getSourceFile();
    const start = node.getStart(file);
    // Of a construct of many lines only the first counts: what is wrong inside is said too.
    const lineEnd = file.text.indexOf("\n", start);
    const range = { start, end: lineEnd < 0 ? node.getEnd() : Math.min(node.getEnd(), lineEnd) };
    // Inside a reported place, or around one: the same mistake seen from elsewhere.
    if (!this.note(file.fileName, range)) return;
    this.errors.push({ ...place(node), code, message, hint, kind });
  }

  /** Whether nothing was reported there yet. */
  private note(fileName: string, range: Reported): boolean {
    const known = this.reported.get(fileName);
    if (known?.some((r) => r.start < range.end && range.start < r.end)) return false;
    if (known) known.push(range);
    else this.reported.set(fileName, [range]);
    return true;
  }
}

function place(node: ts.Node): { file: string; line: number; column: number } {
  const file = node.getSourceFile();
  const { line, character } = file.getLineAndCharacterOfPosition(node.getStart(file));
  return { file: displayName(file), line: line + 1, column: character + 1 };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
