/**
 * Running what `native.ts` compiled: on a host, which is all that the code does not have itself. A module of its own, because
 * a program that has been compiled before starts without the checker.
 *
 * Exported as `@shootdown/checker/native-run`, too.
 */
import type { PrintLevel, ViolationKind } from "@shootdown/ir";

/** What the text is given to run. */
export interface NativeHost {
  /**
   * By name. Integers come as JavaScript's 32-bit ones; an array that is passed by reference as the typed array and the
   * number of its first element.
   */
  readonly externals: Readonly<Record<string, (...args: never[]) => unknown>>;
  /** Returning goes on behind a `warn`; behind anything else it must throw. */
  violation(kind: ViolationKind, message: string, place: string): void;
  print?(level: PrintLevel, message: string): void;
  /** Any of 0 … count - 1. */
  choose?(count: number): number;
}

export interface Native {
  /** The roots. Arguments and results are C's values. */
  readonly call: Readonly<Record<string, (...args: number[]) => number>>;
  /** What reads an element of shared state, by its global's name: one argument for each index. */
  reader(global: string): (...index: number[]) => number;
  irqsDisabled(): boolean;
  /** Runs boot code, which is alone and takes no locks: none has to be held. */
  boot(run: () => void): void;
}

/** `text`: what `nativeText` returned. */
export function instantiate(text: string, host: NativeHost): Native {
  return new Function("host", `${text.replace(/^export /m, "")}\nreturn create(host);`)(host) as Native;
}
