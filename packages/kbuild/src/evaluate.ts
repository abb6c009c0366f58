/**
 * One make process: runs statements over a scope and records every assignment, also those in branches not taken.
 * Called by tree.ts (the top Makefile) and directory.ts (one Kbuild file). It runs no recipe and builds nothing.
 */
import { Expander, MakeStop } from "./expand.js";
import type { Host } from "./host.js";
import { type ParsedMakefile, parseMakefile } from "./parse.js";
import type { AssignmentRecord, Scope, TakenBranch } from "./scope.js";
import { type Assignment, assertNever, type Branch, type Place, type Statement, type Test } from "./syntax.js";
import { wordsOf } from "./words.js";

/** Files included within files. A file that includes itself ends here. */
const MAX_INCLUDES = 40;

/** Parsed files by path and text, shared by all directories of one tree. */
export type ParseCache = Map<string, ParsedMakefile>;

export class MakeProcess {
  readonly expander: Expander;
  private readonly branches: TakenBranch[] = [];
  private readonly including: Place[] = [];
  private live = true;
  /** Kbuild files read, in order, the first one first. */
  readonly filesRead: string[] = [];

  constructor(
    readonly scope: Scope,
    readonly host: Host,
    private readonly parsed: ParseCache,
  ) {
    this.expander = new Expander(scope, host, (text, at) => this.evalText(text, at));
  }

  /** Reads a file of the tree. Returns false when there is none. */
  readFile(path: string): boolean {
    const text = this.host.readFile(path);
    if (text === undefined) return false;
    const name = this.host.treePath(path);
    this.filesRead.push(name);
    const list = this.scope.get("MAKEFILE_LIST")?.value ?? "";
    this.scope.set("MAKEFILE_LIST", `${list} ${path}`.trimStart(), false, "default");
    let file = this.parsed.get(name);
    if (file === undefined) {
      file = parseMakefile(text, name);
      this.parsed.set(name, file);
      for (const d of file.diagnostics) this.host.remark(d.severity, d.at, d.message, d.next);
    }
    this.guarded(() => this.run(file.statements));
    return true;
  }

  /** Expands text as if it stood at `at`; a fatal error there becomes a diagnostic and the empty string. */
  expandSafely(text: string, at: Place): string {
    const before = this.expander.at;
    this.expander.at = at;
    try {
      return this.expander.expand(text);
    } catch (error) {
      this.remarkStop(error);
      return "";
    } finally {
      this.expander.at = before;
    }
  }

  /** What text would expand to: no effects, no diagnostics, and the empty string where make would stop. */
  look(text: string): string {
    try {
      return this.expander.look(() => this.expander.expand(text));
    } catch (error) {
      if (error instanceof MakeStop || error instanceof RangeError) return "";
      throw error;
    }
  }

  private guarded(body: () => void): void {
    const depth = { branches: this.branches.length, including: this.including.length, live: this.live };
    try {
      body();
    } catch (error) {
      this.remarkStop(error);
      this.branches.length = depth.branches;
      this.including.length = depth.including;
      this.live = depth.live;
    }
  }

  private remarkStop(error: unknown): void {
    if (error instanceof MakeStop) this.host.remark("error", error.at, error.reason, error.next);
    else if (error instanceof RangeError) {
      this.host.remark(
        "error",
        this.expander.at,
        "the text is too large or nested too deep",
        "simplify the expression on this line",
      );
    } else throw error;
  }

  private evalText(text: string, at: Place): void {
    const parsed = parseMakefile(text, at.file, at.line);
    for (const d of parsed.diagnostics) this.host.remark(d.severity, at, d.message, d.next);
    // Lines inside the evaluated text have no place of their own: they stand where the $(eval) stands.
    this.run(parsed.statements.map((statement) => ({ ...statement, at })));
  }

  run(statements: readonly Statement[]): void {
    for (const statement of statements) {
      this.expander.at = statement.at;
      this.statement(statement);
    }
  }

  private statement(statement: Statement): void {
    switch (statement.kind) {
      case "assign":
        this.assign(statement);
        break;
      case "conditional":
        this.conditional(statement.branches);
        break;
      case "include":
        if (this.live) this.include(statement.paths, statement.optional, statement.at);
        break;
      case "export":
        if (this.live) this.exportNames(statement.names, statement.on);
        break;
      case "undefine":
        if (this.live) this.scope.delete(this.expander.expand(statement.name));
        break;
      case "rule":
        if (this.live) {
          const targets = this.expander.expand(statement.targets);
          this.scope.ruleTargets.push(...wordsOf(targets));
          if (statement.variable !== undefined) {
            this.scope.targetVariables.push({ targets, assignment: statement.variable });
          }
        }
        break;
      case "expand":
        if (this.live) this.expander.expand(statement.text);
        break;
      default:
        assertNever(statement);
    }
  }

