/**
 * The tree as tsc sees it: in memory, without a library, with the prelude instead.
 *
 * Type-checking depends on the sources alone, not on the configuration, so the last program is kept and used again
 * while its files are unchanged.
 */
import ts from "#typescript";
import type { DiagnosticSink } from "./diagnostics.js";
import { PRELUDE_FILE, programName, resolveRelative, treeName } from "./files.js";
import { PRELUDE } from "./prelude.js";

export interface SourceTree {
  /** The text of a file, by its path from the root of the tree: "kernel/mm/highmem.ts", "machine/mmu.ts". */
  read(path: string): string | undefined;
}

/** As in packages/kernel/tsconfig.json. */
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  noLib: true,
  types: [],
  strict: true,
  noImplicitReturns: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  allowUnusedLabels: true,
  allowImportingTsExtensions: true,
  noEmit: true,
};

/** Names that nobody uses: a warning here, as in a C compiler. */
const UNUSED = new Set([6133, 6138, 6192, 6196, 6198, 6199]);

export interface LoadedProgram {
  readonly program: ts.Program;
  readonly checker: ts.TypeChecker;
  readonly prelude: ts.SourceFile;
  /** Without the prelude, in tsc's order: what is imported comes first. */
  readonly files: readonly ts.SourceFile[];
  /** Roots that the tree does not have. */
  readonly missing: readonly string[];
}

interface Cached {
  readonly roots: string;
  readonly texts: ReadonlyMap<string, string | undefined>;
  readonly loaded: LoadedProgram;
}

const MAX_CACHED = 24;
let cache: Cached[] = [];
const sourceFiles = new Map<string, ts.SourceFile>();

export function loadProgram(tree: SourceTree, roots: readonly string[]): LoadedProgram {
  const names = [...new Set(roots)].sort();
  const key = names.join("\n");
  const known = cache.find((c) => c.roots === key && [...c.texts].every(([path, text]) => tree.read(path) === text));
  if (known) {
    cache = [known, ...cache.filter((c) => c !== known)];
    return known.loaded;
  }

  const texts = new Map<string, string | undefined>();
  const read = (fileName: string): string | undefined => {
    if (fileName === PRELUDE_FILE) return PRELUDE;
    const path = fileName.slice(1);
    if (!texts.has(path)) texts.set(path, tree.read(path));
    return texts.get(path);
  };
  const host: ts.CompilerHost = {
    fileExists: (name) => read(name) !== undefined,
    readFile: read,
    getSourceFile: (name) => {
      const text = read(name);
      return text === undefined ? undefined : parse(name, text);
    },
    getDefaultLibFileName: () => "/lib.d.ts",
    writeFile: () => {},
    getCurrentDirectory: () => "/",
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
    resolveModuleNameLiterals: (literals, from) =>
      literals.map((literal) => {
        const target = /^\.\.?\//.test(literal.text) ? resolveRelative(from, literal.text) : undefined;
        if (target === undefined || !target.endsWith(".ts") || read(target) === undefined) {
          return { resolvedModule: undefined };
        }
        return { resolvedModule: { resolvedFileName: target, extension: ".ts", isExternalLibraryImport: false } };
      }),
  };
  const missing = names.filter((name) => read(programName(name)) === undefined);
  const present = names.filter((name) => !missing.includes(name));
  const program = ts.createProgram([PRELUDE_FILE, ...present.map(programName)], OPTIONS, host);
  const prelude = program.getSourceFile(PRELUDE_FILE);
  if (!prelude) throw new Error("the prelude is missing");
  const loaded: LoadedProgram = {
    program,
    checker: program.getTypeChecker(),
    prelude,
    files: program.getSourceFiles().filter((file) => file !== prelude),
    missing,
  };
  cache = [{ roots: key, texts, loaded }, ...cache].slice(0, MAX_CACHED);
  return loaded;
}

/** Source files are shared by programs: tsc binds each once. */
export function parse(name: string, text: string): ts.SourceFile {
  const known = sourceFiles.get(name);
  if (known?.text === text) return known;
  const options: ts.CreateSourceFileOptions = {
    languageVersion: ts.ScriptTarget.ES2022,
    // tsc marks a file without imports as a module by this function only.
    setExternalModuleIndicator: (file) => {
      if (!file.isDeclarationFile)
        (file as { externalModuleIndicator?: ts.Node | true }).externalModuleIndicator ??= true;
    },
  };
  const file = ts.createSourceFile(name, text, options, true);
  sourceFiles.set(name, file);
  return file;
}

/** tsc's diagnostics of the files that are compiled. */
export function reportTypeErrors(
  loaded: LoadedProgram,
  isLinked: (path: string) => boolean,
  sink: DiagnosticSink,
): void {
  const seen = new Set<string>();
  for (const file of loaded.files) {
    if (!isLinked(treeName(file))) continue;
    const found = [...loaded.program.getSyntacticDiagnostics(file), ...loaded.program.getSemanticDiagnostics(file)];
    for (const diagnostic of found) {
      const start = diagnostic.start ?? 0;
      const key = `${file.fileName}:${start}:${diagnostic.code}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, " ");
      sink.types(file, start, diagnostic.length ?? 1, diagnostic.code, message, UNUSED.has(diagnostic.code));
    }
  }
}
