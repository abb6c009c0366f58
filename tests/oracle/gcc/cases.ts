/**
 * The cases: the functions whose thresholds are known from the kernel's own history (`FIXED`), and variants made by a
 * seeded generator over shapes that kernel code has. A variant asks one to three questions: can control come to `bad_…()`?
 */
import {
  bin,
  type Case,
  call,
  cast,
  choose,
  type Expr,
  type Func,
  give,
  type IntName,
  make,
  n,
  run,
  type Stmt,
  set,
  v,
  when,
} from "./language.js";

const fn = (
  name: string,
  params: Func["params"],
  result: IntName | undefined,
  body: readonly Stmt[],
  isStatic = true,
): Func => ({ name, params, isStatic, body, ...(result === undefined ? {} : { result }) });

const entry = (name: string, params: Func["params"], body: readonly Stmt[]): Func =>
  fn(name, params, undefined, body, false);

/** `long f(unsigned long size) { return size >> shift; }`, then `if (e < 0) bad();`. */
function threshold(shift: number, bits: 32 | 64): Case {
  const id = `thr${bits}_${shift}`;
  return {
    name: `size >> ${shift}, ${bits} bits`,
    shape: "threshold",
    bits,
    bad: [`bad_${id}`],
    functions: [
      fn(`f_${id}`, [["size", "ulong"]], "i32", [give("i32", bin(v("size"), ">>", n(shift)))]),
      entry(
        `g_${id}`,
        [["size", "ulong"]],
        [make("e", "i32", call(`f_${id}`, v("size"))), when(bin(v("e"), "<", n(0)), run(`bad_${id}`))],
      ),
    ],
  };
}

/** The caller makes the size of a number of pages. */
function pages(id: string, about: string, type: IntName, size: Expr, ...guards: readonly Expr[]): Case {
  return {
    name: about,
    shape: "pages",
    bits: 64,
    bad: [`bad_${id}`],
    functions: [
      fn(`stub_${id}`, [["size", "ulong"]], "i32", [give("i32", bin(v("size"), ">>", n(12)))]),
      entry(
        `map_${id}`,
        [["nr", type]],
        [
          ...guards.map((guard) => when(guard, { kind: "return" })),
          make("e", "i32", call(`stub_${id}`, size)),
          when(bin(v("e"), "<", n(0)), run(`bad_${id}`)),
        ],
      ),
    ],
  };
}

/** pcpu_map_pages() and its stub, old or today's: the flush in a static function, called once or also by another. */
function stub(id: string, old: boolean, alsoReclaim: boolean, shift: number): Case {
  const flush = `flush_${id}`;
  return {
    name: `pcpu_map_pages, stub returns ${old ? `size >> ${shift}` : "-22"}, ${alsoReclaim ? "two callers" : "one caller"}`,
    shape: "stub",
    bad: [`bad_${id}`],
    functions: [
      fn(`stub_${id}`, [["size", "ulong"]], "i32", [give("i32", old ? bin(v("size"), ">>", n(shift)) : n(-22))]),
      fn(flush, [["start", "u32"]], undefined, [run(`bad_${id}`)]),
      fn(
        `map_${id}`,
        [
          ["start", "u32"],
          ["end", "u32"],
        ],
        "i32",
        [
          {
            kind: "for",
            name: "cpu",
            type: "i32",
            below: call("get_i32"),
            body: [
              make("size", "ulong", bin(cast("ulong", bin(v("end"), "-", v("start"))), "<<", n(shift))),
              make("err", "i32", call(`stub_${id}`, v("size"))),
              when(bin(v("err"), "<", n(0)), { kind: "do", call: call(flush, v("start")) }, give("i32", v("err"))),
            ],
          },
          give("i32", n(0)),
        ],
      ),
      entry(
        `populate_${id}`,
        [
          ["start", "u32"],
          ["end", "u32"],
        ],
        [
          make("done", "i32", call(`map_${id}`, v("start"), v("end"))),
          ...(alsoReclaim ? [{ kind: "do" as const, call: call(flush, v("end")) }] : []),
        ],
      ),
    ],
  };
}

const int = (size: Expr) => cast("ulong", size);

