/**
 * A whole tree: reads the top Makefile, walks the directories it names, and collects what is built.
 * Called by callers of the package through index.ts. It opens no file itself and runs no command itself.
 *
 * The set it gives is that of the build: vmlinux's own objects, members of the libraries that vmlinux is linked with, and modules.
 */
import { type ConfigValues, configLookup } from "./config-values.js";
import { KbuildDirectory, type ListedObject } from "./directory.js";
import { MakeProcess, type ParseCache } from "./evaluate.js";
import { directoryOf, type FileTree, normalizePath, pathExists } from "./file-tree.js";
import { flagsOf } from "./flags.js";
import { Host, type ShellRunner } from "./host.js";
import { type ConfigLookup, Scope } from "./scope.js";
import type { Diagnostic, Place } from "./syntax.js";
import { type Condition, Tracer, type Why } from "./why.js";
import { wordsOf } from "./words.js";

export interface KbuildOptions {
  readonly files: FileTree;
  readonly config: ConfigValues;
  /** As in `make ARCH=arm`. SRCARCH follows from it unless `variables` sets it. */
  readonly arch: string;
  /** Variables of make's command line: they win over the Makefiles (`CROSS_COMPILE`, `CFLAGS_percpu.o`, …). */
  readonly variables?: Readonly<Record<string, string>>;
  /** Variables of the environment: the Makefiles win over them. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Runs `$(shell …)` in the root of the tree. Without it such calls are empty, and compiler options count as accepted. */
  readonly shell?: ShellRunner;
  /** Suffixes of sources, first match first. Default: `.c`, `.rs`, `.S`. A model tree in TypeScript passes `[".ts"]`. */
  readonly sources?: readonly string[];
}

/** `vmlinux`: always linked. `library`: a member of a lib.a that vmlinux may take. `module`: part of a .ko. `unlinked`: compiled into an archive that nothing links. */
export type ObjectKind = "vmlinux" | "library" | "module" | "unlinked";

export interface KbuildObject {
  /** `mm/highmem.o` */
  readonly path: string;
  readonly kind: ObjectKind;
  /** Source in the tree, by the caller's suffixes; undefined when it is generated during the build. */
  readonly source: string | undefined;
  /** What it becomes part of: `vmlinux.a`, `lib/lib.a`, `fs/ext4/ext4.ko`. */
  readonly partOf: string;
  /** The line that names it. */
  readonly at: Place;
  /** The conditions on the way to the root that name a symbol. Each of them holds. */
  readonly conditions: readonly Condition[];
  /** Compiler flags, worked out when first read. */
  readonly flags: readonly string[];
}

export interface KbuildResult {
  /** In link order within each kind of archive, each path once. */
  readonly objects: readonly KbuildObject[];
  readonly diagnostics: readonly Diagnostic[];
  /** Directories that are built, in the order in which they are entered. */
  readonly directories: readonly string[];
  object(path: string): KbuildObject | undefined;
  /** Why an object, a source or a directory is built, or why not. */
  why(path: string): Why;
  /** Value of a variable at the end of the top Makefile (`KBUILD_CFLAGS`, `KBUILD_LDFLAGS`), or of a directory's. */
  variable(name: string, directory?: string): string;
}

const DEFAULT_SOURCES = [".c", ".rs", ".S"];

/** Files that carry the configuration into a build. The values come from the caller instead. */
const CONFIGURATION_FILES = new Set(["include/config/auto.conf", "include/config/auto.conf.cmd", ".config"]);

/** Directory under arch/ where it is not the name of the architecture. */
const SOURCE_ARCHITECTURES: Readonly<Record<string, string>> = {
  i386: "x86",
  x86_64: "x86",
  sparc32: "sparc",
  sparc64: "sparc",
  parisc64: "parisc",
  sh64: "sh",
};

/** Lists of the root that name directories and objects next to obj-y. The second one is for libraries. */
const ROOT_LISTS = ["head-y", "obj-y", "core-y", "drivers-y", "net-y", "virt-y"];

/** Reads a tree of Kbuild files for one configuration. Never throws on what the files say; see `diagnostics`. */
export function parseKbuild(options: KbuildOptions): KbuildResult {
  return new Tree(options).walk();
}

interface Found extends ListedObject {
  readonly directory: KbuildDirectory;
  readonly kind: ObjectKind;
  readonly partOf: string;
}

export class Tree {
  readonly host: Host;
  private readonly config: ConfigLookup;
  private readonly parsed: ParseCache = new Map();
  private readonly top: MakeProcess;
  private readonly directories = new Map<string, KbuildDirectory>();
  /** Directories entered, with whether their obj-y reaches vmlinux. */
  private readonly entered = new Map<string, boolean>();
  private readonly found = new Map<string, Found>();
  /** Directory of a linked lib.a, with whether it is linked as a whole. */
  private readonly libraries = new Map<string, boolean>();
  private everyLibrary = false;

