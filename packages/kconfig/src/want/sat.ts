/**
 * MiniSat, as logic-solver ships it, with clauses of plain numbers.
 *
 * Used by the encoder and by want(). A literal is a variable's number, negative for "not". logic-solver's own formula language is
 * bypassed: a kernel has a quarter of a million clauses. The solver is deterministic: the same clauses in the same order give the
 * same model.
 */
/// <reference path="./logic-solver.d.ts" />
import Logic from "logic-solver";

/** A clause is an array of these; 0 is none. */
export type Literal = number;

interface NativeSolver {
  addClause(terms: Literal[]): boolean;
  ensureVar(variable: number): void;
  solve(): boolean;
  solveAssuming(variable: number): boolean;
  retireVar(variable: number): void;
  getSolution(): (boolean | null)[];
  _clauses: unknown[];
}

const MiniSat = (Logic as unknown as { readonly _MiniSat: new () => NativeSolver })._MiniSat;

export class Sat {
  /** The variable that is true. */
  readonly true: Literal;
  clauses = 0;
  private readonly solver = new MiniSat();
  private last = 0;
  private consistent = true;
  private model: (boolean | null)[] = [];

  constructor() {
    // The wrapper keeps a log of all clauses for debugging; a kernel's does not fit beside the solver.
    this.solver._clauses = { push: () => 0 } as unknown as unknown[];
    this.true = this.fresh();
    this.solver.addClause([this.true]);
  }

  get false(): Literal {
    return -this.true;
  }

  fresh(): Literal {
    return ++this.last;
  }

  add(...clause: Literal[]): void {
    const literals: Literal[] = [];
    for (const literal of clause) {
      if (literal === this.true) return;
      if (literal !== -this.true) literals.push(literal);
    }
    this.clauses++;
    if (literals.length === 0 || !this.solver.addClause(literals)) this.consistent = false;
  }

  /** Is there a model, with these literals true? */
  solve(assumed: readonly Literal[] = []): boolean {
    if (!this.consistent) return false;
    this.solver.ensureVar(this.last);
    if (assumed.length === 0) return this.keep(this.solver.solve());
    // MiniSat assumes one variable; it implies the others, and is given up afterwards.
    const all = this.fresh();
    this.solver.ensureVar(all);
    for (const literal of assumed) this.solver.addClause([-all, literal]);
    const found = this.keep(this.solver.solveAssuming(all));
    this.solver.retireVar(all);
    return found;
  }

  /** In the model found last. */
  isTrue(literal: Literal): boolean {
    const value = this.model[Math.abs(literal)] === true;
    return literal > 0 ? value : !value;
  }

  and(...literals: Literal[]): Literal {
    return -this.or(...literals.map((literal) => -literal));
  }

  /** A literal that is true exactly if one of these is. */
  or(...literals: Literal[]): Literal {
    const inputs: Literal[] = [];
    for (const literal of literals) {
      if (literal === this.true) return this.true;
      if (literal !== this.false && !inputs.includes(literal)) inputs.push(literal);
    }
    if (inputs.some((literal) => inputs.includes(-literal))) return this.true;
    if (inputs.length === 0) return this.false;
    if (inputs.length === 1) return inputs[0]!;
    const out = this.fresh();
    for (const literal of inputs) this.add(-literal, out);
    this.add(-out, ...inputs);
    return out;
  }

  private keep(found: boolean): boolean {
    if (found) this.model = this.solver.getSolution();
    return found;
  }
}
