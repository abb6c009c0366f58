/**
 * The variables of one make process: a directory being built, or the top Makefile. Each variable remembers the statements
 * that made it, which is what why.ts reads. Called by expand.ts and evaluate.ts.
 * A child make sees what its parent exported, and every CONFIG_ symbol; nothing else.
 */
import type { Assignment, Place, Test } from "./syntax.js";

/** Where a variable came from, in `$(origin)`'s words. */
export type Origin = "default" | "environment" | "file" | "command line" | "override" | "automatic";

/** One test on the way to a statement, with the outcome it had. */
export interface TakenBranch {
  /** Absent for a plain `else`: then `others` say which tests had to fail. */
  readonly test?: Test;
  readonly at: Place;
  /** The tests of the whole conditional so far; the first `before` of them stand before this branch and must have failed. */
  readonly others: readonly { readonly test: Test; readonly at: Place; readonly holds: boolean }[];
  readonly before: number;
  /** Whether this branch's own test held. */
  readonly holds: boolean;
}

/** An assignment as it was met: with the branches around it, live or in a branch not taken. */
export interface AssignmentRecord {
  readonly statement: Assignment;
  readonly branches: readonly TakenBranch[];
  readonly live: boolean;
  /** Position among all records of its scope. */
  readonly index: number;
  readonly scope: Scope;
  /** Expanded name; absent until someone asks for that of a dead one. */
  readonly name?: string;
  /** Expanded value where make expands at once; absent for a recursive variable. */
  readonly expanded?: string;
  /** The file that was being read through `include`, outermost first. */
  readonly includes: readonly Place[];
}

export interface Variable {
  value: string;
  recursive: boolean;
  origin: Origin;
  records: AssignmentRecord[];
  expanding: boolean;
}

export type ConfigLookup = (name: string) => string | undefined;

/** Variables of one make process. */
export class Scope {
  private readonly variables = new Map<string, Variable>();
  private readonly exported = new Set<string>();
  private exportAll = false;
  /** Every assignment met, live or not, in order. */
  readonly records: AssignmentRecord[] = [];
  /** Targets of rules, with their `%`: what a directory generates. */
  readonly ruleTargets: string[] = [];
  /** `foo.o: X += …`: variables set for some targets only. */
  readonly targetVariables: { readonly targets: string; readonly assignment: Assignment }[] = [];

  constructor(private readonly config: ConfigLookup) {}

  get(name: string): Variable | undefined {
    const own = this.variables.get(name);
    if (own !== undefined) return own;
    if (!name.startsWith("CONFIG_")) return undefined;
    const value = this.config(name.slice("CONFIG_".length));
    if (value === undefined || value === "n") return undefined;
    const variable: Variable = { value, recursive: false, origin: "file", records: [], expanding: false };
    this.variables.set(name, variable);
    return variable;
  }

  set(name: string, value: string, recursive: boolean, origin: Origin): Variable {
    const old = this.variables.get(name);
    const variable: Variable = { value, recursive, origin, records: old?.records ?? [], expanding: false };
    this.variables.set(name, variable);
    return variable;
  }

  delete(name: string): void {
    this.variables.delete(name);
  }

  markExported(name: string, on: boolean): void {
    if (on) this.exported.add(name);
    else this.exported.delete(name);
  }

  markAllExported(on: boolean): void {
    this.exportAll = on;
  }

  names(): string[] {
    return [...this.variables.keys()];
  }

  /**
   * The variables a child make starts with: exported ones, what came in through the environment, and the command line.
   * @param expand how to expand a recursive variable, as make does when it fills the environment
   */
  childScope(expand: (name: string) => string): Scope {
    const child = new Scope(this.config);
    for (const [name, variable] of this.variables) {
      const fromOutside = variable.origin === "command line" || variable.origin === "environment";
      const inherited = this.exported.has(name) || this.exportAll || fromOutside || this.cameFromOutside.has(name);
      if (!inherited || variable.origin === "automatic") continue;
      const value = variable.recursive ? expand(name) : variable.value;
      const origin = variable.origin === "command line" ? variable.origin : "environment";
      child.variables.set(name, { value, recursive: false, origin, records: variable.records, expanding: false });
      child.cameFromOutside.add(name);
      if (variable.records.length > 0) child.inherited.set(name, variable.records);
    }
    return child;
  }

  /** The statements, in a parent make, that made a variable this scope started with. */
  inheritedRecords(name: string): readonly AssignmentRecord[] {
    return this.inherited.get(name) ?? [];
  }

  private readonly inherited = new Map<string, readonly AssignmentRecord[]>();

  /** Names that were in the environment at the start: make exports them again, with the value they have then. */
  private readonly cameFromOutside = new Set<string>();

  /** A variable of the environment this make was started in. */
  setEnvironment(name: string, value: string): void {
    this.variables.set(name, { value, recursive: false, origin: "environment", records: [], expanding: false });
    this.cameFromOutside.add(name);
  }
}
