/**
 * Looking at what the stages work on: the intermediate form of a kernel.
 */
import { fold, printFn, printModule } from "@shootdown/ir";
import type { Prepared } from "../doctor.js";
import { InputError } from "../errors.js";
import { suggest } from "../nearest.js";

/** The text of one function with the configuration folded in, or of everything. */
export function printIr(prepared: Prepared, name?: string): string {
  const { kernel, reason } = prepared;
  if (!kernel) throw new InputError("S1304", name ?? "ir", reason!, "examine it with: shootdown doctor");
  const { module } = kernel;
  const functions = new Map([...module.functions].map(([key, fn]) => [key, fold(fn)]));
  if (name === undefined) return printModule({ ...module, functions });
  const fn = functions.get(name);
  if (!fn) {
    const why = "the kernel of this configuration has no function of that name";
    throw new InputError("S1304", name, why, suggest(name, [...functions.keys()]));
  }
  return printFn(fn);
}
