/**
 * What the reader has edited: files of the model tree with new texts, and the patch that they amount to. Kept while other
 * views are shown.
 */
import type { AddressText } from "@shootdown/doctor/face";
import { createTwoFilesPatch } from "diff";
import { Store, useStore } from "../parts/store.js";

export interface Edit {
  readonly before: string;
  readonly after: string;
}

/** By path as patches name it: `mm/highmem.ts`, `machine/mmu.ts`. */
export type Edits = ReadonlyMap<string, Edit>;

export const PATCH_NAME = "lab.patch";
const CONTEXT_LINES = 3;

const store = new Store<Edits>(new Map());
let drops = 0;

export function useEdits(): Edits {
  return useStore(store);
}

/** A text that is the file's own again is no edit. */
export function edit(path: string, before: string, after: string): void {
  const next = new Map(store.get());
  if (before === after) next.delete(path);
  else next.set(path, { before, after });
  store.set(next);
}

/** How often edits were dropped: then, and only then, an editor must take a file's own text again. */
export function dropCount(): number {
  return drops;
}

export function dropEdits(): void {
  drops++;
  store.set(new Map());
}

/** A unified diff that `--patch` takes; undefined if nothing is changed. */
export function patchText(of: Edits = store.get()): string | undefined {
  if (of.size === 0) return undefined;
  const files = [...of].sort(([a], [b]) => (a < b ? -1 : 1));
  return files
    .map(([path, { before, after }]) =>
      createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after, undefined, undefined, { context: CONTEXT_LINES })
        .replace(/^=+\n/, "")
        .replace(/^(---|\+\+\+) (.*?)\t*$/gm, "$1 $2"),
    )
    .join("");
}

export function editedPatch(): AddressText | undefined {
  const text = patchText();
  return text === undefined ? undefined : { name: PATCH_NAME, text };
}