export const FIXED: readonly Case[] = [
  ...[0, 1, 2, 12, 16, 31].map((shift) => threshold(shift, 32)),
  ...[0, 1, 12, 16, 31, 32, 33, 34, 63].map((shift) => threshold(shift, 64)),
  stub("old", true, false, 12),
  stub("old16", true, false, 16),
  stub("old2", true, true, 12),
  stub("now", false, false, 12),
  stub("now2", false, true, 12),
  pages("int", "int nr << 12", "i32", int(bin(v("nr"), "<<", n(12)))),
  pages("pos", "int nr << 12, nr >= 0", "i32", int(bin(v("nr"), "<<", n(12))), bin(v("nr"), "<", n(0))),
  pages(
    "in",
    "int nr << 12, nr in [1, 2^19)",
    "i32",
    int(bin(v("nr"), "<<", n(12))),
    bin(v("nr"), "<", n(1)),
    bin(v("nr"), ">=", n(1 << 19)),
  ),
  pages("uns", "unsigned nr << 12", "u32", int(bin(v("nr"), "<<", n(12)))),
  pages("wide", "(unsigned long)nr << 12", "u32", bin(int(v("nr")), "<<", n(12))),
];

/** A small generator (xorshift): the same seed gives the same variants. */
export class Dice {
  private x: number;
  constructor(seed: number) {
    this.x = Math.imul(seed, 2654435761) | 1;
    for (let i = 0; i < 8; i++) this.below(2);
  }
  below(limit: number): number {
    this.x ^= this.x << 13;
    this.x ^= this.x >>> 17;
    this.x ^= this.x << 5;
    return (this.x >>> 0) % limit;
  }
  of<T>(all: readonly T[]): T {
    return all[this.below(all.length)]!;
  }
}

const TYPES: readonly IntName[] = ["u8", "u16", "u32", "i32", "ulong", "long"];
const NARROW: readonly IntName[] = ["u8", "u16", "u32", "i32"];
const WIDTH: Record<IntName, number> = { u8: 8, u16: 16, u32: 32, i32: 32, u64: 64, i64: 64, ulong: 32, long: 32 };
const COMPARE = ["<", "<=", ">", ">=", "==", "!="] as const;

type Shape = (id: string, dice: Dice) => Pick<Case, "functions" | "bad">;

const one = (id: string) => [`bad_${id}`];
const interesting = (dice: Dice): number =>
  dice.of([0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127, 128, 255, 256, 1000, 4095, 4096, 65535, 65536]);

/** Something computed from `x`, of type `type`: shifts, masks, casts, sums, one to three deep. */
function computed(dice: Dice, x: Expr, type: IntName, depth: number): { expr: Expr; type: IntName } {
  if (depth === 0) return { expr: x, type };
  const inner = computed(dice, x, type, depth - 1);
  const width = Math.max(32, WIDTH[inner.type]);
  switch (dice.below(7)) {
    case 0:
      return { expr: cast(inner.type, bin(inner.expr, ">>", n(1 + dice.below(width - 1)))), type: inner.type };
    case 1:
      return { expr: cast(inner.type, bin(inner.expr, "<<", n(1 + dice.below(14)))), type: inner.type };
    case 2:
      return { expr: cast(inner.type, bin(inner.expr, "&", n(interesting(dice)))), type: inner.type };
    case 3:
      return { expr: cast(inner.type, bin(inner.expr, "|", n(interesting(dice)))), type: inner.type };
    case 4:
      return { expr: cast(inner.type, bin(inner.expr, dice.of(["+", "-"]), n(interesting(dice)))), type: inner.type };
    case 5:
      return {
        expr: cast(inner.type, bin(inner.expr, dice.of(["/", "%"]), n(1 + interesting(dice)))),
        type: inner.type,
      };
    default: {
      const to = dice.of(TYPES);
      return { expr: cast(to, inner.expr), type: to };
    }
  }
}

const ask = (dice: Dice, x: Expr, bad: string): Stmt =>
  when(bin(x, dice.of(COMPARE), n(dice.of([0, 0, 0, -1, interesting(dice)]))), run(bad));

