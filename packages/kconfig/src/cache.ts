/**
 * A parsed tree as bytes, and back: for the next start of a program.
 *
 * saveTree() writes everything evaluation needs, and what the tree was made from: files with a fingerprint of their content,
 * environment variables, shell answers. loadTree() gives the tree back only if all of that is still the same. Where the bytes are
 * kept is the caller's affair; node.ts has parseKconfigCached().
 *
 * Layout: magic and version, length of the JSON part, JSON (all text), then 32-bit numbers (all structure).
 */

import type { Diagnostic } from "./diagnostics.js";
import { type Environment, type FileTree, noShell, type ShellResult, type ShellRunner } from "./environment.js";
import { ExprPool } from "./expr.js";
import { appended, NONE } from "./lists.js";
import {
  type Dialect,
  Expr,
  type ExprKind,
  type KSymbol,
  Menu,
  Property,
  type PropertyKind,
  type SymbolType,
} from "./model.js";
import { NumberReader, NumberWriter } from "./numbers.js";
import { SymbolTable } from "./symbol-table.js";
import { decodeBytes, encodeBytes } from "./text.js";
import { KconfigTree } from "./tree.js";

/** Change it whenever the layout or the meaning of a parsed tree changes. */
const MAGIC = 0x4b43_0001;

const KINDS: readonly ExprKind[] = ["symbol", "not", "and", "or", "=", "!=", "<", "<=", ">", ">=", "range"];
const PROPERTIES: readonly PropertyKind[] = [
  "prompt",
  "comment",
  "menu",
  "default",
  "select",
  "imply",
  "range",
  "choice",
  "symbol",
];
const TYPES: readonly SymbolType[] = ["unknown", "bool", "tristate", "int", "hex", "string"];

/** The text part. */
interface Texts {
  readonly dialect: Dialect;
  readonly root: string;
  readonly strings: string[];
  readonly environment: [string, string][];
  readonly missingEnvironment: string[];
  readonly shell: [string, ShellResult][];
  /** Path and fingerprint. */
  readonly files: [string, string][];
  readonly diagnostics: readonly Diagnostic[];
}

export interface LoadOptions {
  readonly files: FileTree;
  readonly root?: string;
  readonly env?: Environment;
  /** Asked again for every answer the tree was made with. */
  readonly shell?: ShellRunner;
  /** Take the answers to be as before, without asking. */
  readonly isShellTrusted?: boolean;
  /** The rules the tree must follow. Default: whatever it was saved with. */
  readonly dialect?: Dialect;
  /** Has the file with this path still the content with this fingerprint? Default: reads it and computes. */
  readonly isUnchanged?: (path: string, fingerprint: string) => boolean;
}

/** A short text that differs when the content differs (64 bits, not against an adversary). */
export function fingerprint(text: string): string {
  let a = 0xdeadbeef ^ text.length;
  let b = 0x41c6ce57;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (a >>> 0).toString(16).padStart(8, "0") + (b >>> 0).toString(16).padStart(8, "0");
}

export function saveTree(tree: KconfigTree, root = "Kconfig"): Uint8Array {
  const saver = new Saver(tree);
  const numbers = saver.run();
  const texts: Texts = {
    dialect: tree.dialect,
    root,
    strings: saver.strings,
    environment: [...tree.inputs.environment],
    missingEnvironment: [...tree.inputs.missingEnvironment],
    shell: [...tree.inputs.shell],
    files: tree.inputs.files.map((path) => [path, fingerprint(tree.source(path) ?? "")]),
    diagnostics: tree.diagnostics,
  };
  const json = encodeBytes(JSON.stringify(texts));
  const padded = (json.length + 3) & ~3;
  const out = new Uint8Array(12 + padded + numbers.byteLength);
  new Uint32Array(out.buffer, 0, 3).set([MAGIC, json.length, numbers.length]);
  out.set(json, 12);
  out.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), 12 + padded);
  return out;
}

