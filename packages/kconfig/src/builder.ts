/**
 * The actions of the parser: what each statement adds to the tree.
 *
 * Called by the parser in the order in which conf's own parser reduces its rules, because messages and positions depend on it.
 */

import type { Diagnostics } from "./diagnostics.js";
import { ExprPool } from "./expr.js";
import type { Lexer } from "./lexer.js";
import { appended } from "./lists.js";
import { type Dialect, type Expr, type KSymbol, Menu, Property, type PropertyKind, type SymbolType } from "./model.js";
import { SymbolTable } from "./symbol-table.js";
import { isSpace } from "./text.js";

/** How messages call the types. */
export const TYPE_NAME: Record<SymbolType, string> = {
  unknown: "unknown",
  bool: "bool",
  tristate: "tristate",
  int: "integer",
  hex: "hex",
  string: "string",
};

export class Builder {
  readonly symbols: SymbolTable;
  readonly pool: ExprPool;
  readonly menus: Menu[] = [];
  readonly properties: Property[] = [];
  readonly root: Menu;
  modules: KSymbol | null = null;
  /** Number of errors that conf counts and goes on after. */
  errors = 0;
  currentEntry: Menu;
  currentMenu: Menu;
  currentChoice: Menu | null = null;
  /** Where the next entry is linked in: as the first child of currentMenu, or after this entry. */
  private lastSibling: Menu | null = null;

  constructor(
    readonly dialect: Dialect,
    readonly lexer: Lexer,
    readonly diagnostics: Diagnostics,
  ) {
    this.symbols = new SymbolTable(dialect);
    this.pool = new ExprPool(this.symbols.yes, this.symbols.mod, this.symbols.no);
    this.root = new Menu(0, null, null, "", 0);
    this.menus.push(this.root);
    this.currentEntry = this.currentMenu = this.root;
  }

  /** An error after which conf still reads to the end of the input. */
  error(message: string): void {
    this.errors++;
    this.diagnostics.at("error", this.lexer.statementFile, this.lexer.statementLine, message);
  }

  warn(message: string): void {
    this.diagnostics.at("warning", this.lexer.statementFile, this.lexer.statementLine, message);
  }

  addEntry(symbol: KSymbol | null): Menu {
    const menu = new Menu(this.menus.length, symbol, this.currentMenu, this.positionFile, this.lexer.statementLine);
    this.menus.push(menu);
    if (this.lastSibling !== null) this.lastSibling.next = menu;
    else this.currentMenu.list = menu;
    this.lastSibling = menu;
    this.currentEntry = menu;
    if (symbol !== null) {
      symbol.menus = appended(symbol.menus, menu);
      if (this.dialect === "6.1") this.addProperty("symbol", this.pool.symbol(symbol), null);
    }
    return menu;
  }

  /** The current entry becomes a block; what follows is inside it. */
  beginBlock(): Menu {
    this.lastSibling = null;
    this.currentMenu = this.currentEntry;
    return this.currentMenu;
  }

  endBlock(): void {
    this.lastSibling = this.currentMenu;
    // Beyond the outermost block conf would crash; only malformed input gets here.
    this.currentMenu = this.currentMenu.parent ?? this.root;
  }

  addDependency(expr: Expr): void {
    const entry = this.currentEntry;
    entry.written = appended(entry.written, { expr, line: this.lexer.statementLine });
    entry.dep = this.pool.and(entry.dep, expr);
  }

  addVisibility(expr: Expr | null): void {
    this.currentEntry.visibility = this.pool.and(this.currentEntry.visibility, expr);
  }

  addPrompt(kind: "prompt" | "menu" | "comment", text: string, condition: Expr | null): void {
    const property = this.addProperty(kind, null, condition);
    let start = 0;
    if (isSpace(text.charCodeAt(0))) {
      this.diagnostics.warnAt(property.file, property.line, "leading whitespace ignored");
      while (isSpace(text.charCodeAt(start))) start++;
    }
    if (this.currentEntry.prompt !== null) this.diagnostics.warnAt(property.file, property.line, "prompt redefined");
    if (kind === "prompt")
      for (let menu = this.currentEntry.parent; menu !== null; menu = menu.parent)
        if (menu.visibility !== null) property.visible = this.pool.and(property.visible, menu.visibility);
    this.currentEntry.prompt = property;
    property.text = text.slice(start);
  }

