/**
 * Goal: each construct means what C means. Method: small sources are compiled, verified and run; where the order of
 * accesses is the point, the text of the intermediate form is compared.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Machine, moduleOf, textOf } from "./testing.js";

function run(body: string, ...args: readonly number[]): number | undefined {
  return new Machine(moduleOf(body)).run("f", ...args);
}

describe("integers", () => {
  it("promotes, converts and wraps as C does", () => {
    expect(run("export function f(a: u8, b: u8): u8 { return a + b; }", 200, 100)).toBe(44);
    expect(run("export function f(a: u8, b: u8): i32 { return a - b; }", 1, 2)).toBe(-1);
    expect(run("export function f(a: u32): u32 { return a - 1; }", 0)).toBe(0xffff_ffff);
    expect(run("export function f(a: u32): bool { return a - 1 > 0; }", 0)).toBe(1);
    expect(run("export function f(a: i32, b: u32): bool { return a < b; }", -1, 1)).toBe(0);
    expect(run("export function f(a: u8): u8 { return ~a; }", 0x0f)).toBe(0xf0);
    expect(run("export function f(a: u16): u16 { return -a; }", 1)).toBe(0xffff);
    expect(run("export function f(a: u32, n: u8): u32 { return a >> n; }", 0x8000_0000, 31)).toBe(1);
    expect(run("export function f(a: i32, n: u8): i32 { return a >> n; }", -8, 1)).toBe(-4);
    expect(run("export function f(a: i32, b: i32): i32 { return a / b; }", -7, 2)).toBe(-3);
    expect(run("export function f(a: i32, b: i32): i32 { return a % b; }", -7, 2)).toBe(-1);
    expect(run("export function f(a: i32): u8 { return u8(a); }", 300)).toBe(44);
    expect(run("export function f(a: i32): i32 { return i32(u8(a)); }", -1)).toBe(255);
    expect(run("export function f(a: u32): bool { return bool(a); }", 256)).toBe(1);
    expect(run("export function f(): u32 { return 0xffffffff; }")).toBe(0xffff_ffff);
  });

  it("agrees with JavaScript on 32-bit expressions", () => {
    const machine = new Machine(
      moduleOf("export function f(a: i32, b: i32): i32 { return ((a * 3) ^ (b & 255)) - (a >> 2) + (b << 5); }"),
    );
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => {
        const wanted = ((Math.imul(a, 3) ^ (b & 255)) - (a >> 2) + (b << 5)) | 0;
        expect(machine.run("f", a, b)).toBe(wanted);
      }),
    );
  });

  it("takes the width of a variable from its annotation, else from its value", () => {
    const locals = (source: string) =>
      moduleOf(source)
        .functions.get("f")!
        .locals.map((local) => [local.name, local.type]);
    const source = `type page_t = u8;
      export function f(p: page_t, w: u16): i32 { let x = 0; const q = p; let b = true; const s = q + w; x = s; b = false;
        let y: u32 = 1; if (b) y = 2; return x; }`;
    const int = (bits: number, signed: boolean) => ({ kind: "int", bits, signed });
    expect(locals(source)).toEqual([
      ["p", int(8, false)],
      ["w", int(16, false)],
      ["x", int(32, true)],
      ["q", int(8, false)],
      ["b", { kind: "bool" }],
      ["s", int(32, true)],
      ["y", int(32, false)],
    ]);
  });

  it("checks a divisor that is not constant", () => {
    const source = "export function f(a: u8, b: u8): u8 { return a % b; }";
    expect(run(source, 7, 4)).toBe(3);
    expect(() => run(source, 7, 0)).toThrow("bug: division by zero");
    expect(textOf("export function f(a: u8): u8 { return a % 4; }", "f").join("\n")).not.toContain("check");
  });
});

describe("control flow", () => {
  it("loops, with break, continue and labels", () => {
    expect(
      run(
        `export function f(n: u8): i32 {
        let sum = 0;
        outer: for (let i: u8 = 0; ; i++) {
          for (let j: u8 = 0; j < 10; j++) {
            if (j > i) continue outer;
            if (sum > n) break outer;
            sum += j;
          }
        }
        let k: u8 = 3;
        while (k > 0) { k--; if (k === 1) break; }
        do { k += 5; } while (k < 20);
        return sum * 100 + k;
      }`,
        20,
      ),
    ).toBe(2121);
  });

  it("switches, with falling through and a default in the middle", () => {
    const source = `const enum E { A, B = 4, C }
      export function f(x: u8): i32 {
        let r = 0;
        switch (x) { case E.A: r = 1; break; default: r = 9; case E.B: r += 10; break; case E.C: return 7; }
        return r;
      }`;
    expect([0, 1, 4, 5].map((x) => run(source, x))).toEqual([1, 19, 10, 7]);
  });

  it("evaluates the right side of && and || only if it must", () => {
    const source = `const a = array(u8, 2, 5);
      let calls: u8 = 0;
      function g(x: u8): bool { calls++; return x !== 0; }
      export function f(i: u8, x: u8): i32 {
        const both = i < 2 && a[i] === 5;
        const either = g(x) || g(u8(x + 1));
        const chosen = both ? a[i] : 100;
        if (!(i < 2 && a[i] === 5) || (both && !either)) return -1;
        return chosen * 10 + calls;
      }`;
    expect(run(source, 1, 1)).toBe(51);
    expect(run(source, 1, 0)).toBe(52);
    expect(run(source, 2, 0)).toBe(-1);
  });

  it("keeps a pure logic expression in one piece", () => {
    expect(textOf("export function f(a: u8, b: bool): bool { return (a > 1 && b) || a === 0; }", "f")).toEqual([
      "fn f(a: u8, b: bool) -> bool",
      "b0:",
      "  return (((%a > 1) && %b) || (%a == 0))",
    ]);
  });

  it("drops what nothing reaches", () => {
    expect(textOf("export function f(): u8 { for (;;) { return 1; } }", "f")).toEqual([
      "fn f() -> u8",
      "b0:",
      "  return 1",
    ]);
  });
});

describe("hardware actions", () => {
  it("end on every way out", () => {
    const source = `let x: u8 = 0;
      export function f(n: u8): u8 {
        for (let i: u8 = 0; i < n; i++) {
          atomic: {
            x += 1;
            if (x === 2) continue;
            if (x === 3) break;
            if (x === 4) break atomic;
            if (x === 5) return x;
          }
        }
        return 0;
      }`;
    expect(run(source, 9)).toBe(0);
    const text = textOf(source, "f");
    expect(text.filter((line) => line.includes("atomic begin")).length).toBe(1);
    expect(text.filter((line) => line.includes("atomic end")).length).toBe(5);
  });

  it("evaluate what they return inside", () => {
    expect(textOf("let x: u8 = 0; export function f(): u8 { atomic: { return x; } }", "f")).toEqual([
      "fn f() -> u8",
      "b0:",
      "  atomic begin",
      "  %$1 = load x",
      "  atomic end",
      "  return %$1",
    ]);
  });
});

describe("shared state", () => {
  const NR_CPUS = { files: { "machine/memory-map.ts": "export const NR_CPUS = 3;" } };

  it("is flattened into scalar arrays", () => {
    const module = moduleOf(
      `import { NR_CPUS } from "../../machine/memory-map.ts";
      type cb = (a: u8) => void;
      export const lock = spinlock();
      const slot = struct({ func: fn<cb>(), count: u16, inner: struct({ flag: bool }) });
      export const slots = per_cpu(array(slot, 2));
      export const level = guarded_by(lock, array(u8, NR_CPUS, 7));
      export let total: u32 = guarded_by(lock, 5);
      export const locks = array(spinlock_t, 4);
      export const one = shared(struct({ lock: mutex_t, n: u8 }));
      export const flags = per_cpu(bool, true);`,
      NR_CPUS,
    );
    const summary = [...module.globals.values()].map((g) => [
      g.name,
      g.dims,
      g.init,
      g.guard ?? g.lock ?? "",
      g.perCpu,
    ]);
    expect(summary).toEqual([
      ["lock", [], 0, "spinlock", false],
      ["slots.func", [3, 2], 0, "", true],
      ["slots.count", [3, 2], 0, "", true],
      ["slots.inner.flag", [3, 2], 0, "", true],
      ["level", [3], 7, "lock", false],
      ["total", [], 5, "lock", false],
      ["locks", [4], 0, "spinlock", false],
      ["one.lock", [], 0, "mutex", false],
      ["one.n", [], 0, "", false],
      ["flags", [3], 1, "", true],
    ]);
  });

  it("is read and written in order, each index once", () => {
    expect(
      textOf(
        `const a = array(u8, 4); let i: u8 = 0; const s = shared(struct({ n: u8 }));
        export function f(): void { a[a[i]] += s.n; s.n |= 1; i--; }`,
        "f",
      ).slice(2),
    ).toEqual([
      "  %$1 = load i",
      "  %$2 = load a[%$1]",
      "  %$3 = load a[%$2]",
      "  %$4 = load s.n",
      "  store a[%$2] = u8(%$3 + %$4)",
      "  %$5 = load s.n",
      "  store s.n = u8(%$5 | 1)",
      "  %$6 = load i",
      "  store i = u8(%$6 - 1)",
      "  return",
    ]);
  });

  it("is passed by reference, whole or in part", () => {
    const module = moduleOf(`
      const wq = struct({ n: u8 });
      type wq_t = { n: u8 };
      const table = array(array(wq, 3), 2);
      let i: u8 = 0;
      function add(q: wq_t, n: u8): void { q.n += n; }
      function addTo(row: FixedArray<wq_t>, at: u8): void { add(row[at], 5); row[at].n++; }
      export function f(): void { i = 1; addTo(table[i], i + 1); add(table[0][i], 2); }`);
    const machine = new Machine(module);
    machine.run("f");
    expect(machine.read("table.n")).toEqual([0, 2, 0, 0, 0, 6]);
  });

  it("is told apart by the file where names clash", () => {
    const module = moduleOf(
      'import { g } from "./b.ts"; let n: u8 = 1; function h(): u8 { return n; } export function f(): u8 { return h() + g(); }',
      {
        files: {
          "kernel/mm/b.ts": "let n: u8 = 2; function h(): u8 { return n; } export function g(): u8 { return h(); }",
        },
        objects: new Set(["kernel/mm/a.ts", "kernel/mm/b.ts"]),
      },
    );
    expect([...module.globals.keys()]).toEqual(["mm/b.ts:n", "mm/a.ts:n"]);
    expect([...module.functions.keys()]).toEqual(["mm/b.ts:h", "g", "mm/a.ts:h", "f"]);
    expect(new Machine(module).run("f")).toBe(3);
  });
});

describe("functions", () => {
  it("are values with a place in the table", () => {
    const source = `type op = (a: u8) => u8;
      function twice(a: u8): u8 { return a * 2; }
      function next(a: u8): u8 { return a + 1; }
      let chosen: op | null = null;
      function apply(f: op, a: u8): u8 { return f(a); }
      export function f(which: u8): u8 {
        chosen = which === 0 ? twice : next;
        const g = chosen;
        if (g === null) return 0;
        return apply(g, 10) + apply(next, 1);
      }`;
    expect(moduleOf(source).functionTable).toEqual(["twice", "next"]);
    expect([run(source, 0), run(source, 1)]).toEqual([22, 13]);
  });

  it("have other names, as #define gives them, across imports", () => {
    const files = {
      "kernel/include/b.ts": `export const WHICH = CONFIG.SMP && size("N", 4) > 2;
        export function one(): u8 { return 1; } export function two(): u8 { return 2; }
        export const chosen = WHICH ? one : two;`,
    };
    const source =
      'import { chosen as mine } from "../include/b.ts"; export const again = mine; export function f(): u8 { return again(); }';
    const symbols = new Set(["SMP"]);
    const value = (config: Map<string, boolean>, sizes = new Map<string, number>()) =>
      new Machine(moduleOf(source, { files, symbols, config, sizes })).run("f");
    expect(value(new Map([["SMP", true]]))).toBe(1);
    expect(value(new Map([["SMP", true]]), new Map([["N", 2]]))).toBe(2);
    expect(value(new Map())).toBe(2);
  });

  it("of files that are not linked are declared", () => {
    const files = { "kernel/mm/b.ts": "let n: u8 = 2;\nexport function g(): u8 { return n; }" };
    const source = 'import { g } from "./b.ts";\nexport function f(): u8 {\n  return g();\n}';
    const module = moduleOf(source, { files });
    expect([...module.undefinedFunctions]).toEqual([
      [
        "g",
        {
          file: "mm/b.ts",
          at: { file: "mm/a.ts", line: 3, column: 10, fn: "f" },
          declared: { file: "mm/b.ts", line: 2, column: 17, fn: "g" },
        },
      ],
    ]);
    expect([...module.functions.keys()]).toEqual(["f"]);
    expect(module.globals.size).toBe(0);
  });

  it("are linked by name: a declaration means the linked object that defines it", () => {
    const files = {
      "kernel/mm/b.ts": "export function g(): u8 { return 1; }",
      "kernel/mm/c.ts": "export function g(): u8 { return 2; }",
    };
    const module = moduleOf('import { g } from "./b.ts"; export function f(): u8 { return g(); }', {
      files,
      roots: ["kernel/mm/a.ts", "kernel/mm/c.ts"],
      objects: new Set(["kernel/mm/a.ts", "kernel/mm/c.ts"]),
    });
    expect(module.undefinedFunctions.size).toBe(0);
    expect(new Machine(module).run("f")).toBe(2);
  });

  it("keep what Linux calls them", () => {
    const module = moduleOf("/** Does it. @linux mm/highmem.c kmap_high */\nexport function f(): void {}");
    expect(module.functions.get("f")).toMatchObject({ linux: "mm/highmem.c kmap_high", exported: true });
  });
});

