/**
 * The entry point `@shootdown/kconfig/want`, apart from the rest because it brings a SAT solver along, which takes a third of a
 * second to load.
 *
 * Is a value reachable, and how: the fewest changes found that give it, or the facts that forbid it.
 *
 * Called for `config want SMP=y MMU=n`. A SAT solver searches; a way it finds is confirmed by evaluating the changed file, a
 * contradiction is cut down until every fact left in it is needed.
 */
import { isValidValue } from "../check-properties.js";
import { Configuration } from "../configuration.js";
import { forEachSymbol } from "../expr.js";
import type { KSymbol } from "../model.js";
import { configPrefix } from "../read-config.js";
import type { KconfigTree } from "../tree.js";
import { quote } from "../write-config.js";
import { Encoder, type EncoderOptions } from "./encoder.js";
import type { Fact } from "./facts.js";

import { Keep } from "./keep.js";
import { type Literal, Sat } from "./sat.js";

export type { Fact, FactKind } from "./facts.js";

/** A value somebody wants a symbol to have; the name without `CONFIG_`. */
export interface Wish {
  readonly name: string;
  readonly value: string;
}

/** One line to change. */
export interface Change {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly prompt: string | undefined;
  readonly file: string | undefined;
  readonly line: number | undefined;
}

export type WantResult =
  /** A wish that is none: no such symbol, or not a value of its type. */
  | { readonly kind: "mistake"; readonly text: string }
  | {
      readonly kind: "way";
      /** Empty: it is so already. No subset of them suffices. A change may confirm a value that would not stay by itself. */
      readonly changes: readonly Change[];
      /** Fewer changes cannot do it. Not proven for more than a dozen changes. */
      readonly isSmallest: boolean;
      /** Lines to append to the `.config`. */
      readonly fragment: string;
      /** The configuration with the changes made. */
      readonly configuration: Configuration;
      /** Evaluation confirms that the wishes come true. If not, some wish depends on a number or text the solver cannot see. */
      readonly confirmed: boolean;
    }
  | {
      readonly kind: "contradiction";
      /** The wishes and these exclude each other; every one of them is needed for that. Nearest to the wishes first. */
      readonly facts: readonly Fact[];
    };

/** Up to so many changes it is proven that fewer do not suffice. */
const MAX_PROVEN_CHANGES = 12;

/** `SMP=y` or `CONFIG_SMP=y` as a wish; undefined if it is not of that form. */
export function parseWish(text: string): Wish | undefined {
  const match = /^(?:CONFIG_)?([A-Za-z0-9_-]+)=(.*)$/s.exec(text);
  return match === null ? undefined : { name: match[1]!, value: match[2]! };
}

/** `base`: the `.config` to start from; without it, the defaults. */
export function want(tree: KconfigTree, wishes: readonly Wish[], base?: string): WantResult {
  const mistake = wishes.map((wish) => findMistake(tree, wish)).find((text) => text !== undefined);
  if (mistake !== undefined) return { kind: "mistake", text: mistake };
  const start = load(tree, base ?? "");
  if (areTrue(start, wishes))
    return { kind: "way", changes: [], isSmallest: true, fragment: "", configuration: start, confirmed: true };
  let search = new Search(tree, wishes, start);
  if (!search.sat.solve()) return { kind: "contradiction", facts: contradiction(tree, wishes) };
  let changed = search.reduce();
  let isSmallest = changed.length <= 1;
  // Every change is needed; a set of fewer, other changes is sought as long as that stays a small question.
  while (!isSmallest && changed.length <= MAX_PROVEN_CHANGES) {
    const smaller = new Search(tree, wishes, start);
    smaller.atMost(changed.length - 1);
    if (smaller.sat.solve()) {
      changed = smaller.reduce();
      search = smaller;
    } else isSmallest = true;
  }
  const changes = describe(search.encoder, start, changed, wishes);
  const fragment = changes.map(({ name, after }) => line(tree, start, name, after)).join("");
  const configuration = load(tree, `${base ?? ""}\n${fragment}`);
  const confirmed = areTrue(configuration, wishes);
  return { kind: "way", changes, isSmallest, fragment, configuration, confirmed };
}

function load(tree: KconfigTree, text: string): Configuration {
  return new Configuration(tree).load(text).calculateAll();
}

function areTrue(configuration: Configuration, wishes: readonly Wish[]): boolean {
  return wishes.every(({ name, value }) => configuration.value(name) === unquoted(value));
}

