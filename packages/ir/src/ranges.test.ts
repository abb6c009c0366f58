/**
 * Goal: the analysis loses no run. What a run of a function does is among what the analysis says it can do, at every
 * precision, and a branch that it calls dead is not taken.
 * Method: random functions (branches, loops, switches of width and sign, expressions over all operators) are run on random
 * arguments by a plain interpreter, and every block, local and branch of the run is held against the analysis.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arithWide, compareWide, wrapWide } from "./arith.js";
import { Ranges } from "./ranges.js";
import {
  type ArithmeticOp,
  type Block,
  BOOL,
  type CompareOp,
  constantOf,
  type Expr,
  exprType,
  type Fn,
  I32,
  I64,
  type IntType,
  type Local,
  type Term,
  U8,
  U32,
  U64,
} from "./types.js";
import { contains, widthOf } from "./value.js";

const at = { file: "a.ts", line: 1, column: 1, fn: "f" };
const LOCALS: readonly Local[] = [U32, I32, U64, I64, U8, I32].map((type, i) => ({ name: `v${i}`, type }));
const PARAMS = 3;
const MAX_STEPS = 200;

const convert = (type: IntType, arg: Expr): Expr => ({ kind: "convert", type, arg });

/** An expression of one type: the generator's own promotions are conversions. */
function exprOf(type: IntType, depth: number): fc.Arbitrary<Expr> {
  const leaf = fc.oneof(
    fc
      .oneof(fc.bigInt({ min: -3n, max: 40n }), fc.bigInt({ min: -(1n << 63n), max: 1n << 63n }))
      .map((n) => constantOf(type, wrapWide(type, n))),
    fc.integer({ min: 0, max: LOCALS.length - 1 }).map((local) => {
      const own = LOCALS[local]!.type as IntType;
      return convert(type, { kind: "local", type: own, local });
    }),
  );
  if (depth === 0) return leaf;
  const inner = exprOf(type, depth - 1);
  const ops: readonly ArithmeticOp[] = ["+", "-", "*", "&", "|", "^", "<<", ">>"];
  return fc.oneof(
    leaf,
    fc
      .tuple(fc.constantFrom(...ops), inner, inner)
      .map(([op, left, right]): Expr => ({ kind: "arith", op, type, left, right })),
    fc.tuple(fc.constantFrom("-", "~"), inner).map(([op, arg]): Expr => ({ kind: "unary", op: op as "-", type, arg })),
    fc
      .tuple(condOf(depth - 1), inner, inner)
      .map(([cond, then, otherwise]): Expr => ({ kind: "select", type, cond, then, else: otherwise })),
    fc.constantFrom(U8, I32, U32, I64, U64).chain((other) => exprOf(other, depth - 1).map((arg) => convert(type, arg))),
  );
}

function condOf(depth: number): fc.Arbitrary<Expr> {
  const ops: readonly CompareOp[] = ["==", "!=", "<", "<=", ">", ">="];
  const compare = fc
    .constantFrom(I32, U32, I64, U64)
    .chain((type) => fc.tuple(fc.constantFrom(...ops), exprOf(type, depth), exprOf(type, Math.min(depth, 0))))
    .map(([op, left, right]): Expr => ({ kind: "compare", op, left, right }));
  if (depth === 0) return compare;
  return fc.oneof(
    compare,
    fc
      .tuple(fc.constantFrom("&&", "||"), condOf(depth - 1), condOf(depth - 1))
      .map(([op, left, right]): Expr => ({ kind: "logic", op: op as "&&", left, right })),
    condOf(depth - 1).map((arg): Expr => ({ kind: "unary", op: "!", type: BOOL, arg })),
  );
}

const BLOCKS = 7;

/** Jumps go anywhere, so that there are loops of every kind. */
const functionOf: fc.Arbitrary<Fn> = fc
  .array(
    fc.tuple(
      fc.array(
        fc.integer({ min: 0, max: LOCALS.length - 1 }).chain((dst) => {
          const type = LOCALS[dst]!.type as IntType;
          return fc.tuple(fc.constant(dst), exprOf(type, 1));
        }),
        { maxLength: 3 },
      ),
      condOf(1),
      fc.integer({ min: 0, max: BLOCKS - 1 }),
      fc.integer({ min: 0, max: BLOCKS - 1 }),
      fc.integer({ min: 0, max: 5 }),
    ),
    { minLength: BLOCKS, maxLength: BLOCKS },
  )
  .map((blocks): Fn => {
    const params = LOCALS.slice(0, PARAMS).map(({ name }, local) => ({ kind: "value" as const, name, local }));
    return {
      name: "f",
      params,
      locals: LOCALS,
      exported: true,
      at,
      blocks: blocks.map(([assigns, cond, then, otherwise, kind]): Block => {
        const instrs = assigns.map(([dst, value]) => ({ kind: "assign" as const, dst, value, at }));
        const term: Term =
          kind === 0
            ? { kind: "return", at }
            : kind === 1
              ? { kind: "jump", to: then, at }
              : { kind: "branch", cond, then, else: otherwise, at };
        return { instrs, term };
      }),
    };
  });

