/**
 * The model tree and the example configurations that the page carries, and what of them an address names.
 */
import { examples, files } from "virtual:model-tree";
import type { AddressSubject } from "@shootdown/doctor/face";
import {
  InputError,
  ModelTree,
  type NamedText,
  patched,
  readHistory,
  revertOf,
  suggest,
  treeAt,
} from "@shootdown/doctor/tree";

export const tree = new ModelTree(new Map(files));
export const exampleTexts: ReadonlyMap<string, string> = new Map(examples);

/** A patch that ships, or `revert-ID`: a commit of the history taken back from today's code. */
export function shippedPatch(name: string): NamedText {
  const text = tree.read(`kernel/patches/${name}.patch`) ?? revertOf(tree, name)?.text;
  if (text !== undefined) return { name, text };
  const names = [...shippedNames(), ...readHistory(tree).map(({ at }) => `revert-${at}`)];
  throw new InputError("S1302", `patch ${name}`, "no patch of that name ships", suggest(name, names));
}

export function shippedNames(): readonly string[] {
  return tree.namesIn("kernel/patches", ".patch");
}

export function exampleConfig(name: string): NamedText {
  const text = exampleTexts.get(name);
  if (text !== undefined) return { name, text };
  const next = suggest(name, [...exampleTexts.keys()]);
  throw new InputError("S1101", name, "no configuration of that name ships, and its text did not come along", next);
}

export function patchesOf({ patches }: AddressSubject): readonly NamedText[] {
  return patches.map(({ name, text }) => (text === undefined ? shippedPatch(name) : { name, text }));
}

/** Every file that people read and edit, as the subject's history and patches leave it, by its path. */
export function sourcesOf(subject: AddressSubject): readonly (readonly [string, string])[] {
  const whole = patched(subject.at === undefined ? tree : treeAt(tree, subject.at), patchesOf(subject));
  return whole
    .paths()
    .filter(isSource)
    .map((path) => [path, whole.read(path)!] as const);
}

/** The machine, the kernel and its scenarios, without history, patches and reports. */
function isSource(path: string): boolean {
  return /\.ts$|(^|\/)(Kconfig[^/]*|Makefile|Kbuild)$/.test(path);
}
