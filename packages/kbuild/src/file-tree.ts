/**
 * The files a Makefile may see, as an injected interface: a directory on disk, an archive, a record in a browser.
 * Called by the evaluator for `include`, `$(wildcard)` and `$(file <)`, and by the walk for Kbuild files and sources.
 * It never writes, and it knows no absolute paths: every path is relative to the root of the tree, with `/`.
 */

/** A read-only tree. All paths are relative to its root, normalised by {@link normalizePath}. */
export interface FileTree {
  /** Text of a file, or undefined when there is no such file. */
  read(path: string): string | undefined;
  /** Whether a file or directory is there. Without it, `read` and `list` are asked. */
  exists?(path: string): boolean;
  /** Names in a directory, without a path; undefined when it is no directory. Needed only for `$(wildcard)` with a pattern. */
  list?(directory: string): readonly string[] | undefined;
}

/** Folds `.`, `..`, double and trailing slashes. The root is the empty string; what climbs above the root keeps its `..`. */
export function normalizePath(path: string): string {
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else kept.push(part);
  }
  return kept.join("/");
}

/** Directory part without the trailing slash; the empty string for a name in the root. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

/** The path of `name` seen from `directory` (the empty string is the root). */
export function joinPath(directory: string, name: string): string {
  return normalizePath(directory === "" ? name : `${directory}/${name}`);
}

/** Whether a file or directory is in the tree, by the cheapest question that the tree answers. */
export function pathExists(files: FileTree, path: string): boolean {
  if (path === "") return true;
  if (files.exists !== undefined) return files.exists(path);
  return files.read(path) !== undefined || files.list?.(path) !== undefined;
}

/** A tree in memory. Keys are paths (`mm/Makefile`); directories follow from them. */
export function memoryTree(files: Readonly<Record<string, string>>): FileTree {
  const texts = new Map<string, string>();
  const directories = new Map<string, Set<string>>([["", new Set()]]);
  for (const [key, text] of Object.entries(files)) {
    const path = normalizePath(key);
    texts.set(path, text);
    for (let name = path; name !== ""; name = directoryOf(name)) {
      const parent = directoryOf(name);
      const entries = directories.get(parent) ?? new Set();
      entries.add(name.slice(parent === "" ? 0 : parent.length + 1));
      directories.set(parent, entries);
    }
  }
  return {
    read: (path) => texts.get(path),
    exists: (path) => texts.has(path) || directories.has(path),
    list: (path) => {
      const entries = directories.get(path);
      return entries === undefined ? undefined : [...entries].sort();
    },
  };
}
