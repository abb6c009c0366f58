/**
 * Scenarios: who runs on which CPU, in which sizes, and what a search must have seen.
 */
import type { At } from "@shootdown/ir";
import ts from "#typescript";
import { programName, treeName } from "./files.js";
import { functionNamed } from "./lower-call.js";
import type { SourceTree } from "./program.js";
import { nameOf, type ReadSource, readSizes } from "./scenario-sizes.js";
import { atOf, type FunctionInfo, preludeName, symbolOf, type Unit } from "./unit.js";

export interface ScenarioSource {
  /** A per-CPU bool: the source is pending on a CPU while its element is true. Absent: at any time. */
  readonly raised?: string;
  /** A function. One that is not linked is not in `Module.functions`, and nothing can raise it. */
  readonly handler: string;
}

export interface ScenarioWitness {
  readonly name: string;
  readonly kind: "reaches" | "returns" | "in code";
  readonly fn?: string;
  readonly condition?: string;
}

/** Functions and globals by their names in the module. */
export interface ScenarioDecl {
  /** The file's name without `.ts`. */
  readonly name: string;
  readonly about: string;
  readonly sizes: ReadonlyMap<string, number>;
  readonly boot?: string;
  readonly applies?: { readonly when: string; readonly otherwise: string };
  readonly tasks: readonly { readonly cpu: number | "every"; readonly body: string }[];
  readonly interrupts: readonly ScenarioSource[];
  readonly softirqs: readonly ScenarioSource[];
  readonly hardware: readonly ScenarioSource[];
  readonly witnesses: readonly ScenarioWitness[];
  readonly at: At;
}

export interface ScenarioHead {
  readonly name: string;
  readonly about: string;
  readonly sizes: ReadonlyMap<string, number>;
  /** Kconfig symbols without which the scenario does not apply. */
  readonly needs: readonly string[];
}

/** What must be known before compiling: by syntax alone. Undefined if the file declares no scenario. */
export function readScenario(tree: SourceTree, file: string): ScenarioHead | undefined {
  const read: ReadSource = (name) => {
    const source = tree.read(name.slice(1));
    return source === undefined ? undefined : ts.createSourceFile(name, source, ts.ScriptTarget.ES2022, true);
  };
  const parsed = read(programName(file));
  if (!parsed) return undefined;
  const options = scenarioCalls(parsed)[0]?.arguments[0];
  if (!options || !ts.isObjectLiteralExpression(options)) return undefined;
  let about = "";
  let sizes: ReadonlyMap<string, number> = new Map();
  let needs: readonly string[] = [];
  for (const property of options.properties) {
    if (!ts.isPropertyAssignment(property)) continue;
    const name = property.name.getText();
    if (name === "about" && ts.isStringLiteral(property.initializer)) about = property.initializer.text;
    if (name === "sizes" && ts.isObjectLiteralExpression(property.initializer)) {
      sizes = readSizes(property.initializer, read);
    }
    if (name === "needs" && ts.isArrayLiteralExpression(property.initializer)) {
      needs = property.initializer.elements.flatMap((element) => (ts.isStringLiteral(element) ? [element.text] : []));
    }
  }
  return { name: baseName(file), about, sizes, needs };
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1).replace(/\.ts$/, "");
}

/** Calls of scenario() at the top level. */
export function scenarioCalls(file: ts.SourceFile): readonly ts.CallExpression[] {
  const candidates = file.statements.flatMap((statement): readonly (ts.Expression | undefined)[] => {
    if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map((d) => d.initializer);
    return ts.isExpressionStatement(statement) ? [statement.expression] : [];
  });
  return candidates.filter(
    (node): node is ts.CallExpression =>
      node !== undefined && ts.isCallExpression(node) && node.expression.getText(file) === "scenario",
  );
}

/** A scenario with the functions that it uses as conditions. */
export interface LoweredScenario {
  readonly decl: ScenarioDecl;
  readonly conditions: readonly FunctionInfo[];
}

/** The scenario that a linked file declares. */
export function lowerScenario(unit: Unit, file: ts.SourceFile): LoweredScenario | undefined {
  const [call, second] = scenarioCalls(file);
  if (!call) return undefined;
  if (second) unit.sink.rule("K1503", second.expression);
  const options = call.arguments[0];
  if (!options || !ts.isObjectLiteralExpression(options)) {
    unit.sink.rule("K1501", call);
    return undefined;
  }
  return new ScenarioReader(unit).read(file, call, options);
}

class ScenarioReader {
  private readonly conditions: FunctionInfo[] = [];

  constructor(private readonly unit: Unit) {}

  read(file: ts.SourceFile, call: ts.CallExpression, options: ts.ObjectLiteralExpression): LoweredScenario {
    const parts = this.properties(options);
    const about = parts.get("about");
    const sizes = parts.get("sizes");
    const boot = parts.get("boot");
    const applies = this.applies(parts.get("applies"));
    const read: ReadSource = (name) => this.unit.loaded.files.find(({ fileName }) => fileName === name);
    const decl: ScenarioDecl = {
      name: baseName(treeName(file)),
      about: about ? this.string(about) : "",
      sizes: sizes && ts.isObjectLiteralExpression(sizes) ? readSizes(sizes, read, this.unit.sink) : new Map(),
      ...(boot ? { boot: this.functionName(boot) } : {}),
      ...(applies ? { applies } : {}),
      tasks: this.list(parts.get("tasks")).flatMap((node) => this.task(node)),
      interrupts: this.list(parts.get("interrupts")).flatMap((node) => this.source(node)),
      softirqs: this.list(parts.get("softirqs")).flatMap((node) => this.source(node)),
      hardware: this.list(parts.get("hardware")).flatMap((node) => this.source(node)),
      witnesses: this.witnesses(parts.get("witnesses")),
      at: atOf(call, ""),
    };
    return { decl, conditions: this.conditions };
  }

