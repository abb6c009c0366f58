/**
 * Every patch that ships applies to the model tree (or, if it says `At: v2.6.35`, to the code of that time), changes something, says in one sentence what it does, and
 * leaves kernel TypeScript that tsc accepts. By our engine; `tests/oracle/patch.test.ts` holds the engine against patch(1).
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { type ModelTree, treeAt } from "@shootdown/doctor";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { applyPatch, modelTreePath, type Overlay, parsePatch } from "../packages/doctor/src/model/patch.js";
import { embeddedTree } from "./support/model-tree.js";

const PACKAGES = join(import.meta.dirname, "../packages");
const FOLDER = join(PACKAGES, "kernel/patches");

function onDisk(path: string): string {
  return join(PACKAGES, path.startsWith("machine/") ? path : join("kernel", path));
}

const today = embeddedTree();
const readable = (tree: ModelTree) => ({ read: (path: string) => tree.read(modelTreePath(path)) });

/** tsc's complaints about the kernel tree with `overlay` laid over it. */
function typeErrors(tree: ModelTree, overlay: Overlay): string[] {
  const changed = [...new Set([...tree.paths(), ...today.paths()])].filter(
    (path) => path.endsWith(".ts") && tree.read(path) !== today.read(path),
  );
  const base = changed.map((path): [string, string | undefined] => [join(PACKAGES, path), tree.read(path)]);
  const texts = new Map([...base, ...[...overlay].map(([path, text]): [string, typeof text] => [onDisk(path), text])]);
  const config = ts.getParsedCommandLineOfConfigFile(join(PACKAGES, "kernel/tsconfig.json"), {}, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: () => {},
  } as ts.ParseConfigFileHost)!;
  const host = ts.createCompilerHost(config.options);
  const read = host.readFile;
  host.readFile = (file) => (texts.has(file) ? texts.get(file) : read(file));
  host.fileExists = (file) => (texts.has(file) ? texts.get(file) !== undefined : ts.sys.fileExists(file));
  host.getSourceFile = (file, version) => {
    const text = host.readFile(file);
    return text === undefined ? undefined : ts.createSourceFile(file, text, version);
  };
  const sources = [...texts.keys()].filter((file) => file.endsWith(".ts")); // a patch may change Kconfig too
  const files = new Set([...config.fileNames, ...sources]);
  const program = ts.createProgram([...files].filter(host.fileExists), config.options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      (d) => `${d.file && relative(PACKAGES, d.file.fileName)}: ${ts.flattenDiagnosticMessageText(d.messageText, " ")}`,
    );
}

describe("patches that ship", () => {
  const names = readdirSync(FOLDER).filter((file) => file.endsWith(".patch"));
  const parsed = (file: string) => parsePatch(readFileSync(join(FOLDER, file), "utf8"), basename(file, ".patch"));

  test("there are some, and nothing else is in their folder", () => {
    expect(names).toContain("report2-kmap-high-get.patch");
    expect(readdirSync(FOLDER)).toEqual(names);
  });

  test.each(names)("%s", (file) => {
    const patch = parsed(file);
    expect(patch.description).toMatch(/^[A-Z].*[^.]\.$/);
    const at = /^At: (\S+)$/m.exec(readFileSync(join(FOLDER, file), "utf8"))?.[1];
    const tree = at === undefined ? today : treeAt(today, at);
    const overlay = applyPatch(readable(tree), patch);
    for (const [path, text] of overlay) expect(text).not.toBe(readable(tree).read(path));
    expect(typeErrors(tree, overlay)).toEqual([]);
  });

  test("the type check can fail", () => {
    const overlay = new Map([["mm/highmem.ts", `${today.read("kernel/mm/highmem.ts")}\nconst wrong: u8 = NR_CPU;\n`]]);
    expect(typeErrors(today, overlay).join()).toContain("NR_CPU");
  });
});
