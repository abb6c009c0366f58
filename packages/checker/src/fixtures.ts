/**
 * Small systems for this package's tests, written in the intermediate form. Not part of the package.
 *
 * Each is small enough to count its states by hand; the counts and how they come about stand with the systems.
 */
import {
  type At,
  type Block,
  BOOL,
  constant,
  type Expr,
  type Fn,
  type Global,
  I32,
  type Instr,
  type Local,
  type PlaceRef,
  type Term,
  U8,
  type ValueType,
  type ViolationKind,
} from "@shootdown/ir";
import { buildSystem } from "./build-system.js";
import type { Scenario, System } from "./system.js";

const AT: At = { file: "fixture.ts", line: 1, column: 1, fn: "fixture" };

// ---- a notation ----

export const num = (value: number, type: ValueType = U8): Expr => constant(type, value);
export const local = (id: number, type: ValueType = U8): Expr => ({ kind: "local", type, local: id });
export const me: Expr = { kind: "cpu", type: U8 };
export const compare = (op: "==" | "!=" | "<" | "<=" | ">" | ">=", left: Expr, right: Expr): Expr => ({
  kind: "compare",
  op,
  left,
  right,
});
export const arith = (
  op: "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" | "<<" | ">>",
  left: Expr,
  right: Expr,
  type: typeof U8 = U8,
): Expr => ({ kind: "arith", op, type, left, right });
export const place = (name: string, ...index: readonly Expr[]): PlaceRef => ({
  base: { kind: "global", name },
  path: "",
  index,
});

/** An instruction without its place in the source. */
export type Bare = Instr extends infer I ? (I extends Instr ? Omit<I, "at"> : never) : never;
type BareTerm = Term extends infer T ? (T extends Term ? Omit<T, "at"> : never) : never;

export const load = (dst: number, from: PlaceRef): Bare => ({ kind: "load", dst, place: from, ghost: false });
export const store = (to: PlaceRef, value: Expr): Bare => ({ kind: "store", place: to, value });
export const acquire = (name: string): Bare => ({ kind: "acquire", lock: place(name) });
export const release = (name: string): Bare => ({ kind: "release", lock: place(name) });
export const assign = (dst: number, value: Expr): Bare => ({ kind: "assign", dst, value });
export const check = (cond: Expr, violation: ViolationKind = "bug"): Bare => ({
  kind: "check",
  cond,
  violation,
  message: "fixture",
});
export const jump = (to: number): BareTerm => ({ kind: "jump", to });
export const branch = (cond: Expr, yes: number, no: number): BareTerm => ({
  kind: "branch",
  cond,
  then: yes,
  else: no,
});
export const done: BareTerm = { kind: "return" };

export interface FixtureFunction {
  readonly locals?: readonly ValueType[];
  readonly blocks: readonly (readonly [readonly Bare[], BareTerm])[];
}

export interface Fixture
  extends Partial<Pick<Scenario, "tasks" | "interrupts" | "softirqs" | "hardware" | "witnesses">> {
  readonly cpus: number;
  readonly globals: readonly Partial<Global>[];
  readonly functions: Readonly<Record<string, FixtureFunction>>;
}

export function fixture(options: Fixture): System {
  const globals = options.globals.map(
    (g): Global => ({ name: "", type: U8, dims: [], perCpu: false, init: 0, at: AT, ...g }),
  );
  const functions = Object.entries(options.functions).map(([name, { locals = [], blocks }], number): [string, Fn] => {
    const at = { ...AT, fn: name, line: 100 * (number + 1) };
    let line = at.line;
    const block = ([instrs, term]: (typeof blocks)[number]): Block => ({
      instrs: instrs.map((instr) => ({ ...instr, at: { ...at, line: ++line } }) as Instr),
      term: { ...term, at: { ...at, line } } as Term,
    });
    const named = locals.map((type, id): Local => ({ name: `l${id}`, type }));
    return [name, { name, params: [], locals: named, blocks: blocks.map(block), exported: false, at }];
  });
  return buildSystem({
    module: {
      globals: new Map(globals.map((global) => [global.name, global])),
      functions: new Map(functions),
      functionTable: [],
      undefinedFunctions: new Map(),
    },
    scenario: {
      name: "fixture",
      about: "a system for tests",
      tasks: options.tasks ?? [{ cpu: "every", body: "task" }],
      interrupts: options.interrupts ?? [],
      softirqs: options.softirqs ?? [],
      hardware: options.hardware ?? [],
      witnesses: options.witnesses ?? [],
    },
    cpus: options.cpus,
    machine: new Map(),
  });
}

