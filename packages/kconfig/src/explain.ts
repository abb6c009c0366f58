/**
 * Why a symbol has the value it has: the line that gave it, or the lines that forbid it, followed back to what the user said.
 *
 * Called for `config why` and `config lost`. Reads a finished configuration; computes nothing new except conditions.
 */
import { type Condition, conditionsOf, dependencies, ownConditions } from "./conditions.js";
import type { Configuration } from "./configuration.js";
import { Evaluator61 } from "./evaluate-6.1.js";
import { Evaluator612 } from "./evaluate-6.12.js";
import { forEachSymbol, printExpr } from "./expr.js";
import type { KSymbol, Property } from "./model.js";
import { MOD, NO, type Tristate, tristateLetter } from "./tristate.js";

/** How far back causes are followed. */
const MAX_DEPTH = 12;
/** What an explanation that leads back to itself counts. */
const CYCLE_SIZE = 50;
/** A dependency on a dozen alternatives is not explained alternative by alternative. */
const MAX_CAUSES = 6;

/** What gave a value. */
export type Cause =
  | "constant"
  | "undefined"
  | "user"
  | "default"
  | "select"
  | "imply"
  | "choice"
  | "range"
  | "unmet dependency"
  | "nothing sets it"
  /** Told elsewhere in the same explanation, or too far back to tell. */
  | "elided";

/** One statement of an explanation, with what it follows from. */
export interface Reason {
  readonly symbol: string;
  readonly value: string;
  readonly cause: Cause;
  /** One line, without the place. */
  readonly text: string;
  readonly file?: string;
  readonly line?: number;
  /** Why what this line mentions is as it is. */
  readonly because: readonly Reason[];
}

/** Explains the value of a symbol (named without `CONFIG_`). */
export function why(configuration: Configuration, name: string): Reason {
  return new Explainer(configuration).explain(name);
}

/** The explanation as indented lines: `MMU=n: set by the user  in.config:3`. */
export function formatReason(reason: Reason, indent = ""): string {
  const place = reason.file === undefined ? "" : `  ${reason.file}:${reason.line}`;
  const own = `${indent}${reason.symbol}=${reason.value}: ${reason.text}${place}\n`;
  return own + reason.because.map((cause) => formatReason(cause, `${indent}  `)).join("");
}

export class Explainer {
  private readonly seen = new Set<KSymbol>();
  private readonly sizes = new Map<KSymbol, number>();
  private bySelected: Map<KSymbol, Property[]> | undefined;

  constructor(private readonly configuration: Configuration) {
    configuration.calculateAll();
  }

  explain(name: string): Reason {
    const symbol = this.configuration.tree.symbol(name);
    if (symbol === undefined)
      return { symbol: name, value: "n", cause: "undefined", text: "no such symbol in this tree", because: [] };
    return this.symbol(symbol, 0);
  }

  /** Why a symbol is not as much as somebody wants: the conditions that are not met, each with its own explanation. */
  unmet(symbol: KSymbol, wanted: Tristate = MOD): Reason[] {
    return this.failing(symbol, wanted).map((condition) => this.condition(symbol, condition, 0));
  }

  private valueOf(condition: Condition): Tristate {
    return this.configuration.evaluator.expr(condition.expr);
  }

  private symbol(symbol: KSymbol, depth: number): Reason {
    const { evaluator } = this.configuration;
    const value = evaluator.stringValue(symbol);
    const head = { symbol: symbol.name ?? "<choice>", value };
    if (symbol.isConstant) return { ...head, cause: "constant", text: "a constant", because: [] };
    if (symbol.menus.length === 0)
      return { ...head, value: "n", cause: "undefined", text: "no definition in this tree", because: [] };
    const place = { file: symbol.menus[0]!.file, line: symbol.menus[0]!.line };
    if (this.seen.has(symbol)) return { ...head, cause: "elided", text: "see above", because: [] };
    if (depth > MAX_DEPTH) return { ...head, cause: "elided", text: "…", ...place, because: [] };
    this.seen.add(symbol);
    if (symbol.type !== "bool" && symbol.type !== "tristate") return this.textual(symbol, head, depth);
    const tristate = evaluator.tri[symbol.index] as Tristate;
    return tristate === NO ? this.off(symbol, head, place, depth) : this.on(symbol, head, tristate, depth);
  }

