/**
 * A percpu trace through the allocator at full size, with its state after every operation.
 */
import {
  allocatorRequest,
  compileAllocator,
  InputError,
  KernelBug,
  type ModelTree,
  PercpuTrace,
} from "@shootdown/doctor";
import type { AllocatorAnswer, AllocatorAsk, AllocatorOperation, ChunkMaps } from "./protocol.js";

/** Operations whose states a page holds and a reader steps through. A terminal takes millions. */
const MAX_OPERATIONS = 3000;
/** Bytes of static percpu variables, as `percpu-trace` has them by default. */
const STATIC_BYTES = 4096;

export function runTrace(tree: ModelTree, ask: AllocatorAsk): AllocatorAnswer {
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
  const trace = new PercpuTrace(compileAllocator(tree, allocatorRequest(options)), options, (line) =>
    printed.push(line),
  );
  const take = () => printed.splice(0);
  trace.run("s", "the trace");
  printed = printed.filter((line) => line.startsWith("S "));
  let maps = trace.maps();
  const operations: AllocatorOperation[] = [{ line: "", said: [], state: take(), maps }];
  const answer = { unitOffsets: trace.unitOffsets(), slots: trace.slotCount, operations };
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
      operations.push({ line, said: [...take(), `BUG: ${error.message}`], state: operations.at(-1)!.state, maps });
      return answer;
    }
    const said = take();
    trace.run("s", "the trace");
    maps = sharing(maps, trace.maps());
    operations.push({ line: line.trim(), said, state: take(), maps });
  }
  return answer;
}

/** The maps after an operation; those that it left alone are the objects of before, which travel once. */
function sharing(before: readonly ChunkMaps[], after: readonly ChunkMaps[]): readonly ChunkMaps[] {
  return after.map((maps) => {
    const old = before.find(({ chunk }) => chunk === maps.chunk);
    if (!old) return maps;
    const either = <T extends Uint32Array | Int32Array>(a: T, b: T) =>
      a.length === b.length && a.every((word, index) => word === b[index]) ? a : b;
    return {
      chunk: maps.chunk,
      populated: either(old.populated, maps.populated),
      allocated: either(old.allocated, maps.allocated),
      bound: either(old.bound, maps.bound),
      hints: either(old.hints, maps.hints),
    };
  });
}
