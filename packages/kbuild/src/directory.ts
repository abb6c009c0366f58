/**
 * One directory as Kbuild sees it: reads its Kbuild file and says which words are objects, modules, library members and
 * subdirectories. Called by tree.ts for each directory on the way, and by why.ts for directories that are not built.
 * It does not descend; the walk is tree.ts's.
 */
import { MakeProcess, type ParseCache } from "./evaluate.js";
import { joinPath, normalizePath } from "./file-tree.js";
import type { Host } from "./host.js";
import type { Scope } from "./scope.js";
import { wordsOf } from "./words.js";

/** Lists that start empty and simple in every directory. */
const SIMPLE_LISTS = [
  ...[
    "obj-y",
    "obj-m",
    "lib-y",
    "lib-m",
    "always-y",
    "always-m",
    "always",
    "targets",
    "extra-y",
    "subdir-y",
    "subdir-m",
  ],
  ...["asflags-y", "ccflags-y", "rustflags-y", "cppflags-y", "ldflags-y", "subdir-asflags-y", "subdir-ccflags-y"],
  ...["EXTRA_AFLAGS", "EXTRA_CFLAGS", "EXTRA_CPPFLAGS", "EXTRA_LDFLAGS"],
];

/** Suffixes that hold the members of a composite `foo.o`: `foo-objs`, `foo-y`, and for a module `foo-m`. */
const MEMBER_SUFFIXES = ["-objs", "-y"];

/** One object as a directory's lists name it. */
export interface ListedObject {
  /** The word in the list: `foo.o`. */
  readonly listed: string;
  /** The word that is compiled: the same, or a member of the composite. */
  readonly word: string;
  /** Variable through which the member got in: `foo-y`; absent when the object is no composite. */
  readonly through?: string;
}

export class KbuildDirectory {
  readonly process: MakeProcess;
  /** The Kbuild file read, or undefined when the directory has none. */
  readonly file: string | undefined;
  readonly objY: readonly string[];
  readonly objM: readonly string[];
  readonly libY: readonly string[];
  /** Records up to here come from the directory's own files, not from the tree's build scripts. */
  readonly ownRecords: number;
  readonly firstRecord: number;

  constructor(
    /** Path in the tree; the root is the empty string. */
    readonly path: string,
    scope: Scope,
    host: Host,
    parsed: ParseCache,
  ) {
    this.process = new MakeProcess(scope, host, parsed);
    this.prepare(scope);
    this.readIfThere("scripts/Kbuild.include");
    this.readIfThere("scripts/Makefile.compiler");
    for (const name of SIMPLE_LISTS) scope.set(name, "", false, "file");
    this.firstRecord = scope.records.length;
    this.file = ["Kbuild", "Makefile"]
      .map((name) => joinPath(path, name))
      .find((file) => host.readFile(file) !== undefined);
    if (this.file !== undefined) this.process.readFile(this.file);
    this.ownRecords = scope.records.length;
    this.objY = this.list("obj-y");
    const inObjY = new Set(this.objY);
    this.objM = this.list("obj-m").filter((word) => !inObjY.has(word));
    this.libY = [...new Set([...this.list("lib-y"), ...this.list("lib-m")])].filter((word) => !inObjY.has(word)).sort();
    this.finish(scope);
  }

  /** Words of a list variable. */
  list(name: string): string[] {
    if (this.process.scope.get(name) === undefined) return [];
    return [...new Set(wordsOf(this.value(name)))];
  }

  value(name: string): string {
    const at = { file: this.file ?? joinPath(this.path, "Makefile"), line: 1 };
    return this.process.expandSafely(`$(${name})`, at);
  }

  /** What `word` of a list stands for: itself, or the members of the composite it names. */
  members(word: string, module: boolean): ListedObject[] {
    if (!word.endsWith(".o")) return [{ listed: word, word }];
    const stem = word.slice(0, -".o".length);
    const suffixes = module ? [...MEMBER_SUFFIXES, "-m"] : MEMBER_SUFFIXES;
    const found = suffixes.flatMap((suffix) =>
      this.list(stem + suffix).map((name) => ({ name, through: stem + suffix })),
    );
    if (found.length === 0 && this.list(`${stem}-`).length === 0) return [{ listed: word, word }];
    return found.map(({ name, through }) => ({ listed: word, word: name, through }));
  }

  /** Path in the tree of a word in this directory's lists. */
  pathOf(word: string): string {
    return normalizePath(this.path === "" ? word : `${this.path}/${word}`);
  }

  private prepare(scope: Scope): void {
    const obj = this.path === "" ? "." : this.path;
    scope.set("obj", obj, false, "file");
    scope.set("src", obj, false, "file");
    if (scope.get("srctree") === undefined) scope.set("srctree", ".", false, "environment");
    if (scope.get("objtree") === undefined) scope.set("objtree", ".", false, "environment");
  }

  private readIfThere(path: string): void {
    this.process.readFile(path);
  }

  /** What Kbuild's own scripts add after the directory's file; a tree without them gets the part that reaches subdirectories. */
  private finish(scope: Scope): void {
    if (this.process.readFile("scripts/Makefile.lib")) return;
    for (const [flags, subdir] of [
      ["KBUILD_CFLAGS", "subdir-ccflags-y"],
      ["KBUILD_AFLAGS", "subdir-asflags-y"],
    ] as const) {
      const value = wordsOf(`${this.value(flags)} ${this.value(subdir)}`).join(" ");
      scope.set(flags, value, false, "file");
      scope.markExported(flags, true);
    }
  }
}
