/**
 * Names of files: as the tree has them ("kernel/mm/highmem.ts"), as tsc has them ("/kernel/mm/highmem.ts"), and as
 * people read them ("mm/highmem.ts").
 */
import type ts from "#typescript";

export const PRELUDE_FILE = "/kernel.d.ts";

export function programName(treePath: string): string {
  return `/${treePath}`;
}

export function treeName(file: ts.SourceFile): string {
  return file.fileName.slice(1);
}

/** Kernel files by their path in Linux, machine files with their folder. */
export function displayName(file: ts.SourceFile): string {
  return treeName(file).replace(/^kernel\//, "");
}

/** Joins a relative import to the folder of the importing file. Undefined above the root. */
export function resolveRelative(fromFile: string, specifier: string): string | undefined {
  const parts = fromFile.split("/").slice(1, -1);
  for (const part of specifier.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (parts.pop() === undefined) return undefined;
    } else parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/**
 * Whether a file's functions are compiled wherever they are imported, as a C header's are: headers, the machine and
 * scenarios. All other files are objects, which a Makefile builds or not.
 */
export function isHeader(treePath: string): boolean {
  return /(^|\/)(include\/|internal\.ts$)/.test(treePath) || /^(machine|kernel\/scenarios)\//.test(treePath);
}