  addProperty(kind: PropertyKind, expr: Expr | null, condition: Expr | null): Property {
    const property = new Property(
      this.properties.length,
      kind,
      null,
      expr,
      condition,
      condition,
      this.currentEntry,
      this.positionFile,
      this.lexer.statementLine,
    );
    this.properties.push(property);
    const symbol = this.currentEntry.symbol;
    if (symbol !== null) symbol.properties = appended(symbol.properties, property);
    return property;
  }

  setType(type: SymbolType): void {
    const symbol = this.currentEntry.symbol!;
    if (symbol.type === type) return;
    if (symbol.type === "unknown") {
      symbol.type = type;
      return;
    }
    const text = `ignoring type redefinition of '${symbol.name ?? "<choice>"}' from '${TYPE_NAME[symbol.type]}' to '${TYPE_NAME[type]}'`;
    this.diagnostics.warnAt(this.currentEntry.file, this.currentEntry.line, text);
  }

  setHelp(start: number, end: number, isBlank: boolean): void {
    const entry = this.currentEntry;
    const name = entry.symbol?.name ?? "<choice>";
    if (entry.helpStart >= 0)
      this.warn(`warning: '${name}' defined with more than one help text -- only the last one will be used`);
    if (isBlank) this.warn(`warning: '${name}' defined with blank help text`);
    entry.helpStart = start;
    entry.helpEnd = end;
  }

  setModules(): void {
    const symbol = this.currentEntry.symbol!;
    if (this.modules !== null)
      this.error(`symbol '${symbol.name}' redefines option 'modules' already defined by symbol '${this.modules.name}'`);
    this.modules = symbol;
  }

  /** The end of a `config` inside a choice: 6.12 checks it here and enters it in the choice's member list. */
  endChoiceMember(): void {
    if (this.currentChoice === null || this.dialect === "6.1") return;
    const entry = this.currentEntry;
    const symbol = entry.symbol!;
    if (entry.prompt === null) this.entryError(entry, "choice member must have a prompt");
    if (symbol.type !== "bool") this.entryError(entry, "choice member must be bool");
    if (symbol.isChoiceMember) return;
    symbol.isChoiceMember = true;
    const choice = this.currentChoice.symbol!;
    choice.members = appended(choice.members, symbol);
  }

  beginChoice(name: string | null): void {
    const symbol = this.symbols.choice(name);
    this.addEntry(symbol);
    if (this.dialect === "6.12") this.setType("bool");
    else this.addProperty("choice", null, null);
  }

  beginChoiceBlock(): Menu {
    if (this.dialect === "6.12") {
      if (this.currentEntry.prompt === null) this.entryError(this.currentEntry, "choice must have a prompt");
      this.currentChoice = this.currentEntry;
    }
    return this.beginBlock();
  }

  /** Closes a block if the closing keyword fits; if not, says why and leaves the block open, as conf does. */
  endBlockWith(keyword: string, expected: string): void {
    if (keyword !== expected) {
      this.error(`unexpected '${keyword}' within ${expected} block`);
      this.errors++;
    } else if (this.currentMenu.file !== this.lexer.file || this.lexer.rootEnded) {
      this.error(`'${keyword}' in different file than '${expected}'`);
      const { file, line } = this.currentMenu;
      this.diagnostics.at("error", file, line, `location of the '${expected}'`);
      this.errors++;
    } else this.endBlock();
  }

  /** The input ended inside this block. */
  abandonBlock(menu: Menu): void {
    this.diagnostics.at("error", menu.file, menu.line, "missing end statement for this entry");
    if (this.currentMenu === menu) this.endBlock();
  }

  private entryError(entry: Menu, message: string): void {
    this.diagnostics.at("error", entry.file, entry.line, `error: ${message}`);
    this.errors++;
  }

  private get positionFile(): string {
    return this.lexer.file;
  }
}
