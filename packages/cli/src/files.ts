/**
 * What the terminal face reads from disk: the model tree, configurations, patches. Every failure is an `InputError`.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError, ModelTree, type NamedText, readHistory, revertOf, suggest } from "@shootdown/doctor/tree";
import { readText } from "./read-text.js";

/** Files of a model tree that the stages read. */
const TREE_FILE = /(\.ts|\.json|\.patch|(^|\/)Kconfig[^/]*|(^|\/)Makefile|(^|\/)Kbuild)$/;

function readFolder(root: string, prefix: string, files: Map<string, string>): void {
  const visit = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== "node_modules") visit(path);
        continue;
      }
      const name = `${prefix}/${relative(root, path).split(sep).join("/")}`;
      if (TREE_FILE.test(name) && !name.endsWith("/package.json") && !name.endsWith("/tsconfig.json")) {
        files.set(name, readFileSync(path, "utf8"));
      }
    }
  };
  visit(root);
}

function packageFolder(name: string): string {
  return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
}

/** The embedded model tree, or with `kernelFolder` another kernel on the embedded machine. */
export function readModelTree(kernelFolder?: string): ModelTree {
  const files = new Map<string, string>();
  readFolder(packageFolder("@shootdown/machine"), "machine", files);
  if (kernelFolder === undefined) readFolder(packageFolder("@shootdown/kernel"), "kernel", files);
  else {
    let isTree = false;
    try {
      isTree =
        statSync(join(kernelFolder, "Kconfig")).isFile() && statSync(join(kernelFolder, "scenarios")).isDirectory();
    } catch {}
    if (!isTree) {
      const why = "this is no model tree: it has no Kconfig or no scenarios/";
      throw new InputError("S1101", kernelFolder, why, "give a copy of packages/kernel");
    }
    readFolder(kernelFolder, "kernel", files);
  }
  return new ModelTree(files);
}

/** A configuration that ships in `examples/`, with its name from the caller's folder. */
export function readExample(name: string): NamedText {
  const path = fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));
  return { name: relative(process.cwd(), path) || path, text: readText(path, "a configuration") };
}

/** A patch that ships, by name; a commit of the history taken back from today's code, `revert-ID`; or a file. */
export function readPatch(tree: ModelTree, nameOrFile: string): NamedText {
  const shipped = tree.read(`kernel/patches/${nameOrFile}.patch`);
  if (shipped !== undefined) return { name: nameOrFile, text: shipped };
  const reverted = revertOf(tree, nameOrFile);
  if (reverted) return { name: nameOrFile, text: reverted.text };
  const isFile = /[./\\]/.test(nameOrFile) || exists(nameOrFile);
  if (isFile) return { name: nameOrFile, text: readText(nameOrFile, "a patch") };
  const reverts = readHistory(tree).map((entry) => `revert-${entry.at}`);
  const names = [...tree.namesIn("kernel/patches", ".patch"), ...reverts];
  const why = "no patch of that name ships, and there is no such file";
  throw new InputError("S1302", `--patch ${basename(nameOrFile)}`, why, suggest(nameOrFile, names));
}

function exists(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch {
    return false;
  }
}
