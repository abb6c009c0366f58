/**
 * What conf prints at `?`: the help text, then type, range, definitions, dependencies, selects of a symbol.
 *
 * Used by oldconfig(); an editor can show it too.
 */
import { TYPE_NAME } from "./builder.js";
import type { Configuration } from "./configuration.js";
import { Diagnostics } from "./diagnostics.js";
import { operands } from "./expr.js";
import type { Expr, KSymbol, Menu, PropertyKind } from "./model.js";
import { Simplifier } from "./simplify.js";
import { MOD, NO, type Tristate, tristateLetter, YES } from "./tristate.js";
import { isEntryVisible } from "./visibility.js";

const NO_HELP = "There is no help available for this option.";
/** conf shows at most so many menus above an entry. */
const MAX_LOCATION = 8;

/** The whole text, with a final line feed. */
export function extendedHelp(configuration: Configuration, menu: Menu): string {
  const { symbol } = menu;
  const help = configuration.tree.help(menu);
  const title =
    help !== undefined && symbol?.name ? `${configuration.env.CONFIG_ ?? "CONFIG_"}${symbol.name}:\n\n` : "";
  return `${title}${help ?? NO_HELP}\n${symbol === null ? "" : symbolText(configuration, symbol)}`;
}

function symbolText(configuration: Configuration, symbol: KSymbol): string {
  const { evaluator } = configuration;
  let out = "";
  if (symbol.name !== null) {
    out += `Symbol: ${symbol.name} [=${evaluator.stringValue(symbol)}]\nType  : ${TYPE_NAME[symbol.type]}\n`;
    const range = symbol.type === "int" || symbol.type === "hex" ? evaluator.rangeOf(symbol) : null;
    if (range !== null) out += `Range : ${evaluator.printWithValues(range.expr)}\n`;
  }
  for (const menu of symbol.menus) if (menu.prompt !== null) out += definition(menu) + promptText(configuration, menu);
  for (const menu of symbol.menus)
    if (menu.prompt === null) out += definition(menu) + dependency(configuration, menu.dep, "  Depends on: ");
  out += properties(configuration, symbol, "select", "Selects: ");
  out += reverse(configuration, symbol.reverseDep, "Selected");
  out += properties(configuration, symbol, "imply", "Implies: ");
  out += reverse(configuration, symbol.implied, "Implied");
  return `${out}\n\n`;
}

function definition(menu: Menu): string {
  return `Defined at ${menu.file}:${menu.line}\n`;
}

function dependency(configuration: Configuration, e: Expr | null, title: string): string {
  if (configuration.tree.pool.isYes(e)) return "";
  return `${title}${configuration.evaluator.printWithValues(e)}\n`;
}

function promptText(configuration: Configuration, menu: Menu): string {
  const { evaluator, tree } = configuration;
  const prompt = menu.prompt!;
  let out = `  Prompt: ${prompt.text}\n${dependency(configuration, menu.dep, "  Depends on: ")}`;
  if (!new Simplifier(tree.pool, tree.dialect, new Diagnostics()).equal(menu.dep, prompt.visible))
    out += dependency(configuration, prompt.visible, "  Visible if: ");
  const path: Menu[] = [];
  for (let at: Menu | null = menu; at !== null && at !== tree.root && path.length < MAX_LOCATION; at = at.parent) {
    path.push(at);
    // conf looks which of them is accessible; that computes values.
    isEntryVisible(evaluator, at);
  }
  out += "  Location:\n";
  for (const [depth, at] of path.reverse().entries()) {
    const symbol =
      at.symbol === null ? "" : ` (${at.symbol.name ?? "<choice>"} [=${evaluator.stringValue(at.symbol)}])`;
    out += `${" ".repeat(2 * depth + 4)}-> ${at.prompt?.text ?? at.symbol?.name ?? "(null)"}${symbol}\n`;
  }
  return out;
}

function properties(configuration: Configuration, symbol: KSymbol, kind: PropertyKind, title: string): string {
  const found = symbol.properties.filter((property) => property.kind === kind);
  if (found.length === 0) return "";
  return `${title}${found.map((property) => configuration.evaluator.printWithValues(property.expr)).join(" && ")}\n`;
}

function reverse(configuration: Configuration, e: Expr | null, verb: string): string {
  if (e === null) return "";
  const { evaluator } = configuration;
  let out = "";
  for (const value of [YES, MOD, NO] as Tristate[]) {
    const terms = operands(e, "or").filter((term) => evaluator.expr(term) === value);
    if (terms.length > 0) out += `${verb} by [${tristateLetter(value)}]:\n`;
    for (const term of terms) out += `  - ${evaluator.printWithValues(term)}\n`;
  }
  return out;
}
