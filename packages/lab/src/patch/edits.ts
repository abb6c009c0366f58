/**
 * What the reader has edited: files of the model tree with new texts, and the patch that they amount to. Kept while other
 * views are shown.
 */
import type { AddressText } from "@shootdown/doctor/face";
import { createTwoFilesPatch } from "diff";
import { useSyncExternalStore } from "react";

export interface Edit {
  readonly before: string;
  readonly after: string;
}

/** By path as patches name it: `mm/highmem.ts`, `machine/mmu.ts`. */
export type Edits = ReadonlyMap<string, Edit>;

export const PATCH_NAME = "lab.patch";
const CONTEXT_LINES = 3;

let edits: Edits = new Map();
let drops = 0;
const listeners = new Set<() => void>();

export function useEdits(): Edits {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => edits,
  );
}

/** A text that is the file's own again is no edit. */
export function edit(path: string, before: string, after: string): void {
  const next = new Map(edits);
  if (before === after) next.delete(path);
  else next.set(path, { before, after });
  edits = next;
  for (const listener of listeners) listener();
}

/** How often edits were dropped: then, and only then, an editor must take a file's own text again. */
export function dropCount(): number {
  return drops;
}

export function dropEdits(): void {
  edits = new Map();
  drops++;
  for (const listener of listeners) listener();
}

/** A unified diff that `--patch` takes; undefined if nothing is changed. */
export function patchText(of: Edits = edits): string | undefined {
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