function findMistake(tree: KconfigTree, { name, value }: Wish): string | undefined {
  const symbol = tree.symbol(name);
  if (symbol === undefined || symbol.type === "unknown") return `${name}: no such symbol in this tree`;
  if ((symbol.type === "int" || symbol.type === "hex") && !isValidValue(symbol.type, value))
    return `${name} is ${symbol.type === "int" ? "an int" : "a hex"}: ${value} is no such number`;
  const allowed = symbol.type === "bool" ? ["y", "n"] : symbol.type === "tristate" ? ["y", "m", "n"] : undefined;
  if (allowed === undefined || allowed.includes(value)) return undefined;
  return `${name} is a ${symbol.type}: its values are ${allowed.join(", ")}`;
}

/** Demands a wish. */
function demand(encoder: Encoder, { name, value }: Wish): void {
  const symbol = encoder.tree.symbol(name)!;
  if (symbol.type !== "bool" && symbol.type !== "tristate") {
    encoder.demandText(symbol, unquoted(value));
    return;
  }
  const { some, full } = encoder.literals.symbol(symbol);
  for (const literal of value === "y" ? [full] : value === "m" ? [some, -full] : [-some]) encoder.sat.add(literal);
}

function unquoted(value: string): string {
  return value.replace(/^"(.*)"$/s, "$1");
}

/** One solver with the rules, the wishes, and "as it is now" for everything else. */
class Search {
  readonly sat = new Sat();
  readonly encoder: Encoder;
  private readonly changed: ReadonlyMap<KSymbol, Literal>;

  constructor(tree: KconfigTree, wishes: readonly Wish[], start: Configuration) {
    this.encoder = new Encoder(tree, this.sat, { explain: false, looseSelects: false, isDefined: () => true });
    for (const wish of wishes) demand(this.encoder, wish);
    this.encoder.closure();
    this.changed = new Keep(this.encoder, start).changed;
  }

  /** Allows so many changes: a counter that goes along all that can be changed, as a unary number. */
  atMost(limit: number): void {
    const { sat } = this;
    let count: Literal[] = [];
    for (const literal of this.changed.values()) {
      const next = Array.from({ length: limit }, () => sat.fresh());
      for (const [digit, out] of next.entries()) {
        const carried = digit === 0 ? sat.true : (count[digit - 1] ?? sat.false);
        sat.add(-(count[digit] ?? sat.false), out);
        sat.add(-literal, -carried, out);
      }
      sat.add(-literal, -(count[limit - 1] ?? sat.false));
      count = next;
    }
  }

  /** Cuts the changes of the model found last down to a set of which every single one is needed. */
  reduce(): KSymbol[] {
    let candidates = this.inModel(this.changed.keys());
    this.fixAllBut(candidates, this.changed.keys());
    for (let size = Math.ceil(candidates.length / 2); candidates.length > 0; size = Math.ceil(size / 2)) {
      for (let at = 0; at < candidates.length; ) {
        const chunk = candidates.slice(at, at + size);
        if (!this.sat.solve(chunk.map((symbol) => -this.literal(symbol)))) {
          at += size;
          continue;
        }
        const before = candidates;
        candidates = this.inModel(before);
        // Changes before `at` are still to be tried one by one later; go on behind those that are left of them.
        at = candidates.filter((symbol) => before.indexOf(symbol) < at).length;
        this.fixAllBut(candidates, before);
      }
      if (size <= 1) break;
    }
    this.sat.solve();
    return candidates;
  }

  private literal(symbol: KSymbol): Literal {
    return this.changed.get(symbol)!;
  }

  private inModel(symbols: Iterable<KSymbol>): KSymbol[] {
    return [...symbols].filter((symbol) => this.sat.isTrue(this.literal(symbol)));
  }

  private fixAllBut(open: readonly KSymbol[], among: Iterable<KSymbol>): void {
    const free = new Set(open);
    for (const symbol of among) if (!free.has(symbol)) this.sat.add(-this.literal(symbol));
  }
}

