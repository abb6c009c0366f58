/**
 * Goal: the native back end computes what the intermediate form means.
 * Method: random expressions over every width, with random and extreme values, against the interpreter's `evaluate`; small
 * functions for state, references, locks and externals, whose results stand here; each check is seen to fire.
 */
import {
  type Arg,
  BOOL,
  type Expr,
  type Fn,
  type Global,
  I32,
  type Instr,
  type IntType,
  type Local,
  type Module,
  type Param,
  type PlaceRef,
  type Term,
  U8,
  U16,
  U32,
  type ValueType,
} from "@shootdown/ir";
import { describe, expect, it } from "vitest";
import { evaluate } from "../evaluate.js";
import { arith, compare, local, num, place } from "../fixtures.js";
import { seededRandom } from "../random.js";
import { type NativeOptions, nativeText } from "./native.js";
import { instantiate, type NativeHost } from "./run.js";

const AT = { file: "mm/a.ts", line: 7, column: 1, fn: "f" };
type Bare<T> = T extends unknown ? Omit<T, "at"> : never;

function fn(
  name: string,
  locals: readonly ValueType[],
  params: readonly Param[],
  blocks: readonly (readonly [readonly Bare<Instr>[], Bare<Term>])[],
  result?: ValueType,
): Fn {
  return {
    name,
    params,
    ...(result ? { result } : {}),
    locals: locals.map((type, id): Local => ({ name: `l${id}`, type })),
    blocks: blocks.map(([instrs, term]) => ({
      instrs: instrs.map((instr) => ({ ...instr, at: AT }) as Instr),
      term: { ...term, at: AT } as Term,
    })),
    exported: true,
    at: AT,
  };
}

function value(id: number): Param {
  return { kind: "value", name: `p${id}`, local: id };
}

function moduleOf(functions: readonly Fn[], globals: readonly Partial<Global>[] = []): Module {
  return {
    globals: new Map(
      globals.map((g) => [g.name!, { name: "", type: U8, dims: [], perCpu: false, init: 0, at: AT, ...g }]),
    ),
    functions: new Map(functions.map((f) => [f.name, f])),
    functionTable: [],
    undefinedFunctions: new Map(),
  };
}

/** Runs; violations are collected as `kind: message`. */
function run(module: Module, options: Partial<NativeOptions> = {}, externals: NativeHost["externals"] = {}) {
  const violations: string[] = [];
  const native = instantiate(
    nativeText(module, {
      roots: [...module.functions.keys()].slice(0, 1),
      externals: new Set(Object.keys(externals)),
      ...options,
    }),
    { externals, violation: (kind, message) => violations.push(`${kind}: ${message}`) },
  );
  return { native, violations, call: Object.values(native.call)[0]! };
}

const TYPES: readonly IntType[] = [U8, U16, U32, I32];
const EXTREMES = [0, 1, 2, 31, 127, 128, 255, 256, 65535, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, -1, -2, -(2 ** 31)];
const OPERATORS = ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"] as const;
const COMPARISONS = ["==", "!=", "<", "<=", ">", ">="] as const;

