/**
 * One configuration of a tree: user values in, all values out.
 *
 * The main class of the package. A Configuration is cheap (a few arrays); make one per `.config`. conf's command-line modes are in
 * modes.ts; this class has their parts.
 */
import { type Diagnostic, KconfigError, stderrText } from "./diagnostics.js";
import type { Environment } from "./environment.js";
import type { Evaluator } from "./evaluate.js";
import { Evaluator61 } from "./evaluate-6.1.js";
import { Evaluator612 } from "./evaluate-6.12.js";
import type { KSymbol, SymbolType } from "./model.js";
import { type Request, readSimple, settle } from "./read-config.js";
import type { KconfigTree } from "./tree.js";
import type { Tristate } from "./tristate.js";
import { ConfigWriter } from "./write-config.js";

/** A symbol as lists show it. */
export interface SymbolInfo {
  /** Without `CONFIG_`. */
  readonly name: string;
  readonly type: SymbolType;
  /** `y`, `m`, `n`, or the text without quotes. */
  readonly value: string;
  /** Of the first definition that has one. */
  readonly prompt: string | undefined;
  /** Titles of the menus that its prompt is in, the innermost first. */
  readonly menus: readonly string[];
  /** Where it is defined; empty for a symbol that is only mentioned. */
  readonly definitions: readonly { readonly file: string; readonly line: number }[];
  /** Does it have a line in the `.config`? */
  readonly isWritten: boolean;
}

export class Configuration {
  /** What the last file read asked for, line by line. */
  requests: readonly Request[] = [];
  /** The name of the last file read. */
  fileName = ".config";
  /** Warnings about the last file read. */
  fileWarnings = 0;
  readonly evaluator: Evaluator;
  private readonly writer: ConfigWriter;

  /** `env` matters for a few names: `CONFIG_` (the prefix), `KCONFIG_WARN_UNKNOWN_SYMBOLS`. Default: the tree's. */
  constructor(
    readonly tree: KconfigTree,
    readonly env: Environment = tree.env,
  ) {
    this.evaluator = tree.dialect === "6.1" ? new Evaluator61(tree) : new Evaluator612(tree);
    this.writer = new ConfigWriter(this.evaluator, env);
  }

  /** Reads a `.config` and computes all values, as `conf` does at its start. `fileName` appears in warnings. */
  load(text: string, fileName = ".config"): this {
    this.evaluator.changed = false;
    this.loadOnly(text, fileName);
    this.guarded(() => settle(this.evaluator, this.fileWarnings));
    return this;
  }

  /** Reads a `.config` and computes nothing: for KCONFIG_ALLCONFIG. */
  loadOnly(text: string, fileName: string): this {
    this.fileName = fileName;
    const result = readSimple(this.evaluator, text, fileName, this.env);
    this.requests = result.requests;
    this.fileWarnings = result.warnings;
    return this;
  }

  /** There is no file to read: conf starts from the defaults, and computes only what it needs. */
  loadNothing(): this {
    this.evaluator.changed = true;
    this.calc(this.tree.modules);
    return this;
  }

  /** The value of a symbol: `y`, `m`, `n`, or a text without quotes. Undefined: the tree does not know it. */
  value(name: string): string | undefined {
    const symbol = this.tree.symbol(name);
    if (symbol === undefined) return undefined;
    this.calc(symbol);
    return this.evaluator.stringValue(symbol);
  }

  /** The value of a bool or tristate as a number; 0 (`n`) for everything else. */
  tristate(name: string): Tristate {
    const symbol = this.tree.symbol(name);
    if (symbol === undefined) return 0;
    this.calc(symbol);
    return this.evaluator.tri[symbol.index] as Tristate;
  }

  /** The text of the `.config`, as conf writes it. */
  write(): string {
    const text = this.guarded(() => this.writer.full());
    this.evaluator.changed = false;
    return text;
  }

  /** The minimal file from which this configuration can be made again: `savedefconfig`. */
  writeDefconfig(): string {
    return this.guarded(() => this.writer.minimal());
  }

  /** The text of include/config/auto.conf. */
  writeAutoConf(): string {
    return this.guarded(() => this.writer.autoConf());
  }

  /** The text of include/generated/autoconf.h. */
  writeAutoHeader(): string {
    return this.guarded(() => this.writer.autoHeader());
  }

  /** The line of one symbol; empty for a symbol without a type. */
  line(symbol: KSymbol, unsetAsComment = true): string {
    return this.writer.line(symbol, unsetAsComment);
  }

  /** Computes every value that is not current. */
  calculateAll(): this {
    this.guarded(() => {
      for (const symbol of this.tree.hashOrder) this.evaluator.calc(symbol);
    });
    return this;
  }

  /** Every symbol that has a name and a type, sorted by name. */
  symbols(): SymbolInfo[] {
    this.calculateAll();
    const named = this.tree.symbols.all.filter((symbol) => isListed(symbol));
    return named.map((symbol) => this.info(symbol)).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  info(symbol: KSymbol): SymbolInfo {
    this.calc(symbol);
    const entry = symbol.menus.find((menu) => menu.prompt !== null);
    const menus: string[] = [];
    for (let block = entry?.block ?? null; block !== null; block = block.block) {
      if (block.symbol === null && block.prompt !== null) menus.push(block.prompt.text ?? "");
    }
    return {
      name: symbol.name ?? "<choice>",
      type: symbol.type,
      value: this.evaluator.stringValue(symbol),
      prompt: entry?.prompt?.text ?? undefined,
      menus,
      definitions: symbol.menus.map(({ file, line }) => ({ file, line })),
      isWritten: this.evaluator.writes[symbol.index] === 1,
    };
  }

  private calc(symbol: KSymbol): void {
    this.guarded(() => this.evaluator.calc(symbol));
  }

  /** Values that hang on each other over thousands of symbols do not fit JavaScript's stack. No real tree comes near. */
  private guarded<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const text = "dependencies lead through too many symbols to be evaluated; shorten the longest chain";
      throw new KconfigError([{ severity: "error", stream: "stderr", text }]);
    }
  }

  /** What conf would have said since this configuration was made, without the messages of parsing. */
  get warnings(): readonly Diagnostic[] {
    return this.evaluator.warnings;
  }

  /** The same as text, byte for byte. */
  stderr(): string {
    return stderrText(this.evaluator.warnings);
  }
}

function isListed(symbol: KSymbol): boolean {
  return symbol.name !== null && !symbol.isConstant && !symbol.isChoice && symbol.type !== "unknown";
}
