/**
 * A percpu trace through the allocator at full size, with its state after every operation.
 */
import { InputError, KernelBug, type ModelTree, PercpuTrace } from "@shootdown/doctor";
import type { AllocatorAsk, AllocatorOperation } from "./protocol.js";

/** Operations whose states a page holds and a reader steps through. A terminal takes millions. */
const MAX_OPERATIONS = 3000;
/** Bytes of static percpu variables, as `percpu-trace` has them by default. */
const STATIC_BYTES = 4096;

export function runTrace(tree: ModelTree, ask: AllocatorAsk): readonly AllocatorOperation[] {
  const { backend, unitPages, units } = ask;
  let printed: string[] = [];
  const options = {
    backend,
    unitPages,
    units,
    static: STATIC_BYTES,
    reserved: 0,
    balance: "eager",
    nommu: false,
    events: true,
    checked: true,
  } as const;
  const trace = new PercpuTrace(tree, options, (line) => printed.push(line));
  const take = () => printed.splice(0);
  trace.run("s", "the trace");
  printed = printed.filter((line) => line.startsWith("S "));
  const operations: AllocatorOperation[] = [{ line: "", said: [], state: take() }];
  const lines = ask.trace
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#") && line.trim() !== "s");
  if (lines.length > MAX_OPERATIONS) {
    const next = `give at most ${MAX_OPERATIONS} here, or all of it to: shootdown percpu-trace`;
    throw new InputError("S1701", "the trace", `it has ${lines.length} operations`, next);
  }
  for (const line of lines) {
    try {
      trace.run(line.trim(), "the trace");
    } catch (error) {
      if (!(error instanceof KernelBug)) throw error;
      return [...operations, { line, said: [...take(), `BUG: ${error.message}`], state: operations.at(-1)!.state }];
    }
    const said = take();
    trace.run("s", "the trace");
    operations.push({ line: line.trim(), said, state: take() });
  }
  return operations;
}
