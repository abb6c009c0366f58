/**
 * A function of the source becomes a function of the module.
 */
import { constant, type Fn, type Param } from "@shootdown/ir";
import type ts from "#typescript";
import { Builder } from "./builder.js";
import { convert } from "./c-expr.js";
import { at, type Binding, type Context, type References } from "./context.js";
import { displayName, isHeader, treeName } from "./files.js";
import { singleExpression } from "./lower-call.js";
import { lowerExpr } from "./lower-expr.js";
import { lowerStatements } from "./lower-stmt.js";
import { atEnd, atOf, type FunctionInfo, type Unit } from "./unit.js";

/** `watching`: a condition of a scenario's witness, whose reads are nobody's steps. */
export function lowerFunction(unit: Unit, references: References, info: FunctionInfo, watching: boolean): Fn {
  const builder = new Builder();
  const bindings = new Map<ts.Symbol, Binding>();
  const params = info.params.map((param, i): Param => {
    if (param.kind === "value") {
      const local = builder.local(param.name, param.type);
      bindings.set(param.symbol, { kind: "local", local, type: param.type });
      return { kind: "value", name: param.name, local };
    }
    const place = { base: { kind: "param" as const, param: i }, path: "", index: [], shape: param.shape };
    bindings.set(param.symbol, { kind: "place", place });
    return { kind: "ref", name: param.name };
  });
  const ctx: Context = {
    unit,
    references,
    fn: info,
    source: info,
    builder,
    bindings,
    regions: [],
    guards: [],
    expanding: [],
  };
  if (!info.decl.body) unit.sink.rule("K1029", info.decl, info.sourceName);
  else if (watching) {
    const expression = singleExpression(info);
    if (!expression || !info.result) unit.sink.rule("K1401", info.decl.name ?? info.decl, info.sourceName);
    else {
      const reading = { what: "a scenario's witness", ghost: true };
      builder.return(convert(lowerExpr({ ...ctx, reading }, expression), info.result), at(ctx, expression));
    }
  } else lowerStatements(ctx, info.decl.body.statements);
  builder.return(info.result && constant(info.result, 0), atEnd(info.decl, info.sourceName));
  const linux = linuxTag(info.decl);
  return {
    name: info.name,
    params,
    ...(info.result ? { result: info.result } : {}),
    locals: builder.locals,
    blocks: builder.finish(),
    exported: info.exported,
    ...objectOf(info.file),
    ...(linux === undefined ? {} : { linux }),
    at: atOf(info.decl.name ?? info.decl, info.sourceName),
  };
}

/**
 * The object that a file is compiled into: its own, or the one that `@object` in the file's header comment names. A
 * header has none.
 */
function objectOf(file: ts.SourceFile): Pick<Fn, "object" | "isPart"> {
  if (isHeader(treeName(file))) return {};
  const header = /^(\s*\/\/[^\n]*\n)*\s*\/\*[\s\S]*?\*\//.exec(file.text)?.[0] ?? "";
  const named = /@object[ \t]+(\S+\.o)\b/.exec(header)?.[1];
  const own = displayName(file).replace(/\.ts$/, ".o");
  return named === undefined || named === own ? { object: own } : { object: named, isPart: true };
}

/** The operand of `@linux` in the doc comment: the rest of its line. */
function linuxTag(decl: ts.FunctionDeclaration): string | undefined {
  const source = decl.getSourceFile();
  const comment = source.text.slice(decl.getFullStart(), decl.getStart(source));
  const found = [...comment.matchAll(/@linux[ \t]+([^\n]*)/g)].at(-1)?.[1];
  return found?.replace(/\s*\*\/\s*$/, "").trim();
}
