/**
 * The intermediate form that both front ends lower to and that every later stage reads.
 *
 * One module is one kernel, compiled for one configuration: shared state flattened to scalar arrays, and functions of
 * basic blocks over private locals. It is not SSA: a local is a C variable. Expressions are pure; whatever touches
 * shared state, other CPUs or the interrupt mask is an instruction of its own, so that a step (see `steps.ts`) can be
 * read off the instruction list.
 *
 * Nothing here knows a front end, a search or a file system.
 */

/** A place in a source file. `caller` is set on inlined code: the call that brought it here, innermost first. */
export interface At {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The source function that holds this place. */
  readonly fn: string;
  readonly caller?: At;
}

/** A fixed-width integer. C's rules: arithmetic wraps at `bits`. 1 <= bits <= 32, or 64 (which only stage 2 computes with). */
export interface IntType {
  readonly kind: "int";
  readonly bits: number;
  readonly signed: boolean;
}
export interface BoolType {
  readonly kind: "bool";
}
/** A reference to a named function: as a value, its 1-based number in `Module.functionTable`; 0 is NULL. */
export interface FnType {
  readonly kind: "fn";
}
export type ValueType = IntType | BoolType | FnType;

export const U8: IntType = { kind: "int", bits: 8, signed: false };
export const U16: IntType = { kind: "int", bits: 16, signed: false };
export const U32: IntType = { kind: "int", bits: 32, signed: false };
export const I32: IntType = { kind: "int", bits: 32, signed: true };
export const U64: IntType = { kind: "int", bits: 64, signed: false };
export const I64: IntType = { kind: "int", bits: 64, signed: true };
export const BOOL: BoolType = { kind: "bool" };
export const FN: FnType = { kind: "fn" };

export type LockKind = "spinlock" | "mutex";

/**
 * One scalar of shared state, or an array of them. Structs and arrays of structs are flattened by the front end: field
 * `func` of `csd[NR_CPUS][NR_CPUS]` is the global `csd.func` with dims `[n, n]`.
 */
export interface Global {
  readonly name: string;
  readonly type: ValueType;
  /** Array dimensions, outermost first; empty for a scalar. */
  readonly dims: readonly number[];
  /** The first dimension is the CPU number. */
  readonly perCpu: boolean;
  /** The value of every element at boot. */
  readonly init: number;
  /** Set on a lock: its value is 0 when free, else the 1-based number of the context that holds it. */
  readonly lock?: LockKind;
  /**
   * The lock that must be held to touch this, by name. A lock with dimensions guards element-wise: its indices are the
   * leading indices of the access.
   */
  readonly guard?: string;
  readonly at: At;
}

export type UnaryOp = "-" | "~" | "!";
export type ArithmeticOp = "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" | "<<" | ">>";
export type CompareOp = "==" | "!=" | "<" | "<=" | ">" | ">=";
export type LogicOp = "&&" | "||";

/** A local's index in `Fn.locals`. */
export type LocalId = number;

/** Pure: no shared state, no effect, no failure (a division's divisor is checked by a `check` before it). */
export type Expr =
  /** Of at most 32 bits. */
  | { readonly kind: "const"; readonly type: ValueType; readonly value: number }
  /** A constant of 64 bits. */
  | { readonly kind: "wide"; readonly type: IntType; readonly value: bigint }
  | { readonly kind: "local"; readonly type: ValueType; readonly local: LocalId }
  | { readonly kind: "unary"; readonly op: UnaryOp; readonly type: ValueType; readonly arg: Expr }
  /** Both operands have type `type`, which is also the result's. */
  | {
      readonly kind: "arith";
      readonly op: ArithmeticOp;
      readonly type: IntType;
      readonly left: Expr;
      readonly right: Expr;
    }
  /** Both operands have the same type; the result is bool. */
  | { readonly kind: "compare"; readonly op: CompareOp; readonly left: Expr; readonly right: Expr }
  | { readonly kind: "logic"; readonly op: LogicOp; readonly left: Expr; readonly right: Expr }
  | {
      readonly kind: "select";
      readonly type: ValueType;
      readonly cond: Expr;
      readonly then: Expr;
      readonly else: Expr;
    }
  /** C's conversion to `type`: truncation, sign change, `!= 0` for bool. */
  | { readonly kind: "convert"; readonly type: ValueType; readonly arg: Expr }
  /** The CPU that executes this, 0-based. */
  | { readonly kind: "cpu"; readonly type: IntType }
  /** A property of the CPU model that the kernel reads at run time (a register, a cache kind). Bound by `bindMachine`. */
  | { readonly kind: "machine"; readonly type: ValueType; readonly name: string }
  | { readonly kind: "function"; readonly type: FnType; readonly name: string };

