/**
 * Goal: sizes that scenarios share are those of `sizes({ … })`, wherever it stands, and what comes later counts; what is no size
 * is refused at its place. Method: small trees, read before compiling and compiled.
 */
import { describe, expect, it } from "vitest";
import { readScenario } from "./scenario.js";
import { diagnose } from "./testing.js";

const SCENARIO = "kernel/scenarios/s.ts";

function sizesOf(text: string, others: Readonly<Record<string, string>> = {}): readonly (readonly [string, number])[] {
  const files = new Map([...Object.entries(others), [SCENARIO, text]]);
  return [...readScenario({ read: (path: string) => files.get(path) }, SCENARIO)!.sizes];
}

const scenario = (sizes: string) =>
  `export const s = scenario({ about: "a", sizes: ${sizes}, tasks: [], witnesses: {} });`;

describe("sizes", () => {
  it("are numbers", () => {
    expect(sizesOf(scenario('{ A: 1, "B": 2 }'))).toEqual([
      ["A", 1],
      ["B", 2],
    ]);
  });

  it("come from a const of the file, or of another one by whatever name, and may be given others", () => {
    const others = {
      "kernel/scenarios/support/x.ts":
        'import { BASE } from "../base.ts";\nexport const COMMON = sizes({ ...BASE, B: 2 });',
      "kernel/scenarios/base.ts": "export const BASE = sizes({ A: 1, B: 1 });",
    };
    const imported = `import { COMMON as ALL } from "./support/x.ts";\n${scenario("{ ...ALL, C: 3, A: 9 }")}`;
    expect(new Map(sizesOf(imported, others))).toEqual(new Map(Object.entries({ A: 9, B: 2, C: 3 })));
    expect(sizesOf(`const OWN = sizes({ A: 1 });\n${scenario("{ ...OWN }")}`)).toEqual([["A", 1]]);
    expect(sizesOf(`const OWN = sizes({ A: 1 });\n${scenario("{ A: 2, ...OWN }")}`)).toEqual([["A", 1]]);
  });

  it.each([
    ["what is no const", "{ ...NOBODY }", ""],
    ["another const", "{ ...N }", "const N = 1;\n"],
    ["itself", "{ ...N }", "// @ts-ignore\nconst N = sizes({ ...N });\n"],
    ["a call", "{ ...sizes({ A: 1 }) }", ""],
    ["a computed one", "{ A: 1 + 1 }", ""],
  ])("are not taken from %s", (_, sizes, before) => {
    expect(sizesOf(before + scenario(sizes))).toEqual([]);
    const text = `${before}// @ts-ignore\n${scenario(sizes)}`;
    // tsc itself refuses what names itself.
    expect(diagnose(text)[0]?.code).toMatch(/^(K1501|K1102)$/);
  });
});
