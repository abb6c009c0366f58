/**
 * The tree as tsc sees it: in memory, without a library, with the prelude instead.
 *
 * Type-checking depends on the sources alone, not on the configuration or on what is linked. So programs are kept, and used
 * again while their files are unchanged, for any roots that they hold: one that is not the process's first holds every
 * file of the tree. What tsc has found out about a file is found out once.
 */
import ts from "#typescript";
import type { DiagnosticSink } from "./diagnostics.js";
import { PRELUDE_FILE, programName, resolveRelative, treeName } from "./files.js";
import { PRELUDE } from "./prelude.js";

export interface SourceTree {
  /** The text of a file, by its path from the root of the tree: "kernel/mm/highmem.ts", "machine/mmu.ts". */
  read(path: string): string | undefined;
  /** Every path, if they are known: then a program may be used for other roots, too. */
  paths?(): readonly string[];
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
  /** What the tree had when the program was made: every path that was asked for. */
  readonly texts: ReadonlyMap<string, string | undefined>;
  readonly program: ts.Program;
  readonly checker: ts.TypeChecker;
}

const MAX_CACHED = 12;
let cache: Cached[] = [];
const sourceFiles = new Map<string, ts.SourceFile>();

export function loadProgram(tree: SourceTree, roots: readonly string[]): LoadedProgram {
  const names = [...new Set(roots)].sort();
  const isUsable = ({ texts }: Cached): boolean =>
    names.every((name) => texts.has(name)) && [...texts].every(([path, text]) => tree.read(path) === text);
  const known = cache.find(isUsable) ?? createProgram(tree, names);
  cache = [known, ...cache.filter((other) => other !== known)].slice(0, MAX_CACHED);
  return chosen(known, names);
}

function createProgram(tree: SourceTree, names: readonly string[]): Cached {
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
  const isFirst = cache.length === 0;
  const others = isFirst ? [] : (tree.paths?.() ?? []).filter((path) => path.endsWith(".ts"));
  const present = [...new Set([...names, ...others])].filter((name) => read(programName(name)) !== undefined);
  const program = ts.createProgram([PRELUDE_FILE, ...present.map(programName)], OPTIONS, host);
  return { texts, program, checker: program.getTypeChecker() };
}

/** The files that some roots of a program need. */
function chosen({ program, checker }: Cached, names: readonly string[]): LoadedProgram {
  const prelude = program.getSourceFile(PRELUDE_FILE);
  if (!prelude) throw new Error("the prelude is missing");
  const files = new Set<ts.SourceFile>();
  const begun = new Set<ts.SourceFile>();
  const visit = (file: ts.SourceFile | undefined): void => {
    if (!file || begun.has(file)) return;
    begun.add(file);
    for (const name of importsOf(file)) visit(program.getSourceFile(name));
    files.add(file);
  };
  for (const name of names) visit(program.getSourceFile(programName(name)));
  const missing = names.filter((name) => !program.getSourceFile(programName(name)));
  return { program, checker, prelude, files: [...files], missing };
}

function importsOf(file: ts.SourceFile): readonly string[] {
  return file.statements.flatMap((statement): readonly string[] => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const from = statement.moduleSpecifier;
    const name = from && ts.isStringLiteral(from) ? resolveRelative(file.fileName, from.text) : undefined;
    return name === undefined ? [] : [name];
  });
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