describe("constants", () => {
  it("fold over CONFIG, size() and each other", () => {
    const source = `const A = CONFIG.SMP ? 4 : 1;
      const B = (A << 2) + size("N", 3) - -1;
      const C: u8 = B + 250;
      const D = !CONFIG.MMU || A === 1;
      const E = u8(300) | 0x100;
      export function f(): i32 { return B * 1000000 + C * 1000 + (D ? 0 : 500) + E; }`;
    const symbols = new Set(["SMP", "MMU"]);
    const config = new Map([
      ["SMP", true],
      ["MMU", true],
    ]);
    expect(new Machine(moduleOf(source, { symbols, config })).run("f")).toBe(20_014_800);
  });

  it("leave CPU.X to run time", () => {
    expect(textOf("export function f(): bool { return CPU.HAS_MMU && CPU.ARCH >= 6; }", "f")).toEqual([
      "fn f() -> bool",
      "b0:",
      "  return (CPU.HAS_MMU && (CPU.ARCH >= 6))",
    ]);
  });

  it("may be numbers of Kconfig", () => {
    const config = new Map([["SHIFT", 12]]);
    expect(
      new Machine(moduleOf("export function f(): u32 { return 1 << u8(CONFIG.SHIFT); }", { config })).run("f"),
    ).toBe(4096);
  });
});

