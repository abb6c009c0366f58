/**
 * A small language that is written out both as C and as kernel TypeScript, so that gcc and our passes see the same
 * functions. Every conversion is an explicit cast: kernel TypeScript wants them, and C does the same without.
 *
 * `ulong` and `long` are as wide as the target's registers.
 */
export type IntName = "u8" | "u16" | "u32" | "i32" | "u64" | "i64" | "ulong" | "long";

export type Expr =
  | { readonly kind: "var"; readonly name: string }
  | { readonly kind: "num"; readonly value: number }
  | { readonly kind: "bin"; readonly op: string; readonly left: Expr; readonly right: Expr }
  | { readonly kind: "cast"; readonly type: IntName; readonly arg: Expr }
  | { readonly kind: "cond"; readonly cond: Expr; readonly then: Expr; readonly else: Expr }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expr[] };

export type Stmt =
  | { readonly kind: "let"; readonly name: string; readonly type: IntName; readonly value: Expr }
  | { readonly kind: "set"; readonly name: string; readonly type: IntName; readonly value: Expr }
  | { readonly kind: "if"; readonly cond: Expr; readonly then: readonly Stmt[]; readonly else?: readonly Stmt[] }
  | {
      readonly kind: "for";
      readonly name: string;
      readonly type: IntName;
      readonly below: Expr;
      readonly body: readonly Stmt[];
    }
  | { readonly kind: "switch"; readonly value: Expr; readonly cases: readonly (readonly [number, readonly Stmt[]])[] }
  | { readonly kind: "do"; readonly call: Expr }
  | { readonly kind: "return"; readonly type?: IntName; readonly value?: Expr };

export interface Func {
  readonly name: string;
  readonly isStatic: boolean;
  readonly params: readonly (readonly [name: string, type: IntName])[];
  readonly result?: IntName;
  readonly body: readonly Stmt[];
}

/** One question: the functions of a shape, and the references in it that may or may not survive. */
export interface Case {
  readonly name: string;
  readonly shape: string;
  readonly functions: readonly Func[];
  /** Names of external functions without arguments: `bad_…`, and sources of values `get_…`. */
  readonly bad: readonly string[];
  /** Absent: both. */
  readonly bits?: 32 | 64;
}

/** Functions whose result nobody knows. */
export const SOURCES: readonly (readonly [name: string, type: IntName])[] = [
  ["get_u8", "u8"],
  ["get_u32", "u32"],
  ["get_i32", "i32"],
  ["get_u64", "u64"],
  ["get_ulong", "ulong"],
];

const C_TYPES: Record<IntName, string> = {
  u8: "unsigned char",
  u16: "unsigned short",
  u32: "unsigned int",
  i32: "int",
  u64: "unsigned long long",
  i64: "long long",
  ulong: "unsigned long",
  long: "long",
};

export const v = (name: string): Expr => ({ kind: "var", name });
export const n = (value: number): Expr => ({ kind: "num", value });
export const bin = (left: Expr, op: string, right: Expr): Expr => ({ kind: "bin", op, left, right });
export const cast = (type: IntName, arg: Expr): Expr => ({ kind: "cast", type, arg });
export const call = (name: string, ...args: readonly Expr[]): Expr => ({ kind: "call", name, args });
export const choose = (cond: Expr, then: Expr, otherwise: Expr): Expr => ({
  kind: "cond",
  cond,
  then,
  else: otherwise,
});
export const make = (name: string, type: IntName, value: Expr): Stmt => ({ kind: "let", name, type, value });
export const set = (name: string, type: IntName, value: Expr): Stmt => ({ kind: "set", name, type, value });
export const when = (cond: Expr, ...then: readonly Stmt[]): Stmt => ({ kind: "if", cond, then });
export const run = (name: string): Stmt => ({ kind: "do", call: call(name) });
export const give = (type: IntName, value: Expr): Stmt => ({ kind: "return", type, value });

interface Writer {
  readonly type: (name: IntName) => string;
  readonly cast: (type: string, arg: string) => string;
  readonly declare: (name: string, type: string, value: string) => string;
  readonly equal: (op: string) => string;
}

const C: Writer = {
  type: (name) => C_TYPES[name],
  cast: (type, arg) => `(${type})(${arg})`,
  declare: (name, type, value) => `${type} ${name} = ${value};`,
  equal: (op) => op,
};

function typeScript(bits: 32 | 64): Writer {
  const type = (name: IntName): string => {
    if (name === "ulong") return bits === 64 ? "u64" : "u32";
    return name === "long" ? (bits === 64 ? "i64" : "i32") : name;
  };
  return {
    type,
    cast: (name, arg) => `${name}(${arg})`,
    declare: (name, typeName, value) => `let ${name}: ${typeName} = ${value};`,
    equal: (op) => (op === "==" ? "===" : op === "!=" ? "!==" : op),
  };
}

