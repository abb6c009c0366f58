/**
 * Shared state: what the top level of the files declares, flattened into scalar arrays.
 */
import { type At, type Global, U8 } from "@shootdown/ir";
import ts from "#typescript";
import { convert } from "./c-expr.js";
import { displayName, programName, treeName } from "./files.js";
import { ambiguous, isExported } from "./functions.js";
import { SCALAR_TYPES, type Shape, valueType } from "./shapes.js";
import { atOf, preludeName, type State, symbolOf, type Unit } from "./unit.js";

/** What declares shared state at the right of a `const`. */
const DECLARES = new Set(["array", "shared", "per_cpu", "guarded_by", "spinlock", "mutex"]);
const LOCK_TYPES = new Map<string, "spinlock" | "mutex">([
  ["spinlock_t", "spinlock"],
  ["mutex_t", "mutex"],
]);
const MAX_ELEMENTS = 1 << 24;

interface Described {
  readonly shape: Shape;
  readonly perCpu: boolean;
  readonly guard?: string;
}

export class States {
  private readonly known = new Map<ts.VariableDeclaration, State | undefined>();
  private readonly declared: readonly ts.VariableDeclaration[];
  private readonly qualified: ReadonlySet<string>;
  /** Not linked, and named by linked code. */
  private readonly used = new Set<State>();
  private cpus: number | undefined;

  constructor(private readonly unit: Unit) {
    this.declared = unit.loaded.files.flatMap((file) =>
      file.statements
        .filter(ts.isVariableStatement)
        .flatMap((statement) => statement.declarationList.declarations.filter((decl) => this.isState(decl))),
    );
    this.qualified = ambiguous(
      this.declared.flatMap((decl) => {
        const linked = unit.isLinked(treeName(decl.getSourceFile()));
        const exported = isExported(decl.parent.parent as ts.VariableStatement);
        return ts.isIdentifier(decl.name) && (linked || exported) ? [{ node: decl.name, exported, linked }] : [];
      }),
      unit.sink,
    );
  }

  /** Whether a variable is shared state: a `let` at the top level, or a `const` made by a declaring call. */
  isState(decl: ts.VariableDeclaration): boolean {
    if (!isTopLevel(decl)) return false;
    if (!(ts.getCombinedNodeFlags(decl) & ts.NodeFlags.Const)) return true;
    return DECLARES.has(this.callee(decl.initializer) ?? "");
  }

  /** Undefined after a report. */
  stateOf(decl: ts.VariableDeclaration): State | undefined {
    if (this.known.has(decl)) return this.known.get(decl);
    this.known.set(decl, undefined); // a state that names itself as its guard ends here
    const file = decl.getSourceFile();
    const sourceName = decl.name.getText();
    const exported = isExported(decl.parent.parent as ts.VariableStatement);
    const name = !exported && this.qualified.has(sourceName) ? `${displayName(file)}:${sourceName}` : sourceName;
    const isConst = (ts.getCombinedNodeFlags(decl) & ts.NodeFlags.Const) !== 0;
    const described = isConst ? decl.initializer && this.describe(decl.initializer, name) : this.scalar(decl);
    const linked = this.unit.isLinked(treeName(file));
    const state = described && { decl, file, sourceName, name, linked, ...described };
    this.known.set(decl, state);
    return state;
  }

  /** Linked code names `state`, whose file may not be linked. */
  use(state: State, node: ts.Node, ghost: boolean): void {
    if (state.linked) return;
    if (!this.used.has(state) && !ghost) {
      this.unit.sink.warn("K1209", node, `${state.name} of ${displayName(state.file)}`);
    }
    this.used.add(state);
  }

  /** Everything that linked files declare, and what linked code uses besides, in the order of the sources. */
  globals(): ReadonlyMap<string, Global> {
    const result = new Map<string, Global>();
    for (const decl of this.declared) {
      const linked = this.unit.isLinked(treeName(decl.getSourceFile()));
      const state = linked ? this.stateOf(decl) : this.known.get(decl);
      if (!state || !(linked || this.used.has(state))) continue;
      for (const global of flatten(state, atOf(decl.name, ""))) result.set(global.name, global);
    }
    return result;
  }

