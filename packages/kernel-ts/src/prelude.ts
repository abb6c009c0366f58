/** Generated from kernel.d.ts by tools/prelude.js; a test holds them equal. Do not edit. */
export const PRELUDE = `/**
 * The language of kernel TypeScript: what every file of a model tree may use without an import.
 *
 * \`tsc\` type-checks model trees against this file and nothing else (no DOM, no Node, no ECMAScript library). The front
 * end gives each name below its meaning; \`packages/kernel-ts/README.md\` is the manual.
 */

// ---- what tsc needs to exist; none of it can be called ----
interface Array<T> {
  readonly length: number;
  [index: number]: T;
}
interface Boolean {}
interface CallableFunction {}
interface Function {}
interface IArguments {}
interface NewableFunction {}
interface Number {}
interface Object {}
interface RegExp {}
interface String {}

// ---- integers with a width ----
// The brand lists what converts to the type without loss, so tsc accepts u8 -> u32 and refuses u32 -> u8.
/** Unsigned, 8 bits; arithmetic is C's: operands are promoted, a store wraps. */
type u8 = number & { readonly __int?: "u8" };
type u16 = number & { readonly __int?: "u8" | "u16" };
type u32 = number & { readonly __int?: "u8" | "u16" | "u32" };
type i32 = number & { readonly __int?: "u8" | "u16" | "i32" };
/** 64 bits are for the link stage: the checker refuses what it would have to run with them. */
type u64 = number & { readonly __int?: "u8" | "u16" | "u32" | "u64" };
type i64 = number & { readonly __int?: "u8" | "u16" | "u32" | "i32" | "i64" };
type bool = boolean;

/** A type used as a value: describes an element (\`array(u8, 4)\`) or converts as a C cast does (\`u8(x)\`). */
interface Type<T> {
  (value: number | boolean): T;
  readonly __type?: T;
}
declare const u8: Type<u8>;
declare const u16: Type<u16>;
declare const u32: Type<u32>;
declare const i32: Type<i32>;
declare const u64: Type<u64>;
declare const i64: Type<i64>;
declare const bool: Type<bool>;
/** A reference to a named function of the given type, or \`null\`. */
declare function fn<F>(): Type<F | null>;

// ---- shared state: declared once at the top level of a file ----
interface FixedArray<T> {
  [index: number]: T;
}
/** \`length\` elements, all \`init\` (default 0) at boot. \`length\` is a constant of the configuration. */
declare function array<T>(element: Type<T>, length: number, init?: number): FixedArray<T>;
declare function array<T>(element: FixedArray<T>, length: number): FixedArray<FixedArray<T>>;
declare function struct<S>(fields: { readonly [K in keyof S]: Type<S[K]> }): Type<S>;
/** One struct. (A scalar is a top-level \`let\`.) */
declare function shared<T>(element: Type<T>): T;
/** One copy for each CPU, indexed by the CPU number. */
declare function per_cpu<T>(element: Type<T>, init?: number | boolean): FixedArray<T>;
declare function per_cpu<T>(element: FixedArray<T>): FixedArray<FixedArray<T>>;
/** An access without holding \`lock\` is a violation (\`race\`); with it, an access does not end a step. */
declare function guarded_by<T>(lock: spinlock_t | mutex_t, state: T): T;

interface spinlock_t {
  readonly __lock: "spinlock";
}
interface mutex_t {
  readonly __lock: "mutex";
}
/** A lock as an element or a field: \`array(spinlock_t, 4)\`, \`struct({ lock: spinlock_t, … })\`. */
declare const spinlock_t: Type<spinlock_t>;
declare const mutex_t: Type<mutex_t>;
declare function spinlock(): spinlock_t;
declare function mutex(): mutex_t;

// ---- constants of the configuration ----
/** Symbols of Kconfig: true for y (and m), a number for int and hex. Dead branches fold away before anything else. */
declare const CONFIG: { readonly [symbol: string]: boolean };
/** A size that a scenario or the command line may set; \`full\` at full scale. */
declare function size(name: string, full: number): number;
/** The CPU that the kernel runs on. Read at run time: no branch on it folds at compile time. */
declare const CPU: {
  /** Main ID register. */
  readonly MIDR: u32;
  /** Memory Model Feature Register 3; bits 15:12 tell how far TLB and cache operations are broadcast. */
  readonly ID_MMFR3: u32;
  /** Architecture version: 5, 6 or 7. */
  readonly ARCH: u8;
  /** 0 VIVT, 1 VIPT aliasing, 2 VIPT non-aliasing, 3 PIPT. */
  readonly DCACHE: u8;
  /** Cortex-A15 erratum 798181 applies to this revision. */
  readonly ERRATUM_798181: bool;
  /** The CPU has an MMU (false: an MPU or nothing). */
  readonly HAS_MMU: bool;
  /** CPUs of this kind come in coherent clusters. */
  readonly IS_SMP: bool;
};
/** The file is part of this one if \`condition\` holds: C's \`#include\` of a \`.c\` file, within an \`#if\`. Top level only. */
declare function include(file: string, condition: boolean): void;
/** The build fails with \`message\` if \`condition\` is false: C's \`#error\`. Top level only. */
declare function static_assert(condition: boolean, message: string): void;
/** Where \`condition\` holds, the kernel relies on its callers for \`text\`, which no compiler sees. Top level only. */
declare function obligation(condition: boolean, text: string): void;

// ---- intrinsics ----
declare const NULL: 0;
declare function smp_processor_id(): u8;
declare function in_task(): bool;

declare function local_irq_disable(): void;
declare function local_irq_enable(): void;
/** Disables interrupts; returns whether they were disabled before. */
declare function local_irq_save(): bool;
declare function local_irq_restore(flags: bool): void;
declare function irqs_disabled(): bool;

/** Blocks until the lock is free. What the kernel's spin_lock(), mutex_lock() … are made of. */
declare function lock_acquire(lock: spinlock_t | mutex_t): void;
declare function lock_release(lock: spinlock_t | mutex_t): void;

/** Blocks until \`condition\`, which is evaluated again whenever shared state changes. Anyone may make it true. */
declare function wait_until(condition: boolean, what: string): void;
/** The same, where only interrupt handlers of \`cpu\` can make it true. */
declare function wait_for_cpu(cpu: u8, condition: boolean, what: string): void;
/** A violation in an interrupt, with interrupts off or with a spinlock held. */
declare function might_sleep(): void;
/** What lockdep warns of if interrupts are off here. No violation: the run goes on. */
declare function lockdep_assert_irqs_enabled(): void;

/** Any of 0 .. count - 1; the search takes each. \`count\` is a constant. */
declare function choose(count: number): u8;
declare function BUG_ON(condition: boolean, message?: string): void;
declare function WARN_ON(condition: boolean, message?: string): void;
/** A violation \`stale\`: a translation is used that is not the page's any more. */
declare function stale_if(condition: boolean, message: string): void;
/** A violation \`lost\`: data or state that must not be lost, or must not survive, is or does. */
declare function lost_if(condition: boolean, message: string): void;

declare function pr_info(message: string): void;
declare function pr_notice(message: string): void;
declare function pr_warn(message: string): void;
declare function pr_err(message: string): void;

// ---- scenarios ----
/** Notes the event if \`condition\` holds. Reads of shared state in \`condition\` are not steps. */
declare function witness(name: string, condition?: boolean): void;
/** Another context is blocked at acquiring \`lock\`. Only in a witness. */
declare function someone_waits_for(lock: spinlock_t | mutex_t): bool;

interface Tasks {
  readonly __tasks: true;
}
interface Interrupt {
  readonly __interrupt: true;
}
interface Witness {
  readonly __witness: true;
}
/** One task on each CPU. */
declare function everyCpu(body: () => void): Tasks;
/** A task on one CPU. */
declare function onCpu(cpu: number, body: () => void): Tasks;
/** An interrupt that any CPU may get at any time, without end. */
declare function anyCpu(handler: () => void): Interrupt;
/** An interrupt that a CPU gets while its element of \`raised\` is true. */
declare function whileRaised(raised: FixedArray<bool>, handler: () => void): Interrupt;
/** The function is entered (and \`condition\`, a function without effects, returns true there). */
declare function reaches(f: Function, condition?: () => bool): Witness;
/** The function returns. */
declare function returns(f: Function): Witness;

/** Sizes that scenarios share: \`const COMMON = sizes({ … })\`, and in each \`sizes: { ...COMMON, MORE: 1 }\`. */
declare function sizes<T extends { readonly [name: string]: number }>(common: T): T;

declare function scenario(options: {
  /** One sentence. */
  readonly about: string;
  /** Small sizes for exhaustive search. */
  readonly sizes: { readonly [name: string]: number };
  /** Kconfig symbols without which the scenario does not apply: it is not compiled then. */
  readonly needs?: readonly string[];
  /** Runs on CPU 0 before everything else; the search starts where it ended. */
  readonly boot?: () => void;
  /** False after boot: the scenario does not apply to this kernel. */
  readonly applies?: { readonly when: () => bool; readonly otherwise: string };
  readonly tasks: Tasks | readonly Tasks[];
  readonly interrupts?: Interrupt | readonly Interrupt[];
  readonly softirqs?: Interrupt | readonly Interrupt[];
  /** What hardware does by itself, at any time: each function is one step. */
  readonly hardware?: Interrupt | readonly Interrupt[];
  /**
   * Events that the search must reach for its verdict to mean something. One that only some configurations can reach:
   * \`CONFIG.SMP && reaches(f)\`.
   */
  readonly witnesses: { readonly [name: string]: Witness | "in code" | boolean };
}): void;
`;
