/**
 * From statements to a menu tree with dependencies: what conf does once after parsing.
 *
 * Called by parseKconfig(). Hands the conditions of enclosing blocks down to every property, collects selects and implies at
 * their targets, makes submenus of entries that depend on the one before them, dissolves `if` blocks, and checks each symbol's
 * properties. Under 6.1 it also finds the members of choices.
 */

import type { Builder } from "./builder.js";
import { checkProperties } from "./check-properties.js";
import { containsSymbol, dependsOnSymbol } from "./expr.js";
import { appended } from "./lists.js";
import type { Expr, KSymbol, Menu, Property } from "./model.js";
import { Simplifier } from "./simplify.js";

export class Finaliser {
  /** The entry it is at, or was when it could not go on. */
  at: Menu;
  private readonly simplify: Simplifier;
  private readonly checked = new Set<KSymbol>();
  /** A comparison with `m` was simplified before the type of its symbol was known. */
  private isTypeLate = false;

  constructor(
    private readonly build: Builder,
    private readonly modules: KSymbol,
  ) {
    this.simplify = new Simplifier(build.pool, build.dialect, build.diagnostics);
    this.at = build.root;
  }

  run(): void {
    this.finalise(this.build.root, false);
  }

  private get is61(): boolean {
    return this.build.dialect === "6.1";
  }

  private finalise(parent: Menu, insideChoice: boolean): void {
    this.at = parent;
    const symbol = parent.symbol;
    if (parent.list !== null) this.finaliseChildren(parent);
    else if (symbol !== null && (this.is61 || !insideChoice)) this.finaliseLeaf(parent, symbol);
    for (let menu = parent.list; menu !== null; menu = menu.next) {
      if (this.is61 && symbol?.isChoice && menu.symbol !== null && !menu.symbol.isChoiceMember)
        this.enterChoiceMember61(symbol, menu, menu.symbol);
      if (menu.list !== null && menu.prompt === null) this.dissolve(menu, parent);
    }
    if (symbol !== null && !this.checked.has(symbol)) {
      if (symbol.type === "unknown") this.warn(parent, "config symbol defined without type");
      if (this.is61 && symbol.isChoice && parent.prompt === null) this.warn(parent, "choice must have a prompt");
      checkProperties(this.build, symbol);
      this.checked.add(symbol);
    }
    if (this.is61 && symbol?.isChoice && !symbol.isOptional && parent.prompt !== null) {
      // A choice that is visible cannot be switched off: its own visibility selects it, at least as `m`.
      const pool = this.build.pool;
      symbol.reverseDep = pool.or(symbol.reverseDep, pool.and(parent.prompt.visible, pool.symbol(pool.mod)));
    }
  }

  private finaliseChildren(parent: Menu): void {
    const choice = parent.symbol?.isChoice ? parent.symbol : null;
    if (this.is61 && choice !== null) this.inferTypes61(parent, choice);
    // Under 6.1 the members depend on the choice itself, whose value is the choice's mode.
    const parentDep = this.is61 && choice !== null ? this.build.pool.symbol(choice) : parent.dep;
    for (let menu = parent.list; menu !== null; menu = menu.next) {
      const dep = this.inherit(parentDep, menu.dep);
      menu.dep = dep;
      if (menu.symbol !== null) {
        for (const property of menu.symbol.properties)
          if (property.menu === menu) this.finaliseProperty(property, menu.symbol, dep);
      } else if (menu.prompt !== null) menu.prompt.visible = this.inherit(dep, menu.prompt.visible);
    }
    for (let menu = parent.list; menu !== null; menu = menu.next) this.finalise(menu, choice !== null);
  }

  private inherit(outer: Expr | null, own: Expr | null): Expr | null {
    const simple = this.simplify.transform(this.simplify.rewriteMod(own, this.modules));
    return this.simplify.eliminateDuplicates(this.build.pool.and(outer, simple));
  }

  private finaliseProperty(property: Property, symbol: KSymbol, dep: Expr | null): void {
    const pool = this.build.pool;
    const visible = this.inherit(dep, property.visible);
    property.visible = visible;
    if (property.kind !== "select" && property.kind !== "imply") return;
    const target = property.expr!.symbol!;
    const term = pool.and(pool.symbol(symbol), visible);
    if (property.kind === "select") target.reverseDep = pool.or(target.reverseDep, term);
    else target.implied = pool.or(target.implied, term);
  }