function writeExpr(w: Writer, expr: Expr): string {
  const e = (inner: Expr) => writeExpr(w, inner);
  switch (expr.kind) {
    case "var":
      return expr.name;
    case "num":
      return expr.value < 0 ? `(${expr.value})` : `${expr.value}`;
    case "bin":
      return `(${e(expr.left)} ${w.equal(expr.op)} ${e(expr.right)})`;
    case "cast":
      return w.cast(w.type(expr.type), e(expr.arg));
    case "cond":
      return `(${e(expr.cond)} ? ${e(expr.then)} : ${e(expr.else)})`;
    case "call":
      return `${expr.name}(${expr.args.map(e).join(", ")})`;
  }
}

function writeStmt(w: Writer, stmt: Stmt, indent: string): string {
  const e = (inner: Expr) => writeExpr(w, inner);
  const as = (type: IntName, value: Expr) => w.cast(w.type(type), e(value));
  const block = (body: readonly Stmt[]) => `{\n${body.map((s) => writeStmt(w, s, `${indent}  `)).join("")}${indent}}`;
  switch (stmt.kind) {
    case "let":
      return `${indent}${w.declare(stmt.name, w.type(stmt.type), as(stmt.type, stmt.value))}\n`;
    case "set":
      return `${indent}${stmt.name} = ${as(stmt.type, stmt.value)};\n`;
    case "if":
      return `${indent}if (${e(stmt.cond)}) ${block(stmt.then)}${stmt.else ? ` else ${block(stmt.else)}` : ""}\n`;
    case "for": {
      const head = w.declare(stmt.name, w.type(stmt.type), "0");
      return `${indent}for (${head} ${stmt.name} < ${e(stmt.below)}; ${stmt.name}++) ${block(stmt.body)}\n`;
    }
    case "switch": {
      const cases = stmt.cases.map(
        ([value, body]) =>
          `${indent}  case ${value}:\n${body.map((s) => writeStmt(w, s, `${indent}    `)).join("")}${indent}    break;\n`,
      );
      return `${indent}switch (${e(stmt.value)}) {\n${cases.join("")}${indent}}\n`;
    }
    case "do":
      return `${indent}${e(stmt.call)};\n`;
    case "return":
      return stmt.value ? `${indent}return ${as(stmt.type!, stmt.value)};\n` : `${indent}return;\n`;
  }
}

const inC = (cases: readonly Case[]) => cases.flatMap((c) => c.functions);

/** One C file with all cases. */
export function writeC(cases: readonly Case[]): string {
  const externs = [
    ...SOURCES.map(([name, type]) => `${C_TYPES[type]} ${name}(void);\n`),
    ...cases.flatMap((c) => c.bad.map((name) => `void ${name}(void);\n`)),
  ];
  const functions = inC(cases).map((f) => {
    const params = f.params.map(([name, type]) => `${C_TYPES[type]} ${name}`).join(", ") || "void";
    const head = `${f.isStatic ? "static " : ""}${f.result ? C_TYPES[f.result] : "void"} ${f.name}(${params})`;
    return `${head}\n{\n${f.body.map((s) => writeStmt(C, s, "  ")).join("")}}\n`;
  });
  return `${externs.join("")}\n${functions.join("\n")}`;
}

/** The same as kernel TypeScript: the file, and the one that declares what is external. */
export function writeTypeScript(cases: readonly Case[], bits: 32 | 64): { main: string; external: string } {
  const w = typeScript(bits);
  const bad = cases.flatMap((c) => c.bad);
  const external = [
    ...SOURCES.map(([name, type]) => `export function ${name}(): ${w.type(type)} {\n  return 0;\n}\n`),
    ...bad.map((name) => `export function ${name}(): void {}\n`),
  ];
  const functions = inC(cases).map((f) => {
    const params = f.params.map(([name, type]) => `${name}: ${w.type(type)}`).join(", ");
    const head = `${f.isStatic ? "" : "export "}function ${f.name}(${params}): ${f.result ? w.type(f.result) : "void"}`;
    return `${head} {\n${f.body.map((s) => writeStmt(w, s, "  ")).join("")}}\n`;
  });
  const names = [...SOURCES.map(([name]) => name), ...bad];
  return {
    main: `/** Cases. */\nimport { ${names.join(", ")} } from "./external.ts";\n\n${functions.join("\n")}`,
    external: `/** Declared, never linked. */\n${external.join("\n")}`,
  };
}