describe("intrinsics", () => {
  it("are instructions of their own", () => {
    expect(
      textOf(
        `const l = spinlock();
        export function f(): void {
          const flags = local_irq_save();
          lock_acquire(l);
          lock_release(l);
          local_irq_restore(flags);
          local_irq_disable();
          if (irqs_disabled() && !in_task()) local_irq_enable();
          might_sleep();
          const n = choose(4);
          BUG_ON(n === 9);
          WARN_ON(n > smp_processor_id(), "big");
          stale_if(n === 8, "s");
          lost_if(n === 7, "l");
          pr_warn("w");
        }`,
        "f",
      ),
    ).toEqual([
      "fn f()",
      "b0:",
      "  %flags = irq save",
      "  acquire l",
      "  release l",
      "  irq restore %flags",
      "  irq disable",
      "  %$2 = irqs disabled",
      "  branch %$2 b1 b3",
      "b1:",
      "  %$3 = in task",
      "  branch %$3 b3 b2",
      "b2:",
      "  irq enable",
      "  jump b3",
      "b3:",
      "  might sleep",
      "  %n = choose 4",
      '  check (%n != 9) else bug "n === 9"',
      '  check (%n <= cpu) else warn "big"',
      '  check (%n != 8) else stale "s"',
      '  check (%n != 7) else lost "l"',
      '  print warn "w"',
      "  return",
    ]);
  });

  it("wait in one step, without branches", () => {
    expect(
      textOf(
        `const a = array(u8, 4); let on: bool = false;
        function at(i: u8): u8 { return a[i]; }
        export function f(i: u8): void {
          wait_until(on && (i < 4 && at(i) === 2), "it");
          atomic: { wait_for_cpu(i, !on, "that"); }
        }`,
        "f",
      ).slice(2),
    ).toEqual([
      "  atomic begin",
      "  %$1 = load on",
      "  %$2 = load a[(%$1 ? ((%i < 4) ? %i : 0) : 0)]",
      '  wait (%$1 && ((%i < 4) && (%$2 == 2))) by anyone to "it"',
      "  atomic end",
      "  atomic begin",
      "  %$3 = load on",
      '  wait !%$3 by CPU %i to "that"',
      "  atomic end",
      "  return",
    ]);
  });

  it("witness with ghost loads, through functions of one expression", () => {
    const source = `const l = spinlock(); const a = array(u8, 4);
      function at(i: u8): u8 { return a[i]; }
      function busy(i: u8): bool { return at(i) > 0; }
      export function f(): void { witness("w", busy(2) || someone_waits_for(l)); witness("always"); }`;
    expect(textOf(source, "f").slice(2)).toEqual([
      "  %$1 = load a[2] ghost",
      "  %$2 = waiters l",
      '  witness "w" if ((%$1 > 0) || %$2)',
      '  witness "always" if true',
      "  return",
    ]);
    const load = moduleOf(source).functions.get("f")!.blocks[0]!.instrs[0]!;
    expect(load.at).toMatchObject({ fn: "at", caller: { fn: "busy", caller: { fn: "f" } } });
  });
});

describe("unpublished state", () => {
  it("is marked where it is touched, and where a function is called that touches it", () => {
    const source = `const a = array(u8, 4);
      function init(i: u8): void { a[i] = 1; }
      export function f(i: u8): u8 { unpublished: { init(i); a[i] += 1; } return a[i]; }`;
    expect(textOf(source, "f").slice(2)).toEqual([
      "  call init(%i)",
      "  %$1 = load a[%i] unpublished",
      "  store a[%i] = u8(%$1 + 1) unpublished",
      "  %$2 = load a[%i]",
      "  return %$2",
    ]);
    const [call] = moduleOf(source).functions.get("f")!.blocks[0]!.instrs;
    expect(call).toMatchObject({ kind: "call", unpublished: true });
    expect(textOf(source, "init").some((line) => line.includes("unpublished"))).toBe(false);
  });
});
