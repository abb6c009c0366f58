/**
 * All symbols of a tree, by name and in the order in which conf walks over them.
 *
 * That order is the order of conf's hash table, and it is visible: warnings about unmet dependencies come in it. The table has
 * 9973 buckets in 6.1 and 16384 in 6.12; a new symbol goes to the front of its bucket.
 */
import { type Dialect, KSymbol } from "./model.js";
import { symbolHash } from "./text.js";

/** How many symbols come first in every table: n, m, y. */
export const CONSTANTS = 3;

const BUCKETS: Record<Dialect, number> = { "6.1": 9973, "6.12": 16384 };

export class SymbolTable {
  /** By {@link KSymbol.index}. The first three are the constants n, m, y. */
  readonly all: KSymbol[] = [];
  readonly no: KSymbol;
  readonly mod: KSymbol;
  readonly yes: KSymbol;
  private readonly named = new Map<string, KSymbol>();
  private readonly constants = new Map<string, KSymbol>();
  private readonly choices = new Map<string, KSymbol>();
  private hashOrder: readonly KSymbol[] = [];

  constructor(private readonly dialect: Dialect) {
    this.no = this.add("n", true, false);
    this.mod = this.add("m", true, false);
    this.yes = this.add("y", true, false);
    for (const constant of [this.no, this.mod, this.yes]) constant.type = "tristate";
  }

  /** The symbol of that name, made if it is new. `y`, `m`, `n` are always the constants. */
  lookup(name: string): KSymbol {
    const known = this.fixed(name) ?? this.named.get(name);
    if (known !== undefined) return known;
    const symbol = this.add(name, false, false);
    this.named.set(name, symbol);
    return symbol;
  }

  /** A quoted word: a constant whose value is its own text. */
  constant(text: string): KSymbol {
    const known = this.fixed(text) ?? this.constants.get(text);
    if (known !== undefined) return known;
    const symbol = this.add(text, true, false);
    this.constants.set(text, symbol);
    return symbol;
  }

  /** A choice; with a name (6.1 only) it is the same each time. */
  choice(name: string | null): KSymbol {
    const known = name === null ? undefined : this.choices.get(name);
    if (known !== undefined) return known;
    const symbol = this.add(name, false, true);
    if (name !== null) this.choices.set(name, symbol);
    return symbol;
  }

  /** The symbol a `.config` line means, if the tree mentions it at all. */
  find(name: string): KSymbol | undefined {
    return this.fixed(name) ?? this.named.get(name) ?? this.choices.get(name);
  }

  /** Symbols in the order of conf's hash table. The constants n, m, y are not in it. */
  inHashOrder(): readonly KSymbol[] {
    if (this.hashOrder.length === this.all.length - CONSTANTS) return this.hashOrder;
    const size = BUCKETS[this.dialect];
    const first = new Int32Array(size);
    const next = new Int32Array(this.all.length);
    for (let index = CONSTANTS; index < this.all.length; index++) {
      const { name } = this.all[index]!;
      const bucket = name === null ? 0 : symbolHash(name) % size;
      next[index] = first[bucket]!;
      first[bucket] = index;
    }
    const order: KSymbol[] = [];
    for (let bucket = 0; bucket < size; bucket++)
      for (let index = first[bucket]!; index !== 0; index = next[index]!) order.push(this.all[index]!);
    this.hashOrder = order;
    return order;
  }

  /** For the cache: puts a symbol back as it was saved. Indices must come in order. */
  restore(name: string | null, isConstant: boolean, isChoice: boolean): KSymbol {
    const symbol = this.add(name, isConstant, isChoice);
    if (name !== null) (isChoice ? this.choices : isConstant ? this.constants : this.named).set(name, symbol);
    return symbol;
  }

  /** For the cache: the order that {@link inHashOrder} found, by index. All symbols must be there. */
  restoreHashOrder(order: Int32Array): void {
    const symbols: KSymbol[] = [];
    for (const index of order) {
      const symbol = this.all[index];
      if (symbol === undefined) throw new RangeError("an order of symbols that are not there");
      symbols.push(symbol);
    }
    this.hashOrder = symbols;
  }

  private fixed(name: string): KSymbol | undefined {
    if (name.length !== 1) return undefined;
    return name === "y" ? this.yes : name === "m" ? this.mod : name === "n" ? this.no : undefined;
  }

  private add(name: string | null, isConstant: boolean, isChoice: boolean): KSymbol {
    const symbol = new KSymbol(this.all.length, name, isConstant, isChoice);
    this.all.push(symbol);
    return symbol;
  }
}
