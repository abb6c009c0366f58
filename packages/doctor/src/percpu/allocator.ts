/**
 * The percpu allocator at full size (`mm/percpu.ts`), as JavaScript for one configuration: what `trace.ts` runs. Apart from it
 * because this needs the compiler, and what it made may be kept.
 */
import { nativeText } from "@shootdown/checker";
import { compile } from "@shootdown/kernel-ts";
import type { ModelTree } from "../model/model-tree.js";
import { sourceError } from "../stages/build.js";
import { PercpuHost } from "./host.js";
import type { AllocatorRequest } from "./trace.js";

export function compileAllocator(tree: ModelTree, request: AllocatorRequest): string {
  const { backend, nommu, units, unitPages, chunks, checked, externals } = request;
  const config = new Map<string, boolean | number>([
    ["SMP", true],
    ["MMU", backend === "vm" && !nommu],
    ["NEED_PER_CPU_KM", backend === "km"],
  ]);
  const symbols = new Set<string>();
  for (const path of tree.paths()) {
    if (!path.endsWith(".ts")) continue;
    for (const match of tree.read(path)!.matchAll(/\bCONFIG\.(\w+)/g)) symbols.add(match[1]!);
  }
  const roots = ["kernel/mm/percpu.ts", "kernel/kernel/workqueue.ts"];
  const result = compile({
    tree,
    roots,
    objects: new Set(roots),
    config,
    symbols,
    sizes: new Map([
      ["NR_CPUS", units],
      ["PCPU_UNIT_PAGES", unitPages],
      ["PCPU_CHUNKS", chunks],
      ...PercpuHost.memoryMap,
    ]),
  });
  if (!result.ok) throw sourceError(result.diagnostics);
  return nativeText(result.module, {
    roots: ["pcpu_setup_first_chunk", "percpu_enable_async", "pcpu_alloc_noprof", "free_percpu", "process_one_work"],
    externals: new Set(externals),
    checked,
  });
}
