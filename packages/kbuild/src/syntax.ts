/**
 * What a Makefile says, as a tree: the statements that decide variables. Made by parse.ts, run by evaluate.ts.
 * Recipes are not here: nothing in them decides which objects are built.
 */

/** A place in the tree being read: path relative to its root, line counted from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** `mm/Makefile:12` */
export function showPlace(at: Place): string {
  return `${at.file}:${at.line}`;
}

export type AssignOperator = "=" | ":=" | "+=" | "?=" | "!=";

export interface Assignment {
  readonly kind: "assign";
  /** Unexpanded: `obj-$(CONFIG_SMP)`. */
  readonly name: string;
  readonly operator: AssignOperator;
  /** Unexpanded, with line continuations folded into one space. */
  readonly value: string;
  readonly override: boolean;
  readonly exported: boolean;
  readonly at: Place;
}

/** The test of one branch. `text` is the directive as written. */
export type Test =
  | { readonly kind: "defined"; readonly negated: boolean; readonly name: string; readonly text: string }
  | {
      readonly kind: "equal";
      readonly negated: boolean;
      readonly left: string;
      readonly right: string;
      readonly text: string;
    };

export interface Branch {
  /** Absent in the branch of a plain `else`. */
  readonly test?: Test;
  readonly at: Place;
  readonly body: readonly Statement[];
}

export type Statement =
  | Assignment
  | { readonly kind: "conditional"; readonly branches: readonly Branch[]; readonly at: Place }
  | { readonly kind: "include"; readonly paths: string; readonly optional: boolean; readonly at: Place }
  | { readonly kind: "export"; readonly names: string; readonly on: boolean; readonly at: Place }
  | { readonly kind: "undefine"; readonly name: string; readonly at: Place }
  /** A rule. Only a variable set for its targets matters here (`foo.o: KBUILD_CFLAGS += -O3`). */
  | { readonly kind: "rule"; readonly targets: string; readonly variable?: Assignment; readonly at: Place }
  /** A line that is only expanded, for its effects: `$(eval …)`, `$(error …)`. */
  | { readonly kind: "expand"; readonly text: string; readonly at: Place };

/** Something the reader of a Makefile should know: what, where, why, and what to do next. */
export interface Diagnostic {
  readonly severity: "error" | "warning" | "note";
  readonly at: Place;
  readonly message: string;
  /** What to do about it. */
  readonly next: string;
}

/** Ends a `switch` over a `kind` union: a new kind is then a compile-time error. */
export function assertNever(value: never): never {
  throw new Error(`unhandled case ${JSON.stringify(value)}`);
}