export const LOCK = { name: "lock", lock: "spinlock" } as const;
export const IRQ = (op: "enable" | "disable"): Bare => ({ kind: "irq", op });

// ---- sound systems, with their number of states ----

/**
 * Each CPU: for ever { take the lock; flip a guarded bit; give it back }. A task stands at its entry E (only before its
 * first step), before the lock A, or before the release R: in R it holds the lock.
 *
 * Both free: EE, EA, AE, AA. One in R: RE, RA, ER, AR. The bit is 0 until the first time in R; in a state with an R it
 * has just been flipped. EE has bit 0 only; ER and RE after an odd or even number of turns, as EA and AE: both values.
 * AA both; RA and AR both. So 1 + 2*2 (EA AE) + 2 (AA) + 2*2 (RE ER) + 2*2 (RA AR) = 15.
 */
export function twoCpusOneLock(): System {
  return fixture({
    cpus: 2,
    globals: [LOCK, { name: "bit", type: BOOL, guard: "lock" }],
    functions: {
      task: {
        locals: [BOOL],
        blocks: [
          [[], jump(1)],
          [
            [
              acquire("lock"),
              load(0, place("bit")),
              store(place("bit"), { kind: "unary", op: "!", type: BOOL, arg: local(0, BOOL) }),
              release("lock"),
            ],
            jump(1),
          ],
        ],
      },
    },
  });
}
export const TWO_CPUS_ONE_LOCK = 15;

/** One CPU counts modulo 3 in one action a turn: the entry at 0, then the loop at 0, 1, 2. */
export function counter(): System {
  return fixture({
    cpus: 1,
    globals: [{ name: "n" }],
    functions: {
      task: {
        locals: [U8],
        blocks: [
          [[], jump(1)],
          [
            [
              { kind: "atomicBegin" },
              load(0, place("n")),
              store(place("n"), arith("%", arith("+", local(0), num(1)), num(3))),
              { kind: "atomicEnd" },
            ],
            jump(1),
          ],
        ],
      },
    },
  });
}
export const COUNTER = 4;

/**
 * One CPU chooses one of three, twice, and stores 3 * first + second, then is over: the entry, 9 states before the
 * store (the sum is live), 9 after it.
 */
export function choices(): System {
  return fixture({
    cpus: 1,
    globals: [{ name: "n" }],
    functions: {
      task: {
        locals: [U8, U8],
        blocks: [
          [
            [
              { kind: "choose", dst: 0, count: 3 },
              { kind: "choose", dst: 1, count: 3 },
              assign(0, arith("+", arith("*", local(0), num(3)), local(1))),
              store(place("n"), local(0)),
            ],
            done,
          ],
        ],
      },
    },
  });
}
export const CHOICES = 19;

/**
 * One CPU: the task disables and enables interrupts for ever; the interrupt sets a flag and returns.
 * The task's points: entry E, before disable D, before enable N (interrupts off). The interrupt's: before the store W,
 * before leaving L. The flag is 0 until the interrupt has stored once.
 * Flag 0: E, E+W, D, D+W, N; flag 1: E, E+W, E+L, D, D+W, D+L, N. Twelve.
 */