function evaluate(expr: Expr, locals: readonly bigint[]): bigint {
  const e = (inner: Expr): bigint => evaluate(inner, locals);
  const width = widthOf(exprType(expr));
  switch (expr.kind) {
    case "const":
      return BigInt(expr.value);
    case "wide":
      return expr.value;
    case "local":
      return locals[expr.local]!;
    case "unary":
      if (expr.op === "!") return e(expr.arg) === 0n ? 1n : 0n;
      return wrapWide(width, expr.op === "-" ? -e(expr.arg) : ~e(expr.arg));
    case "arith":
      return arithWide(expr.op, expr.type, e(expr.left), e(expr.right));
    case "compare":
      return compareWide(expr.op, e(expr.left), e(expr.right)) ? 1n : 0n;
    case "logic":
      return expr.op === "&&" ? e(expr.left) && e(expr.right) : e(expr.left) || e(expr.right);
    case "select":
      return e(expr.cond) !== 0n ? e(expr.then) : e(expr.else);
    case "convert":
      return wrapWide(width, e(expr.arg));
    default:
      throw new Error(`${expr.kind} is not made here`);
  }
}

/** Runs `fn`, and says whatever the analysis did not foresee. */
function unforeseen(fn: Fn, ranges: Ranges, args: readonly bigint[]): string | undefined {
  // C's locals have no value before they are assigned; here they are 0, and the analysis must not count on it.
  const locals = fn.locals.map(({ type }, i) => (i < PARAMS ? wrapWide(widthOf(type), args[i]!) : undefined));
  const assigned = () => locals.map((value) => value ?? 0n);
  for (let id = 0, steps = 0; steps < MAX_STEPS; steps++) {
    const block = fn.blocks[id]!;
    if (!ranges.reaches(id)) return `block ${id} is reached`;
    for (const [index, instr] of block.instrs.entries()) {
      if (instr.kind !== "assign") continue;
      const value = evaluate(instr.value, assigned());
      const width = widthOf(exprType(instr.value));
      const known = ranges.valueAt(id, index, instr.value);
      if (!known || !contains(width, known, value)) return `block ${id}: assignment ${index} gives ${value}`;
      locals[instr.dst] = value;
    }
    for (const [local, value] of locals.entries()) {
      if (value === undefined) continue;
      const type = fn.locals[local]!.type as IntType;
      const known = ranges.valueAt(id, block.instrs.length, { kind: "local", type, local });
      if (!known || !contains(type, known, value)) return `block ${id}: v${local} is ${value}`;
    }
    const { term } = block;
    if (term.kind === "return") return undefined;
    const next = term.kind === "jump" ? term.to : evaluate(term.cond, assigned()) ? term.then : term.else;
    if (!ranges.exits(id).includes(next)) return `block ${id} goes to ${next}`;
    id = next;
  }
  return undefined;
}

/** Assigns every local at the start, as the front end does. */
function initialised(fn: Fn): Fn {
  const zero = fn.locals.slice(PARAMS).map(({ type }, i) => ({
    kind: "assign" as const,
    dst: PARAMS + i,
    value: constantOf(type, 0n),
    at,
  }));
  const blocks = fn.blocks.map(({ instrs, term }) => ({ instrs, term: shift(term) }));
  return { ...fn, blocks: [{ instrs: zero, term: { kind: "jump", to: 1, at } }, ...blocks] };
}

function shift(term: Term): Term {
  if (term.kind === "jump") return { ...term, to: term.to + 1 };
  return term.kind === "branch" ? { ...term, then: term.then + 1, else: term.else + 1 } : term;
}

describe("every run is foreseen", () => {
  const number = fc.oneof(fc.bigInt({ min: -3n, max: 40n }), fc.bigInt({ min: -(1n << 64n), max: 1n << 64n }));
  const runs = fc.array(fc.tuple(number, number, number), { minLength: 6, maxLength: 6 });

  it.each(["none", "bits", "ranges"] as const)("with %s", (precision) => {
    fc.assert(
      fc.property(functionOf, runs, (raw, allArgs) => {
        const fn = initialised(raw);
        const ranges = new Ranges(fn, { precision });
        for (const args of allArgs) expect(unforeseen(fn, ranges, args)).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });
});

describe("what is found", () => {
  const local = (id: number): Expr => ({ kind: "local", type: LOCALS[id]!.type, local: id });
  const number = (n: number): Expr => constantOf(I32, BigInt(n));

  it("the bounds of a loop, after widening", () => {
    // for (v1 = 0; v1 < 16; v1++) {}  then v1 is 16
    const fn: Fn = {
      name: "f",
      params: [],
      locals: LOCALS,
      exported: true,
      at,
      blocks: [
        { instrs: [{ kind: "assign", dst: 1, value: number(0), at }], term: { kind: "jump", to: 1, at } },
        {
          instrs: [],
          term: {
            kind: "branch",
            cond: { kind: "compare", op: "<", left: local(1), right: number(16) },
            then: 2,
            else: 3,
            at,
          },
        },
        {
          instrs: [
            {
              kind: "assign",
              dst: 1,
              value: { kind: "arith", op: "+", type: I32, left: local(1), right: number(1) },
              at,
            },
          ],
          term: { kind: "jump", to: 1, at },
        },
        { instrs: [], term: { kind: "return", value: local(1), at } },
      ],
    };
    const ranges = new Ranges(fn, { precision: "ranges" });
    expect(ranges.valueAt(2, 0, local(1))?.intervals).toEqual([[0n, 15n]]);
    expect(ranges.valueAt(3, 0, local(1))?.intervals).toEqual([[16n, 16n]]);
  });
});
