/**
 * The sources of the tree that is examined, patches and history applied: loaded when first asked for.
 */
import type { AddressSubject } from "@shootdown/doctor/face";
import { useEffect, useState } from "react";
import { librarian } from "../engine/engines.js";

/** A file by the name that results give it (`mm/highmem.ts`, `machine/mmu.ts`). */
export type Sources = (file: string) => string | undefined;

const lists = new WeakMap<Sources, readonly string[]>();

/** Every file of it, by that name: the kernel's first. */
export function loadableFiles(sources: Sources): readonly string[] {
  return lists.get(sources) ?? [];
}

const known = new Map<string, Promise<Sources>>();

/** What of the subject decides the sources. */
function keyOf({ at, patches }: AddressSubject): string {
  return JSON.stringify([at, patches]);
}

export function loadSources(subject: AddressSubject): Promise<Sources> {
  const key = keyOf(subject);
  const found = known.get(key);
  if (found) return found;
  const loading = librarian.ask("sources", { subject }).then((list): Sources => {
    const files = new Map(list);
    const sources: Sources = (file) => files.get(file.startsWith("machine/") ? file : `kernel/${file}`);
    const names = list.map(([path]) => path.replace(/^kernel\//, ""));
    const isMachine = (name: string) => name.startsWith("machine/");
    lists.set(sources, [...names.filter((name) => !isMachine(name)), ...names.filter(isMachine)]);
    return sources;
  });
  known.set(key, loading);
  loading.catch(() => known.delete(key));
  return loading;
}

/** Undefined while they load. */
export function useSources(subject: AddressSubject): Sources | undefined {
  const key = keyOf(subject);
  const [loaded, setLoaded] = useState<{ key: string; sources: Sources }>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the subject
  useEffect(() => {
    let isWanted = true;
    loadSources(subject).then(
      (sources) => isWanted && setLoaded({ key, sources }),
      () => {},
    );
    return () => {
      isWanted = false;
    };
  }, [key]);
  return loaded?.key === key ? loaded.sources : undefined;
}