/**
 * Names an element of shared state. The base is a global, or a parameter passed by reference; `path` is appended to
 * the base's name and `index` to its indices, which together must name a `Global` once the base is known.
 */
export interface PlaceRef {
  readonly base:
    | { readonly kind: "global"; readonly name: string }
    | { readonly kind: "param"; readonly param: number };
  readonly path: string;
  readonly index: readonly Expr[];
}

export type Arg = { readonly kind: "value"; readonly expr: Expr } | { readonly kind: "ref"; readonly place: PlaceRef };

export type Callee =
  | { readonly kind: "direct"; readonly name: string }
  /** Any function of the module's function table that takes as many arguments. */
  | { readonly kind: "indirect"; readonly expr: Expr };

/** What went wrong, in the words of the result. `deadlock` and `race` are found by the checker, not by a `check`. */
export type ViolationKind = "deadlock" | "stale" | "race" | "bug" | "warn" | "sleep-in-atomic" | "lost";

export type PrintLevel = "info" | "notice" | "warn" | "err";

/** What a blocked context waits for; who can end the wait follows from it. */
export type WaitOn =
  /** Interrupt handlers of one CPU (an acknowledgement). */
  | { readonly kind: "cpu"; readonly cpu: Expr; readonly what: string }
  /** Whoever can change what the condition reads. */
  | { readonly kind: "anyone"; readonly what: string };

export type IrqOp =
  | { readonly op: "disable" | "enable" }
  /** Writes to `dst` whether interrupts were disabled, then disables them. */
  | { readonly op: "save"; readonly dst: LocalId }
  /** Disables interrupts if `value` is true, else enables them. */
  | { readonly op: "restore"; readonly value: Expr };

export type Instr = { readonly at: At } & (
  | { readonly kind: "assign"; readonly dst: LocalId; readonly value: Expr }
  /** `ghost`: for a witness or an assertion of the scenario; never visible, never a race. */
  | {
      readonly kind: "load";
      readonly dst: LocalId;
      readonly place: PlaceRef;
      readonly ghost: boolean;
      readonly unpublished?: true;
    }
  /** `unpublished`: of what nobody else can name yet. Never visible, never a race; so is what a call does under it. */
  | { readonly kind: "store"; readonly place: PlaceRef; readonly value: Expr; readonly unpublished?: true }
  | {
      readonly kind: "call";
      readonly dst?: LocalId;
      readonly callee: Callee;
      readonly args: readonly Arg[];
      readonly unpublished?: true;
    }
  /** Blocks until the lock is free, then holds it. */
  | { readonly kind: "acquire"; readonly lock: PlaceRef }
  | { readonly kind: "release"; readonly lock: PlaceRef }
  | ({ readonly kind: "irq" } & IrqOp)
  /** `dst` becomes whether interrupts are disabled on this CPU. Not a step: only this CPU's own contexts change it. */
  | { readonly kind: "irqsDisabled"; readonly dst: LocalId }
  /** `dst` becomes whether this context is a task. */
  | { readonly kind: "inTask"; readonly dst: LocalId }
  /** Blocks until `cond` is true. Only loads may stand between the start of the step and this. */
  | { readonly kind: "wait"; readonly cond: Expr; readonly on: WaitOn }
  /** `dst` becomes any of 0 .. count - 1. */
  | { readonly kind: "choose"; readonly dst: LocalId; readonly count: number }
  /** A violation unless `cond` is true. */
  | { readonly kind: "check"; readonly cond: Expr; readonly violation: ViolationKind; readonly message: string }
  /** A violation (`sleep-in-atomic`) in an interrupt, with interrupts off or with a spinlock held. */
  | { readonly kind: "mightSleep" }
  /** lockdep_assert_irqs_enabled(). No violation: a run goes on behind it, as the kernel does behind a WARN_ON_ONCE. */
  | { readonly kind: "lockdepAssert" }
  /** Notes that the event `name` was reached, if `cond` is true. */
  | { readonly kind: "witness"; readonly name: string; readonly cond: Expr }
  /** The kernel says something; the boot stage shows it, a search does not. */
  | { readonly kind: "print"; readonly level: PrintLevel; readonly message: string }
  /** `dst` becomes whether another context is blocked at an `acquire` of `lock`. Ghost. */
  | { readonly kind: "waiters"; readonly dst: LocalId; readonly lock: PlaceRef }
  /** From here to the matching end is one hardware action: one step. */
  | { readonly kind: "atomicBegin" }
  | { readonly kind: "atomicEnd" }
);