  /** Why `y` or `m`. */
  private on(symbol: KSymbol, head: Head, value: Tristate, depth: number): Reason {
    const { evaluator } = this.configuration;
    const at = symbol.index;
    if (symbol.choice !== null) return this.chosen(symbol, symbol.choice, head, true);
    const byUser = evaluator.hasUser[at] === 1 && evaluator.visible[at] !== NO;
    const userValue = byUser ? Math.min(evaluator.userTri[at]!, evaluator.visible[at]!) : NO;
    if (byUser && userValue >= evaluator.reverseDep[at]!) return this.byUser(symbol, head);
    if (evaluator.reverseDep[at]! > NO && evaluator.reverseDep[at]! >= value) return this.bySelect(symbol, head, depth);
    return this.byDefault(symbol, head, depth);
  }

  private byUser(symbol: KSymbol, head: Head): Reason {
    const request = this.configuration.requests.findLast((one) => one.symbol === symbol && one.accepted);
    if (request === undefined) return { ...head, cause: "user", text: "set by the mode", because: [] };
    const place = { file: this.configuration.fileName, line: request.line };
    return { ...head, cause: "user", text: "set by the user", ...place, because: [] };
  }

  private bySelect(symbol: KSymbol, head: Head, depth: number): Reason {
    const { evaluator } = this.configuration;
    const selects = this.activeSelectors(symbol, "select");
    const strongest = selects.filter((one) => evaluator.expr(one.visible) !== NO);
    const [first, ...others] = strongest.length > 0 ? strongest : selects;
    if (first === undefined) return { ...head, cause: "select", text: "selected", because: [] };
    const more = others.length === 0 ? "" : ` and ${others.length} more`;
    const text = `selected by ${first.menu.symbol!.name ?? "<choice>"}${more}`;
    const unmet = evaluator.directDep[symbol.index]! < evaluator.reverseDep[symbol.index]!;
    const because = [this.symbol(first.menu.symbol!, depth + 1)];
    return {
      ...head,
      cause: "select",
      text: unmet ? `${text}, against its own dependencies` : text,
      file: first.file,
      line: first.line,
      because,
    };
  }

  /** Selects (or implies) of this symbol that are in force. */
  private activeSelectors(symbol: KSymbol, kind: "select" | "imply"): Property[] {
    const { evaluator, tree } = this.configuration;
    return tree.properties.filter(
      (property) =>
        property.kind === kind &&
        property.expr!.symbol === symbol &&
        property.menu.symbol !== null &&
        evaluator.tri[property.menu.symbol.index] !== NO &&
        evaluator.expr(property.visible) !== NO,
    );
  }

  private byDefault(symbol: KSymbol, head: Head, depth: number): Reason {
    const { evaluator } = this.configuration;
    const property = evaluator.defaultOf(symbol);
    if (property !== null && evaluator.expr(property.expr) !== NO) {
      const because = [property.expr, property.written].flatMap((expr) => this.mentioned(symbol, expr, depth));
      // What the default hangs on is the answer to "why", but only for the symbol that was asked about.
      const conditions = depth > 0 ? [] : distinct(dependencies(property.menu)).filter((one) => !isConstant(one));
      because.push(...conditions.map((condition) => this.condition(symbol, condition, depth)));
      return { ...head, cause: "default", text: this.printDefault(property), ...placeOf(property), because };
    }
    const imply = this.activeSelectors(symbol, "imply")[0];
    if (imply === undefined) return { ...head, cause: "default", text: "by default", because: [] };
    const text = `implied by ${imply.menu.symbol!.name}`;
    return { ...head, cause: "imply", text, ...placeOf(imply), because: [this.symbol(imply.menu.symbol!, depth + 1)] };
  }

  private printDefault(property: Property): string {
    const condition = property.written === null ? "" : ` if ${printExpr(property.written)}`;
    return `default ${printExpr(property.expr)}${condition}`;
  }

  /** Why `n`. */
  private off(symbol: KSymbol, head: Head, place: Place, depth: number): Reason {
    const { evaluator } = this.configuration;
    const at = symbol.index;
    if (evaluator.visible[at] !== NO) {
      if (symbol.choice !== null) return this.chosen(symbol, symbol.choice, head, false);
      if (evaluator.hasUser[at] && evaluator.userTri[at] === NO) return this.byUser(symbol, head);
      const property = evaluator.defaultOf(symbol);
      if (property === null)
        return { ...head, cause: "default", text: "not asked for, and no default", ...place, because: [] };
      return { ...head, cause: "default", text: this.printDefault(property), ...placeOf(property), because: [] };
    }
    const lacking = symbol.menus.map((menu) => dependencies(menu).filter((one) => this.valueOf(one) === NO));
    const hasPrompt = symbol.properties.some((property) => property.text !== null);
    if (hasPrompt || lacking.every((list) => list.length > 0)) {
      const because = this.unmetAt(symbol, depth);
      if (because.length > 0)
        return { ...head, cause: "unmet dependency", text: "its dependencies are not met", ...place, because };
    }
    return this.unset(symbol, head, place, depth);
  }

