/** For this package's tests: one-file trees, and the real tree of the repository from a reader that the test gives. */
import { type CompileResult, compile } from "./compile.js";
import type { Diagnostic } from "./diagnostics.js";
import type { CompileOptions } from "./unit.js";

export interface Setup extends Partial<Pick<CompileOptions, "config" | "symbols" | "sizes" | "objects" | "roots">> {
  /** Other files of the tree. */
  readonly files?: Readonly<Record<string, string>>;
}

export const MAIN = "kernel/mm/a.ts";

/** Compiles `source` as mm/a.ts, linked. */
export function compileText(source: string, setup: Setup = {}): CompileResult {
  const files: Readonly<Record<string, string>> = { [MAIN]: source, ...setup.files };
  const config = setup.config ?? new Map<string, boolean | number>();
  return compile({
    tree: { read: (path) => files[path] },
    roots: setup.roots ?? [MAIN],
    objects: setup.objects ?? new Set([MAIN]),
    config,
    symbols: setup.symbols ?? new Set(config.keys()),
    sizes: setup.sizes ?? new Map(),
  });
}

/** The diagnostics of a source that must not compile. */
export function diagnose(source: string, setup: Setup = {}): readonly Diagnostic[] {
  const result = compileText(source, setup);
  return result.ok ? [] : result.diagnostics;
}