export function interrupt(): System {
  return fixture({
    cpus: 1,
    globals: [{ name: "flag", type: BOOL }],
    functions: {
      task: {
        blocks: [
          [[], jump(1)],
          [[IRQ("disable"), IRQ("enable")], jump(1)],
        ],
      },
      handler: { blocks: [[[store(place("flag"), num(1, BOOL))], done]] },
    },
    interrupts: [{ handler: "handler" }],
  });
}
export const INTERRUPT = 12;

/** Two CPUs; the first asks the second by an IPI and waits for the answer, once; the second has a task that ends. */
export function ipi(irqsOff = false): System {
  const raised = { name: "raised", type: BOOL, dims: [2], perCpu: true } as const;
  const other: FixtureFunction["blocks"] = irqsOff
    ? [[[IRQ("disable"), acquire("lock"), release("lock")], done]]
    : [[[], done]];
  return fixture({
    cpus: 2,
    globals: [raised, LOCK],
    functions: {
      caller: {
        locals: [BOOL],
        blocks: [
          [
            [
              acquire("lock"),
              store(place("raised", num(1)), num(1, BOOL)),
              { kind: "atomicBegin" },
              load(0, place("raised", num(1))),
              {
                kind: "wait",
                cond: compare("==", local(0, BOOL), num(0, BOOL)),
                on: { kind: "cpu", cpu: num(1), what: "answer" },
              },
              { kind: "atomicEnd" },
              release("lock"),
            ],
            done,
          ],
        ],
      },
      other: { blocks: other },
      handler: { blocks: [[[store(place("raised", me), num(0, BOOL))], done]] },
    },
    tasks: [
      { cpu: 0, body: "caller" },
      { cpu: 1, body: "other" },
    ],
    interrupts: [{ handler: "handler", raised: "raised" }],
  });
}

/** A softirq, a hardware action and a loop with a bound that is only known from what memory can hold. */
export function levels(): System {
  return fixture({
    cpus: 2,
    globals: [{ name: "pending", type: BOOL, dims: [2], perCpu: true }, { name: "end" }, { name: "cells", dims: [4] }],
    functions: {
      task: {
        locals: [U8, U8],
        blocks: [
          [[{ kind: "choose", dst: 0, count: 4 }, store(place("end"), local(0)), load(1, place("end"))], jump(1)],
          [[{ kind: "atomicBegin" }, assign(0, num(0))], jump(2)],
          [[], branch(compare("<", local(0), local(1)), 3, 4)],
          [[store(place("cells", local(0)), num(1)), assign(0, arith("+", local(0), num(1)))], jump(2)],
          [[{ kind: "atomicEnd" }, store(place("pending", me), num(1, BOOL))], done],
        ],
      },
      soft: { blocks: [[[store(place("pending", me), num(0, BOOL)), store(place("cells", num(3)), num(2))], done]] },
      hard: { blocks: [[[], done]] },
      fade: {
        locals: [U8],
        blocks: [
          [[{ kind: "atomicBegin" }, load(0, place("cells", num(0)))], branch(compare("==", local(0), num(1)), 1, 2)],
          [[store(place("cells", num(0)), num(0))], jump(2)],
          [[{ kind: "atomicEnd" }], done],
        ],
      },
    },
    softirqs: [{ handler: "soft", raised: "pending" }],
    interrupts: [{ handler: "hard" }],
    hardware: [{ handler: "fade" }],
  });
}

/** Hardware: fills one of two cells that is empty. */
export const FILL: FixtureFunction = {
  locals: [U8, U8],
  blocks: [
    [
      [
        { kind: "choose", dst: 0, count: 2 },
        { kind: "atomicBegin" },
        load(1, place("cells", local(0))),
        { kind: "wait", cond: compare("==", local(1), num(0)), on: { kind: "anyone", what: "an empty cell" } },
        store(place("cells", local(0)), num(1)),
        { kind: "atomicEnd" },
      ],
      done,
    ],
  ],
};

