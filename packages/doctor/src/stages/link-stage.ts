/**
 * What the link stage says of a reference beyond ld: where the symbol is declared, who would define it, under which
 * conditions of Kconfig and Makefiles, and under which the reference and a definition both hold.
 */
import { placeOf } from "@shootdown/checker";
import type { At, DroppedReference, Fact, LiveStep, UndefinedReference } from "@shootdown/ir";
import type { Chain, KbuildResult, Condition as MakeCondition } from "@shootdown/kbuild";
import type { ModelTree } from "../model/model-tree.js";
import type { LinkStage } from "../result.js";
import { sayConditions } from "../wording.js";

type Reference = LinkStage["undefined"][number];
type Definer = Reference["definers"][number];
export type LinkCondition = Definer["conditions"][number];

const line = ({ file, line: number }: At) => ({ file, line: number });
const fact = ({ text, at }: Fact) => ({ text, ...line(at) });

function stepOf(step: LiveStep): Reference["steps"][number] {
  if (step.kind === "call") return { kind: "call", from: step.from, to: step.to, at: placeOf(step.at) };
  const { condition, holds, isAlways, because, at } = step;
  return { kind: "branch", condition, holds, isAlways, because: because.map(fact), at: placeOf(at) };
}

/** A condition of a Makefile as what one symbol must be; undefined for one that names several or none. */
function conditionOf(condition: MakeCondition): LinkCondition | undefined {
  const [only, ...others] = condition.symbols;
  if (!only || others.length > 0) return undefined;
  const isOn = only.value === "y";
  return {
    symbol: only.name,
    value: condition.holds === isOn ? "y" : "n",
    holds: condition.holds,
    file: condition.at.file,
    line: condition.at.line,
  };
}

/** What each symbol must be along a chain of statements, once each. */
function conditionsOf(chain: Chain | undefined): readonly LinkCondition[] {
  const found = new Map<string, LinkCondition>();
  for (const step of chain?.steps ?? []) {
    for (const condition of step.conditions) {
      const known = conditionOf(condition);
      if (known && !found.has(known.symbol)) found.set(known.symbol, known);
    }
  }
  return [...found.values()];
}

/** The files of the tree that define a function others can name, headers and scenarios aside. */
function filesDefining(tree: ModelTree, symbol: string): readonly string[] {
  const definition = new RegExp(`^export (function|const) ${symbol}\\b`, "m");
  return tree
    .paths()
    .filter((path) => /^kernel\/.*\.ts$/.test(path) && !/\/(include|scenarios)\//.test(path))
    .filter((path) => definition.test(tree.read(path) ?? ""))
    .map((path) => path.replace(/^kernel\//, ""));
}

export interface LinkContext {
  readonly tree: ModelTree;
  readonly kbuild: KbuildResult;
  /** The condition under which a file is part of its object, as symbols that must be on or off. */
  readonly partConditions: (file: string) => readonly LinkCondition[];
}

export function undefinedReference(reference: UndefinedReference, definedIn: string, context: LinkContext): Reference {
  const { tree, kbuild } = context;
  const { symbol, object, holder, at, declared, path, steps, isUncertain } = reference;
  const definers = filesDefining(tree, symbol).map((file): Definer => {
    const why = kbuild.why(file);
    return { object: file.replace(/\.ts$/, ".o"), built: why.built, conditions: [...conditionsOf(why.chains[0])] };
  });
  const files = new Set([object, at.file.replace(/\.ts$/, ".o")]);
  const makefiles = [...files].flatMap((file) => conditionsOf(kbuild.why(file).chains[0]));
  const holds = [...makefiles, ...context.partConditions(at.file)];
  const both = definers.map(({ conditions }) => together(holds, conditions));
  return {
    symbol,
    object,
    holder,
    at: placeOf(at),
    declared: line(declared),
    definedIn,
    path: [...path],
    steps: steps.map(stepOf),
    referencedIf: holds,
    definers,
    both: both.filter((text) => text !== undefined).join(" || ") || undefined,
    isUncertain,
  };
}

/** Both conjunctions; undefined if they contradict each other. */
function together(a: readonly LinkCondition[], b: readonly LinkCondition[]): string | undefined {
  const wanted = new Map(a.map(({ symbol, value }) => [symbol, value]));
  if (b.some(({ symbol, value }) => (wanted.get(symbol) ?? value) !== value)) return undefined;
  return `(${sayConditions([...a, ...b])})`;
}

export function droppedReference(reference: DroppedReference): LinkStage["dropped"][number] {
  const { symbol, declared, at, because, byConstants, isUncertain } = reference;
  return { symbol, declared: line(declared), at: placeOf(at), because: because.map(fact), byConstants, isUncertain };
}

/** Symbols that an expression over CONFIG names, each as it must be for the whole to hold; only conjunctions of them. */
export function conditionsInText(
  text: string,
  place: { readonly file: string; readonly line: number },
  values: ReadonlyMap<string, boolean | number>,
): readonly LinkCondition[] {
  return text.split("&&").flatMap((part): readonly LinkCondition[] => {
    const match = /^\s*(!?)\s*CONFIG\.(\w+)\s*$/.exec(part);
    if (!match) return [];
    const value = match[1] === "!" ? "n" : "y";
    const symbol = match[2]!;
    return [{ symbol, value, holds: (values.get(symbol) === true) === (value === "y"), ...place }];
  });
}