  constructor(private readonly options: KbuildOptions) {
    this.host = new Host(options.files, options.shell, CONFIGURATION_FILES);
    this.config = configLookup(options.config);
    this.top = new MakeProcess(this.topScope(), this.host, this.parsed);
  }

  walk(): KbuildResult {
    const hasKbuild = this.host.readFile("Kbuild") !== undefined;
    const isKernel = this.host.readFile("scripts/Makefile.build") !== undefined;
    if (hasKbuild || isKernel) this.top.readFile("Makefile");
    const parts = wordsOf(this.topValue("KBUILD_VMLINUX_OBJS"));
    if (parts.length > 0) this.walkParts(parts);
    else this.walkRoot();
    return this.result();
  }

  /** A kernel: its top Makefile says which archives and objects make vmlinux. */
  private walkParts(parts: readonly string[]): void {
    for (const archive of wordsOf(this.topValue("KBUILD_VMLINUX_LIBS"))) {
      if (archive.endsWith("/lib.a")) this.libraries.set(directoryOf(this.host.treePath(archive)), false);
    }
    for (const part of parts) {
      if (part.endsWith("/lib.a")) this.libraries.set(directoryOf(this.host.treePath(part)), true);
    }
    for (const part of parts) {
      const path = this.host.treePath(part);
      if (path === "built-in.a" || path.endsWith("/built-in.a")) this.enter(directoryOf(path), true);
      else if (path.endsWith(".o")) this.addHead(path);
    }
    for (const path of this.libraries.keys()) this.enterLibrary(path);
  }

  /** A linked lib.a whose directory no obj-y names (the EFI stub): only its library members count. */
  private enterLibrary(path: string): void {
    if (this.entered.get(path) === true) return;
    this.entered.set(path, true);
    this.addModulesAndLibrary(this.directory(path), true);
  }

  /** A small tree: the root's own lists say it. */
  private walkRoot(): void {
    const root = this.directory("");
    const libs = [...root.list("libs-y"), ...wordsOf(this.topValue("libs-y"))];
    this.everyLibrary = libs.length === 0;
    for (const word of libs) if (word.endsWith("/")) this.libraries.set(root.pathOf(word), false);
    this.entered.set("", true);
    const fromTop = ROOT_LISTS.flatMap((name) => (name === "obj-y" ? [] : wordsOf(this.topValue(name))));
    const words = [...ROOT_LISTS.flatMap((name) => root.list(name)), ...fromTop, ...libs];
    for (const word of new Set(words)) this.addBuiltin(root, word);
    this.addModulesAndLibrary(root, true);
    if (root.file === undefined) {
      const at = { file: "Makefile", line: 1 };
      this.host.remark("error", at, "the tree has no Makefile and no Kbuild in its root", "pass the root of the tree");
    }
  }

  private topScope(): Scope {
    const scope = new Scope(this.config);
    const { arch, environment, variables } = this.options;
    const given = {
      MAKEFLAGS: "--no-print-directory",
      SRCARCH: SOURCE_ARCHITECTURES[arch] ?? arch,
      SHELL: "/bin/sh",
      ...environment,
    };
    for (const [name, value] of Object.entries(given)) scope.setEnvironment(name, value);
    for (const [name, value] of Object.entries({ ARCH: arch, ...variables }))
      scope.set(name, value, value.includes("$"), "command line");
    return scope;
  }

  private topValue(name: string): string {
    return this.top.expandSafely(`$(${name})`, { file: "Makefile", line: 1 });
  }

  /**
   * A directory's Kbuild file, read with the variables that `from` exports: the directory that names it,
   * or for one that nobody enters the nearest above it.
   */
  directory(path: string, from?: KbuildDirectory): KbuildDirectory {
    const known = this.directories.get(path);
    if (known !== undefined) return known;
    const parent = path === "" ? this.top : (from ?? this.directory(directoryOf(path))).process;
    const at = { file: path, line: 1 };
    const scope = parent.scope.childScope((name) => parent.expandSafely(`$(${name})`, at));
    const directory = new KbuildDirectory(path, scope, this.host, this.parsed);
    this.directories.set(path, directory);
    return directory;
  }