  private unmetAt(symbol: KSymbol, depth: number): Reason[] {
    const best = this.failing(symbol, MOD);
    // One failing condition is enough; the one asked about gets all of its own, the others their simplest.
    const told = depth === 0 ? best : best.slice(0, 1);
    return told.map((condition) => this.condition(symbol, condition, depth));
  }

  /** The conditions that fail, of the definition that lacks least; those with the simplest explanation first. */
  private failing(symbol: KSymbol, wanted: Tristate): Condition[] {
    const prompts = symbol.properties.filter((property) => property.text !== null);
    const sets = prompts.length > 0 ? prompts.map(conditionsOf) : symbol.menus.map((menu) => dependencies(menu));
    const failing = sets.map((set) => set.filter((condition) => this.valueOf(condition) < wanted));
    const best = distinct(failing.sort((a, b) => a.length - b.length)[0] ?? []);
    return best
      .map((condition) => ({ condition, size: this.size(condition) }))
      .sort((a, b) => a.size - b.size)
      .map((entry) => entry.condition);
  }

  /** About how many lines it takes to explain why a condition fails. */
  private size(condition: Condition): number {
    let sum = 1;
    forEachSymbol(condition.expr, (symbol) => {
      sum += symbol.isConstant ? 0 : this.sizeOf(symbol);
    });
    return sum;
  }

  private sizeOf(symbol: KSymbol): number {
    const known = this.sizes.get(symbol);
    if (known !== undefined) return known;
    this.sizes.set(symbol, CYCLE_SIZE);
    const { evaluator } = this.configuration;
    let size = 1;
    if (symbol.menus.length > 0 && evaluator.tri[symbol.index] === NO && evaluator.visible[symbol.index] === NO) {
      const conditions = symbol.menus.flatMap((menu) => dependencies(menu)).filter((one) => this.valueOf(one) === NO);
      const selectors = conditions.length > 0 ? 0 : this.selectors(symbol).length;
      size = 1 + 4 * selectors + Math.min(CYCLE_SIZE, ...conditions.map((one) => this.size(one)));
    }
    this.sizes.set(symbol, size);
    return size;
  }

  private selectors(symbol: KSymbol): Property[] {
    if (this.bySelected === undefined) {
      this.bySelected = new Map();
      for (const property of this.configuration.tree.properties)
        if (property.kind === "select") {
          const list = this.bySelected.get(property.expr!.symbol!) ?? [];
          list.push(property);
          this.bySelected.set(property.expr!.symbol!, list);
        }
    }
    return this.bySelected.get(symbol) ?? [];
  }

  /** A symbol without a prompt that nothing switches on. */
  private unset(symbol: KSymbol, head: Head, place: Place, depth: number): Reason {
    const defaults = symbol.properties.filter((property) => property.kind === "default");
    const failing = defaults.flatMap((property) => ownConditions(property).filter((one) => this.valueOf(one) === NO));
    const values = defaults.filter((property) => this.configuration.evaluator.expr(property.visible) !== NO);
    const because = [
      ...distinct(failing).map((condition) => this.condition(symbol, condition, depth)),
      ...values.flatMap((property) => this.mentioned(symbol, property.expr, depth)),
    ].slice(0, MAX_CAUSES);
    const selectors = this.selectors(symbol);
    const names = [...new Set(selectors.map((property) => property.menu.symbol?.name ?? "<choice>"))];
    const shown = names.slice(0, MAX_CAUSES).join(", ") + (names.length > MAX_CAUSES ? `, … (${names.length})` : "");
    const isOn = ({ menu }: Property): boolean =>
      menu.symbol !== null && this.configuration.evaluator.tri[menu.symbol.index] !== NO;
    const idle = selectors.filter(isOn);
    const text =
      names.length === 0
        ? "no prompt, and nothing selects it"
        : idle.length === 0
          ? `no prompt, and none of its selectors is on: ${shown}`
          : `no prompt, and no select of it is in force: ${shown}`;
    // A selector that is on selects under a condition.
    for (const property of idle.slice(0, MAX_CAUSES))
      for (const one of distinct(ownConditions(property)).filter((one) => this.valueOf(one) === NO))
        because.push(this.condition(property.menu.symbol!, one, depth));
    if (idle.length > 0) return { ...head, cause: "nothing sets it", text, ...place, because };
    // One selector is worth following; of several, the reader knows which one is meant.
    if (names.length === 1 && defaults.length === 0 && selectors[0]!.menu.symbol !== null)
      because.push(this.symbol(selectors[0]!.menu.symbol, depth + 1));
    return { ...head, cause: defaults.length > 0 ? "default" : "nothing sets it", text, ...place, because };
  }

