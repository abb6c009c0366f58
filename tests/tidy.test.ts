/**
 * Goal: the house style holds, as far as a machine can see it.
 * Method: every text file of the repository goes through `support/tidy.ts`; each rule is seen to fail on a small snippet.
 */
import { describe, expect, test } from "vitest";
import { filesUnder, readText } from "./support/repository.js";
import { isKernelTypeScript, LONG_FILES, needlessLongFiles, tidyErrors } from "./support/tidy.js";

const TEXT = /(\.(tsx?|css|html|js|mjs|json|md|sh|ya?ml)|\/Makefile|\/Kconfig|^shootdown|^\.ci\/\w+)$/;
/** Not written by us (real .config files, foreign C), or data whose blanks mean something. */
const FOREIGN = /^(examples\/.*\.config|tests\/oracle\/.*|.*\.patch|package-lock\.json)$/;

describe("the repository", () => {
  const paths = filesUnder("").filter((path) => TEXT.test(path) && !FOREIGN.test(path));

  test("is tidy", () => {
    expect(paths.length).toBeGreaterThan(100);
    expect(paths.flatMap((path) => tidyErrors(path, readText(path)))).toEqual([]);
  });

  test("has no long file on the list that is long no more", () => {
    const present = new Set(paths);
    expect(needlessLongFiles((path) => (present.has(path) ? readText(path) : undefined))).toEqual([]);
    for (const reason of Object.values(LONG_FILES)) expect(reason.length).toBeGreaterThan(10);
  });

  test("carries its licences: what follows Linux is GPL-2.0-only, the rest is MIT", () => {
    for (const path of filesUnder("packages").filter((file) => /^packages\/[^/]+\/package\.json$/.test(file))) {
      const wanted = path === "packages/kernel/package.json" ? "GPL-2.0-only" : "MIT";
      expect(`${path}: ${licenceOf(readText(path))}`).toBe(`${path}: ${wanted}`);
    }
    expect(licenceOf(readText("package.json"))).toBe("MIT");
    expect(readText("LICENSE")).toContain("Permission is hereby granted, free of charge");
    expect(readText("packages/kernel/LICENSE")).toMatch(/GNU GENERAL PUBLIC LICENSE|GPL-2\.0-only/);
  });
});

function licenceOf(manifest: string): unknown {
  return JSON.parse(manifest).license;
}

describe("each rule can fail", () => {
  const HEADER = "/** What this is. */\n";
  const TAG = "/** @linux mm/highmem.c kmap_high */\n";
  const src = "packages/ir/src/x.ts";
  const kernel = "packages/kernel/mm/x.ts";
  const machine = "packages/machine/x.ts";

  test.each<[string, string, string]>([
    [src, "export const x = 1;\n", `${src}:1: no header, use`],
    [src, "/** */\nexport const x = 1;\n", `${src}:1: no header, use`],
    [kernel, 'import "./y.ts";\n/** Late. */\n', `${kernel}:1: no header, use`],
    [src, `${HEADER}const x = 1; \n`, `${src}:2: blanks at the end of the line, use none`],
    ["README.md", "text\t\n", "README.md:1: blanks at the end of the line, use none"],
    [src, `${HEADER}const x = 1;`, `${src}:2: x.ts ends in the middle of a line, use a newline`],
    ["packages/ir/src/fooBar.ts", HEADER, "packages/ir/src/fooBar.ts:1: the name fooBar.ts, use kebab-case"],
    ["packages/ir/src/a_b/x.ts", HEADER, "packages/ir/src/a_b/x.ts:1: the name a_b, use kebab-case"],
    [src, HEADER.repeat(501), `${src}:501: 501 lines, use at most 500`],
    [src, `${HEADER}// ${"TO" + "DO"}: later\n`, `${src}:2: ${"TO" + "DO"} is no place to keep work, use`],
    ["CHANGELOG.md", `${"FIX" + "ME"}\n`, `CHANGELOG.md:1: ${"FIX" + "ME"} is no place to keep work, use`],
    [src, `${HEADER}console.log(1);\n`, `${src}:2: console.log, use a result or a callback`],
    ["packages/ir/src/x.test.ts", `${HEADER}console.error(1);\n`, "packages/ir/src/x.test.ts:2: console.error, use"],
    [src, `${HEADER}const t = Date.now();\n`, `${src}:2: Date.now below the faces, use a parameter`],
    [src, `${HEADER}const t = globalThis.performance.now;\n`, `${src}:2: performance.now below the faces, use`],
    [src, `${HEADER}const t = new Date(0);\n`, `${src}:2: new Date below the faces, use a parameter`],
    [src, `${HEADER}const r = Math.random();\n`, `${src}:2: Math.random below the faces, use seededRandom()`],
    [
      kernel,
      `${HEADER}export function kmap_high(): void {}\n`,
      `${kernel}:2: kmap_high has Linux's spelling and no tag`,
    ],
    [
      kernel,
      `${HEADER}\n/** @linux mm/highmem.c */\nexport function kmap_high(): void {}\n`,
      `${kernel}:4: the @linux tag of kmap_high`,
    ],
    [
      kernel,
      `${HEADER}\n${TAG}export function kmapHigh(): void {}\n`,
      `${kernel}:4: kmapHigh is tagged @linux and spelt as ours`,
    ],
    [
      kernel,
      `${HEADER}\nexport const flush_tlb = CONFIG.SMP ? a : b;\n`,
      `${kernel}:3: flush_tlb has Linux's spelling`,
    ],
    [kernel, `${HEADER}\nexport function tlbi_local(): void {}\n`, `${kernel}:3: tlbi_local has Linux's spelling`],
    [machine, `${HEADER}\nexport function raise_ipi(): void {}\n`, `${machine}:3: raise_ipi has Linux's spelling`],
  ])("%s: %j", (path, text, expected) => {
    expect(tidyErrors(path, text).map((error) => error.slice(0, expected.length))).toContain(expected);
  });

  test.each([
    [src, HEADER],
    [src, "// A short header.\nexport const x = 1;\n"],
    ["packages/cli/bin/x.js", `#!/usr/bin/env node\n${HEADER}`],
    ["packages/cli/src/x.ts", `${HEADER}console.log(performance.now(), new Date());\n`],
    [src, `${HEADER}const text = "console.log(Date.now())"; // Math.random()\n`],
    ["packages/kconfig/src/evaluate-6.1.ts", HEADER],
    ["packages/kernel/arch/arm/kernel/smp_tlb.ts", HEADER],
    [kernel, `${HEADER}\n${TAG}export function kmap_high(): void {}\nexport function sleepForSlot(): void {}\n`],
    [kernel, `${HEADER}\n/**\n * Long. @linux\n * mm/highmem.c kmap_high\n */\nexport function kmap_high(): void {}\n`],
    [machine, `${HEADER}\nexport function tlbi_local(): void {}\nexport function translate(): void {}\n`],
    ["shootdown", "#!/bin/sh\necho\n"],
  ])("but not without need: %s: %j", (path, text) => {
    expect(tidyErrors(path, text)).toEqual([]);
  });

  test("kernel TypeScript is told from the rest", () => {
    expect([kernel, machine, src, "packages/kernel-ts/src/x.ts"].map(isKernelTypeScript)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
