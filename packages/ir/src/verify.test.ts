/** Goal: a breach of each rule of the contract is seen. Method: a sound function, broken in one place at a time. */
import { describe, expect, it } from "vitest";
import { type At, type Block, BOOL, constant, type Expr, type Fn, I32, type Instr, type Module, U8 } from "./types.js";
import { verify } from "./verify.js";

const at: At = { file: "a.ts", line: 1, column: 1, fn: "f" };
const p: Expr = { kind: "local", type: U8, local: 0 };
const base = { kind: "global", name: "a" } as const;
const end: Block["term"] = { kind: "return", value: p, at };

function module(instrs: readonly Instr[], term: Block["term"] = end, more: Partial<Fn> = {}): Module {
  const f: Fn = {
    name: "f",
    params: [
      { kind: "value", name: "p", local: 0 },
      { kind: "ref", name: "q" },
    ],
    result: U8,
    locals: [
      { name: "p", type: U8 },
      { name: "b", type: BOOL },
    ],
    exported: false,
    at,
    blocks: [{ instrs, term }],
    ...more,
  };
  return {
    globals: new Map([
      ["a", { name: "a", type: U8, dims: [2], perCpu: false, init: 0, at }],
      ["l", { name: "l", type: U8, dims: [], perCpu: false, init: 0, lock: "spinlock", at }],
    ]),
    functions: new Map([["f", f]]),
    functionTable: [],
    undefinedFunctions: new Map([["gone", { file: "b.ts", at, declared: at }]]),
  };
}

const load = (index: readonly Expr[], dst = 0): Instr => ({
  kind: "load",
  dst,
  place: { base, path: "", index },
  ghost: false,
  at,
});
const call = (name: string, args: Extract<Instr, { kind: "call" }>["args"]): Instr => ({
  kind: "call",
  callee: { kind: "direct", name },
  args,
  at,
});

describe("verify", () => {
  it("finds nothing in a sound module", () => {
    const place = { base, path: "", index: [] };
    const args = [
      { kind: "value", expr: p },
      { kind: "ref", place },
    ] as const;
    const atomic: Instr[] = [{ kind: "atomicBegin", at }, load([p]), { kind: "atomicEnd", at }];
    expect(verify(module([...atomic, call("f", args), call("gone", [])]))).toEqual([]);
  });

  it.each<[string, Module]>([
    ["has type u8, not bool", module([load([p], 1)])],
    ["has 0 of 1 indices", module([load([])])],
    ["names no shared state", module([{ ...load([p]), place: { base, path: ".x", index: [p] } } as Instr])],
    [
      "is a lock",
      module([{ ...load([]), place: { base: { kind: "global", name: "l" }, path: "", index: [] } } as Instr]),
    ],
    ["is no lock", module([{ kind: "acquire", lock: { base, path: "", index: [p] }, at }])],
    [
      "is not by reference",
      module([{ ...load([p]), place: { base: { kind: "param", param: 0 }, path: "", index: [p] } } as Instr]),
    ],
    ["there is no local 7", module([load([p], 7)])],
    ["has type i32, not u8", module([{ kind: "assign", dst: 0, value: constant(I32, 1), at }])],
    ["calls what does not exist", module([call("none", [])])],
    ["passes 0 of 2 arguments", module([call("f", [])])],
    [
      "passes argument 2 by value",
      module([
        call("f", [
          { kind: "value", expr: p },
          { kind: "value", expr: p },
        ]),
      ]),
    ],
    ["leads nowhere", module([], { kind: "jump", to: 3, at })],
    ["in a function with a result", module([], { kind: "return", at })],
    ["ends that has not begun", module([{ kind: "atomicEnd", at }])],
    ["returns inside a hardware action", module([{ kind: "atomicBegin", at }])],
    [
      "is reached inside and outside",
      module([], end, {
        blocks: [
          { instrs: [], term: { kind: "branch", cond: constant(BOOL, 1), then: 1, else: 2, at } },
          { instrs: [{ kind: "atomicBegin", at }], term: { kind: "jump", to: 2, at } },
          { instrs: [], term: end },
        ],
      }),
    ],
    [
      "the right of (%p + 1) has type i32, not u8",
      module([
        { kind: "assign", dst: 0, value: { kind: "arith", op: "+", type: U8, left: p, right: constant(I32, 1) }, at },
      ]),
    ],
    [
      "is not in the function table",
      module([{ kind: "assign", dst: 0, value: { kind: "function", type: { kind: "fn" }, name: "f" }, at }]),
    ],
    ["the function table names g", { ...module([]), functionTable: ["g"] }],
  ])("sees that something %s", (message, broken) => {
    expect(verify(broken).join("\n")).toContain(message);
  });
});