/** The tree, or undefined if it was made from something else, by another version, or the bytes are damaged. */
export function loadTree(bytes: Uint8Array, options: LoadOptions): KconfigTree | undefined {
  const { root = "Kconfig", env = {} } = options;
  try {
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
    const [magic, jsonLength, count] = new Uint32Array(aligned.buffer, aligned.byteOffset, 3);
    const padded = (jsonLength! + 3) & ~3;
    if (magic !== MAGIC || aligned.length !== 12 + padded + 4 * count!) return undefined;
    const texts = JSON.parse(decodeBytes(aligned.subarray(12, 12 + jsonLength!))) as Texts;
    if (texts.root !== root || (options.dialect ?? texts.dialect) !== texts.dialect) return undefined;
    if (!isSame(texts, options)) return undefined;
    const numbers = new Int32Array(aligned.buffer, aligned.byteOffset + 12 + padded, count);
    return new Loader(texts, new NumberReader(numbers)).run(env, options.files);
  } catch (error) {
    // Damaged bytes show as broken JSON, a number out of range, or a missing node.
    if (error instanceof SyntaxError || error instanceof RangeError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function isSame(texts: Texts, { files, env = {}, shell = noShell, isUnchanged, isShellTrusted }: LoadOptions): boolean {
  const value = (name: string): string | undefined => (Object.hasOwn(env, name) ? env[name] : undefined);
  if (texts.environment.some(([name, before]) => value(name) !== before)) return false;
  if (texts.missingEnvironment.some((name) => value(name) !== undefined)) return false;
  const isKept =
    isUnchanged ??
    ((path: string, before: string) => {
      const text = files.readFile(path);
      return text !== undefined && fingerprint(text) === before;
    });
  if (!texts.files.every(([path, before]) => isKept(path, before))) return false;
  if (isShellTrusted) return true;
  return texts.shell.every(([command, before]) => {
    const now = shell(command);
    return now.stdout === before.stdout && (now.stderr ?? "") === (before.stderr ?? "");
  });
}

class Saver {
  readonly strings: string[] = [];
  private readonly numbers = new NumberWriter();
  private readonly stringIndex = new Map<string, number>();
  private readonly exprIndex = new Map<Expr, number>();
  private readonly exprs: Expr[] = [];

  constructor(private readonly tree: KconfigTree) {}

  run(): Int32Array {
    const { tree, numbers } = this;
    // Expressions that only existed on the way to the result are left out: operands come before what uses them.
    const structure = new NumberWriter();
    for (const symbol of tree.symbols.all) this.symbol(structure, symbol);
    for (const menu of tree.menus) this.menu(structure, menu);
    for (const property of tree.properties) this.property(structure, property);
    numbers.add(
      tree.symbols.all.length,
      tree.menus.length,
      tree.properties.length,
      this.exprs.length,
      tree.modules.index,
    );
    for (const symbol of tree.symbols.all)
      numbers.add(this.string(symbol.name), (symbol.isConstant ? 1 : 0) | (symbol.isChoice ? 2 : 0));
    for (const e of this.exprs)
      numbers.add(
        KINDS.indexOf(e.kind),
        this.part(e.left),
        this.part(e.right),
        e.symbol?.index ?? -1,
        e.other?.index ?? -1,
      );
    for (const menu of tree.menus)
      numbers.add(menu.symbol?.index ?? -1, menu.block?.index ?? -1, this.string(menu.file), menu.line);
    for (const property of tree.properties)
      numbers.add(this.expr(property.written), property.menu.index, this.string(property.file), property.line);
    return numbers.concat(structure);
  }

  private symbol(out: NumberWriter, symbol: KSymbol): void {
    const flags = (symbol.isChoiceMember ? 1 : 0) | (symbol.isOptional ? 2 : 0);
    out.add(TYPES.indexOf(symbol.type), flags, symbol.choice?.index ?? -1);
    out.add(this.expr(symbol.directDep), this.expr(symbol.reverseDep), this.expr(symbol.implied));
    out.list(symbol.properties.map((property) => property.index));
    out.list(symbol.menus.map((menu) => menu.index));
    out.list(symbol.members.map((member) => member.index));
  }

  private menu(out: NumberWriter, menu: Menu): void {
    out.add(menu.next?.index ?? -1, menu.list?.index ?? -1, menu.parent?.index ?? -1, menu.prompt?.index ?? -1);
    out.add(this.expr(menu.visibility), this.expr(menu.dep), menu.helpStart, menu.helpEnd);
    out.list(menu.written.flatMap((one) => [this.expr(one.expr), one.line]));
  }

  private property(out: NumberWriter, property: Property): void {
    out.add(PROPERTIES.indexOf(property.kind), this.string(property.text), this.expr(property.expr));
    out.add(this.expr(property.visible));
    this.expr(property.written);
  }

  private string(text: string | null): number {
    if (text === null) return -1;
    let index = this.stringIndex.get(text);
    if (index === undefined) {
      index = this.strings.length;
      this.strings.push(text);
      this.stringIndex.set(text, index);
    }
    return index;
  }

  private part(e: Expr | null): number {
    return e === null ? -1 : this.exprIndex.get(e)!;
  }

  /** Number of an expression; numbers those below it first. */
  private expr(top: Expr | null): number {
    if (top === null) return -1;
    const stack = [top];
    while (stack.length > 0) {
      const e = stack.at(-1)!;
      const missing = [e.right, e.left].filter((part) => part !== null && !this.exprIndex.has(part)) as Expr[];
      if (missing.length > 0) stack.push(...missing);
      else {
        stack.pop();
        if (this.exprIndex.has(e)) continue;
        this.exprIndex.set(e, this.exprs.length);
        this.exprs.push(e);
      }
    }
    return this.exprIndex.get(top)!;
  }
}

class Loader {
  private readonly exprs: Expr[] = [];

  constructor(
    private readonly texts: Texts,
    private readonly numbers: NumberReader,
  ) {}

  run(env: Environment, files: FileTree): KconfigTree {
    const { numbers, texts } = this;
    const [symbolCount, menuCount, propertyCount, exprCount, modules] = [1, 2, 3, 4, 5].map(() => numbers.next());
    const table = new SymbolTable(texts.dialect);
    for (let index = 0; index < symbolCount!; index++) {
      const name = this.string(numbers.next());
      const flags = numbers.next();
      if (index > 2) table.restore(name, (flags & 1) !== 0, (flags & 2) !== 0);
    }
    this.readExprs(exprCount!, table);
    const menus = this.readMenus(menuCount!, table);
    const properties = this.readProperties(propertyCount!, menus);
    for (const symbol of table.all) this.fillSymbol(symbol, table, properties, menus);
    for (const menu of menus) this.fillMenu(menu, menus, properties);
    for (const property of properties) this.fillProperty(property);
    const pool = new ExprPool(table.yes, table.mod, table.no);
    pool.adopt(this.exprs);
    const inputs = {
      files: texts.files.map(([path]) => path),
      environment: new Map(texts.environment),
      missingEnvironment: texts.missingEnvironment,
      shell: new Map(texts.shell),
    };
    const read = (path: string): string | undefined => files.readFile(path);
    const { dialect, diagnostics } = texts;
    return new KconfigTree(
      dialect,
      env,
      table,
      pool,
      menus,
      properties,
      table.all[modules!]!,
      inputs,
      diagnostics,
      read,
    );
  }

  private readExprs(count: number, table: SymbolTable): void {
    const { numbers } = this;
    for (let id = 0; id < count; id++) {
      const kind = KINDS[numbers.next()]!;
      const left = this.expr(numbers.next());
      const right = this.expr(numbers.next());
      const symbol = numbers.next();
      const other = numbers.next();
      this.exprs.push(
        new Expr(id, kind, left, right, symbol < 0 ? null : table.all[symbol]!, other < 0 ? null : table.all[other]!),
      );
    }
  }

  private readMenus(count: number, table: SymbolTable): Menu[] {
    const { numbers } = this;
    const menus: Menu[] = [];
    for (let index = 0; index < count; index++) {
      const symbol = numbers.next();
      const block = numbers.next();
      const file = this.string(numbers.next())!;
      menus.push(
        new Menu(index, symbol < 0 ? null : table.all[symbol]!, block < 0 ? null : menus[block]!, file, numbers.next()),
      );
    }
    return menus;
  }

  private readProperties(count: number, menus: Menu[]): Property[] {
    const { numbers } = this;
    const properties: Property[] = [];
    for (let index = 0; index < count; index++) {
      const written = this.expr(numbers.next());
      const menu = menus[numbers.next()]!;
      const file = this.string(numbers.next())!;
      properties.push(new Property(index, "symbol", null, null, null, written, menu, file, numbers.next()));
    }
    return properties;
  }

  private fillSymbol(symbol: KSymbol, table: SymbolTable, properties: Property[], menus: Menu[]): void {
    const { numbers } = this;
    symbol.type = TYPES[numbers.next()]!;
    const flags = numbers.next();
    symbol.isChoiceMember = (flags & 1) !== 0;
    symbol.isOptional = (flags & 2) !== 0;
    const choice = numbers.next();
    symbol.choice = choice < 0 ? null : table.all[choice]!;
    symbol.directDep = this.expr(numbers.next());
    symbol.reverseDep = this.expr(numbers.next());
    symbol.implied = this.expr(numbers.next());
    symbol.properties = this.list(properties);
    symbol.menus = this.list(menus);
    symbol.members = this.list(table.all);
  }

  private fillMenu(menu: Menu, menus: Menu[], properties: Property[]): void {
    const { numbers } = this;
    const menuAt = (index: number): Menu | null => (index < 0 ? null : menus[index]!);
    menu.next = menuAt(numbers.next());
    menu.list = menuAt(numbers.next());
    menu.parent = menuAt(numbers.next());
    const prompt = numbers.next();
    menu.prompt = prompt < 0 ? null : properties[prompt]!;
    menu.visibility = this.expr(numbers.next());
    menu.dep = this.expr(numbers.next());
    menu.helpStart = numbers.next();
    menu.helpEnd = numbers.next();
    for (let left = numbers.next(); left > 0; left -= 2) {
      const expr = this.expr(numbers.next())!;
      menu.written = appended(menu.written, { expr, line: numbers.next() });
    }
  }

  private fillProperty(property: Property): void {
    const { numbers } = this;
    property.kind = PROPERTIES[numbers.next()]!;
    property.text = this.string(numbers.next());
    property.expr = this.expr(numbers.next());
    property.visible = this.expr(numbers.next());
  }

  private list<T>(all: readonly T[]): readonly T[] {
    const { numbers } = this;
    let out: readonly T[] = NONE;
    for (let left = numbers.next(); left > 0; left--) out = appended(out, all[numbers.next()]!);
    return out;
  }

  private string(index: number): string | null {
    return index < 0 ? null : this.texts.strings[index]!;
  }

  private expr(index: number): Expr | null {
    if (index < 0) return null;
    const e = this.exprs[index];
    if (e === undefined) throw new RangeError("damaged cache");
    return e;
  }
}