function describe(
  encoder: Encoder,
  start: Configuration,
  changed: readonly KSymbol[],
  wishes: readonly Wish[],
): Change[] {
  const { tree, sat, literals } = encoder;
  const changes: Change[] = [];
  const add = (symbol: KSymbol, after: string): void => {
    const info = start.info(symbol);
    const place = info.definitions[0];
    changes.push({
      name: info.name,
      before: info.value,
      after,
      prompt: info.prompt,
      file: place?.file,
      line: place?.line,
    });
  };
  for (const symbol of changed) {
    const target = symbol.isChoice
      ? encoder.members(symbol).find((member) => sat.isTrue(literals.symbol(member).full))
      : symbol;
    if (target === undefined) continue;
    const { some, full } = literals.symbol(target);
    add(target, sat.isTrue(full) ? "y" : sat.isTrue(some) ? "m" : "n");
  }
  for (const { name, value } of wishes) {
    const symbol = tree.symbol(name)!;
    if (symbol.type !== "bool" && symbol.type !== "tristate" && hasPrompt(symbol)) add(symbol, unquoted(value));
  }
  return changes.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** A line for a symbol without one has no effect. */
function hasPrompt(symbol: KSymbol): boolean {
  return symbol.properties.some((property) => property.text !== null);
}

function line(tree: KconfigTree, start: Configuration, name: string, value: string): string {
  const prefix = configPrefix(start.env);
  if (value === "n" && tree.symbol(name)!.type !== "string") return `# ${prefix}${name} is not set\n`;
  return `${prefix}${name}=${tree.symbol(name)!.type === "string" ? quote(value) : value}\n`;
}

/**
 * The facts that exclude the wishes. Looks at the rules of the symbols nearest to the wishes first, and further away only as long as
 * that leaves a way; then drops every fact without which it is still a contradiction.
 */
function contradiction(tree: KconfigTree, wishes: readonly Wish[]): Fact[] {
  const distance = distances(tree, wishes);
  const furthest = Math.max(...distance.values());
  const within = (radius: number) => (symbol: KSymbol) => (distance.get(symbol) ?? furthest) <= radius;
  let options: EncoderOptions = { explain: false, looseSelects: true, isDefined: within(0) };
  for (let radius = 0; isPossible(tree, wishes, options) && radius <= furthest; radius++)
    options = { ...options, isDefined: within(radius) };
  // Only an entry that is forced on against its own dependencies makes the difference.
  if (isPossible(tree, wishes, options)) options = { ...options, looseSelects: false };
  const sat = new Sat();
  const encoder = new Encoder(tree, sat, { ...options, explain: true });
  for (const wish of wishes) demand(encoder, wish);
  encoder.closure();
  const far = (symbol: KSymbol): number => distance.get(symbol) ?? furthest;
  // Far facts first: they are tried for dropping first, so that the ones near the wishes remain.
  let needed = [...encoder.facts].sort((a, b) => far(b.symbol) - far(a.symbol));
  for (let size = Math.ceil(needed.length / 2); ; size = Math.ceil(size / 2)) {
    for (let at = 0; at < needed.length; ) {
      const rest = [...needed.slice(0, at), ...needed.slice(at + size)];
      if (sat.solve(rest.map((entry) => entry.on))) at += size;
      else needed = rest;
    }
    if (size <= 1) break;
  }
  return needed.reverse().map((entry) => entry.fact);
}

function isPossible(tree: KconfigTree, wishes: readonly Wish[], options: EncoderOptions): boolean {
  const sat = new Sat();
  const encoder = new Encoder(tree, sat, options);
  for (const wish of wishes) demand(encoder, wish);
  encoder.closure();
  return sat.solve();
}

/** How many rules lie between each symbol and the wishes. */
function distances(tree: KconfigTree, wishes: readonly Wish[]): Map<KSymbol, number> {
  const distance = new Map<KSymbol, number>();
  const queue: KSymbol[] = [];
  const reach = (symbol: KSymbol, far: number): void => {
    if (symbol.isConstant || distance.has(symbol)) return;
    distance.set(symbol, far);
    queue.push(symbol);
  };
  for (const { name } of wishes) reach(tree.symbol(name)!, 0);
  for (const symbol of queue) {
    const next = distance.get(symbol)! + 1;
    const visit = (other: KSymbol): void => reach(other, next);
    for (const expr of [symbol.directDep, symbol.reverseDep, symbol.implied]) forEachSymbol(expr, visit);
    for (const property of symbol.properties)
      if (property.kind !== "select" && property.kind !== "imply") {
        forEachSymbol(property.visible, visit);
        forEachSymbol(property.expr, visit);
      }
    if (symbol.choice !== null) reach(symbol.choice, next - 1);
    for (const member of symbol.members) reach(member, next - 1);
  }
  return distance;
}
