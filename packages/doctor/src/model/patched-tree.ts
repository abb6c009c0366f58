/**
 * A model tree with patches laid over it.
 */
import type { ModelTree } from "./model-tree.js";
import { applyPatch, modelTreePath, parsePatch } from "./patch.js";

export interface NamedText {
  /** What the user calls it. */
  readonly name: string;
  readonly text: string;
}

/** The tree with patches applied, in order. */
export function patched(tree: ModelTree, patches: readonly NamedText[]): ModelTree {
  let result = tree;
  for (const { name, text } of patches) {
    const current = result;
    const overlay = applyPatch({ read: (path) => current.read(modelTreePath(path)) }, parsePatch(text, name));
    result = current.with(new Map([...overlay].map(([path, newText]) => [modelTreePath(path), newText])));
  }
  return result;
}