const SHAPES: Record<string, Shape> = {
  /** A function computes, the caller tests the sign or a bound. */
  returned(id, dice) {
    const type = dice.of(TYPES);
    const result = dice.of(["i32", "i32", "long", "u32"] as const);
    const { expr } = computed(dice, v("x"), type, 1 + dice.below(3));
    return {
      bad: one(id),
      functions: [
        fn(`f_${id}`, [["x", type]], result, [give(result, expr)]),
        entry(`g_${id}`, [["x", type]], [make("e", result, call(`f_${id}`, v("x"))), ask(dice, v("e"), `bad_${id}`)]),
      ],
    };
  },
  /** The same without a call between. */
  straight(id, dice) {
    const type = dice.of(TYPES);
    const { expr, type: to } = computed(dice, v("x"), type, 2 + dice.below(2));
    return {
      bad: one(id),
      functions: [entry(`g_${id}`, [["x", type]], [make("y", to, expr), ask(dice, v("y"), `bad_${id}`)])],
    };
  },
  /** min(), max() or both by `?:`, then a test around the bound. */
  clamped(id, dice) {
    const type = dice.of(["i32", "u32", "long", "ulong"] as const);
    const low = dice.below(20);
    const high = low + 1 + dice.below(200);
    const body: Stmt[] = [make("y", type, v("x"))];
    if (dice.below(2) === 0) body.push(set("y", type, choose(bin(v("y"), "<", n(low)), n(low), v("y"))));
    else body.push(when(bin(v("y"), "<", n(low)), set("y", type, n(low))));
    body.push(set("y", type, choose(bin(v("y"), ">", n(high)), n(high), v("y"))));
    const edge = dice.of([low - 1, low, low + 1, high - 1, high, high + 1]);
    body.push(when(bin(v("y"), dice.of(["<", ">", "=="]), n(Math.max(0, edge))), run(`bad_${id}`)));
    return { bad: one(id), functions: [entry(`g_${id}`, [["x", type]], body)] };
  },
  /** Early returns leave a range. */
  guarded(id, dice) {
    const type = dice.of(["i32", "u32", "long", "u8"] as const);
    const limit = 1 + dice.below(100);
    const shift = 1 + dice.below(20);
    const body: Stmt[] = [
      when(bin(v("x"), dice.of([">", ">="]), n(limit)), { kind: "return" }),
      ...(dice.below(2) === 0 ? [when(bin(v("x"), dice.of(["<", "<=", "=="]), n(0)), { kind: "return" } as Stmt)] : []),
      make("y", type, bin(v("x"), dice.of(["<<", "*", "+"]), n(shift))),
      ask(dice, v("y"), `bad_${id}`),
    ];
    return { bad: one(id), functions: [entry(`g_${id}`, [["x", type]], body)] };
  },
  /** A counted loop: the counter inside, and behind it. */
  loop(id, dice) {
    const type = dice.of(["i32", "u32", "u8"] as const);
    const bound = 3 + dice.below(60);
    const below: Expr = dice.below(2) === 0 ? n(bound) : cast(type, bin(call("get_u32"), "&", n(bound)));
    const edge = dice.of([bound - 1, bound, bound + 1, bound * 2]);
    return {
      bad: [`bad_${id}a`, `bad_${id}b`],
      functions: [
        entry(
          `g_${id}`,
          [["x", type]],
          [
            make("last", type, n(0)),
            make("end", type, below),
            {
              kind: "for",
              name: "i",
              type,
              below: v("end"),
              body: [
                when(bin(v("i"), dice.of([">", ">=", "=="]), n(edge)), run(`bad_${id}a`)),
                set("last", type, call("get_u8")),
                set("last", type, v("i")),
              ],
            },
            when(bin(v("last"), dice.of([">", ">=", "<"]), n(dice.of([edge, 0]))), run(`bad_${id}b`)),
          ],
        ),
      ],
    };
  },
  /** Errors are negative: what of the unwinding is alive? */
  errors(id, dice) {
    const fails = dice.below(3);
    const first: Stmt[] =
      fails === 0
        ? [give("i32", n(0))]
        : fails === 1
          ? [when(bin(call("get_u32"), "==", n(7)), give("i32", n(-12))), give("i32", n(0))]
          : [give("i32", bin(v("size"), ">>", n(1 + dice.below(30))))];
    const test = dice.of(["<", "!="] as const);
    return {
      bad: [`bad_${id}a`, `bad_${id}b`],
      functions: [
        fn(`first_${id}`, [["size", "u32"]], "i32", first),
        fn(`undo_${id}`, [], undefined, [run(`bad_${id}a`)]),
        fn(`both_${id}`, [["size", "u32"]], "i32", [
          make("err", "i32", call(`first_${id}`, v("size"))),
          when(bin(v("err"), test, n(0)), { kind: "do", call: call(`undo_${id}`) }, give("i32", v("err"))),
          give("i32", n(0)),
        ]),
        entry(
          `g_${id}`,
          [["size", "u32"]],
          [
            make("err", "i32", call(`both_${id}`, v("size"))),
            when(bin(v("err"), dice.of(["<", ">", "!="]), n(0)), run(`bad_${id}b`)),
          ],
        ),
      ],
    };
  },
  /** A switch over something masked. */
  switched(id, dice) {
    const mask = dice.of([1, 3, 7, 15]);
    const chosen = dice.of([mask, mask + 1, mask - 1, 0]);
    return {
      bad: [`bad_${id}a`, `bad_${id}b`],
      functions: [
        entry(
          `g_${id}`,
          [["x", dice.of(NARROW)]],
          [
            make("y", "u32", bin(cast("u32", v("x")), "&", n(mask))),
            make("z", "i32", n(0)),
            {
              kind: "switch",
              value: v("y"),
              cases: [
                [chosen, [run(`bad_${id}a`), set("z", "i32", n(dice.below(5)))]],
                [mask + 2, [set("z", "i32", n(-5))]],
              ],
            },
            when(bin(v("z"), dice.of(["<", ">"]), n(dice.of([0, 3]))), run(`bad_${id}b`)),
          ],
        ),
      ],
    };
  },
  /** A static function that several callers give different values. */
  called(id, dice) {
    const type = dice.of(["i32", "u32"] as const);
    const values = [1 + dice.below(9), 10 + dice.below(90)];
    const edge = dice.of([0, values[0]! - 1, values[1]!, values[1]! + 1]);
    const inner: Stmt[] = [when(bin(v("x"), dice.of(["<", ">", "=="]), n(edge)), run(`bad_${id}`))];
    return {
      bad: one(id),
      functions: [
        fn(`f_${id}`, [["x", type]], undefined, inner),
        entry(
          `g_${id}`,
          [["c", "u32"]],
          [
            { kind: "do", call: call(`f_${id}`, cast(type, n(values[0]!))) },
            when(bin(v("c"), ">", n(5)), { kind: "do", call: call(`f_${id}`, cast(type, n(values[1]!))) }),
          ],
        ),
      ],
    };
  },
  /** The same question twice, the second time where the first has answered it. */
  twice(id, dice) {
    const type = dice.of(["i32", "u32", "u8"] as const);
    const limit = interesting(dice);
    const op = dice.of(COMPARE);
    const second = dice.of(COMPARE);
    return {
      bad: one(id),
      functions: [
        entry(
          `g_${id}`,
          [["x", type]],
          [
            when(bin(v("x"), op, cast(type, n(limit & 255))), { kind: "return" }),
            { kind: "do", call: call("get_u32") },
            when(bin(v("x"), second, cast(type, n(limit & 255))), run(`bad_${id}`)),
          ],
        ),
      ],
    };
  },
  /** Signed and unsigned, narrow and wide, in one comparison. */
  mixed(id, dice) {
    const a = dice.of(TYPES);
    const b = dice.of(TYPES);
    return {
      bad: one(id),
      functions: [
        entry(
          `g_${id}`,
          [["x", a]],
          [
            make("y", b, cast(b, bin(v("x"), dice.of([">>", "&", "/"]), n(1 + dice.below(15))))),
            make("z", dice.of(TYPES), v("y")),
            ask(dice, v("z"), `bad_${id}`),
          ],
        ),
      ],
    };
  },
};

/** `count` variants, the shapes in turn. */
export function variants(seed: number, count: number): readonly Case[] {
  const names = Object.keys(SHAPES);
  const dice = new Dice(seed);
  return Array.from({ length: count }, (_, i): Case => {
    const shape = names[i % names.length]!;
    const id = `${shape}_${i}`;
    return { name: id, shape, ...SHAPES[shape]!(id, dice) };
  });
}
