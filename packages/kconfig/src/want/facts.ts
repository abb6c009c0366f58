/**
 * Facts: the statements of a Kconfig tree that a proof can rest on, each with its place and a sentence.
 *
 * The encoder makes one for every group of clauses; a contradiction is shown as the list of facts it needs.
 */
import type { Condition } from "../conditions.js";
import { printExpr } from "../expr.js";
import type { KSymbol, Property } from "../model.js";

export type FactKind =
  | "condition"
  | "sources"
  | "select"
  | "default"
  | "text"
  | "one member"
  | "some member"
  | "modules";

export interface Fact {
  readonly kind: FactKind;
  /** The symbol the fact is about. */
  readonly symbol: string;
  /** A sentence, without the place. */
  readonly text: string;
  readonly file: string | undefined;
  readonly line: number | undefined;
}

/** Names in a list are cut here; the rest is counted. */
const MAX_NAMES = 8;
/** More defaults than this are not told. */
const MAX_DEFAULTS = 2;
/** Of a number or string the defaults are all that matters. */
const MAX_TEXT_DEFAULTS = 6;
/** Conditions of selects are told for so many selects. */
const MAX_CONDITIONS = 3;

export function nameOf(symbol: KSymbol): string {
  if (symbol.name !== null) return symbol.name;
  const entry = symbol.menus[0];
  return `the choice "${entry?.prompt?.text ?? "unnamed"}"`;
}

/** `source`: the line as it is written, where that says more than the expression. */
export function conditionFact(symbol: KSymbol, condition: Condition, others: string, source?: string): Fact {
  const owner = condition.owner.symbol;
  const who = owner === null || owner === symbol ? nameOf(symbol) : nameOf(owner);
  const verb =
    condition.keyword === "depends on" ? "depends on" : condition.keyword === "if" ? "needs" : "is visible if";
  const unless = others === "" ? "" : `, unless ${others}`;
  const written = source === undefined ? "" : ` (${source})`;
  const text = `${who} ${verb} ${printExpr(condition.expr)}${written}${unless}`;
  return { kind: "condition", symbol: nameOf(symbol), text, file: condition.file, line: condition.line };
}

export function modulesFact(symbol: KSymbol, modules: KSymbol): Fact {
  const text = `${nameOf(symbol)} can be m only with ${modules.isConstant ? "modules, which this tree has not" : `${modules.name}=y`}`;
  return { kind: "modules", symbol: nameOf(symbol), text, file: modules.menus[0]?.file, line: modules.menus[0]?.line };
}

/** Everything that can switch a symbol on besides the user. */
export function describeSources(
  selects: readonly Property[],
  implies: readonly Property[],
  defaults: readonly Property[],
): string {
  const parts: string[] = [];
  if (selects.length > 0) parts.push(`selected by ${names(selects)}`);
  if (implies.length > 0) parts.push(`implied by ${names(implies)}`);
  const useful = defaults.filter(({ expr }) => !(expr?.kind === "symbol" && expr.symbol!.name === "n"));
  if (useful.length > 0) parts.push(`on by default (${useful.map(describeDefault).slice(0, MAX_DEFAULTS).join("; ")})`);
  return parts.join(" or ");
}

function describeDefault(property: Property): string {
  return `default ${printExpr(property.expr)}${condition(property)}`;
}

function condition(property: Property): string {
  return property.written === null ? "" : ` if ${printExpr(property.written)}`;
}

/** The selecting symbols; if there are few, with their conditions. */
function names(properties: readonly Property[]): string {
  const few = properties.length <= MAX_CONDITIONS;
  const all = properties.map(
    (property) =>
      (property.menu.symbol === null ? "?" : nameOf(property.menu.symbol)) + (few ? condition(property) : ""),
  );
  const distinct = [...new Set(all)];
  const shown = distinct.slice(0, MAX_NAMES).join(", ");
  return distinct.length > MAX_NAMES ? `${shown} and ${distinct.length - MAX_NAMES} more` : shown;
}

export function sourcesFact(symbol: KSymbol, sources: string): Fact {
  const entry = symbol.menus[0];
  const name = nameOf(symbol);
  const text =
    sources === ""
      ? `${name} has no prompt, and nothing switches it on`
      : `${name} has no prompt; it is only ${sources}`;
  return { kind: "sources", symbol: name, text, file: entry?.file, line: entry?.line };
}

export function selectFact(property: Property): Fact {
  const target = property.expr!.symbol!;
  const text = `${nameOf(property.menu.symbol!)} selects ${nameOf(target)}${condition(property)}`;
  return { kind: "select", symbol: nameOf(target), text, file: property.file, line: property.line };
}

export function defaultFact(symbol: KSymbol, defaults: readonly Property[]): Fact {
  const first = defaults[0];
  const name = nameOf(symbol);
  const what = first === undefined ? "implied" : describeDefault(first);
  const hasPrompt = symbol.properties.some((property) => property.text !== null);
  const text = `${name} is ${what}${hasPrompt ? " when it cannot be asked for" : ", and cannot be switched off"}`;
  const place = first ?? symbol.menus[0];
  return { kind: "default", symbol: name, text, file: place?.file, line: place?.line };
}

/** Where the values of a string or number come from. */
export function textFact(symbol: KSymbol, value: string, defaults: readonly Property[]): Fact {
  const name = nameOf(symbol);
  const hasPrompt = symbol.properties.some((property) => property.text !== null);
  const shown = defaults.map(describeDefault).slice(0, MAX_TEXT_DEFAULTS);
  const more = defaults.length > shown.length ? ` and ${defaults.length - shown.length} more` : "";
  const given = defaults.length === 0 ? "nothing" : `only ${shown.join("; ")}${more}`;
  const text = hasPrompt
    ? `${name} is ${value} where its prompt is offered; elsewhere ${given} sets it`
    : `${name} has no prompt; ${given} sets it`;
  const place = defaults[0] ?? symbol.menus[0];
  return { kind: "text", symbol: name, text, file: place?.file, line: place?.line };
}

export function choiceFact(choice: KSymbol, kind: "one member" | "some member"): Fact {
  const entry = choice.menus[0];
  const text =
    kind === "one member"
      ? `only one member of ${nameOf(choice)} can be y`
      : `one visible member of ${nameOf(choice)} must be y`;
  return { kind, symbol: nameOf(choice), text, file: entry?.file, line: entry?.line };
}
