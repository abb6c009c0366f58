/**
 * Conditions of a statement, in words: the ifdefs around it and the `$(CONFIG_X)` in its variable's name.
 * Called by trace.ts. It judges with the outcome that the evaluator had, not again.
 */

import { findOutside } from "./lines.js";
import type { AssignmentRecord, Scope } from "./scope.js";
import type { Place } from "./syntax.js";

export interface SymbolValue {
  /** Without `CONFIG_`. */
  readonly name: string;
  /** Undefined for a symbol that is `n` or not set. */
  readonly value: string | undefined;
}

export interface Condition {
  /** `ifdef CONFIG_MMU`, `not (ifdef CONFIG_MMU)`, `CONFIG_SMP=y`. */
  readonly text: string;
  readonly holds: boolean;
  readonly at: Place;
  /** The symbols it names, with their values. */
  readonly symbols: readonly SymbolValue[];
}

/** Symbols that a piece of a Makefile names. */
export function symbolsIn(text: string, scope: Scope): SymbolValue[] {
  const names = new Set([...text.matchAll(/\bCONFIG_(\w+)/g)].map((match) => match[1]!));
  names.delete("SHELL");
  return [...names].map((name) => ({ name, value: scope.get(`CONFIG_${name}`)?.value }));
}

/** The conditionals around a statement, outermost first. */
export function branchConditions(record: AssignmentRecord): Condition[] {
  return record.branches.flatMap((branch) => {
    const before = branch.others.slice(0, branch.before).map((other) => ({
      text: `not (${other.test.text})`,
      holds: !other.holds,
      at: other.at,
      symbols: symbolsIn(other.test.text, record.scope),
    }));
    if (branch.test === undefined) return before;
    const symbols = symbolsIn(branch.test.text, record.scope);
    return [...before, { text: branch.test.text, holds: branch.holds, at: branch.at, symbols }];
  });
}

/** A variable's name cut at its last dash: `obj-$(CONFIG_SMP)` is the list `obj` with the suffix `$(CONFIG_SMP)`. */
export function splitName(name: string): { stem: string; suffix: string } | undefined {
  let dash = -1;
  for (let i = findOutside(name, (c) => c === "-"); i >= 0; i = findOutside(name, (c) => c === "-", i + 1)) dash = i;
  return dash < 0 ? undefined : { stem: name.slice(0, dash), suffix: name.slice(dash + 1) };
}

/**
 * The condition in a variable's name, or undefined when the name is fixed.
 * @param suffix expanded suffix
 * @param builtin whether `m` is not enough
 */
export function suffixCondition(record: AssignmentRecord, suffix: string, builtin: boolean): Condition | undefined {
  const raw = splitName(record.statement.name)?.suffix ?? "";
  const at = record.statement.at;
  const holds = suffix === "y" || suffix === "objs" || (suffix === "m" && !builtin);
  if (!raw.includes("$")) {
    if (holds) return undefined;
    return { text: `nothing reads '${record.statement.name}'`, holds, at, symbols: [] };
  }
  const symbols = symbolsIn(raw, record.scope);
  const plain = /^\$[({]CONFIG_\w+[)}]$/.test(raw);
  const subject = plain ? raw.slice(2, -1) : raw;
  if (holds) return { text: `${subject}=${suffix}`, holds, at, symbols };
  const missing =
    suffix === "m"
      ? `${subject}=m, which is not built in`
      : plain
        ? `${subject} is not set`
        : `${subject} is '${suffix}'`;
  return { text: missing, holds, at, symbols };
}
