/**
 * Goal: what is not kernel TypeScript is refused, at its place, with the rule's code; and every rule has a case here.
 * Method: one small source for each, in which `HERE` marks the line of the violation.
 */
import { describe, expect, it } from "vitest";
import { RULES, type RuleCode } from "./diagnostics.js";
import { compileText, diagnose, type Setup } from "./testing.js";

const inFunction = (body: string): string => `export function f(a: u8): void {\n${body} // HERE\n}`;

interface Case {
  readonly code: RuleCode;
  readonly source: string;
  readonly setup?: Setup;
}

const OTHER = "kernel/mm/b.ts";
const other = (source: string, linked = true): Setup => ({
  files: { [OTHER]: source },
  ...(linked ? { objects: new Set(["kernel/mm/a.ts", OTHER]) } : {}),
});
const inScenario = (options: string): string => `function t(): void {}
export function c(): bool { return true; }
export const s = scenario({ about: "a", sizes: { N: 1 }, ${options} });`;

const CASES: readonly Case[] = [
  { code: "K1001", source: inFunction("debugger;") },
  { code: "K1002", source: inFunction("const g = () => 1;") },
  { code: "K1002", source: inFunction("function g(): void {}") },
  { code: "K1002", source: inFunction("const g = function () {};") },
  { code: "K1003", source: "// @ts-ignore\nexport async function f() {} // HERE" },
  { code: "K1004", source: "// @ts-ignore\nexport function* f() {} // HERE" },
  { code: "K1005", source: "export class C {} // HERE" },
  { code: "K1005", source: "class C {}\nexport function f(): void {\nnew C(); // HERE\n}" },
  { code: "K1006", source: inFunction("try { f(a); } finally {}") },
  { code: "K1006", source: inFunction("throw a;") },
  { code: "K1007", source: inFunction("var x = 1; x = a;") },
  { code: "K1008", source: "// @ts-ignore\nexport function f(...a: u8[]): void {} // HERE" },
  { code: "K1009", source: "export function f(a: u8 = 1): u8 { return a; } // HERE" },
  { code: "K1009", source: "export function f(a?: u8): u8 { return a === undefined ? 0 : a; } // HERE" },
  {
    code: "K1010",
    source: "const x = array(u8, 2); export function f(): void {\nfor (const k in x) pr_info(k); // HERE\n}",
  },
  { code: "K1011", source: inFunction('if (typeof a === "number") f(a);') },
  { code: "K1012", source: inFunction("const r = /x/;") },
  { code: "K1013", source: inFunction("pr_info(`a`);") },
  { code: "K1013", source: inFunction("pr_info(`a$" + "{a}`);") },
  { code: "K1014", source: inFunction('const s = "a";') },
  { code: "K1015", source: inFunction("const s = { a };") },
  { code: "K1015", source: inFunction("const s = [a];") },
  {
    code: "K1016",
    source: "const s = shared(struct({ n: u8 }));\nexport function f(): u8 {\nconst { n } = s; return n; // HERE\n}",
  },
  { code: "K1017", source: inFunction("if (a == 1) f(a);") },
  { code: "K1018", source: inFunction("f(a >>> 1);") },
  { code: "K1019", source: "export function f(a: (() => void) | null): void {\na?.(); // HERE\n}" },
  {
    code: "K1020",
    source: 'import * as b from "./b.ts"; // HERE\nexport function f(): void { b.g(); }',
    setup: other("export function g(): void {}"),
  },
  { code: "K1020", source: "export default function f(): void {} // HERE" },
  { code: "K1021", source: inFunction("const x = 1.5;") },
  { code: "K1021", source: inFunction("const x = 0x100000000000000;") },
  { code: "K1022", source: inFunction("let x = a; x = (f(a), 1);") },
  { code: "K1023", source: "for (;;) {} // HERE" },
  { code: "K1023", source: "function f(): void {}\nf(); // HERE" },
  { code: "K1024", source: inFunction("let x = 0; f((x = 1));") },
  { code: "K1024", source: inFunction("let x: u8 = 0; f(x++);") },
  { code: "K1025", source: inFunction("atomic: { atomic: { f(a); } }") },
  { code: "K1025", source: inFunction("atomic: for (;;) {}") },
  { code: "K1025", source: inFunction("unpublished: for (;;) {}") },
  { code: "K1025", source: inFunction("unpublished: { break unpublished; }") },
  { code: "K1031", source: 'include("x", true);' },
  { code: "K1026", source: 'enum E {\nA = "a", // HERE\n}\nexport function f(): E { return E.A; }' },
  { code: "K1027", source: inFunction("f(a as u8);") },
  { code: "K1028", source: inFunction("// @ts-ignore\na === 1;") },
  { code: "K1029", source: "export declare function g(): void; // HERE" },
  { code: "K1030", source: "", setup: { roots: ["kernel/mm/none.ts"] } },
  { code: "K1101", source: inFunction("if (CONFIG.HIGHMEN) f(a);"), setup: { symbols: new Set(["HIGHMEM", "SMP"]) } },
  { code: "K1102", source: "const X = CPU.ARCH; // HERE\nexport function f(): u8 { return X; }" },
  { code: "K1102", source: "let n = 1;\nconst X = array(u8, n); // HERE\nexport function f(): u8 { return X[0]; }" },
  { code: "K1103", source: "const A: u8 = B; // HERE\nconst B: u8 = A;\nexport function f(): u8 { return A; }" },
  { code: "K1104", source: 'const N = "a"; const X = size(N, 1); // HERE\nexport function f(): i32 { return X; }' },
  { code: "K1105", source: 'static_assert(1 > 2, "no"); // HERE' },
  { code: "K1106", source: inFunction('static_assert(true, "no"); f(a);') },
  { code: "K1107", source: inFunction("f(a / 0);") },
  { code: "K1108", source: inFunction("f(a << 32);") },
  { code: "K1201", source: inFunction("const x = array(u8, 4); f(a);") },
  { code: "K1202", source: "const x = array(u8, 0); // HERE\nexport function f(): u8 { return x[0]; }" },
  {
    code: "K1203",
    source: "const n = array(u8, 2);\n// @ts-ignore\nexport const x = guarded_by(n, array(u8, 2)); // HERE",
  },
  { code: "K1204", source: "const x = array(u8, 2);\nexport function f(): u8 {\nreturn x[2]; // HERE\n}" },
  { code: "K1205", source: inFunction("// @ts-ignore\nlock_acquire(f(a));") },
  { code: "K1206", source: "const x = array(array(u8, 2), 2); export function f(): void {\nx[0] = x[1]; // HERE\n}" },
  {
    code: "K1207",
    source: 'import { f as g } from "./b.ts";\nexport function f(): void { g(); } // HERE',
    setup: other("export function f(): void {}"),
  },
  { code: "K1208", source: "export const x = per_cpu(u8); // HERE" },
  { code: "K1301", source: "export function f(s: string): void { pr_info(s); } // HERE" },
  { code: "K1302", source: "function g(n: u8): void { f(n); }\nexport function f(n: u8): void {\ng(n); // HERE\n}" },
  { code: "K1302", source: "export function f(n: u8): void {\nif (n > 0) f(n); // HERE\n}" },
  {
    code: "K1303",
    source:
      "function g(): void {} function h(op: (a: u8) => void): void { op(1); }\nexport function f(): void {\nh(g); // HERE\n}",
  },
  {
    code: "K1304",
    source: "function h(op: () => void): void { op(); }\nexport function f(): void {\nh(might_sleep); // HERE\n}",
  },
  {
    code: "K1305",
    source:
      "function g(l: spinlock_t): void { lock_acquire(l); } function h(op: (l: spinlock_t) => void): u8 { return op === null ? 1 : 0; }\nexport function f(): u8 {\nreturn h(g); // HERE\n}",
  },
  {
    code: "K1401",
    source:
      'let x: u8 = 0; function g(): bool { x = 1; return true; }\nexport function f(): void {\nwait_until(g(), "w"); // HERE\n}',
  },
  { code: "K1401", source: inFunction('witness("w", choose(2) === 1); f(a);') },
  { code: "K1402", source: inFunction("f(choose(300));") },
  { code: "K1402", source: inFunction("f(choose(0));") },
  { code: "K1403", source: "enum E { A }\nexport function f(): void {\n// @ts-ignore\npr_info(E.A); // HERE\n}" },
  {
    code: "K1404",
    source: "const l = spinlock(); export function f(): bool {\nreturn someone_waits_for(l); // HERE\n}",
  },
  { code: "K1501", source: inScenario("tasks: everyCpu(t), hardware: [\n// @ts-ignore\n1, // HERE\n], witnesses: {}") },
  {
    code: "K1502",
    source: inScenario("tasks: everyCpu(t), boot: t, witnesses: {\n// @ts-ignore\nx: reaches(c()), // HERE\n}"),
  },
  {
    code: "K1503",
    source: `${inScenario("tasks: everyCpu(t), witnesses: {}")}\nexport const z = scenario({ about: "b", sizes: {}, tasks: everyCpu(t), witnesses: {} }); // HERE`,
  },
];