  private assign(statement: Assignment): void {
    if (!this.live) {
      this.record(statement, {});
      return;
    }
    const name = this.expander.expand(statement.name).trim();
    const old = this.scope.get(name);
    if (statement.exported) this.scope.markExported(name, true);
    if (old?.origin === "command line" && !statement.override) return;
    if (statement.operator === "?=" && old !== undefined) return;
    const recursive = statement.operator === "=" || statement.operator === "?=";
    const origin = statement.override ? "override" : "file";
    if (statement.operator === "+=" && old !== undefined) {
      const added = old.recursive ? statement.value : this.expander.expand(statement.value);
      const record = this.record(statement, old.recursive ? { name } : { name, expanded: added });
      const value = old.value === "" ? added : added === "" ? old.value : `${old.value} ${added}`;
      const variable = this.scope.set(name, value, old.recursive, old.origin === "environment" ? "file" : old.origin);
      variable.records = [...variable.records, record];
      return;
    }
    if (statement.operator === ":=" || statement.operator === "!=") {
      const text = this.expander.expand(statement.value);
      const value = statement.operator === "!=" ? this.host.shell(text, statement.at) : text;
      const record = this.record(statement, { name, expanded: value });
      this.scope.set(name, value, false, origin).records = [record];
      return;
    }
    const record = this.record(statement, { name });
    this.scope.set(name, statement.value, recursive || statement.operator === "+=", origin).records = [record];
  }

  private record(statement: Assignment, known: { name?: string; expanded?: string }): AssignmentRecord {
    const record: AssignmentRecord = {
      statement,
      branches: [...this.branches],
      live: this.live,
      index: this.scope.records.length,
      scope: this.scope,
      includes: [...this.including],
      ...known,
    };
    this.scope.records.push(record);
    return record;
  }

  /** Runs the branch that is taken; the others are walked without effect, for their records. */
  private conditional(branches: readonly Branch[]): void {
    const outer = this.live;
    const others: { test: Test; at: Place; holds: boolean }[] = [];
    let taken = false;
    for (const branch of branches) {
      this.expander.at = branch.at;
      const holds: boolean = branch.test === undefined ? !taken : this.testHolds(branch.test, outer && !taken);
      const taking: TakenBranch = {
        at: branch.at,
        others,
        before: others.length,
        holds,
        ...(branch.test === undefined ? {} : { test: branch.test }),
      };
      this.live = outer && holds && !taken;
      this.branches.push(taking);
      this.run(branch.body);
      this.branches.pop();
      this.live = outer;
      taken ||= holds;
      if (branch.test !== undefined) others.push({ test: branch.test, at: branch.at, holds });
    }
  }

  private testHolds(test: Test, effects: boolean): boolean {
    const expand = (text: string): string => (effects ? this.expander.expand(text) : this.look(text));
    if (test.kind === "defined") {
      const value = this.expander.lookup(expand(test.name).trim())?.value ?? "";
      return (value !== "") !== test.negated;
    }
    return (expand(test.left) === expand(test.right)) !== test.negated;
  }

  private include(paths: string, optional: boolean, at: Place): void {
    for (const pattern of wordsOf(this.expander.expand(paths))) {
      const found = this.host.wildcard(pattern);
      for (const path of found.length > 0 ? found : [pattern]) {
        if (this.including.length >= MAX_INCLUDES) {
          this.expander.stop(
            `'${path}' is included within more than ${MAX_INCLUDES} files`,
            "look for a file that includes itself",
          );
        }
        this.including.push(at);
        const read = this.readFile(path);
        this.including.pop();
        if (!read && !optional) {
          this.host.remark(
            "error",
            at,
            `included file '${path}' is not in the tree`,
            "add it, or include it with '-include'",
          );
        }
      }
    }
  }

  private exportNames(names: string, on: boolean): void {
    const list = wordsOf(this.expander.expand(names));
    if (list.length === 0) this.scope.markAllExported(on);
    for (const name of list) this.scope.markExported(name, on);
  }
}
