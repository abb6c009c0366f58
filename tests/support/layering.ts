/**
 * Which package may import which: the design's table, as a function from a repository's texts to what breaks it.
 *
 * Type-only imports count like all others. Test files may use what is installed for development, but no other package
 * by its path and no package that the table forbids.
 */
import { posix } from "node:path";
import ts from "typescript";

/** By package: what it may import. Faces come last. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  kconfig: [],
  kbuild: ["kconfig"],
  ir: [],
  "kernel-ts": ["ir"],
  c: ["ir"],
  checker: ["ir"],
  doctor: ["kconfig", "kbuild", "ir", "kernel-ts", "c", "checker"],
  cli: ["doctor"],
  lab: ["doctor"],
  sweep: ["doctor"],
};

/** Read by the front end, imported by nobody; kernel stands on machine. */
export const SOURCES: Readonly<Record<string, readonly string[]>> = {
  machine: ["machine"],
  kernel: ["kernel", "machine"],
};

/** These have a person in front of them, and may use Node. */
export const FACES: readonly string[] = ["cli", "lab", "sweep"];

/** Entry points of their own (`exports` in package.json) that offer what only Node has. Nothing else in src imports them. */
export const NODE_ENTRIES: readonly string[] = ["packages/kconfig/src/node.ts", "packages/doctor/src/node.ts"];

/** Of the repository: text by path, for every package.json, tsconfig.json and source file under packages/. */
export type Repository = ReadonlyMap<string, string>;

/** What breaks the table, as `path:line: X, use Y`. */
export function layeringErrors(repository: Repository): string[] {
  const names = new Set([...repository.keys()].map((path) => path.split("/")[1]!));
  return [...names].sort().flatMap((name) => {
    if (name in SOURCES) return sourceErrors(name, repository);
    if (name in MAY_IMPORT) return packageErrors(name, repository);
    return [`packages/${name}:1: the package is not in the table, use MAY_IMPORT in tests/support/layering.ts`];
  });
}

interface Import {
  readonly line: number;
  readonly specifier: string;
}