describe("expressions", () => {
  it("mean what the interpreter says", () => {
    const random = seededRandom(7);
    const pick = <T>(from: readonly T[]): T => from[random(from.length)]!;
    const wrapTo = (type: IntType, x: number) =>
      evaluate({ kind: "convert", type, arg: { kind: "const", type: I32, value: x } }, [], 0);
    const locals: ValueType[] = TYPES.flatMap((type) => [type, type]);
    const make = (type: ValueType, depth: number): Expr => {
      if (type.kind === "bool") {
        if (depth === 0) return num(random(2), BOOL);
        const kind = random(4);
        const operand = pick(TYPES);
        if (kind === 0) return compare(pick(COMPARISONS), make(operand, depth - 1), make(operand, depth - 1));
        if (kind === 1)
          return {
            kind: "logic",
            op: pick(["&&", "||"] as const),
            left: make(BOOL, depth - 1),
            right: make(BOOL, depth - 1),
          };
        if (kind === 2) return { kind: "unary", op: "!", type: BOOL, arg: make(BOOL, depth - 1) };
        return { kind: "convert", type: BOOL, arg: make(operand, depth - 1) };
      }
      const int = type as IntType;
      if (depth === 0) {
        if (random(2) === 0) return num(wrapTo(int, pick(EXTREMES)), int);
        return local(TYPES.indexOf(int) * 2 + random(2), int);
      }
      switch (random(5)) {
        case 0:
          return { kind: "unary", op: pick(["-", "~"] as const), type: int, arg: make(int, depth - 1) };
        case 1:
          return { kind: "convert", type: int, arg: make(pick<ValueType>([...TYPES, BOOL]), depth - 1) };
        case 2:
          return {
            kind: "select",
            type: int,
            cond: make(BOOL, depth - 1),
            then: make(int, depth - 1),
            else: make(int, depth - 1),
          };
        default: {
          const op = pick(OPERATORS);
          const right = op === "/" || op === "%" ? num(wrapTo(int, pick(EXTREMES)) || 1, int) : make(int, depth - 1);
          return arith(
            op,
            make(int, depth - 1),
            op === "<<" || op === ">>" ? num(random(8), int) : right,
            int as typeof U8,
          );
        }
      }
    };
    let negative = 0;
    for (let round = 0; round < 1500; round++) {
      const type = pick(TYPES);
      const expr = make(type, 1 + random(4));
      const params = locals.map((_, id) => value(id));
      const { call } = run(moduleOf([fn("f", locals, params, [[[], { kind: "return", value: expr }]], type)]));
      for (let input = 0; input < 3; input++) {
        const args = locals.map((t) => wrapTo(t as IntType, pick(EXTREMES)));
        const expected = evaluate(expr, args, 0);
        if (expected < 0) negative++;
        expect(call(...args), JSON.stringify({ expr, args })).toBe(expected);
      }
    }
    expect(negative).toBeGreaterThan(10);
  });
});