  /** A symbol without a block of its own: entries after it that depend on it become its submenu. */
  private finaliseLeaf(parent: Menu, symbol: KSymbol): void {
    const visible = parent.prompt === null ? null : parent.prompt.visible;
    // Made when first needed, which is seldom; unless making it may have something to say, as conf's does.
    let base = this.isTypeLate ? this.asTest(visible) : undefined;
    let last: Menu | null = null;
    for (let menu = parent.next; menu !== null; menu = menu.next) {
      const dep: Expr | null = menu.prompt !== null ? menu.prompt.visible : menu.dep;
      if (!containsSymbol(dep, symbol)) break;
      if (!dependsOnSymbol(dep, symbol, this.build.pool)) {
        // Not a conjunct, but perhaps part of one, with everything else the same: (symbol || Q) && R when symbol needs R.
        base ??= this.asTest(visible);
        const [, rest] = this.simplify.eliminateEqual(this.asTest(dep), base);
        if (!this.build.pool.isYes(rest)) break;
      }
      this.finalise(menu, false);
      menu.parent = parent;
      last = menu;
    }
    if (last !== null) {
      parent.list = parent.next;
      parent.next = last.next;
      last.next = null;
    }
    symbol.directDep = this.build.pool.or(symbol.directDep, parent.dep);
  }

  private asTest(e: Expr | null): Expr | null {
    const test = this.simplify.compareWith(e, "!=", this.build.pool.no);
    return this.simplify.eliminateDuplicates(this.simplify.transform(test));
  }

  /** Puts the children of an entry without a prompt in its place's neighbourhood: they become its next siblings. */
  private dissolve(menu: Menu, parent: Menu): void {
    let last = menu.list!;
    for (;;) {
      last.parent = parent;
      if (last.next === null) break;
      last = last.next;
    }
    last.next = menu.next;
    menu.next = menu.list;
    menu.list = null;
  }

  /** 6.1: a choice without a type has that of its first member; members without a type have that of the choice. */
  private inferTypes61(parent: Menu, choice: KSymbol): void {
    const inferred: KSymbol[] = [];
    if (choice.type === "unknown") {
      this.build.currentEntry = parent;
      for (let menu = parent.list; menu !== null; menu = menu.next)
        if (menu.symbol !== null && menu.symbol.type !== "unknown") {
          this.build.setType(menu.symbol.type);
          inferred.push(choice);
          break;
        }
    }
    for (let menu = parent.list; menu !== null; menu = menu.next) {
      this.build.currentEntry = menu;
      if (menu.symbol === null || menu.symbol.type !== "unknown") continue;
      this.build.setType(choice.type);
      inferred.push(menu.symbol);
    }
    if (inferred.length === 0) return;
    this.simplify.typesChanged();
    this.isTypeLate ||= inferred.some((symbol) => this.build.pool.comparedWithMod.has(symbol));
  }

  private enterChoiceMember61(choice: KSymbol, menu: Menu, member: KSymbol): void {
    const pool = this.build.pool;
    member.isChoiceMember = true;
    member.choice = choice;
    if (menu.prompt === null) this.warn(menu, "choice value must have a prompt");
    for (const property of member.properties) {
      if (property.kind === "default") this.warnProperty(property, "defaults for choice values not supported");
      if (property.menu === menu) continue;
      if (property.kind === "prompt" && property.menu.parent?.symbol !== choice)
        this.warnProperty(property, "choice value used outside its choice group");
    }
    if (choice.type === "tristate" && member.type !== "tristate") {
      // A bool member can only be had when exactly one member is built in.
      const isYes = pool.compare("=", choice, pool.yes);
      menu.dep = pool.and(isYes, menu.dep);
      for (const property of member.properties)
        if (property.menu === menu) property.visible = pool.and(isYes, property.visible);
    }
    this.build.currentEntry = menu;
    this.build.addProperty("choice", pool.symbol(choice), null);
    choice.members = appended(choice.members, member);
  }

  private warn(menu: Menu, text: string): void {
    this.build.diagnostics.warnAt(menu.file, menu.line, text);
  }

  private warnProperty(property: Property, text: string): void {
    this.build.diagnostics.warnAt(property.file, property.line, text);
  }
}