/** `import`, `export … from`, `import()` and `require()`. */
function importsOf(text: string): Import[] {
  const source = ts.createSourceFile("source.tsx", text, ts.ScriptTarget.Latest, false, ts.ScriptKind.TSX);
  const imports: Import[] = [];
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) {
      const { line } = source.getLineAndCharacterOfPosition(specifier.getStart(source));
      imports.push({ specifier: specifier.text, line: line + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return imports;
}

/** What names the module, of a node that imports one. */
function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return node.argument.literal;
  if (!ts.isCallExpression(node)) return undefined;
  const isRequire = ts.isIdentifier(node.expression) && node.expression.text === "require";
  return isRequire || node.expression.kind === ts.SyntaxKind.ImportKeyword ? node.arguments[0] : undefined;
}

function packageErrors(name: string, repository: Repository): string[] {
  const folder = `packages/${name}`;
  const allowed = MAY_IMPORT[name]!;
  const allowedText = allowed.length === 0 ? "nothing of ours" : allowed.join(", ");
  const errors: string[] = [];
  const manifest = JSON.parse(repository.get(`${folder}/package.json`) ?? "{}");
  const dependencies = Object.keys(manifest.dependencies ?? {});
  /** The package's own `#names`: what they lead to, by condition. */
  const inner: Record<string, Record<string, string>> = manifest.imports ?? {};
  for (const [specifier, targets] of Object.entries(inner)) {
    for (const target of Object.values(targets)) {
      if (target.startsWith("./src/") || (dependencies.includes(target) && ourPackage(target) === undefined)) continue;
      errors.push(`${folder}/package.json:1: ${specifier} leads to ${target}, use a file of src or a dependency`);
    }
  }
  for (const dependency of dependencies) {
    const ours = ourPackage(dependency);
    if (ours === undefined || allowed.includes(ours) || ours in SOURCES) continue;
    errors.push(`${folder}/package.json:1: depends on ${ours}, use ${allowedText}`);
  }
  const references: string[] = (parseConfig(repository.get(`${folder}/tsconfig.json`)).references ?? []).map(
    (reference: { path: string }) => posix.basename(reference.path),
  );
  for (const reference of references) {
    if (allowed.includes(reference)) continue;
    errors.push(`${folder}/tsconfig.json:1: refers to ${reference}, use ${allowedText}`);
  }

  for (const [path, text] of repository) {
    if (!path.startsWith(`${folder}/src/`) || !/\.tsx?$/.test(path)) continue;
    for (const { line, specifier } of importsOf(text)) {
      const complain = (problem: string, instead: string) => errors.push(`${path}:${line}: ${problem}, use ${instead}`);
      const isTest = path.endsWith(".test.ts");
      if (specifier in inner) continue;
      if (specifier.startsWith(".")) {
        const target = posix.join(posix.dirname(path), specifier);
        if (!target.startsWith(`${folder}/src/`)) {
          complain(`imports ${specifier}, outside of its own src`, "the package's name");
        } else if (!isTest && NODE_ENTRIES.includes(target.replace(/\.js$/, ".ts"))) {
          complain(`imports ${specifier}, which needs Node`, "a parameter that the caller fills");
        }
        continue;
      }
      // Made by the package's own build; what it is made from stands in its vite.config.ts.
      if (specifier.startsWith("virtual:") && FACES.includes(name)) continue;
      if (isBuiltin(specifier)) {
        if (isTest || FACES.includes(name) || NODE_ENTRIES.includes(path)) continue;
        complain(
          `imports ${specifier}, which a browser does not have`,
          "an injected function, or an entry in NODE_ENTRIES",
        );
        continue;
      }
      const dependency = specifier
        .split("/")
        .slice(0, specifier.startsWith("@") ? 2 : 1)
        .join("/");
      const ours = ourPackage(dependency);
      const innerName = Object.keys(inner).find((key) => Object.values(inner[key]!).includes(specifier));
      if (innerName !== undefined && !isTest) {
        complain(`imports ${specifier}, which the package has a name of its own for`, innerName);
      } else if (ours !== undefined && ours in SOURCES) {
        complain(`imports ${ours}, which is source for the front end`, "a file tree");
      } else if (ours !== undefined && !allowed.includes(ours)) {
        complain(`${name} imports ${ours}`, allowedText);
      } else if (ours !== undefined && !references.includes(ours)) {
        complain(`imports ${ours} without a reference in tsconfig.json`, `{ "path": "../${ours}" }`);
      }
      if (!isTest && !dependencies.includes(dependency)) {
        complain(`imports ${dependency}, which package.json does not list`, "dependencies");
      }
    }
  }
  return errors;
}

/** Kernel TypeScript imports by relative path with its extension, within the tree. */
function sourceErrors(name: string, repository: Repository): string[] {
  const errors: string[] = [];
  for (const [path, text] of repository) {
    if (!path.startsWith(`packages/${name}/`) || !path.endsWith(".ts")) continue;
    for (const { line, specifier } of importsOf(text)) {
      const target = posix.join(posix.dirname(path), specifier);
      const at = `${path}:${line}: imports ${specifier}`;
      if (!specifier.startsWith(".")) errors.push(`${at}, which is no kernel TypeScript, use a relative path`);
      else if (!SOURCES[name]!.some((source) => target.startsWith(`packages/${source}/`))) {
        errors.push(`${at}, outside of what ${name} stands on, use ${SOURCES[name]!.join(", ")}`);
      } else if (!specifier.endsWith(".ts")) errors.push(`${at}, use the name with .ts`);
    }
  }
  return errors;
}

function ourPackage(dependency: string): string | undefined {
  return dependency.startsWith("@shootdown/") ? dependency.slice("@shootdown/".length) : undefined;
}

const BARE_BUILTINS = new Set(["assert", "buffer", "child_process", "crypto", "fs", "http", "module", "os", "path"]);
for (const name of ["perf_hooks", "process", "stream", "url", "util", "v8", "vm", "worker_threads", "zlib"]) {
  BARE_BUILTINS.add(name);
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith("node:") || BARE_BUILTINS.has(specifier.split("/")[0]!);
}

function parseConfig(text: string | undefined) {
  return ts.parseConfigFileTextToJson("tsconfig.json", text ?? "{}").config ?? {};
}
