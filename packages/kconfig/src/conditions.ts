/**
 * The conditions of a definition as they are written, one by one, with their places.
 *
 * After finalisation a definition has one merged dependency; a person wants the line that forbids. Used by the explanations and by
 * the solver's contradictions.
 */
import { operands } from "./expr.js";
import type { Expr, Menu, Property } from "./model.js";

/** One condition that must hold, and where it is written. */
export interface Condition {
  readonly expr: Expr;
  readonly file: string;
  readonly line: number;
  /** `depends on`, `if`, `visible if`, or the `if` behind a prompt, default or select. */
  readonly keyword: "depends on" | "if" | "visible if";
  /** The symbol of the entry it is written at; null in a block. */
  readonly owner: Menu;
}

/** What an entry depends on: its own lines, then those of the blocks around it, split at `&&`. */
export function dependencies(menu: Menu): Condition[] {
  const out: Condition[] = [];
  for (let at: Menu | null = menu; at !== null; at = at.block)
    for (const { expr, line } of at.written)
      for (const part of operands(expr, "and"))
        out.push({ expr: part, file: at.file, line, keyword: isIfBlock(at) ? "if" : "depends on", owner: at });
  return out;
}

/** What a property needs besides the dependencies of its entry: its own `if`, and for prompts `visible if` of the menus around. */
export function ownConditions(property: Property): Condition[] {
  const { file, line, menu } = property;
  const out: Condition[] = [];
  if (property.written !== null)
    for (const expr of operands(property.written, "and")) out.push({ expr, file, line, keyword: "if", owner: menu });
  if (property.kind !== "prompt") return out;
  for (let at = menu.block; at !== null; at = at.block)
    if (at.visibility !== null)
      for (const expr of operands(at.visibility, "and"))
        out.push({ expr, file: at.file, line: at.line, keyword: "visible if", owner: at });
  return out;
}

/** All conditions of a property, its entry's included. */
export function conditionsOf(property: Property): Condition[] {
  return [...ownConditions(property), ...dependencies(property.menu)];
}

function isIfBlock(menu: Menu): boolean {
  return menu.symbol === null && menu.prompt === null;
}
