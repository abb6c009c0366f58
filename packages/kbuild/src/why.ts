/**
 * `why(path)`: why an object, a source or a directory is built, or which condition at which line keeps it out.
 * Called through KbuildResult.why. Chains come from trace.ts; this file picks, adds what no Makefile says, and prints.
 */

import type { KbuildDirectory } from "./directory.js";
import { directoryOf, normalizePath, pathExists } from "./file-tree.js";
import type { Host } from "./host.js";
import type { Scope } from "./scope.js";
import { type Place, showPlace } from "./syntax.js";
import { type Chain, ChainFinder } from "./trace.js";
import type { ObjectKind } from "./tree.js";

export type { Condition, SymbolValue } from "./conditions.js";
export type { Chain, Step } from "./trace.js";

export interface Why {
  /** The object or directory that was looked at: `mm/highmem.o`, also when its source was asked for. */
  readonly path: string;
  readonly built: boolean;
  /** Absent when it is not built, and for a directory. */
  readonly kind?: ObjectKind;
  /** The line that names it, if one does. */
  readonly at?: Place;
  /** Ways by which it is built; when it is not, ways by which it would be, the nearest first. */
  readonly chains: readonly Chain[];
  /** What the Makefiles do not say: no line names it, a built source includes it, a later line removed it. */
  readonly notes: readonly string[];
}

/** What the tracer may ask of the walk. */
export interface Walked {
  readonly host: Host;
  readonly top: Scope;
  expandTop(text: string): string;
  directory(path: string): KbuildDirectory;
  /** true: entered for vmlinux, false: for modules only. */
  entered(path: string): boolean | undefined;
  found(
    path: string,
  ): { readonly directory: KbuildDirectory; readonly word: string; readonly kind: ObjectKind } | undefined;
  foundPaths(): readonly string[];
  readonly sources: readonly string[];
  sourceOf(path: string): string | undefined;
}

export class Tracer {
  private readonly chains: ChainFinder;

  constructor(private readonly walked: Walked) {
    this.chains = new ChainFinder({
      top: { scope: walked.top, expand: (text) => walked.expandTop(text) },
      directory: (path) => walked.directory(path),
    });
  }

  why(asked: string): Why {
    const path = normalizePath(asked);
    if (asked.endsWith("/") || path === "" || this.walked.entered(path) !== undefined) return this.whyDirectory(path);
    const suffix = this.walked.sources.find((s) => path.endsWith(s));
    return this.whyObject(
      suffix === undefined ? path : `${path.slice(0, -suffix.length)}.o`,
      suffix === undefined ? undefined : path,
    );
  }

  private whyDirectory(path: string): Why {
    const entered = this.walked.entered(path);
    const chains = this.chains.chainsOfDirectory(path, entered !== false);
    const kept = entered === undefined ? chains : chains.filter((chain) => chain.holds);
    const notes = path !== "" && chains.length === 0 ? [`no Makefile above it names ${path}/`] : [];
    return { path: `${path}/`, built: entered !== undefined, chains: kept, notes, ...place(kept) };
  }

  private whyObject(path: string, source: string | undefined): Why {
    const found = this.walked.found(path);
    if (found !== undefined) {
      const builtin = found.kind === "vmlinux" || found.kind === "library";
      const chains = this.chains.chainsOf(found.directory.path, found.word, builtin);
      const kept = chains.filter((chain) => chain.holds);
      return { path, built: true, kind: found.kind, chains: kept, notes: [], ...place(kept) };
    }
    const directory = directoryOf(path);
    const chains = this.chains.chainsOf(directory, path.slice(directory === "" ? 0 : directory.length + 1), true);
    return { path, built: false, chains, notes: this.notesOf(path, source, chains), ...place(chains) };
  }

  private notesOf(path: string, source: string | undefined, chains: readonly Chain[]): string[] {
    const notes: string[] = [];
    if (chains[0]?.holds === true) {
      notes.push(
        `every condition at ${showPlace(chains[0].steps[0]!.at)} holds: a later line takes it out of the list, or its directory builds modules only`,
      );
    }
    if (chains.length > 0) return notes;
    notes.push(`no Makefile names ${path}`);
    const text = source ?? this.walked.sourceOf(path);
    if (text === undefined || !pathExists(this.walked.host.files, text)) {
      notes.push(`no source of that name is in the tree`);
    } else {
      for (const include of this.includersOf(text)) notes.push(include);
    }
    return notes;
  }

