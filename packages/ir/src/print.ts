/**
 * The intermediate form as text, for people: `shootdown ir kmap_high`. Not a format to read back.
 */
import {
  type Arg,
  type At,
  assertNever,
  type Expr,
  exprType,
  type Fn,
  type Global,
  type Instr,
  type Module,
  type PlaceRef,
  type Term,
  typeName,
} from "./types.js";

const COMMENT_COLUMN = 56;

/** One function. Each line ends in the source line it is from, with the file where that is another file. */
export function printFn(fn: Fn): string {
  const params = fn.params.map((param) =>
    param.kind === "ref" ? `&${param.name}` : `${param.name}: ${typeName(fn.locals[param.local]!.type)}`,
  );
  const result = fn.result ? ` -> ${typeName(fn.result)}` : "";
  const linux = fn.linux === undefined ? "" : `  linux: ${fn.linux}`;
  const lines = [
    commented(`fn ${fn.name}(${params.join(", ")})${result}`, `${fn.at.file}:${fn.at.line}${linux}`),
    ...fn.blocks.flatMap((block, id) => [
      `b${id}:`,
      ...block.instrs.map((instr) => commented(`  ${printInstr(instr, fn)}`, place(instr.at, fn))),
      commented(`  ${printTerm(block.term, fn)}`, place(block.term.at, fn)),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

/** Shared state, then every function, then what is not defined. */
export function printModule(module: Module): string {
  const parts: string[] = [];
  if (module.globals.size > 0) parts.push(`${[...module.globals.values()].map(printGlobal).join("\n")}\n`);
  for (const fn of module.functions.values()) parts.push(printFn(fn));
  if (module.functionTable.length > 0) {
    parts.push(`${module.functionTable.map((name, i) => `table ${i + 1} = ${name}`).join("\n")}\n`);
  }
  for (const [name, { file, at }] of module.undefinedFunctions) {
    parts.push(`${commented(`undefined ${name}`, `${file}, first used at ${at.file}:${at.line}`)}\n`);
  }
  return parts.join("\n");
}

export function printGlobal(global: Global): string {
  const dims = global.dims.map((dim) => `[${dim}]`).join("");
  const words = [`${global.perCpu ? "per_cpu " : ""}${global.lock ?? typeName(global.type)} ${global.name}${dims}`];
  if (global.init !== 0) words.push(`= ${global.init}`);
  if (global.guard !== undefined) words.push(`guarded by ${global.guard}`);
  return commented(words.join(" "), `${global.at.file}:${global.at.line}`);
}

function commented(text: string, comment: string): string {
  return `${text.padEnd(COMMENT_COLUMN - 1)} # ${comment}`;
}

function place(at: At, fn: Fn): string {
  let text = at.file === fn.at.file ? `${at.line}` : `${at.file}:${at.line}`;
  for (let caller = at.caller; caller; caller = caller.caller) text += ` < ${caller.fn}:${caller.line}`;
  return text;
}

export function printInstr(instr: Instr, fn: Fn): string {
  const e = (expr: Expr): string => printExpr(expr, fn);
  const p = (ref: PlaceRef): string => printPlace(ref, fn);
  const dst = (local: number): string => `%${fn.locals[local]?.name ?? `?${local}`} = `;
  switch (instr.kind) {
    case "assign":
      return `${dst(instr.dst)}${e(instr.value)}`;
    case "load":
      return `${dst(instr.dst)}load ${p(instr.place)}${instr.ghost ? " ghost" : ""}${instr.unpublished ? " unpublished" : ""}`;
    case "store":
      return `store ${p(instr.place)} = ${e(instr.value)}${instr.unpublished ? " unpublished" : ""}`;
    case "call": {
      const callee = instr.callee.kind === "direct" ? instr.callee.name : `*${e(instr.callee.expr)}`;
      const args = instr.args.map((arg: Arg) =>
        arg.kind === "value" ? e(arg.expr) : `&${p(arg.place).replace(/^&/, "")}`,
      );
      return `${instr.dst === undefined ? "" : dst(instr.dst)}call ${callee}(${args.join(", ")})`;
    }
    case "acquire":
    case "release":
      return `${instr.kind} ${p(instr.lock)}`;
    case "irq":
      if (instr.op === "save") return `${dst(instr.dst)}irq save`;
      return instr.op === "restore" ? `irq restore ${e(instr.value)}` : `irq ${instr.op}`;
    case "irqsDisabled":
      return `${dst(instr.dst)}irqs disabled`;
    case "inTask":
      return `${dst(instr.dst)}in task`;
    case "wait": {
      const who = instr.on.kind === "cpu" ? `CPU ${e(instr.on.cpu)}` : "anyone";
      return `wait ${e(instr.cond)} by ${who} to ${JSON.stringify(instr.on.what)}`;
    }
    case "choose":
      return `${dst(instr.dst)}choose ${instr.count}`;
    case "check":
      return `check ${e(instr.cond)} else ${instr.violation} ${JSON.stringify(instr.message)}`;
    case "mightSleep":
      return "might sleep";
    case "lockdepAssert":
      return "lockdep assert irqs enabled";
    case "witness":
      return `witness ${JSON.stringify(instr.name)} if ${e(instr.cond)}`;
    case "print":
      return `print ${instr.level} ${JSON.stringify(instr.message)}`;
    case "waiters":
      return `${dst(instr.dst)}waiters ${p(instr.lock)}`;
    case "atomicBegin":
      return "atomic begin";
    case "atomicEnd":
      return "atomic end";
    default:
      return assertNever(instr);
  }
}

export function printTerm(term: Term, fn: Fn): string {
  switch (term.kind) {
    case "jump":
      return `jump b${term.to}`;
    case "branch":
      return `branch ${printExpr(term.cond, fn)} b${term.then} b${term.else}`;
    case "return":
      return term.value ? `return ${printExpr(term.value, fn)}` : "return";
    default:
      return assertNever(term);
  }
}

export function printPlace(ref: PlaceRef, fn: Fn): string {
  const base = ref.base.kind === "global" ? ref.base.name : `&${fn.params[ref.base.param]?.name ?? "?"}`;
  return `${base}${ref.path}${ref.index.map((index) => `[${printExpr(index, fn)}]`).join("")}`;
}

export function printExpr(expr: Expr, fn: Fn): string {
  switch (expr.kind) {
    case "const":
      if (expr.type.kind === "bool") return expr.value === 0 ? "false" : "true";
      if (expr.type.kind === "fn") return expr.value === 0 ? "null" : `fn#${expr.value}`;
      return String(expr.value);
    case "wide":
      return String(expr.value);
    case "local":
      return `%${fn.locals[expr.local]?.name ?? `?${expr.local}`}`;
    case "unary":
      return `${expr.op}${printExpr(expr.arg, fn)}`;
    case "arith":
    case "compare":
    case "logic":
      return `(${printExpr(expr.left, fn)} ${expr.op} ${printExpr(expr.right, fn)})`;
    case "select":
      return `(${printExpr(expr.cond, fn)} ? ${printExpr(expr.then, fn)} : ${printExpr(expr.else, fn)})`;
    case "convert": {
      // A conversion that loses nothing says nothing.
      const from = exprType(expr.arg);
      const widens =
        expr.type.kind === "int" &&
        (from.kind === "bool" || (from.kind === "int" && from.bits < expr.type.bits && !from.signed));
      const arg = printExpr(expr.arg, fn);
      return widens ? arg : `${typeName(expr.type)}${arg.startsWith("(") ? arg : `(${arg})`}`;
    }
    case "cpu":
      return "cpu";
    case "machine":
      return `CPU.${expr.name}`;
    case "function":
      return expr.name;
    default:
      return assertNever(expr);
  }
}
