/**
 * Remembers what linking found, by all that decides it: as a compiler's cache does, so that a change elsewhere in the
 * tree (another scenario, a patch of another object) asks nothing anew. Called by `link.ts`.
 */
import type { Linked } from "./link.js";
import type { Fn, Module } from "./types.js";

/** Results that are kept; the one that was used longest ago goes first. */
const MAX_KEPT = 32;

export class LinkMemo {
  private readonly kept = new Map<string, Linked>();

  get(key: string): Linked | undefined {
    const known = this.kept.get(key);
    if (known) this.add(key, known);
    return known;
  }

  add(key: string, linked: Linked): void {
    this.kept.delete(key);
    this.kept.set(key, linked);
    if (this.kept.size <= MAX_KEPT) return;
    for (const oldest of this.kept.keys()) {
      this.kept.delete(oldest);
      return;
    }
  }
}

/**
 * All that decides a link: the functions with what they can lead to, the roots and the missing names among them, and
 * what else `settings` names.
 */
export function linkKey(
  module: Module,
  decisive: Iterable<Fn>,
  roots: readonly string[],
  settings: readonly string[],
): string {
  const functions = [...decisive].sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = new Set(functions.map(({ name }) => name));
  const key = {
    settings,
    roots: roots.filter((root) => names.has(root)),
    missing: [...module.undefinedFunctions].filter(([name]) => settings.includes(name)),
    functionTable: module.functionTable,
    functions,
  };
  return JSON.stringify(key, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
}