  private callee(node: ts.Node | undefined): string | undefined {
    if (!node || !ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return undefined;
    return preludeName(this.unit, node.expression);
  }

  /** `let x: u8 = 0`, `let x: u8 = guarded_by(lock, 0)`. */
  private scalar(decl: ts.VariableDeclaration): Described | undefined {
    const { unit } = this;
    let initial = decl.initializer;
    let guard: string | undefined;
    if (initial && this.callee(initial) === "guarded_by" && ts.isCallExpression(initial)) {
      const [lock, state] = initial.arguments;
      guard = lock && this.lockName(lock);
      initial = state;
    }
    const value = initial && unit.constants.evaluate(initial);
    if (initial && !value) return undefined;
    const type = valueType(unit.checker, unit.checker.getTypeOfSymbol(unit.checker.getSymbolAtLocation(decl.name)!));
    if (!type) {
      unit.sink.rule("K1202", decl, decl.name.getText());
      return undefined;
    }
    if (value?.kind === "function") {
      unit.sink.rule("K1202", initial!, "a function cannot be the initial value; assign it at boot");
      return undefined;
    }
    const init = value ? convert(value.expr, type) : undefined;
    const shape: Shape = { kind: "scalar", type, init: init?.kind === "const" ? init.value : 0 };
    return { shape, perCpu: false, ...(guard === undefined ? {} : { guard }) };
  }

  private describe(node: ts.Expression, name: string): Described | undefined {
    const callee = this.callee(node);
    if (!ts.isCallExpression(node) || callee === undefined) return this.refuse(node);
    const [first, second, third] = node.arguments;
    switch (callee) {
      case "spinlock":
      case "mutex":
        return { shape: { kind: "lock", lock: callee }, perCpu: false };
      case "shared": {
        const shape = first && this.element(first);
        return shape && { shape, perCpu: false };
      }
      case "array": {
        const element = first && this.elementOrArray(first, name);
        const length = second && this.unit.constants.number(second);
        const shape = element && third ? this.initialised(element, third) : element;
        if (!shape || length === undefined) return undefined;
        if (length < 1 || length > MAX_ELEMENTS) return this.refuse(second!, `a length of ${length}`);
        return { shape: { kind: "array", length, element: shape }, perCpu: false };
      }
      case "per_cpu": {
        const element = first && this.elementOrArray(first, name);
        const shape = element && second ? this.initialised(element, second) : element;
        const length = this.numberOfCpus(node);
        if (!shape || length === undefined) return undefined;
        return { shape: { kind: "array", length, element: shape }, perCpu: true };
      }
      case "guarded_by": {
        const guard = first && this.lockName(first);
        const inner = second && this.describe(second, name);
        return inner && guard !== undefined ? { ...inner, guard } : undefined;
      }
      default:
        return this.refuse(node);
    }
  }

  private elementOrArray(node: ts.Expression, name: string): Shape | undefined {
    if (this.callee(node) === "array") return this.describe(node, name)?.shape;
    return this.element(node);
  }

  /** A type used as a value: u8, spinlock_t, fn<…>(), struct({…}), or the name of such. */
  private element(node: ts.Expression): Shape | undefined {
    if (ts.isIdentifier(node)) {
      const prelude = preludeName(this.unit, node);
      if (prelude !== undefined) {
        const type = SCALAR_TYPES.get(prelude);
        if (type) return { kind: "scalar", type, init: 0 };
        const lock = LOCK_TYPES.get(prelude);
        return lock ? { kind: "lock", lock } : this.refuse(node);
      }
      const decl = symbolOf(this.unit.checker, node)?.declarations?.[0];
      if (decl && ts.isVariableDeclaration(decl) && decl.initializer) return this.element(decl.initializer);
      return this.refuse(node);
    }
    const callee = this.callee(node);
    if (callee === "fn") return { kind: "scalar", type: { kind: "fn" }, init: 0 };
    if (callee === "array") return this.describe(node, "")?.shape;
    const literal = callee === "struct" && ts.isCallExpression(node) ? node.arguments[0] : undefined;
    if (!literal || !ts.isObjectLiteralExpression(literal)) return this.refuse(node);
    const fields = new Map<string, Shape>();
    for (const property of literal.properties) {
      if (!ts.isPropertyAssignment(property) || !ts.isIdentifier(property.name)) {
        // `struct({ u8 })` would name a field after its type.
        return this.refuse(property);
      }
      const shape = this.element(property.initializer);
      if (!shape) return undefined;
      fields.set(property.name.text, shape);
    }
    return { kind: "struct", fields };
  }

  private initialised(shape: Shape, node: ts.Expression): Shape | undefined {
    if (shape.kind !== "scalar") return this.refuse(node, "only integers and bools have an initial value");
    const value = this.unit.constants.evaluate(node);
    if (value?.kind !== "scalar") return undefined;
    const init = convert(value.expr, shape.type);
    return init.kind === "const" ? { ...shape, init: init.value } : undefined;
  }

  /** The global that a lock expression names: `kmap_lock`, `queue.lock`. */
  private lockName(node: ts.Expression): string | undefined {
    const path: string[] = [];
    let base = node;
    while (ts.isPropertyAccessExpression(base)) {
      path.unshift(base.name.text);
      base = base.expression;
    }
    const decl = symbolOf(this.unit.checker, base)?.declarations?.[0];
    const state = decl && ts.isVariableDeclaration(decl) && this.isState(decl) ? this.stateOf(decl) : undefined;
    let shape: Shape | undefined = state?.shape;
    const leaf = (s: Shape | undefined): Shape | undefined => (s?.kind === "array" ? leaf(s.element) : s);
    shape = leaf(shape);
    for (const name of path) shape = shape?.kind === "struct" ? leaf(shape.fields.get(name)) : undefined;
    if (!state || shape?.kind !== "lock") {
      this.unit.sink.rule("K1203", node, node.getText());
      return undefined;
    }
    this.use(state, node, true);
    return [state.name, ...path].join(".");
  }

  private numberOfCpus(node: ts.Node): number | undefined {
    if (this.cpus !== undefined) return this.cpus;
    const file = this.unit.loaded.program.getSourceFile(programName("machine/memory-map.ts"));
    for (const statement of file?.statements ?? []) {
      if (!ts.isVariableStatement(statement)) continue;
      for (const decl of statement.declarationList.declarations) {
        if (decl.name.getText() === "NR_CPUS" && decl.initializer) {
          const value = this.unit.constants.valueOf(decl);
          if (value?.kind === "scalar") this.cpus = value.expr.value;
        }
      }
    }
    if (this.cpus === undefined) this.unit.sink.rule("K1208", node);
    return this.cpus;
  }

  private refuse(node: ts.Node, detail?: string): undefined {
    this.unit.sink.rule("K1202", node, detail ?? node.getText());
    return undefined;
  }
}

export function isTopLevel(decl: ts.VariableDeclaration): boolean {
  return ts.isVariableStatement(decl.parent.parent) && ts.isSourceFile(decl.parent.parent.parent);
}

/** A lock's own type: the number of the context that holds it. */
const LOCK_VALUE = U8;

function flatten(state: State, at: At): Global[] {
  const result: Global[] = [];
  const walk = (shape: Shape, name: string, dims: readonly number[]): void => {
    const common = { name, dims, perCpu: state.perCpu, at };
    if (shape.kind === "array") walk(shape.element, name, [...dims, shape.length ?? 0]);
    else if (shape.kind === "struct") {
      for (const [field, inner] of shape.fields) walk(inner, `${name}.${field}`, dims);
    } else if (shape.kind === "lock") result.push({ ...common, type: LOCK_VALUE, init: 0, lock: shape.lock });
    else {
      const guard = state.guard === undefined ? {} : { guard: state.guard };
      result.push({ ...common, type: shape.type, init: shape.init, ...guard });
    }
  };
  walk(state.shape, state.name, []);
  return result;
}
