/**
 * What a parsed Kconfig tree is made of: symbols, properties, menu entries, expressions.
 *
 * The parser and the finaliser fill these; after that they never change, so that any number of configurations can share one
 * tree. Values (what is `y` and what is `n`) live in the evaluator, not here.
 */

import { NONE } from "./lists.js";

/** `unknown`: mentioned, but no definition gives it a type. Such a symbol is always `n`, and its string value is its own name. */
export type SymbolType = "unknown" | "bool" | "tristate" | "int" | "hex" | "string";

export type ComparisonKind = "=" | "!=" | "<" | "<=" | ">" | ">=";

/** `range` is only the operand pair of a `range` property; it is never evaluated. */
export type ExprKind = "symbol" | "not" | "and" | "or" | ComparisonKind | "range";

/**
 * One node of an expression. Nodes are interned (the same expression is the same object), immutable, and have one shape for all
 * kinds, because half a million of them are visited per evaluation:
 *
 *     kind              left      right     symbol    other
 *     symbol            –         –         yes       –
 *     not               operand   –         –         –
 *     and, or           yes       yes       –         –
 *     comparison, range –         –         left      right
 */
export class Expr {
  constructor(
    readonly id: number,
    readonly kind: ExprKind,
    readonly left: Expr | null,
    readonly right: Expr | null,
    readonly symbol: KSymbol | null,
    readonly other: KSymbol | null,
  ) {}
}

/** `select` and `imply` carry a symbol expression; `range` a pair; `choice` and `symbol` exist under the rules of 6.1 only. */
export type PropertyKind =
  | "prompt"
  | "comment"
  | "menu"
  | "default"
  | "select"
  | "imply"
  | "range"
  | "choice"
  | "symbol";

/** One line of a definition: a prompt, a default, a select … with its condition. */
export class Property {
  constructor(
    readonly index: number,
    /** A prompt of a `menuconfig` becomes a `menu`. */
    public kind: PropertyKind,
    /** The prompt's text. Null if the property is not a prompt, comment or menu. */
    public text: string | null,
    /** What is written before `if`: the default's value, the selected symbol, the range. */
    public expr: Expr | null,
    /** The condition. After finalisation it includes the dependencies of the entry and of all enclosing blocks. */
    public visible: Expr | null,
    /** The condition as written after `if` on this line; for messages. */
    readonly written: Expr | null,
    readonly menu: Menu,
    readonly file: string,
    readonly line: number,
  ) {}
}

/** A configuration symbol, a constant, or a choice (which has no name, or under 6.1 possibly one). */
export class KSymbol {
  type: SymbolType = "unknown";
  properties: readonly Property[] = NONE;
  /** The entries that define it, in order. Empty for a constant or a symbol that is only mentioned. */
  menus: readonly Menu[] = NONE;
  /** `depends on` of all definitions, or-ed. Null: none, which counts as `y`. */
  directDep: Expr | null = null;
  /** Or of `selector && condition` over all selects of this symbol. Null: nobody selects it. */
  reverseDep: Expr | null = null;
  /** As {@link reverseDep}, for `imply`. */
  implied: Expr | null = null;
  /** The choice this symbol is a member of. */
  choice: KSymbol | null = null;
  /** In the member list of a choice. Differs from `choice !== null` only in malformed trees. */
  isChoiceMember = false;
  /** Members in order of definition, if this is a choice. */
  members: readonly KSymbol[] = NONE;
  /** A choice that may be left empty (`optional`, 6.1 only). */
  isOptional = false;

  constructor(
    readonly index: number,
    readonly name: string | null,
    readonly isConstant: boolean,
    readonly isChoice: boolean,
  ) {}
}

/** One line of `depends on`. */
export interface WrittenDependency {
  readonly expr: Expr;
  readonly line: number;
}

/** An entry of the menu tree: a definition of a symbol, a menu, an `if`, a comment, a choice. */
export class Menu {
  next: Menu | null = null;
  /** First child. */
  list: Menu | null = null;
  prompt: Property | null = null;
  /** `visible if`. */
  visibility: Expr | null = null;
  dep: Expr | null = null;
  /** `depends on` as written, one expression per line, with its place. Not used by the evaluation; for explanations. */
  written: readonly WrittenDependency[] = NONE;
  /** Where the help text is in {@link file}: offsets of the first and after the last character. */
  helpStart = -1;
  helpEnd = -1;
  /** The block it is written in. Unlike {@link parent} it stays when `if` blocks dissolve; for explanations. */
  readonly block: Menu | null;

  constructor(
    readonly index: number,
    readonly symbol: KSymbol | null,
    public parent: Menu | null,
    readonly file: string,
    readonly line: number,
  ) {
    this.block = parent;
  }
}

/**
 * Which kernel's rules. `6.1`: choices have a mode, may be tristate, optional and named. `6.12`: choices are bool and remember
 * the order in which the user touched their members; expressions are simplified in another order, which shows in warnings.
 */
export type Dialect = "6.1" | "6.12";

export function assertNever(value: never): never {
  throw new Error(`unexpected kind: ${JSON.stringify(value)}`);
}