  /** Built sources of the same directory that include a source: how mm/percpu.c takes in mm/percpu-vm.c. */
  private includersOf(source: string): string[] {
    const directory = directoryOf(source);
    const name = source.slice(directory === "" ? 0 : directory.length + 1);
    const notes: string[] = [];
    for (const object of this.walked.foundPaths()) {
      if (directoryOf(object) !== directory) continue;
      const file = this.walked.sourceOf(object);
      const text = file === undefined ? undefined : this.walked.host.files.read(file);
      if (file === undefined || text === undefined || !text.includes(name)) continue;
      for (const { line, text: written, branches } of includes(text, name)) {
        notes.push(`${object} is built, and its source includes it: ${file}:${line}: ${written}`);
        for (const branch of branches) notes.push(this.branchNote(file, branch));
      }
    }
    return notes;
  }

  /** Where the condition is nothing but a symbol of the configuration, its value says which side is compiled. */
  private branchNote(file: string, { line, test, isElse }: Branch): string {
    const place = `${file}:${line}: ${test}`;
    const side = isElse ? "in the #else of " : "under ";
    const match = /^#\s*(ifdef|ifndef)\s+CONFIG_(\w+)\s*$/.exec(test);
    if (match === null) return `${side}${place}`;
    const value = this.walked.top.get(`CONFIG_${match[2]}`)?.value ?? "n";
    const isCompiled = ((value === "y") === (match[1] === "ifdef")) !== isElse;
    return `${side}${place} (${match[2]}=${value}): ${isCompiled ? "compiled in" : "left out"}`;
  }
}

/** One side of a preprocessor condition. */
interface Branch {
  readonly line: number;
  /** `#ifdef CONFIG_NEED_PER_CPU_KM` */
  readonly test: string;
  readonly isElse: boolean;
}

/** The lines of a C source that include a file, with the conditions around each, outermost first. */
function includes(source: string, name: string): { line: number; text: string; branches: readonly Branch[] }[] {
  const found: { line: number; text: string; branches: readonly Branch[] }[] = [];
  const open: Branch[] = [];
  for (const [index, raw] of source.split("\n").entries()) {
    const text = raw.trim();
    const word = /^#\s*(\w+)/.exec(text)?.[1];
    if (word === "if" || word === "ifdef" || word === "ifndef")
      open.push({ line: index + 1, test: text.replace(/\s*\/\*.*$/, ""), isElse: false });
    else if (word === "elif") open.splice(-1, 1, { line: index + 1, test: text, isElse: false });
    else if (word === "else" && open.length > 0) open.push({ ...open.pop()!, isElse: true });
    else if (word === "endif") open.pop();
    else if (word === "include" && /["<](.+?)[">]/.exec(text)?.[1] === name)
      found.push({ line: index + 1, text, branches: [...open] });
  }
  return found;
}

function place(chains: readonly Chain[]): { at?: Place } {
  const at = chains[0]?.steps[0]?.at;
  return at === undefined ? {} : { at };
}

/** Ways shown in text; the rest is in the data. */
const MAX_CHAINS_SHOWN = 4;

/** The answer in text: a line per statement and per condition; of those that hold, only the ones that name a symbol. */
export function formatWhy(why: Why): string {
  const verdict = why.built ? (why.kind === undefined ? "is built" : `is built (${why.kind})`) : "is not built";
  const lines = [`${why.path} ${verdict}`];
  for (const chain of why.chains.slice(0, MAX_CHAINS_SHOWN)) {
    for (const step of chain.steps) {
      lines.push(`  ${showPlace(step.at)}: ${step.text}`);
      for (const c of step.conditions) {
        if (c.holds && c.symbols.length === 0) continue;
        const values = c.symbols.filter((s) => !c.text.includes(`${s.name}=`) && !c.text.includes("is not set"));
        const shown = values.map((s) => `${s.name}=${s.value ?? "n"}`).join(" ");
        lines.push(
          `    ${c.holds ? "holds:" : "FAILS:"} ${c.text}${shown === "" ? "" : `   (${shown})`}   ${showPlace(c.at)}`,
        );
      }
    }
    lines.push("");
  }
  if (why.chains.length > MAX_CHAINS_SHOWN) lines.push(`  and ${why.chains.length - MAX_CHAINS_SHOWN} more ways`);
  for (const note of why.notes) lines.push(`  ${note}`);
  return lines.join("\n").trimEnd();
}