/**
 * Hardware that acts on one of two cells or the other, or not at all, and a task that waits for the second. The task
 * stands at its entry or before its wait, with any of the four fillings; or is over, with the second cell full: 4 + 4 + 2.
 */
export function hardware(): System {
  const wait: readonly Bare[] = [
    { kind: "atomicBegin" },
    load(0, place("cells", num(1))),
    { kind: "wait", cond: compare("==", local(0), num(1)), on: { kind: "anyone", what: "the second cell" } },
    { kind: "atomicEnd" },
  ];
  return fixture({
    cpus: 1,
    globals: [{ name: "cells", dims: [2] }],
    functions: { task: { locals: [U8], blocks: [[wait, done]] }, fill: FILL },
    hardware: [{ handler: "fill" }],
  });
}
export const HARDWARE_STATES = 10;

/**
 * One task fills the second of two cells, then chooses a cell and waits until it is full, in one step: by one choice it
 * is blocked, by the other it goes on. The entry, before the store, before the choice, over.
 */
export function chosenWait(): System {
  return fixture({
    cpus: 1,
    globals: [{ name: "cells", dims: [2] }],
    functions: {
      task: {
        locals: [U8, U8],
        blocks: [
          [
            [
              store(place("cells", num(1)), num(1)),
              { kind: "atomicBegin" },
              { kind: "choose", dst: 0, count: 2 },
              load(1, place("cells", local(0))),
              { kind: "wait", cond: compare("==", local(1), num(1)), on: { kind: "anyone", what: "a full cell" } },
              { kind: "atomicEnd" },
            ],
            done,
          ],
        ],
      },
    },
  });
}
export const CHOSEN_WAIT = 4;

/** Arithmetic at every width, with a check of each result: sound if the arithmetic is C's. */
export function arithmetic(): System {
  const u32 = { kind: "int", bits: 32, signed: false } as const;
  const i8 = { kind: "int", bits: 8, signed: true } as const;
  const big = 0xffff_fff0;
  const convert = (type: ValueType, arg: Expr): Expr => ({ kind: "convert", type, arg });
  const x = local(0, u32);
  const is = (expr: Expr, value: number, type: ValueType): Bare => check(compare("==", expr, num(value, type)));
  return fixture({
    cpus: 1,
    globals: [{ name: "seed", type: u32, init: big }, { name: "out" }],
    functions: {
      task: {
        locals: [u32, U8],
        blocks: [
          [
            [
              store(place("seed"), num(big, u32)),
              load(0, place("seed")),
              is(arith("/", x, num(16, u32), u32), 0x0fff_ffff, u32),
              is(arith("%", x, num(7, u32), u32), big % 7, u32),
              is(arith("/", x, num(0x8000_0001, u32), u32), 1, u32),
              is(arith(">>", x, num(28, u32), u32), 15, u32),
              is(arith("+", x, num(32, u32), u32), 16, u32),
              check(compare(">", x, num(5, u32))),
              check(compare("<", convert(I32, x), num(0, I32))),
              is(convert(i8, x), -16, i8),
              is(convert(U8, x), 0xf0, U8),
              is(arith("*", convert(U8, x), num(2)), 0xe0, U8),
              is(arith("-", num(3), convert(U8, x)), 0x13, U8),
              is(arith("<<", convert(U8, x), num(1)), 0xe0, U8),
              assign(1, arith("-", num(0), convert(U8, x))),
              store(place("out"), local(1)),
              store(place("seed"), num(0, u32)),
            ],
            done,
          ],
        ],
      },
    },
  });
}

/** All of them that are sound, by name. */
export const SOUND: readonly (readonly [string, () => System])[] = [
  ["two CPUs and a lock", twoCpusOneLock],
  ["a counter", counter],
  ["choices", choices],
  ["an interrupt", interrupt],
  ["an IPI", () => ipi()],
  ["softirq and hardware", levels],
  ["hardware that waits", hardware],
  ["a wait behind a choice", chosenWait],
  ["arithmetic", arithmetic],
];
