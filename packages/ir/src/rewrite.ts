/**
 * Walking and rebuilding expressions and instructions: what every pass is made of.
 */
import { assertNever, type Expr, type Instr, type LocalId, type PlaceRef, type Term } from "./types.js";

/** Rebuilds `expr` bottom-up: `f` sees each node with its operands already rebuilt. What does not change is kept as it is. */
export function mapExpr(expr: Expr, f: (expr: Expr) => Expr): Expr {
  switch (expr.kind) {
    case "const":
    case "wide":
    case "local":
    case "cpu":
    case "machine":
    case "function":
      return f(expr);
    case "unary":
    case "convert": {
      const arg = mapExpr(expr.arg, f);
      return f(arg === expr.arg ? expr : { ...expr, arg });
    }
    case "arith":
    case "compare":
    case "logic": {
      const left = mapExpr(expr.left, f);
      const right = mapExpr(expr.right, f);
      return f(left === expr.left && right === expr.right ? expr : { ...expr, left, right });
    }
    case "select": {
      const cond = mapExpr(expr.cond, f);
      const then = mapExpr(expr.then, f);
      const otherwise = mapExpr(expr.else, f);
      const isSame = cond === expr.cond && then === expr.then && otherwise === expr.else;
      return f(isSame ? expr : { ...expr, cond, then, else: otherwise });
    }
    default:
      return assertNever(expr);
  }
}

/** Calls `visit` for each node of `expr`, operands first. */
export function eachExpr(expr: Expr, visit: (expr: Expr) => void): void {
  switch (expr.kind) {
    case "const":
    case "wide":
    case "local":
    case "cpu":
    case "machine":
    case "function":
      break;
    case "unary":
    case "convert":
      eachExpr(expr.arg, visit);
      break;
    case "arith":
    case "compare":
    case "logic":
      eachExpr(expr.left, visit);
      eachExpr(expr.right, visit);
      break;
    case "select":
      eachExpr(expr.cond, visit);
      eachExpr(expr.then, visit);
      eachExpr(expr.else, visit);
      break;
    default:
      assertNever(expr);
  }
  visit(expr);
}

/** Calls `visit` for each local that `expr` reads. */
export function eachLocal(expr: Expr, visit: (local: LocalId) => void): void {
  eachExpr(expr, (e) => {
    if (e.kind === "local") visit(e.local);
  });
}

/** Calls `visit` for each expression that stands in an instruction, whole. */
export function eachOperand(instr: Instr, visit: (expr: Expr) => void): void {
  switch (instr.kind) {
    case "assign":
      visit(instr.value);
      break;
    case "load":
      instr.place.index.forEach(visit);
      break;
    case "store":
      instr.place.index.forEach(visit);
      visit(instr.value);
      break;
    case "call":
      if (instr.callee.kind === "indirect") visit(instr.callee.expr);
      for (const arg of instr.args) {
        if (arg.kind === "value") visit(arg.expr);
        else arg.place.index.forEach(visit);
      }
      break;
    case "acquire":
    case "release":
    case "waiters":
      instr.lock.index.forEach(visit);
      break;
    case "irq":
      if (instr.op === "restore") visit(instr.value);
      break;
    case "wait":
      visit(instr.cond);
      if (instr.on.kind === "cpu") visit(instr.on.cpu);
      break;
    case "check":
    case "witness":
      visit(instr.cond);
      break;
    case "irqsDisabled":
    case "inTask":
    case "choose":
    case "mightSleep":
    case "lockdepAssert":
    case "print":
    case "atomicBegin":
    case "atomicEnd":
      break;
    default:
      assertNever(instr);
  }
}

/** Calls `visit` for each expression that stands at the end of a block, whole. */
export function eachTermOperand(term: Term, visit: (expr: Expr) => void): void {
  if (term.kind === "branch") visit(term.cond);
  else if (term.kind === "return" && term.value) visit(term.value);
}

function mapPlace(place: PlaceRef, f: (expr: Expr) => Expr): PlaceRef {
  return place.index.length === 0 ? place : { ...place, index: place.index.map(f) };
}

/** Rebuilds an instruction with each of its expressions replaced by `f(expression)`. Destinations stay. */
export function mapInstr(instr: Instr, f: (expr: Expr) => Expr): Instr {
  switch (instr.kind) {
    case "assign":
      return { ...instr, value: f(instr.value) };
    case "load":
      return { ...instr, place: mapPlace(instr.place, f) };
    case "store":
      return { ...instr, place: mapPlace(instr.place, f), value: f(instr.value) };
    case "call":
      return {
        ...instr,
        callee: instr.callee.kind === "indirect" ? { kind: "indirect", expr: f(instr.callee.expr) } : instr.callee,
        args: instr.args.map((arg) =>
          arg.kind === "value" ? { kind: "value", expr: f(arg.expr) } : { kind: "ref", place: mapPlace(arg.place, f) },
        ),
      };
    case "acquire":
    case "release":
    case "waiters":
      return { ...instr, lock: mapPlace(instr.lock, f) };
    case "irq":
      return instr.op === "restore" ? { ...instr, value: f(instr.value) } : instr;
    case "wait":
      return {
        ...instr,
        cond: f(instr.cond),
        on: instr.on.kind === "cpu" ? { ...instr.on, cpu: f(instr.on.cpu) } : instr.on,
      };
    case "check":
    case "witness":
      return { ...instr, cond: f(instr.cond) };
    case "irqsDisabled":
    case "inTask":
    case "choose":
    case "mightSleep":
    case "lockdepAssert":
    case "print":
    case "atomicBegin":
    case "atomicEnd":
      return instr;
    default:
      return assertNever(instr);
  }
}

/** The local that an instruction writes, if any. */
export function definition(instr: Instr): LocalId | undefined {
  switch (instr.kind) {
    case "assign":
    case "load":
    case "irqsDisabled":
    case "inTask":
    case "choose":
    case "waiters":
      return instr.dst;
    case "call":
      return instr.dst;
    case "irq":
      return instr.op === "save" ? instr.dst : undefined;
    default:
      return undefined;
  }
}

/** The same instruction writing another local. */
export function withDefinition(instr: Instr, dst: LocalId): Instr {
  return { ...instr, dst } as Instr;
}

/** Calls `visit` for each local that the instruction reads. */
export function eachUse(instr: Instr, visit: (local: LocalId) => void): void {
  eachOperand(instr, (expr) => eachLocal(expr, visit));
}

export function mapTerm(term: Term, f: (expr: Expr) => Expr): Term {
  if (term.kind === "branch") return { ...term, cond: f(term.cond) };
  if (term.kind === "return" && term.value) return { ...term, value: f(term.value) };
  return term;
}

export function eachTermUse(term: Term, visit: (local: LocalId) => void): void {
  eachTermOperand(term, (expr) => eachLocal(expr, visit));
}

/** The blocks that may follow. */
export function successors(term: Term): readonly number[] {
  switch (term.kind) {
    case "jump":
      return [term.to];
    case "branch":
      return term.then === term.else ? [term.then] : [term.then, term.else];
    case "return":
      return [];
    default:
      return assertNever(term);
  }
}

export function retarget(term: Term, f: (block: number) => number): Term {
  switch (term.kind) {
    case "jump":
      return { ...term, to: f(term.to) };
    case "branch":
      return { ...term, then: f(term.then), else: f(term.else) };
    case "return":
      return term;
    default:
      return assertNever(term);
  }
}

/** The global that a place names once its base is known; undefined while it goes through a by-reference parameter. */
export function placeName(place: PlaceRef): string | undefined {
  return place.base.kind === "global" ? place.base.name + place.path : undefined;
}
