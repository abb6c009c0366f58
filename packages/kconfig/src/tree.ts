/**
 * A parsed Kconfig tree, and how to get one.
 *
 * parseKconfig() is what users of the package call first. The tree it returns never changes; any number of configurations can be
 * made from it, one after another or at the same time.
 */
import { Builder } from "./builder.js";
import { enclosingChoice } from "./check-properties.js";
import { entriesBelow, RecursionCheck } from "./check-recursion.js";
import { type Diagnostic, Diagnostics, KconfigError } from "./diagnostics.js";
import { detectDialect } from "./dialect.js";
import { type Environment, type FileTree, noShell, type ShellResult, type ShellRunner } from "./environment.js";
import type { ExprPool } from "./expr.js";
import { Finaliser } from "./finalise.js";
import { helpText } from "./help-text.js";
import { Lexer } from "./lexer.js";
import type { Dialect, KSymbol, Menu, Property } from "./model.js";
import { Parser } from "./parser.js";
import type { SymbolTable } from "./symbol-table.js";
import { TokenSource } from "./token-source.js";

export interface ParseOptions {
  readonly files: FileTree;
  /** The first file; its path as `conf` would be given it. Default `Kconfig`. */
  readonly root?: string;
  /** Environment variables, for `$(NAME)`. Linux wants `SRCARCH`, `ARCH`, `KERNELVERSION`, `CC`, `LD`, `srctree` and more. */
  readonly env?: Environment;
  /** Runs `$(shell,…)`. Default: refuse. */
  readonly shell?: ShellRunner;
  /** Default: found out from the tree, see detectDialect(). */
  readonly dialect?: Dialect;
}

/** What the text of a tree depended on, apart from the options. The same inputs give the same tree. */
export interface TreeInputs {
  /** Paths of the Kconfig files read, in order of first opening. */
  readonly files: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  readonly missingEnvironment: readonly string[];
  readonly shell: ReadonlyMap<string, ShellResult>;
}

/** A parsed tree. */
export class KconfigTree {
  /** Symbols in the order of conf's hash table, which is the order of its warnings. */
  readonly hashOrder: readonly KSymbol[];

  constructor(
    readonly dialect: Dialect,
    readonly env: Environment,
    readonly symbols: SymbolTable,
    readonly pool: ExprPool,
    readonly menus: readonly Menu[],
    readonly properties: readonly Property[],
    readonly modules: KSymbol,
    readonly inputs: TreeInputs,
    /** What conf said while parsing: warnings on stderr, `$(info,…)` on stdout. */
    readonly diagnostics: readonly Diagnostic[],
    private readonly readFile: (path: string) => string | undefined,
  ) {
    this.hashOrder = symbols.inHashOrder();
  }

  get root(): Menu {
    return this.menus[0]!;
  }

  /** The symbol of that name (without `CONFIG_`), if the tree mentions it. */
  symbol(name: string): KSymbol | undefined {
    return this.symbols.find(name);
  }

  /** The text of one of the Kconfig files. */
  source(path: string): string | undefined {
    return this.readFile(path);
  }

  /** The help text of an entry, or undefined if it has none. */
  help(menu: Menu): string | undefined {
    if (menu.helpStart < 0) return undefined;
    const source = this.source(menu.file);
    return source === undefined ? undefined : helpText(source, menu.helpStart, menu.helpEnd);
  }
}

/**
 * Reads a tree of Kconfig files.
 *
 * @throws KconfigError where `conf` prints an error and exits; it carries conf's messages with file and line.
 */
export function parseKconfig(options: ParseOptions): KconfigTree {
  const { files, root = "Kconfig", env = {}, shell = noShell } = options;
  const dialect = options.dialect ?? detectDialect(files, env);
  const diagnostics = new Diagnostics();
  const lexer = new Lexer(files, env, shell, diagnostics, dialect);
  const build = new Builder(dialect, lexer, diagnostics);
  try {
    lexer.open(root);
    new Parser(new TokenSource(build), build).parse();
    stopIfErrors(build);
    const modules = build.modules ?? build.symbols.no;
    finish(build, modules);
    return new KconfigTree(
      dialect,
      env,
      build.symbols,
      build.pool,
      build.menus,
      build.properties,
      modules,
      inputsOf(lexer),
      diagnostics.list,
      (path) => lexer.opened.get(path),
    );
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // Deep enough for conf's stack, too deep for JavaScript's. Only a cycle is followed so far, to tell where it leads.
    diagnostics.plain("error", "dependencies lead through too many symbols to be told; shorten the longest chain");
    throw new KconfigError(diagnostics.list);
  }
}

function finish(build: Builder, modules: KSymbol): void {
  if (build.root.prompt === null) {
    build.currentEntry = build.root;
    build.addPrompt("menu", "Main menu", null);
  }
  finalise(build, modules);
  if (build.dialect === "6.1") finishChecks61(build);
  else finishChecks612(build);
  stopIfErrors(build);
}

function finalise(build: Builder, modules: KSymbol): void {
  const finaliser = new Finaliser(build, modules);
  try {
    finaliser.run();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // Deep enough for conf's stack, too deep for JavaScript's.
    const { file, line } = finaliser.at;
    const text = "blocks, or the operators of an expression, are nested too deeply; split them with a helper symbol";
    build.diagnostics.at("error", file, line, text);
    throw new KconfigError(build.diagnostics.list);
  }
}

function finishChecks61(build: Builder): void {
  const symbols = build.symbols.inHashOrder();
  const recursion = new RecursionCheck(build, symbols);
  for (const symbol of symbols) if (recursion.findsCycle(symbol)) build.errors++;
}

function finishChecks612(build: Builder): void {
  const entries = [...entriesBelow(build.root)];
  for (const { symbol } of entries) if (symbol !== null && !symbol.isChoice) symbol.choice ??= enclosingChoice(symbol);
  const symbols = entries.flatMap((menu) => menu.symbol ?? []);
  const recursion = new RecursionCheck(build, symbols);
  for (const menu of entries) {
    if (menu.symbol === null) continue;
    if (recursion.findsCycle(menu.symbol)) build.errors++;
    if (!menu.symbol.isChoice) continue;
    for (const member of entriesBelow(menu))
      if (member.symbol !== null && !isSaneChoiceMember(build, member, member.symbol)) build.errors++;
  }
}

function isSaneChoiceMember(build: Builder, menu: Menu, symbol: KSymbol): boolean {
  let sane = true;
  const complain = (property: Property, text: string): void => {
    build.diagnostics.at("error", property.file, property.line, `error: ${text}`);
    sane = false;
  };
  for (const property of symbol.properties) {
    if (property.kind === "default") complain(property, "defaults for choice values not supported");
    if (property.kind === "prompt" && property.menu !== menu && property.menu.parent !== menu.parent)
      complain(property, "choice value has a prompt outside its choice group");
  }
  return sane;
}

function stopIfErrors(build: Builder): void {
  if (build.errors > 0) throw new KconfigError(build.diagnostics.list);
}

function inputsOf(lexer: Lexer): TreeInputs {
  return {
    files: [...lexer.opened.keys()],
    environment: lexer.macros.usedEnvironment,
    missingEnvironment: [...lexer.macros.missingEnvironment],
    shell: lexer.macros.usedShell,
  };
}
