/**
 * Goal: a file that is included is part of its includer, where the condition holds, and has no object of its own. Method: trees
 * of a few small files are compiled for two configurations.
 */
import { describe, expect, it } from "vitest";
import { compileText, diagnose, MAIN } from "./testing.js";

describe("included files", () => {
  const files = {
    "kernel/mm/b.ts": "import { f } from './a.ts'; export function g(): void { f(); }",
    "kernel/mm/c.ts": 'include("./d.ts", true); export function g(): void {}',
    "kernel/mm/d.ts": "export function h(): void {}",
  };
  const source = `import { g } from "./b.ts";
    include("./b.ts", CONFIG.B);
    include("./c.ts", !CONFIG.B);
    export function f(): void {}
    export function main(): void { g(); }`;
  const symbols = new Set(["B"]);

  it("are linked with their includer, where the condition holds, and include in turn", () => {
    const compiled = (on: boolean) => compileText(source, { files, symbols, config: new Map([["B", on]]) });
    for (const on of [true, false]) {
      const result = compiled(on);
      if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
      expect(result.module.functions.get("g")!.at.file).toBe(on ? "mm/b.ts" : "mm/c.ts");
      expect([...result.module.undefinedFunctions.keys()]).toEqual([]);
      expect([...result.parts]).toEqual(
        on
          ? [["kernel/mm/b.ts", MAIN]]
          : [
              ["kernel/mm/c.ts", MAIN],
              ["kernel/mm/d.ts", MAIN],
            ],
      );
    }
  });

  it("must be there, and be named by a relative path", () => {
    const codes = (text: string) => diagnose(text, { files, symbols }).map((d) => d.code);
    expect(codes('include("./none.ts", true);')).toEqual(["K1031"]);
    expect(codes('include("b.js", true);')).toEqual(["K1031"]);
    expect(codes('include("./b.ts", CONFIG.NONE);')).toContain("K1101");
    expect(codes('export function f(): void { include("./b.ts", true); }')).toEqual(["K1106"]);
  });
});