  private condition(symbol: KSymbol, condition: Condition, depth: number): Reason {
    const { evaluator } = this.configuration;
    const owner = condition.owner.symbol?.name ?? symbol.name ?? "<choice>";
    const value = tristateLetter(evaluator.expr(condition.expr));
    return {
      symbol: owner,
      value: evaluator.stringValue(condition.owner.symbol ?? symbol),
      cause: "unmet dependency",
      text: `${condition.keyword} ${printExpr(condition.expr)} [=${value}]`,
      file: condition.file,
      line: condition.line,
      because: this.mentioned(symbol, condition.expr, depth),
    };
  }

  /** Explanations of the symbols of an expression. */
  private mentioned(user: KSymbol, expr: Property["expr"], depth: number): Reason[] {
    const symbols = new Set<KSymbol>();
    forEachSymbol(expr, (symbol) => {
      if (!symbol.isConstant && symbol !== user) symbols.add(symbol);
    });
    return [...symbols]
      .slice(0, MAX_CAUSES)
      .filter((symbol) => !this.seen.has(symbol))
      .map((symbol) => this.symbol(symbol, depth + 1));
  }

  private chosen(member: KSymbol, choice: KSymbol, head: Head, isOn: boolean): Reason {
    const { evaluator } = this.configuration;
    const menu = choice.menus[0]!;
    const members = evaluator instanceof Evaluator612 ? evaluator.members(choice) : choice.members;
    const winner = members.find((symbol) => evaluator.tri[symbol.index] !== NO);
    const decided =
      winner !== undefined && evaluator.hasUser[winner.index] === 1 && evaluator.userTri[winner.index] !== NO;
    const how = decided ? "by the user" : "by default";
    const title = menu.prompt?.text ?? "unnamed";
    const text = isOn
      ? `chosen ${how} in the choice "${title}"`
      : `the choice "${title}" is ${winner?.name ?? "empty"}, ${how}`;
    const because = isOn || winner === undefined || winner === member ? [] : [];
    const mode =
      evaluator instanceof Evaluator61 && evaluator.tri[choice.index] === MOD ? " (a choice of modules)" : "";
    return { ...head, cause: "choice", text: text + mode, file: menu.file, line: menu.line, because };
  }

  private textual(symbol: KSymbol, head: Head, depth: number): Reason {
    const { evaluator } = this.configuration;
    const at = symbol.index;
    const place = { file: symbol.menus[0]!.file, line: symbol.menus[0]!.line };
    if (evaluator.visible[at] !== NO && evaluator.hasUser[at]) {
      if (evaluator.userText[at] === evaluator.text[at]) return this.byUser(symbol, head);
      return this.byRange(symbol, head, `the user's ${evaluator.userText[at]} is out of range`);
    }
    const property = evaluator.defaultOf(symbol);
    if (property !== null) {
      const because = this.mentioned(symbol, property.written, depth);
      return { ...head, cause: "default", text: this.printDefault(property), ...placeOf(property), because };
    }
    const because = evaluator.visible[at] === NO ? this.unmetAt(symbol, depth) : [];
    return { ...head, cause: "nothing sets it", text: "no default applies", ...place, because };
  }

  private byRange(symbol: KSymbol, head: Head, text: string): Reason {
    const range = this.configuration.evaluator.rangeOf(symbol);
    if (range === null) return { ...head, cause: "range", text, because: [] };
    return { ...head, cause: "range", text: `${text} ${printExpr(range.expr)}`, ...placeOf(range), because: [] };
  }
}

interface Head {
  readonly symbol: string;
  readonly value: string;
}

interface Place {
  readonly file: string;
  readonly line: number;
}

function placeOf(property: Property): Place {
  return { file: property.file, line: property.line };
}

function isConstant(condition: Condition): boolean {
  return condition.expr.kind === "symbol" && condition.expr.symbol!.isConstant;
}

/** The same expression at two places (a menu inside a menu) is told once. */
function distinct(conditions: readonly Condition[]): Condition[] {
  const seen = new Set<Condition["expr"]>();
  return conditions.filter((condition) => !seen.has(condition.expr) && seen.add(condition.expr));
}
