/**
 * The functions of the tree: their signatures, their names in the module, and what a reference to one is linked to.
 */
import ts from "#typescript";
import type { DiagnosticSink } from "./diagnostics.js";
import { displayName, isHeader, treeName } from "./files.js";
import type { LoadedProgram } from "./program.js";
import { shapeOf, valueType } from "./shapes.js";
import type { FunctionInfo, ParamInfo } from "./unit.js";

export class Functions {
  /** In the order of the files, then of the source. */
  readonly all: readonly FunctionInfo[];
  private readonly byDecl = new Map<ts.Node, FunctionInfo>();
  /** What a linker binds a name to: exported functions of linked objects. */
  private readonly external = new Map<string, FunctionInfo>();

  constructor(
    private readonly loaded: LoadedProgram,
    isLinked: (path: string) => boolean,
    private readonly sink: DiagnosticSink,
  ) {
    const found: { decl: ts.FunctionDeclaration; linked: boolean; exported: boolean }[] = [];
    for (const file of loaded.files) {
      const linked = isLinked(treeName(file));
      for (const decl of file.statements) {
        if (!ts.isFunctionDeclaration(decl) || !decl.name) continue;
        found.push({ decl, linked, exported: isExported(decl) });
      }
    }
    const qualified = ambiguous(
      found
        .filter((f) => f.linked || f.exported)
        .map((f) => ({ node: f.decl.name!, exported: f.exported, linked: f.linked })),
      sink,
    );
    this.all = found.map(({ decl, linked, exported }) => {
      const file = decl.getSourceFile();
      const sourceName = decl.name!.text;
      const name = !exported && qualified.has(sourceName) ? `${displayName(file)}:${sourceName}` : sourceName;
      const info: FunctionInfo = { decl, file, sourceName, name, exported, linked, ...this.signature(decl, linked) };
      this.byDecl.set(decl, info);
      if (linked && exported && !isHeader(treeName(file))) this.external.set(sourceName, info);
      return info;
    });
  }

  infoOf(decl: ts.Node): FunctionInfo | undefined {
    return this.byDecl.get(decl);
  }

  /** As a linker does: a declaration means whatever linked object defines the name. */
  bind(info: FunctionInfo): FunctionInfo {
    if (info.linked || !info.exported) return info;
    const other = this.external.get(info.sourceName);
    return other && other.params.length === info.params.length ? other : info;
  }

  private signature(decl: ts.FunctionDeclaration, linked: boolean): Pick<FunctionInfo, "params" | "result"> {
    const { checker } = this.loaded;
    const params: ParamInfo[] = [];
    for (const param of decl.parameters) {
      if (!ts.isIdentifier(param.name)) continue; // refused by the rules of syntax
      const name = param.name.text;
      const symbol = checker.getSymbolAtLocation(param.name)!;
      const shape = shapeOf(checker, checker.getTypeOfSymbol(symbol));
      if (shape?.kind === "scalar") params.push({ kind: "value", name, symbol, type: shape.type });
      else if (shape) params.push({ kind: "ref", name, symbol, shape });
      else if (linked) this.sink.rule("K1301", param, `parameter ${name}`);
    }
    const signature = checker.getSignatureFromDeclaration(decl);
    const returns = signature && checker.getReturnTypeOfSignature(signature);
    if (!returns || returns.flags & (ts.TypeFlags.Void | ts.TypeFlags.Never)) return { params };
    const result = valueType(checker, returns);
    if (result) return { params, result };
    if (linked) this.sink.rule("K1301", decl.type ?? decl.name!, `the result of ${decl.name!.text}`);
    return { params };
  }
}

export function isExported(node: ts.HasModifiers): boolean {
  return node.modifiers?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword) ?? false;
}

interface Named {
  readonly node: ts.Identifier;
  readonly exported: boolean;
  readonly linked: boolean;
}

/** The names that more than one file has; two linked exports of one name are an error, as in a linker. */
export function ambiguous(named: readonly Named[], sink: DiagnosticSink): ReadonlySet<string> {
  const first = new Map<string, Named>();
  const exports = new Map<string, Named>();
  const result = new Set<string>();
  for (const item of named) {
    const name = item.node.text;
    if (first.has(name)) result.add(name);
    else first.set(name, item);
    if (!item.exported || !item.linked) continue;
    const other = exports.get(name);
    if (other) {
      sink.rule("K1207", item.node, `${name}, also in ${displayName(other.node.getSourceFile())}`);
    } else exports.set(name, item);
  }
  return result;
}
