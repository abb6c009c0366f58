/**
 * Warnings about the properties of one symbol: a default that is no number, a select of a string, a range on a bool.
 *
 * Called by the finaliser, once per defined symbol, in conf's order. Also: which text is a valid value of a type, which the
 * `.config` reader needs too.
 */
import type { Builder } from "./builder.js";
import type { KSymbol, Property, SymbolType } from "./model.js";
import { isDigit, isHexDigit } from "./text.js";

/** Is the text a value that the type can have at all (ranges apart)? */
export function isValidValue(type: SymbolType, text: string): boolean {
  switch (type) {
    case "string":
      return true;
    case "int":
      return isDecimal(text.startsWith("-") ? text.slice(1) : text);
    case "hex":
      return isHexadecimal(/^0[xX]/.test(text) ? text.slice(2) : text);
    case "bool":
    case "tristate":
      return /^[ymnYMN]/.test(text);
    case "unknown":
      return false;
  }
}

/** Digits without a leading zero. */
function isDecimal(text: string): boolean {
  if (text === "" || (text.length > 1 && text[0] === "0")) return false;
  for (let at = 0; at < text.length; at++) if (!isDigit(text.charCodeAt(at))) return false;
  return true;
}

function isHexadecimal(text: string): boolean {
  if (text === "") return false;
  for (let at = 0; at < text.length; at++) if (!isHexDigit(text.charCodeAt(at))) return false;
  return true;
}

/** The choice around the first definition that has a prompt, in the tree as it is now. */
export function enclosingChoice(symbol: KSymbol): KSymbol | null {
  const entry = symbol.menus.find((menu) => menu.prompt !== null);
  if (entry === undefined) return null;
  for (let menu = entry.parent; menu !== null; menu = menu.parent)
    if (menu.symbol !== null) return menu.symbol.isChoice ? menu.symbol : null;
  return null;
}

export function checkProperties(build: Builder, symbol: KSymbol): void {
  const warn = (property: Property, text: string): void => build.diagnostics.warnAt(property.file, property.line, text);
  for (const property of symbol.properties)
    switch (property.kind) {
      case "default":
        checkDefault(build, symbol, property, warn);
        break;
      case "select":
      case "imply":
        checkSelect(symbol, property, warn);
        break;
      case "range":
        if (symbol.type !== "int" && symbol.type !== "hex")
          warn(property, "range is only allowed for int or hex symbols");
        if (!isNumber(symbol, property.expr!.symbol!) || !isNumber(symbol, property.expr!.other!))
          warn(property, "range is invalid");
        break;
      default:
        break;
    }
}

type Warn = (property: Property, text: string) => void;

function checkDefault(build: Builder, symbol: KSymbol, property: Property, warn: Warn): void {
  const isText = symbol.type === "string" || symbol.type === "int" || symbol.type === "hex";
  if (property.expr!.kind !== "symbol") {
    if (isText) warn(property, `default for config symbol '${symbol.name}' must be a single symbol`);
    return;
  }
  const value = property.expr!.symbol!;
  if ((symbol.type === "hex" || symbol.type === "int") && !isNumber(symbol, value))
    warn(property, `'${symbol.name}': number is invalid`);
  if (!symbol.isChoice) return;
  const choice = build.dialect === "6.1" ? value.choice : enclosingChoice(value);
  if (choice !== symbol) warn(property, `choice default symbol '${value.name}' is not contained in the choice`);
}

function checkSelect(symbol: KSymbol, property: Property, warn: Warn): void {
  const target = property.expr!.symbol!;
  if (symbol.type !== "bool" && symbol.type !== "tristate")
    warn(property, `config symbol '${symbol.name}' uses ${property.kind}, but is not bool or tristate`);
  else if (target.type !== "unknown" && target.type !== "bool" && target.type !== "tristate")
    warn(
      property,
      `'${target.name}' has wrong type. '${property.kind}' only accept arguments of bool and tristate type`,
    );
}

function isNumber(symbol: KSymbol, value: KSymbol): boolean {
  if (value.type === "int" || value.type === "hex") return true;
  return value.type === "unknown" && isValidValue(symbol.type, value.name ?? "");
}