  private properties(node: ts.Expression | undefined): ReadonlyMap<string, ts.Expression> {
    const result = new Map<string, ts.Expression>();
    if (!node) return result;
    if (!ts.isObjectLiteralExpression(node)) {
      this.refuse(node);
      return result;
    }
    for (const property of node.properties) {
      if (ts.isPropertyAssignment(property)) result.set(nameOf(property.name), property.initializer);
      else this.refuse(property);
    }
    return result;
  }

  private list(node: ts.Expression | undefined): readonly ts.Expression[] {
    if (!node) return [];
    return ts.isArrayLiteralExpression(node) ? node.elements : [node];
  }

  private string(node: ts.Expression): string {
    if (ts.isStringLiteral(node)) return node.text;
    this.unit.sink.rule("K1403", node, node.getText());
    return "";
  }

  private fn(node: ts.Expression | undefined): FunctionInfo | undefined {
    const info = node && ts.isIdentifier(node) ? functionNamed(this.unit, node) : undefined;
    if (!info && node) this.unit.sink.rule("K1502", node, node.getText());
    return info;
  }

  private functionName(node: ts.Expression | undefined): string {
    return this.fn(node)?.name ?? "";
  }

  private condition(node: ts.Expression): string {
    const info = this.fn(node);
    if (info && info.decl.getSourceFile() === node.getSourceFile()) this.conditions.push(info);
    else if (info) this.unit.sink.rule("K1501", node, "a condition is a function of the scenario's own file");
    return info?.name ?? "";
  }

  private applies(node: ts.Expression | undefined): ScenarioDecl["applies"] {
    if (!node) return undefined;
    const parts = this.properties(node);
    const when = parts.get("when");
    const otherwise = parts.get("otherwise");
    if (!when || !otherwise) {
      this.refuse(node);
      return undefined;
    }
    return { when: this.functionName(when), otherwise: this.string(otherwise) };
  }

  /** A call of one of the prelude's scenario words. */
  private word(node: ts.Expression): { name: string; args: readonly ts.Expression[] } | undefined {
    const name =
      ts.isCallExpression(node) && ts.isIdentifier(node.expression)
        ? preludeName(this.unit, node.expression)
        : undefined;
    return name !== undefined && ts.isCallExpression(node) ? { name, args: node.arguments } : undefined;
  }

  private task(node: ts.Expression): ScenarioDecl["tasks"] {
    const word = this.word(node);
    if (word?.name === "everyCpu") return [{ cpu: "every", body: this.functionName(word.args[0]) }];
    if (word?.name === "onCpu" && word.args[0]) {
      const cpu = this.unit.constants.number(word.args[0]);
      return cpu === undefined ? [] : [{ cpu, body: this.functionName(word.args[1]) }];
    }
    this.refuse(node);
    return [];
  }

  private source(node: ts.Expression): readonly ScenarioSource[] {
    const word = this.word(node);
    if (word?.name === "anyCpu") return [{ handler: this.functionName(word.args[0]) }];
    if (word?.name === "whileRaised" && word.args[0]) {
      const decl = symbolOf(this.unit.checker, word.args[0])?.declarations?.[0];
      const state =
        decl && ts.isVariableDeclaration(decl) && this.unit.states.isState(decl)
          ? this.unit.states.stateOf(decl)
          : undefined;
      const element = state?.shape.kind === "array" ? state.shape.element : undefined;
      if (!state?.perCpu || element?.kind !== "scalar" || element.type.kind !== "bool") {
        this.unit.sink.rule("K1501", word.args[0], "whileRaised() takes a per_cpu(bool)");
        return [];
      }
      this.unit.states.use(state, word.args[0], true);
      return [{ raised: state.name, handler: this.functionName(word.args[1]) }];
    }
    this.refuse(node);
    return [];
  }

  private witnesses(node: ts.Expression | undefined): readonly ScenarioWitness[] {
    return [...this.properties(node)].flatMap(([name, value]) => this.witness(name, value) ?? []);
  }

  /** Undefined where the configuration leaves nothing to witness: `CONFIG.SMP && reaches(f)`. */
  private witness(name: string, value: ts.Expression): ScenarioWitness | undefined {
    if (ts.isBinaryExpression(value) && value.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken) {
      const witness = this.witness(name, value.right); // read in any case: its condition is no ordinary function
      return this.unit.constants.number(value.left) === 0 ? undefined : witness;
    }
    if (ts.isStringLiteral(value) && value.text === "in code") return { name, kind: "in code" };
    const word = this.word(value);
    if (word?.name === "returns") return { name, kind: "returns", fn: this.functionName(word.args[0]) };
    if (word?.name === "reaches") {
      const fn = this.functionName(word.args[0]);
      const condition = word.args[1] && this.condition(word.args[1]);
      return { name, kind: "reaches", fn, ...(condition === undefined ? {} : { condition }) };
    }
    this.refuse(value);
    return undefined;
  }

  private refuse(node: ts.Node): void {
    this.unit.sink.rule("K1501", node, node.getText().split("\n", 1)[0]);
  }
}
