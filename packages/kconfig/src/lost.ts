/**
 * What a `.config` asked for and did not get, and because of what; and what two configurations differ in, by meaning.
 *
 * Called for `config lost` and `config diff`. Kconfig itself drops such lines without a word.
 */
import type { Configuration } from "./configuration.js";
import { Explainer, type Reason } from "./explain.js";
import type { KSymbol } from "./model.js";
import { NO, type Tristate, tristateOf } from "./tristate.js";
import { quote } from "./write-config.js";

/** A line that was not honoured. */
export interface Lost {
  /** Without `CONFIG_`. */
  readonly name: string;
  /** As written in the file. */
  readonly wanted: string;
  /** What it is instead; undefined if the tree has no such symbol. */
  readonly got: string | undefined;
  readonly file: string;
  readonly line: number;
  readonly kind: "unknown symbol" | "invalid value" | "overridden" | "dropped" | "forced";
  /** One line: why. */
  readonly text: string;
  readonly because: readonly Reason[];
}

/** The lines of the file last loaded that have no effect, in order. Lines that repeat a symbol: the last counts. */
export function lost(configuration: Configuration): Lost[] {
  configuration.calculateAll();
  const out: Lost[] = [];
  const last = new Map(configuration.requests.map((request) => [request.name, request]));
  for (const request of configuration.requests) {
    const { name, value: wanted, line, symbol } = request;
    const base = { name, wanted, file: configuration.fileName, line, because: [] };
    if (symbol === undefined) {
      // A symbol that is not there is off: nothing is lost.
      if (wanted === "n") continue;
      out.push({ ...base, got: undefined, kind: "unknown symbol", text: "no such symbol in this tree" });
      continue;
    }
    const got = shownValue(configuration, symbol);
    if (last.get(name) !== request) {
      if (last.get(name)!.value !== wanted)
        out.push({ ...base, got, kind: "overridden", text: `set again in line ${last.get(name)!.line}` });
    } else if (symbol.menus.length === 0) {
      if (wanted !== "n") out.push({ ...base, got, kind: "unknown symbol", text: "no definition in this tree" });
    } else if (!request.accepted)
      out.push({ ...base, got, kind: "invalid value", text: `not a value of type ${symbol.type}` });
    else if (!sameValue(symbol, wanted, got)) out.push(explainLoss(configuration, symbol, { ...base, got }));
  }
  return out;
}

function sameValue(symbol: KSymbol, wanted: string, got: string): boolean {
  if (wanted === got) return true;
  if (symbol.type === "bool" || symbol.type === "tristate") return wanted[0] === got;
  // A line without the opening quote is no request; escapes may be written in two ways.
  return symbol.type === "string" && wanted.replace(/\\(.)/g, "$1") === got.replace(/\\(.)/g, "$1");
}

function shownValue(configuration: Configuration, symbol: KSymbol): string {
  const value = configuration.evaluator.stringValue(symbol);
  return symbol.type === "string" ? quote(value) : value;
}

function explainLoss(configuration: Configuration, symbol: KSymbol, base: Omit<Lost, "kind" | "text">): Lost {
  const { evaluator } = configuration;
  const explainer = new Explainer(configuration);
  const wanted = (tristateOf(base.wanted.slice(0, 1)) ?? 1) as Tristate;
  const isLogic = symbol.type === "bool" || symbol.type === "tristate";
  const got = evaluator.tri[symbol.index] as Tristate;
  if (isLogic && got > wanted) {
    const reason = explainer.explain(base.name);
    // A default that nobody may overrule: what hides the prompt is the cause.
    const hidden = reason.cause === "default" && evaluator.visible[symbol.index] === NO ? explainer.unmet(symbol) : [];
    if (hidden.length === 0) return { ...base, kind: "forced", text: reason.text, because: [reason] };
    return { ...base, kind: "forced", text: `it cannot be answered, and its ${reason.text} counts`, because: hidden };
  }
  if (evaluator.visible[symbol.index]! < (isLogic ? wanted : 1)) {
    const because = explainer.unmet(symbol, isLogic ? wanted : 1);
    if (because.length > 0) return { ...base, kind: "dropped", text: "its dependencies are not met", because };
    if (symbol.properties.every((property) => property.text === null))
      return {
        ...base,
        kind: "dropped",
        text: "it has no prompt, so a file cannot set it",
        because: [explainer.explain(base.name)],
      };
  }
  const reason = explainer.explain(base.name);
  return { ...base, kind: "dropped", text: reason.text, because: [reason] };
}

/** A symbol that two configurations disagree about. */
export interface Difference {
  readonly name: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** `decision`: somebody could answer this one differently. `consequence`: it follows from others. */
  readonly kind: "decision" | "consequence";
  readonly prompt: string | undefined;
  readonly file: string | undefined;
  readonly line: number | undefined;
}

/** What differs between two configurations, of the same tree or of two; decisions first, then by name. */
export function diff(before: Configuration, after: Configuration): Difference[] {
  const left = new Map(before.symbols().map((info) => [info.name, info]));
  const right = new Map(after.symbols().map((info) => [info.name, info]));
  const out: Difference[] = [];
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const [a, b] = [left.get(name), right.get(name)];
    if (a?.value === b?.value) continue;
    const info = (b ?? a)!;
    const isDecision = mayChange(before, name) || mayChange(after, name);
    out.push({
      name,
      before: a?.value,
      after: b?.value,
      kind: isDecision ? "decision" : "consequence",
      prompt: info.prompt,
      file: info.definitions[0]?.file,
      line: info.definitions[0]?.line,
    });
  }
  const rank = { decision: 0, consequence: 1 };
  return out.sort((a, b) => rank[a.kind] - rank[b.kind] || (a.name < b.name ? -1 : 1));
}

/** Is there a prompt, and does no select take the answer away? */
function mayChange(configuration: Configuration, name: string): boolean {
  const symbol = configuration.tree.symbol(name);
  if (symbol === undefined) return false;
  const { visible, reverseDep } = configuration.evaluator;
  return visible[symbol.index] !== NO && visible[symbol.index]! > reverseDep[symbol.index]!;
}