describe("state", () => {
  const at = (name: string, ...index: Expr[]): PlaceRef => place(name, ...index);
  const load = (dst: number, from: PlaceRef): Bare<Instr> => ({ kind: "load", dst, place: from, ghost: false });
  const store = (to: PlaceRef, x: Expr): Bare<Instr> => ({ kind: "store", place: to, value: x });
  const returns = (x?: Expr): Bare<Term> => (x ? { kind: "return", value: x } : { kind: "return" });

  it("has C's widths, its boot values, and rows behind each other", () => {
    const f = fn(
      "f",
      [U32, U32, U32],
      [value(0), value(1)],
      [
        [
          [store(at("a", local(0, U32), local(1, U32)), num(2 ** 32 - 1, U32)), load(2, at("a", num(1), num(2)))],
          returns(local(2, U32)),
        ],
      ],
      U32,
    );
    const { call, native } = run(moduleOf([f], [{ name: "a", type: U32, dims: [2, 3], init: 9 }]));
    expect(call(1, 1)).toBe(9);
    expect(call(1, 2)).toBe(2 ** 32 - 1);
    expect(native.reader("a")(1, 2)).toBe(2 ** 32 - 1);
    expect(native.reader("a")(0, 2)).toBe(9);
    expect(() => native.reader("b")).toThrow("nothing that runs touches b");
  });

  it("is found through references, by any way there", () => {
    const ref = (name: string, ...index: Expr[]): Arg => ({ kind: "ref", place: at(name, ...index) });
    const param = (path: string, ...index: Expr[]): PlaceRef => ({ base: { kind: "param", param: 0 }, path, index });
    const call = (name: string, ...args: Arg[]): Bare<Instr> => ({
      kind: "call",
      callee: { kind: "direct", name },
      args,
    });
    const inner = fn(
      "inner",
      [U8],
      [{ kind: "ref", name: "r" }],
      [[[load(0, param(".x", num(1))), store(param(".x", num(1)), arith("+", local(0), num(1)))], returns()]],
    );
    const outer = fn(
      "outer",
      [],
      [{ kind: "ref", name: "r" }],
      [[[call("inner", { kind: "ref", place: param("") })], returns()]],
    );
    const main = fn(
      "main",
      [U8],
      [value(0)],
      [[[call("outer", ref("s", local(0))), call("inner", ref("s", num(0))), call("inner", ref("t"))], returns()]],
    );
    const { call: run1, native } = run(
      moduleOf(
        [main, outer, inner],
        [
          { name: "s.x", dims: [3, 2] },
          { name: "t.x", dims: [2] },
        ],
      ),
    );
    run1(2);
    run1(0);
    expect([0, 1, 2].map((i) => native.reader("s.x")(i, 1))).toEqual([3, 0, 1]);
    expect(native.reader("t.x")(1)).toBe(2);
  });

  it("is refused where an index or a lock is wrong, if asked", () => {
    const f = fn("f", [U8], [value(0)], [[[store(at("a", local(0)), num(1))], returns()]]);
    const module = moduleOf([f], [{ name: "a", dims: [2] }]);
    const checked = run(module, { checked: true });
    checked.call(2);
    expect(checked.violations).toEqual(["bug: index 2 of a, which has 2"]);
    const guarded = moduleOf(
      [f],
      [
        { name: "a", dims: [2], guard: "l" },
        { name: "l", lock: "spinlock" },
      ],
    );
    const raced = run(guarded, { checked: true });
    raced.call(1);
    raced.native.boot(() => raced.call(1));
    expect(raced.violations).toEqual(["race: a is touched without l held"]);
    const unchecked = run(guarded);
    unchecked.call(1);
    expect(unchecked.violations).toEqual([]);
  });

  it("knows who waits for nobody, and who may not sleep", () => {
    const lock: PlaceRef = at("l");
    const f = fn(
      "f",
      [BOOL],
      [],
      [
        [
          [
            { kind: "mightSleep" },
            { kind: "irq", op: "save", dst: 0 },
            { kind: "acquire", lock },
            { kind: "mightSleep" },
            { kind: "acquire", lock },
            { kind: "release", lock },
            { kind: "release", lock },
            { kind: "irq", op: "restore", value: local(0, BOOL) },
            { kind: "wait", cond: num(0, BOOL), on: { kind: "anyone", what: "it" } },
            { kind: "check", cond: num(0, BOOL), violation: "warn", message: "w" },
          ],
          returns(),
        ],
      ],
    );
    const { call, native, violations } = run(moduleOf([f], [{ name: "l", lock: "spinlock" }]));
    call();
    expect(violations.map((text) => text.split(":")[0])).toEqual([
      "sleep-in-atomic",
      "deadlock",
      "bug",
      "deadlock",
      "warn",
    ]);
    expect(native.irqsDisabled()).toBe(false);
  });

  it("reaches the host where the module ends, and where the host stands in for it", () => {
    const ref: Arg = { kind: "ref", place: at("a", num(1)) };
    const own = fn("own", [], [], [[[], returns(num(1, U8))]], U8);
    const f = fn(
      "f",
      [U8, U8],
      [],
      [
        [
          [
            { kind: "call", dst: 0, callee: { kind: "direct", name: "own" }, args: [] },
            {
              kind: "call",
              dst: 1,
              callee: { kind: "direct", name: "other" },
              args: [ref, { kind: "value", expr: num(2) }],
            },
          ],
          returns(arith("+", local(0), local(1))),
        ],
      ],
      U8,
    );
    const module = moduleOf([f, own], [{ name: "a", dims: [2, 3], init: 5 }]);
    expect(() => run(module)).toThrow("other is called and defined nowhere");
    const { call } = run(
      module,
      {},
      {
        own: () => 300,
        other: (array: Uint8Array, first: number, index: number) => array[first + index]! + first,
      },
    );
    expect(call()).toBe(300 - 256 + 5 + 3);
  });
});
