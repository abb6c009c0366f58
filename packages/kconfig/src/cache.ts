/**
 * A parsed tree as bytes, and back: for the next start of a program.
 *
 * saveTree() writes everything evaluation needs, and what the tree was made from: files with a fingerprint of their content,
 * environment variables, shell answers. loadTree() gives the tree back only if all of that is still the same. Where the bytes are
 * kept is the caller's affair; node.ts has parseKconfigCached().
 *
 * Layout: magic and version, length of the JSON part, JSON (all text), then columns of 32-bit numbers (all structure).
 */

import { ColumnReader, ColumnWriter } from "./columns.js";
import type { Diagnostic } from "./diagnostics.js";
import { type Environment, type FileTree, noShell, type ShellResult, type ShellRunner } from "./environment.js";
import { ExprPool } from "./expr.js";
import { NONE } from "./lists.js";
import {
  type Dialect,
  Expr,
  type ExprKind,
  type KSymbol,
  Menu,
  Property,
  type PropertyKind,
  type SymbolType,
  type WrittenDependency,
} from "./model.js";
import { CONSTANTS, SymbolTable } from "./symbol-table.js";
import { decodeBytes, encodeBytes } from "./text.js";
import { KconfigTree } from "./tree.js";

/** Change it whenever the layout or the meaning of a parsed tree changes. */
const MAGIC = 0x4b43_0002;

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
    return new Loader(texts, new ColumnReader(numbers)).run(env, options.files);
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
  private readonly stringIndex = new Map<string, number>();
  private readonly exprIndex = new Map<Expr, number>();
  private readonly exprs: Expr[] = [];

  constructor(private readonly tree: KconfigTree) {}

  run(): Int32Array {
    const { hashOrder, menus, modules, properties, symbols } = this.tree;
    const { all } = symbols;
    const out = new ColumnWriter();
    const expr = (e: Expr | null): number => this.expr(e);
    const index = (of: { readonly index: number } | null): number => of?.index ?? -1;
    // Whatever mentions expressions comes first here and last in the file: it decides which are kept. Those that only existed on the way
    // to the result are left out, and operands come before what uses them.
    const used = new ColumnWriter();
    used.add(all.map(({ type }) => TYPES.indexOf(type)));
    used.add(all.map(({ isChoiceMember, isOptional }) => (isChoiceMember ? 1 : 0) | (isOptional ? 2 : 0)));
    used.add(all.map(({ choice }) => index(choice)));
    used.add(all.map(({ directDep }) => expr(directDep)));
    used.add(all.map(({ reverseDep }) => expr(reverseDep)));
    used.add(all.map(({ implied }) => expr(implied)));
    used.addLists(all.map((symbol) => symbol.properties.map(index)));
    used.addLists(all.map((symbol) => symbol.menus.map(index)));
    used.addLists(all.map((symbol) => symbol.members.map(index)));
    used.add(menus.map(({ next }) => index(next)));
    used.add(menus.map(({ list }) => index(list)));
    used.add(menus.map(({ parent }) => index(parent)));
    used.add(menus.map(({ prompt }) => index(prompt)));
    used.add(menus.map(({ visibility }) => expr(visibility)));
    used.add(menus.map(({ dep }) => expr(dep)));
    used.add(menus.map(({ helpStart }) => helpStart));
    used.add(menus.map(({ helpEnd }) => helpEnd));
    used.addLists(menus.map(({ written }) => written.flatMap((one) => [expr(one.expr), one.line])));
    used.add(properties.map(({ kind }) => PROPERTIES.indexOf(kind)));
    used.add(properties.map(({ text }) => this.string(text)));
    used.add(properties.map((property) => expr(property.expr)));
    used.add(properties.map(({ visible }) => expr(visible)));
    const written = properties.map((property) => expr(property.written));

    out.add([modules.index]);
    out.add(hashOrder.map(index));
    out.add(all.map(({ name }) => this.string(name)));
    out.add(all.map(({ isConstant, isChoice }) => (isConstant ? 1 : 0) | (isChoice ? 2 : 0)));
    out.add(this.exprs.map(({ kind }) => KINDS.indexOf(kind)));
    out.add(this.exprs.map(({ left }) => this.part(left)));
    out.add(this.exprs.map(({ right }) => this.part(right)));
    out.add(this.exprs.map(({ symbol }) => index(symbol)));
    out.add(this.exprs.map(({ other }) => index(other)));
    out.add(menus.map(({ symbol }) => index(symbol)));
    out.add(menus.map(({ block }) => index(block)));
    out.add(menus.map(({ file }) => this.string(file)));
    out.add(menus.map(({ line }) => line));
    out.add(written);
    out.add(properties.map(({ menu }) => menu.index));
    out.add(properties.map(({ file }) => this.string(file)));
    out.add(properties.map(({ line }) => line));
    out.addAll(used);
    return out.concat();
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
  private readonly strings: readonly string[];

  constructor(
    private readonly texts: Texts,
    private readonly columns: ColumnReader,
  ) {
    this.strings = texts.strings;
  }

  run(env: Environment, files: FileTree): KconfigTree {
    const { columns, texts } = this;
    const { dialect, diagnostics } = texts;
    const modules = columns.next()[0]!;
    const hashOrder = columns.next();
    const table = this.readSymbols(dialect, hashOrder);
    const { all } = table;
    const exprs = this.readExprs(all);
    const menus = this.readMenus(all);
    const properties = this.readProperties(exprs, menus);
    this.fillSymbols(all, exprs, properties, menus);
    this.fillMenus(menus, exprs, properties);
    this.fillProperties(properties, exprs);
    const pool = new ExprPool(table.yes, table.mod, table.no);
    pool.adopt(exprs);
    const inputs = {
      files: texts.files.map(([path]) => path),
      environment: new Map(texts.environment),
      missingEnvironment: texts.missingEnvironment,
      shell: new Map(texts.shell),
    };
    const read = (path: string): string | undefined => files.readFile(path);
    return new KconfigTree(
      dialect,
      env,
      table,
      pool,
      menus,
      properties,
      pick(all, modules)!,
      inputs,
      diagnostics,
      read,
    );
  }

  private readSymbols(dialect: Dialect, hashOrder: Int32Array): SymbolTable {
    const [names, flags] = [this.columns.next(), this.columns.next()];
    const table = new SymbolTable(dialect);
    for (let i = CONSTANTS; i < names.length; i++)
      table.restore(pick(this.strings, names[i]!), (flags[i]! & 1) !== 0, (flags[i]! & 2) !== 0);
    table.restoreHashOrder(hashOrder);
    return table;
  }

  private readExprs(symbols: readonly KSymbol[]): readonly Expr[] {
    const { columns } = this;
    const kinds = columns.next();
    const [left, right, symbol, other] = [columns.next(), columns.next(), columns.next(), columns.next()];
    const exprs: Expr[] = [];
    for (let id = 0; id < kinds.length; id++) {
      const kind = pick(KINDS, kinds[id]!)!;
      const [a, b] = [pick(exprs, left[id]!), pick(exprs, right[id]!)];
      exprs.push(new Expr(id, kind, a, b, pick(symbols, symbol[id]!), pick(symbols, other[id]!)));
    }
    return exprs;
  }

  private readMenus(symbols: readonly KSymbol[]): readonly Menu[] {
    const { columns } = this;
    const [symbol, block, file, line] = [columns.next(), columns.next(), columns.next(), columns.next()];
    const menus: Menu[] = [];
    for (let index = 0; index < symbol.length; index++) {
      const [own, outer] = [pick(symbols, symbol[index]!), pick(menus, block[index]!)];
      menus.push(new Menu(index, own, outer, pick(this.strings, file[index]!)!, line[index]!));
    }
    return menus;
  }

  private readProperties(exprs: readonly Expr[], menus: readonly Menu[]): readonly Property[] {
    const { columns } = this;
    const [written, menu, file, line] = [columns.next(), columns.next(), columns.next(), columns.next()];
    const properties: Property[] = [];
    for (let index = 0; index < written.length; index++) {
      const [condition, own] = [pick(exprs, written[index]!), pick(menus, menu[index]!)!];
      const place = pick(this.strings, file[index]!)!;
      properties.push(new Property(index, "symbol", null, null, null, condition, own, place, line[index]!));
    }
    return properties;
  }

  private fillSymbols(
    symbols: readonly KSymbol[],
    exprs: readonly Expr[],
    properties: readonly Property[],
    menus: readonly Menu[],
  ): void {
    const { columns } = this;
    const [type, flags, choice] = [columns.next(), columns.next(), columns.next()];
    const [directDep, reverseDep, implied] = [columns.next(), columns.next(), columns.next()];
    const propertiesOf = new Lists(columns, properties);
    const menusOf = new Lists(columns, menus);
    const membersOf = new Lists(columns, symbols);
    for (let i = 0; i < symbols.length; i++) {
      const symbol = symbols[i]!;
      symbol.type = pick(TYPES, type[i]!)!;
      symbol.isChoiceMember = (flags[i]! & 1) !== 0;
      symbol.isOptional = (flags[i]! & 2) !== 0;
      symbol.choice = pick(symbols, choice[i]!);
      symbol.directDep = pick(exprs, directDep[i]!);
      symbol.reverseDep = pick(exprs, reverseDep[i]!);
      symbol.implied = pick(exprs, implied[i]!);
      symbol.properties = propertiesOf.next();
      symbol.menus = menusOf.next();
      symbol.members = membersOf.next();
    }
  }

  private fillMenus(menus: readonly Menu[], exprs: readonly Expr[], properties: readonly Property[]): void {
    const { columns } = this;
    const [next, list, parent, prompt] = [columns.next(), columns.next(), columns.next(), columns.next()];
    const [visibility, dep, helpStart, helpEnd] = [columns.next(), columns.next(), columns.next(), columns.next()];
    const [counts, written] = [columns.next(), columns.next()];
    let at = 0;
    for (let i = 0; i < menus.length; i++) {
      const menu = menus[i]!;
      menu.next = pick(menus, next[i]!);
      menu.list = pick(menus, list[i]!);
      menu.parent = pick(menus, parent[i]!);
      menu.prompt = pick(properties, prompt[i]!);
      menu.visibility = pick(exprs, visibility[i]!);
      menu.dep = pick(exprs, dep[i]!);
      menu.helpStart = helpStart[i]!;
      menu.helpEnd = helpEnd[i]!;
      if (counts[i] === 0) continue;
      const dependencies: WrittenDependency[] = [];
      for (const end = at + counts[i]!; at < end; at += 2)
        dependencies.push({ expr: pick(exprs, written[at]!)!, line: written[at + 1]! });
      menu.written = dependencies;
    }
  }

  private fillProperties(properties: readonly Property[], exprs: readonly Expr[]): void {
    const { columns } = this;
    const [kind, text, expr, visible] = [columns.next(), columns.next(), columns.next(), columns.next()];
    for (let i = 0; i < properties.length; i++) {
      const property = properties[i]!;
      property.kind = pick(PROPERTIES, kind[i]!)!;
      property.text = pick(this.strings, text[i]!);
      property.expr = pick(exprs, expr[i]!);
      property.visible = pick(exprs, visible[i]!);
    }
  }
}

/** Lists of what is numbered in `all`, one after the other. */
class Lists<T> {
  private readonly counts: Int32Array;
  private readonly items: Int32Array;
  private list = 0;
  private at = 0;

  constructor(
    columns: ColumnReader,
    private readonly all: readonly T[],
  ) {
    this.counts = columns.next();
    this.items = columns.next();
  }

  next(): readonly T[] {
    const count = this.counts[this.list++]!;
    if (count === 0) return NONE;
    const { all, at, items } = this;
    this.at += count;
    // Most lists have one item, and an array that is written as it is has no room to spare.
    if (count === 1) return [pick(all, items[at]!)!];
    const out = new Array<T>(count);
    for (let i = 0; i < count; i++) out[i] = pick(all, items[at + i]!)!;
    return out;
  }
}

/** What has that number; null for -1. */
function pick<T>(all: readonly T[], index: number): T | null {
  if (index === -1) return null;
  const one = all[index];
  if (one === undefined) throw new RangeError("damaged cache");
  return one;
}