describe("rules", () => {
  it.each(CASES.map((c) => [c.code, c.source.replace(/\s+/g, " "), c] as const))("%s %s", (code, _source, c) => {
    const found = diagnose(c.source, c.setup);
    const line = c.source.split("\n").findIndex((text) => text.includes("HERE")) + 1;
    const match = found.find((d) => d.code === code && (line === 0 || d.line === line));
    expect(match, JSON.stringify(found, undefined, 1)).toBeDefined();
    expect(match!.hint).not.toBe("");
    expect(match!.kind).toBe(code === "K1105" ? "static_assert" : "language");
  });

  it("have a case each", () => {
    const warnings = ["K1209"];
    const covered = new Set([...CASES.map((c) => c.code), ...warnings]);
    expect(Object.keys(RULES).filter((code) => !covered.has(code as RuleCode))).toEqual([]);
  });

  it("warn of state in a file that is not linked", () => {
    const source = 'import { n } from "./b.ts";\nexport function f(): u8 {\n  return n;\n}';
    const result = compileText(source, other("export let n: u8 = 0;", false));
    expect(result.ok).toBe(true);
    expect(result.warnings).toMatchObject([{ code: "K1209", file: "mm/a.ts", line: 3, column: 10 }]);
  });
});

describe("diagnostics", () => {
  it("come all in one run, sorted, from every file", () => {
    const found = diagnose(
      'import { g } from "./b.ts";\nexport function f(a: u8): void {\n  var x = 1;\n  if (a == x) g("a");\n  f(a);\n}\nexport const y: u8 = CONFIG.NONE ? 1 : 2;',
      other("export function g(n: u8): void { for (const i of n) g(i); }"),
    );
    expect(found.map((d) => `${d.file}:${d.line}:${d.column} ${d.code}`)).toEqual([
      "mm/a.ts:3:3 K1007",
      "mm/a.ts:4:7 K1017",
      "mm/a.ts:4:17 TS2345",
      "mm/a.ts:5:3 K1302",
      "mm/a.ts:7:29 K1101",
      "mm/b.ts:1:34 K1010",
    ]);
  });

  it("say what to write instead", () => {
    const [d] = diagnose("export function f(a: u8): bool { return CONFIG.HIGHMEN && a > 0; }", {
      symbols: new Set(["SMP", "HIGHMEM"]),
    });
    expect(d).toMatchObject({
      message: "CONFIG has the symbols of Kconfig: there is no symbol HIGHMEN",
      hint: "did you mean CONFIG.HIGHMEM?",
    });
  });

  it("are tsc's own for types", () => {
    expect(diagnose("let x: u32 = 0; export function f(): u8 { return x; }")).toMatchObject([
      { code: "TS2322", kind: "types", line: 1 },
    ]);
  });

  it("warn of what nobody uses", () => {
    const result = compileText("function g(): void {}\nexport function f(): void {}");
    expect(result.ok).toBe(true);
    expect(result.warnings).toMatchObject([{ code: "TS6133", line: 1 }]);
  });
});