export type Term = { readonly at: At } & (
  | { readonly kind: "jump"; readonly to: number }
  | { readonly kind: "branch"; readonly cond: Expr; readonly then: number; readonly else: number }
  | { readonly kind: "return"; readonly value?: Expr }
);

export interface Block {
  readonly instrs: readonly Instr[];
  readonly term: Term;
}

export interface Local {
  readonly name: string;
  readonly type: ValueType;
}

export type Param =
  | { readonly kind: "value"; readonly name: string; readonly local: LocalId }
  /** By reference to shared state: a lock, a struct, an array. Bound to a place where the call is inlined. */
  | { readonly kind: "ref"; readonly name: string };

/** A function. Block 0 is the entry. */
export interface Fn {
  readonly name: string;
  readonly params: readonly Param[];
  readonly result?: ValueType;
  readonly locals: readonly Local[];
  readonly blocks: readonly Block[];
  /** Visible outside its file. */
  readonly exported: boolean;
  /**
   * The object file that it is compiled into; absent for a header's function, which every object that uses it compiles
   * for itself.
   */
  readonly object?: string;
  /** Its file is one of several that make the object: what it exports is for the others, as C's `static` in one file. */
  readonly isPart?: boolean;
  /** Where Linux has it: the operand of the `@linux` tag, for example `mm/highmem.c kmap_high`. */
  readonly linux?: string;
  readonly at: At;
}

/** What is declared and not defined. */
export interface UndefinedFunction {
  /** The file that would define it. */
  readonly file: string;
  /** The first use in the source. */
  readonly at: At;
  readonly declared: At;
}

/** A function or lock is named by itself; a name that two files define is an error of the front end. */
export interface Module {
  readonly globals: ReadonlyMap<string, Global>;
  readonly functions: ReadonlyMap<string, Fn>;
  /** Functions whose address is taken, in source order; a function value is a 1-based index into this. */
  readonly functionTable: readonly string[];
  /** Functions that code may call but whose object is not built. */
  readonly undefinedFunctions: ReadonlyMap<string, UndefinedFunction>;
}

/** Ends a switch over a union: a compile-time error when a case is missing. */
export function assertNever(value: never): never {
  throw new Error(`unexpected ${JSON.stringify(value)}`);
}

export function sameType(a: ValueType, b: ValueType): boolean {
  if (a.kind !== b.kind) return false;
  return a.kind !== "int" || b.kind !== "int" || (a.bits === b.bits && a.signed === b.signed);
}

export function typeName(type: ValueType): string {
  if (type.kind === "int") return `${type.signed ? "i" : "u"}${type.bits}`;
  return type.kind;
}

export function constant(type: ValueType, value: number): Expr {
  return { kind: "const", type, value };
}

/** More than the checker's words hold. */
export function isWide(type: ValueType): boolean {
  return type.kind === "int" && type.bits > 32;
}

/** A program that has to run computes with 64 bits, which only the link stage does. */
export class WideError extends Error {}

/** What a backend without 64-bit state answers to a 64-bit expression. */
export function refuseWide(type: IntType): never {
  throw new WideError(`${typeName(type)} is for the link stage: what runs has at most 32 bits in a variable`);
}

/** A constant of any type, from a number that the type holds. */
export function constantOf(type: ValueType, value: bigint): Expr {
  return type.kind === "int" && isWide(type) ? { kind: "wide", type, value } : constant(type, Number(value));
}

/** The value of a constant of any type; undefined for what is none. */
export function constantValue(expr: Expr): bigint | undefined {
  if (expr.kind === "wide") return expr.value;
  return expr.kind === "const" ? BigInt(expr.value) : undefined;
}

/** The number of scalars in a global. */
export function elementCount(global: Global): number {
  return global.dims.reduce((product, dim) => product * dim, 1);
}

/** The type of an expression. */
export function exprType(expr: Expr): ValueType {
  return expr.kind === "compare" || expr.kind === "logic" ? BOOL : expr.type;
}