  private enter(path: string, builtin: boolean, from?: KbuildDirectory): void {
    const before = this.entered.get(path);
    if (before === true || (before === false && !builtin)) return;
    this.entered.set(path, builtin);
    const directory = this.directory(path, from);
    if (directory.file === undefined) {
      const at = { file: path === "" ? "Makefile" : `${path}/Makefile`, line: 1 };
      this.host.remark(
        "error",
        at,
        "a directory that is built has neither Kbuild nor Makefile",
        `see why("${path}/") for who names it`,
      );
      return;
    }
    if (builtin) for (const word of directory.objY) this.addBuiltin(directory, word);
    else
      for (const word of directory.objY) if (word.endsWith("/")) this.enter(directory.pathOf(word), false, directory);
    this.addModulesAndLibrary(directory, builtin);
  }

  private addBuiltin(directory: KbuildDirectory, word: string): void {
    if (word.endsWith("/")) {
      this.enter(directory.pathOf(word), true, directory);
      return;
    }
    for (const member of directory.members(word, false)) {
      if (member.word.endsWith("/")) this.enter(directory.pathOf(member.word), true, directory);
      else this.add({ ...member, directory, kind: "vmlinux", partOf: "vmlinux.a" });
    }
  }

  private addModulesAndLibrary(directory: KbuildDirectory, builtin: boolean): void {
    for (const word of directory.objM) {
      if (word.endsWith("/")) {
        this.enter(directory.pathOf(word), false, directory);
        continue;
      }
      const partOf = directory.pathOf(word).replace(/\.o$/, ".ko");
      for (const member of directory.members(word, true)) this.add({ ...member, directory, kind: "module", partOf });
    }
    const whole = this.libraries.get(directory.path) ?? (this.everyLibrary ? false : undefined);
    const archive = directory.pathOf("lib.a");
    for (const word of directory.libY) {
      const kind = whole === undefined || !builtin ? "unlinked" : whole ? "vmlinux" : "library";
      this.add({ listed: word, word, directory, kind, partOf: kind === "vmlinux" ? "vmlinux.a" : archive });
    }
  }

  /** An object that older top Makefiles put before everything else (`arch/arm/kernel/head.o`). */
  private addHead(path: string): void {
    const directory = this.directory(directoryOf(path));
    const word = path.slice(path.lastIndexOf("/") + 1);
    this.add({ listed: word, word, directory, kind: "vmlinux", partOf: "vmlinux.a" });
  }

  private add(found: Found): void {
    const path = found.directory.pathOf(found.word);
    const before = this.found.get(path);
    if (before === undefined || (before.kind !== "vmlinux" && found.kind === "vmlinux")) this.found.set(path, found);
  }

  private result(): KbuildResult {
    const tracer = new Tracer({
      host: this.host,
      top: this.top.scope,
      expandTop: (text) => this.top.look(text),
      directory: (path) => this.directory(path),
      entered: (path) => this.entered.get(path),
      found: (path) => this.found.get(path),
      foundPaths: () => [...this.found.keys()],
      sources: this.options.sources ?? DEFAULT_SOURCES,
      sourceOf: (path) => this.sourceOf(path),
    });
    const objects = [...this.found].map(([path, found]) => this.describe(path, found, tracer));
    const byPath = new Map(objects.map((object) => [object.path, object]));
    return {
      objects,
      diagnostics: this.host.diagnostics,
      directories: [...this.entered.keys()],
      object: (path) => byPath.get(normalizePath(path)),
      why: (path) => tracer.why(path),
      variable: (name, path) =>
        path === undefined ? this.topValue(name) : this.directory(normalizePath(path)).value(name),
    };
  }

  private describe(path: string, found: Found, tracer: Tracer): KbuildObject {
    const source = this.sourceOf(path);
    let why: Why | undefined;
    let flags: readonly string[] | undefined;
    const explain = (): Why => (why ??= tracer.why(path));
    return {
      path,
      kind: found.kind,
      source,
      partOf: found.partOf,
      get at() {
        return explain().at ?? { file: found.directory.file ?? path, line: 1 };
      },
      get conditions() {
        const all = explain().chains[0]?.steps.flatMap((step) => step.conditions) ?? [];
        return all.filter((condition) => condition.symbols.length > 0);
      },
      get flags() {
        return (flags ??= flagsOf({
          directory: found.directory,
          word: found.word,
          source,
          module: found.kind === "module",
        }));
      },
    };
  }

  private sourceOf(path: string): string | undefined {
    if (!path.endsWith(".o")) return undefined;
    const stem = path.slice(0, -".o".length);
    const names = (this.options.sources ?? DEFAULT_SOURCES).map((suffix) => stem + suffix);
    return (
      names.find((name) => pathExists(this.host.files, name)) ??
      names.map((n) => `${n}_shipped`).find((n) => pathExists(this.host.files, n))
    );
  }
}
