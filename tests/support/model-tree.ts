/** The model tree and the example configurations of this repository, for tests that examine kernels. */
import { ModelTree, type NamedText, revertOf } from "@shootdown/doctor";
import { filesUnder, readText } from "./repository.js";

/** What `readModelTree` of the command line reads. */
export function embeddedTree(): ModelTree {
  const isRead = (path: string) =>
    /(\.ts|\.json|\.patch|\/Kconfig[^/]*|\/Makefile)$/.test(path) && !/\/(package|tsconfig)\.json$/.test(path);
  const paths = ["packages/kernel", "packages/machine"].flatMap(filesUnder).filter(isRead);
  return new ModelTree(new Map(paths.map((path) => [path.replace(/^packages\//, ""), readText(path)])));
}

export function exampleConfig(name: string): NamedText {
  return { name, text: readText(`examples/${name}`) };
}

/** A patch that ships, or `revert-ID` of a commit of the history. */
export function shippedPatch(tree: ModelTree, name: string): NamedText {
  const text = tree.read(`kernel/patches/${name}.patch`) ?? revertOf(tree, name)?.text;
  if (text === undefined) throw new Error(`there is no patch ${name}`);
  return { name, text };
}
