/**
 * Goal: the package table of the design is true.
 * Method: the table stands in `support/layering.ts`; package.json, tsconfig references and every import are held
 * against it. Each rule is seen to fail on a small repository that breaks it.
 */
import { describe, expect, test } from "vitest";
import { FACES, layeringErrors, MAY_IMPORT, NODE_ENTRIES, SOURCES } from "./support/layering.js";
import { filesUnder, readText } from "./support/repository.js";

describe("the repository", () => {
  const paths = filesUnder("packages").filter((path) => /(\.tsx?|\/package\.json|\/tsconfig\.json)$/.test(path));

  test("keeps the table", () => {
    expect(layeringErrors(new Map(paths.map((path) => [path, readText(path)])))).toEqual([]);
  });

  test("has a folder for each workspace, and a workspace for each folder", () => {
    const folders = new Set(paths.map((path) => path.split("/").slice(0, 2).join("/")));
    expect([...folders].sort()).toEqual([...JSON.parse(readText("package.json")).workspaces].sort());
  });

  test("the build compiles every package that is not source for the front end", () => {
    const built = JSON.parse(readText("tsconfig.json")).references.map((r: { path: string }) => r.path.split("/")[1]);
    const names = new Set(paths.map((path) => path.split("/")[1]!));
    expect(built.sort()).toEqual([...names].filter((name) => !(name in SOURCES)).sort());
  });
});

describe("the table", () => {
  test("has no circle: a package imports only what stands above it", () => {
    const order = Object.keys(MAY_IMPORT);
    for (const [name, allowed] of Object.entries(MAY_IMPORT)) {
      for (const other of allowed)
        expect(order.indexOf(other), `${name} -> ${other}`).toBeLessThan(order.indexOf(name));
    }
  });

  test("its exceptions exist", () => {
    for (const path of NODE_ENTRIES) expect(filesUnder("packages")).toContain(path);
    for (const face of FACES) expect(Object.keys(MAY_IMPORT)).toContain(face);
  });
});

describe("each rule can fail", () => {
  const ok = {
    "packages/ir/package.json": "{}",
    "packages/ir/tsconfig.json": "{}",
    "packages/ir/src/index.ts": 'import "./a.js";',
    "packages/kernel-ts/package.json":
      '{ "dependencies": { "typescript": "6.0.3" }, "imports": { "#typescript": { "default": "typescript" } } }',
    "packages/kernel-ts/tsconfig.json": "{}",
    "packages/checker/package.json": '{ "dependencies": { "@shootdown/ir": "0.1.0", "@shootdown/machine": "0.1.0" } }',
    "packages/checker/tsconfig.json": '{ "references": [{ "path": "../ir" }] }',
    "packages/checker/src/index.ts": 'import type { Module } from "@shootdown/ir";',
    "packages/machine/mmu.ts": 'import { NR_CPUS } from "./memory-map.ts";',
    "packages/kernel/mm/highmem.ts": 'import { pte } from "../../machine/mmu.ts";',
  };

  test("and the repository they start from is clean", () => {
    expect(layeringErrors(new Map(Object.entries(ok)))).toEqual([]);
  });

  test.each<[string, string, string]>([
    [
      "packages/ir/src/x.ts",
      '\nexport * from "@shootdown/checker";',
      "packages/ir/src/x.ts:2: ir imports checker, use nothing of ours",
    ],
    ["packages/ir/src/x.ts", 'await import("@shootdown/kconfig/node");', "packages/ir/src/x.ts:1: ir imports kconfig"],
    ["packages/ir/src/x.test.ts", 'import "@shootdown/doctor";', "packages/ir/src/x.test.ts:1: ir imports doctor"],
    [
      "packages/checker/src/x.ts",
      'import "node:fs";',
      "packages/checker/src/x.ts:1: imports node:fs, which a browser does not have",
    ],
    [
      "packages/checker/src/x.ts",
      'import "fs/promises";',
      "packages/checker/src/x.ts:1: imports fs/promises, which a browser",
    ],
    [
      "packages/kconfig/src/x.ts",
      'import "./node.js";',
      "packages/kconfig/src/x.ts:1: imports ./node.js, which needs Node",
    ],
    [
      "packages/checker/src/x.ts",
      'import "@shootdown/machine";',
      "packages/checker/src/x.ts:1: imports machine, which is source",
    ],
    [
      "packages/checker/src/x.ts",
      'import "../../ir/src/types.js";',
      "packages/checker/src/x.ts:1: imports ../../ir/src/types.js, outside",
    ],
    [
      "packages/checker/src/x.ts",
      'import "zod";',
      "packages/checker/src/x.ts:1: imports zod, which package.json does not list",
    ],
    ["packages/checker/tsconfig.json", "{}", "packages/checker/src/index.ts:1: imports ir without a reference"],
    [
      "packages/checker/tsconfig.json",
      '{ "references": [{ "path": "../ir" }, { "path": "../cli" }] }',
      "packages/checker/tsconfig.json:1: refers to cli",
    ],
    [
      "packages/ir/package.json",
      '{ "dependencies": { "@shootdown/cli": "0.1.0" } }',
      "packages/ir/package.json:1: depends on cli",
    ],
    [
      "packages/ir/package.json",
      '{ "imports": { "#fs": { "default": "node:fs" } } }',
      "packages/ir/package.json:1: #fs leads to node:fs, use a file of src",
    ],
    [
      "packages/kernel-ts/src/x.ts",
      'import ts from "typescript";',
      "packages/kernel-ts/src/x.ts:1: imports typescript, which the package has a name of its own for, use #typescript",
    ],
    ["packages/ir/src/x.ts", 'import "#fs";', "packages/ir/src/x.ts:1: imports #fs, which package.json does not list"],
    [
      "packages/machine/x.ts",
      'import "../kernel/mm/highmem.ts";',
      "packages/machine/x.ts:1: imports ../kernel/mm/highmem.ts, outside of what",
    ],
    [
      "packages/kernel/x.ts",
      'import "@shootdown/ir";',
      "packages/kernel/x.ts:1: imports @shootdown/ir, which is no kernel TypeScript",
    ],
    [
      "packages/kernel/x.ts",
      'import "./mm/highmem.js";',
      "packages/kernel/x.ts:1: imports ./mm/highmem.js, use the name with .ts",
    ],
    ["packages/new/src/x.ts", "", "packages/new:1: the package is not in the table"],
  ])("%s: %s", (path, text, expected) => {
    const errors = layeringErrors(new Map(Object.entries({ ...ok, [path]: text })));
    expect(errors.map((error) => error.slice(0, expected.length))).toContain(expected);
  });

  test.each([
    ["packages/checker/src/x.test.ts", 'import { test } from "vitest"; import "node:fs";'],
    ["packages/kconfig/src/node.ts", 'import "node:fs";'],
    ["packages/cli/src/x.ts", 'import "node:fs";'],
  ])("but not without need: %s", (path, text) => {
    expect(layeringErrors(new Map(Object.entries({ ...ok, [path]: text })))).toEqual([]);
  });
});
