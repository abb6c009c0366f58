/**
 * Memory runs out at every point: any page and any page table may be refused. A task allocates percpu memory, uses it if it
 * gets it, and frees it, for ever; in between it is the kworker, if there is balance work, which wants pages too. Whatever fails,
 * the page tables, the pages and the chunks' bitmaps and counters agree: no page is lost, none stays mapped that the chunk does
 * not have, and none that it has is not mapped.
 */
import { ipiRaised } from "../../machine/gic.ts";
import { do_handle_IPI } from "../arch/arm/kernel/smp.ts";
import { process_one_work } from "../kernel/workqueue.ts";
import { __alloc_percpu, free_percpu } from "../mm/percpu.ts";
import { pcpu_balance_work } from "../mm/percpu-internal.ts";
import { pcpu_populate_chunk } from "../mm/percpu-vm.ts";
import { checkPercpuMemory, PAGE, SMALL_PERCPU, start_kernel_with_percpu, useArea } from "./support/percpu.ts";

/** An area of a whole unit: only a chunk that is free from end to end has it, and all its pages are mapped at once. */
const UNIT = 2 * PAGE;

function balanceIfPending(): void {
  if (pcpu_balance_work.pending) process_one_work();
  checkPercpuMemory(0);
}

function allocateForEver(): void {
  for (;;) {
    const area = __alloc_percpu(UNIT, PAGE);
    checkPercpuMemory(0);
    witness("an allocation fails", area === NULL);
    if (area !== NULL) useArea(area);
    balanceIfPending();
    free_percpu(area);
    balanceIfPending();
  }
}

export const percpuNoMemory = scenario({
  about: "a task allocates percpu memory while any page and any page table may be refused",
  sizes: {
    ...SMALL_PERCPU,
    LOW_PAGES: 12,
    VMALLOC_PAGES: 8,
    FAIL_PAGE_ALLOC: 1,
    PCPU_CHUNKS: 4,
    PCPU_EMPTY_POP_PAGES_LOW: 2,
    PCPU_EMPTY_POP_PAGES_HIGH: 2,
  },
  needs: ["SMP", "MMU"],
  boot: start_kernel_with_percpu,
  tasks: onCpu(0, allocateForEver),
  interrupts: whileRaised(ipiRaised, do_handle_IPI),
  witnesses: {
    "an allocation fails": "in code",
    "the balance work runs": reaches(process_one_work),
    "pages are asked for": reaches(pcpu_populate_chunk),
  },
});
