/** Goal: the text form shows every instruction, and where it is from. Method: one function that has them all. */
import { describe, expect, it } from "vitest";
import { printFn, printModule } from "./print.js";
import {
  type At,
  BOOL,
  constant,
  type Expr,
  FN,
  type Fn,
  I32,
  type Module,
  type PlaceRef,
  U8,
  type ValueType,
} from "./types.js";

const at = (line: number, file = "mm/highmem.ts", caller?: At): At => ({
  file,
  line,
  column: 1,
  fn: "f",
  ...(caller ? { caller } : {}),
});
const local = (id: number, type: ValueType): Expr => ({
  kind: "local",
  type,
  local: id,
});
const x: PlaceRef = { base: { kind: "global", name: "x" }, path: ".n", index: [local(0, U8)] };
const lock: PlaceRef = { base: { kind: "param", param: 1 }, path: "", index: [] };

const fn: Fn = {
  name: "f",
  params: [
    { kind: "value", name: "page", local: 0 },
    { kind: "ref", name: "lock" },
  ],
  result: U8,
  locals: [
    { name: "page", type: U8 },
    { name: "b", type: BOOL },
  ],
  exported: true,
  linux: "mm/highmem.c f",
  at: at(1),
  blocks: [
    {
      instrs: [
        { kind: "acquire", lock, at: at(2) },
        { kind: "lockdepAssert", at: at(2) },
        { kind: "load", dst: 0, place: x, ghost: false, at: at(3) },
        { kind: "load", dst: 0, place: x, ghost: true, at: at(4, "machine/mmu.ts", at(9)) },
        {
          kind: "assign",
          dst: 1,
          value: {
            kind: "compare",
            op: "<",
            left: { kind: "convert", type: I32, arg: local(0, U8) },
            right: constant(I32, 3),
          },
          at: at(5),
        },
        {
          kind: "store",
          place: x,
          value: { kind: "convert", type: U8, arg: { kind: "machine", type: I32, name: "ARCH" } },
          at: at(6),
        },
        {
          kind: "call",
          dst: 0,
          callee: { kind: "direct", name: "g" },
          args: [
            { kind: "value", expr: constant(BOOL, 1) },
            { kind: "ref", place: lock },
          ],
          at: at(7),
        },
        { kind: "call", callee: { kind: "indirect", expr: constant(FN, 1) }, args: [], at: at(8) },
        {
          kind: "wait",
          cond: local(1, BOOL),
          on: { kind: "cpu", cpu: { kind: "cpu", type: U8 }, what: "w" },
          at: at(9),
        },
        { kind: "choose", dst: 0, count: 4, at: at(10) },
        { kind: "check", cond: local(1, BOOL), violation: "bug", message: "m", at: at(11) },
        { kind: "release", lock, at: at(12) },
      ],
      term: { kind: "branch", cond: local(1, BOOL), then: 1, else: 0, at: at(13) },
    },
    { instrs: [], term: { kind: "return", value: constant(U8, 0), at: at(14) } },
  ],
};

function lines(text: string): string[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/ +#/, " #"));
}

describe("printFn", () => {
  it("prints blocks, instructions and places", () => {
    expect(lines(printFn(fn))).toEqual([
      "fn f(page: u8, &lock) -> u8 # mm/highmem.ts:1  linux: mm/highmem.c f",
      "b0:",
      "  acquire &lock # 2",
      "  lockdep assert irqs enabled # 2",
      "  %page = load x.n[%page] # 3",
      "  %page = load x.n[%page] ghost # machine/mmu.ts:4 < f:9",
      "  %b = (%page < 3) # 5",
      "  store x.n[%page] = u8(CPU.ARCH) # 6",
      "  %page = call g(true, &lock) # 7",
      "  call *fn#1() # 8",
      '  wait %b by CPU cpu to "w" # 9',
      "  %page = choose 4 # 10",
      '  check %b else bug "m" # 11',
      "  release &lock # 12",
      "  branch %b b1 b0 # 13",
      "b1:",
      "  return 0 # 14",
    ]);
  });
});

describe("printModule", () => {
  it("prints state, functions, the table and what is undefined", () => {
    const module: Module = {
      globals: new Map([
        ["x.n", { name: "x.n", type: U8, dims: [2, 3], perCpu: true, init: 5, guard: "l", at: at(1) }],
        ["l", { name: "l", type: U8, dims: [], perCpu: false, init: 0, lock: "mutex", at: at(2) }],
      ]),
      functions: new Map([["f", { ...fn, blocks: [fn.blocks[1]!] }]]),
      functionTable: ["f"],
      undefinedFunctions: new Map([["g", { file: "mm/g.ts", at: at(7), declared: at(1) }]]),
    };
    expect(lines(printModule(module))).toEqual([
      "per_cpu u8 x.n[2][3] = 5 guarded by l # mm/highmem.ts:1",
      "mutex l # mm/highmem.ts:2",
      "",
      "fn f(page: u8, &lock) -> u8 # mm/highmem.ts:1  linux: mm/highmem.c f",
      "b0:",
      "  return 0 # 14",
      "",
      "table 1 = f",
      "",
      "undefined g # mm/g.ts, first used at mm/highmem.ts:7",
    ]);
  });
});
