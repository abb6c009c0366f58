/**
 * A model tree with its history and with patches laid over it, without the engine behind it: for a face that shows sources.
 * An entry of its own, because it needs no compiler and starts at once.
 */
export { InputError } from "./errors.js";
export { readHistory, revertOf, treeAt } from "./model/history.js";
export { ModelTree } from "./model/model-tree.js";
export { type NamedText, patched } from "./model/patched-tree.js";
export { suggest } from "./nearest.js";
