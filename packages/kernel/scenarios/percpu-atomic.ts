/**
 * Percpu memory in interrupts. A task allocates and frees areas of a page, sleeping for them where it must; interrupts of any CPU
 * allocate small ones with GFP_ATOMIC, which may be had only where there is memory already, use them and free them, whatever
 * the task is doing at the time. What they do not get, the balance work makes for the next one.
 *
 * pcpu_lock is taken in interrupts, so whoever takes it has interrupts off; pcpu_alloc_mutex is not, for it sleeps.
 */
import { ipiRaised } from "../../machine/gic.ts";
import { do_handle_IPI } from "../arch/arm/kernel/smp.ts";
import { PCPU_MIN_ALLOC_SIZE } from "../include/linux/percpu.ts";
import { process_one_work } from "../kernel/workqueue.ts";
import { __alloc_percpu, allocPercpuAtomic, free_percpu } from "../mm/percpu.ts";
import { pcpu_balance_work } from "../mm/percpu-internal.ts";
import { checkPercpuMemory, PAGE, SMALL_PERCPU, start_kernel_with_percpu, useArea } from "./support/percpu.ts";

/** Interrupts that come in all; 0: for ever. */
const INTERRUPTS = size("INTERRUPTS", 1);

/** How many have come. */
let taken: u8 = 0;

function allocateForEver(): void {
  for (;;) {
    const area = __alloc_percpu(PAGE, PAGE);
    if (area !== NULL) useArea(area);
    free_percpu(area);
    if (pcpu_balance_work.pending) process_one_work();
    checkPercpuMemory(0);
  }
}

function percpuInterrupt(): void {
  if (INTERRUPTS !== 0) {
    let isOne = false;
    atomic: {
      isOne = taken < INTERRUPTS;
      if (isOne) taken++;
    }
    if (!isOne) return;
  }
  const area = allocPercpuAtomic(PCPU_MIN_ALLOC_SIZE, PCPU_MIN_ALLOC_SIZE);
  witness("an interrupt gets an area", area !== NULL);
  witness("an interrupt gets none", area === NULL);
  if (area !== NULL) useArea(area);
  free_percpu(area);
}

export const percpuAtomic = scenario({
  about: "a task allocates percpu memory while interrupts of any CPU allocate some that must be there at once",
  sizes: {
    ...SMALL_PERCPU,
    LOW_PAGES: 10,
    VMALLOC_PAGES: 4,
    INTERRUPTS: 1,
    PCPU_CHUNKS: 3,
    PCPU_EMPTY_POP_PAGES_LOW: 1,
    PCPU_EMPTY_POP_PAGES_HIGH: 1,
  },
  needs: ["SMP", "MMU"],
  boot: start_kernel_with_percpu,
  tasks: onCpu(0, allocateForEver),
  interrupts: [anyCpu(percpuInterrupt), whileRaised(ipiRaised, do_handle_IPI)],
  witnesses: {
    "an interrupt gets an area": "in code",
    "an interrupt gets none": "in code",
    "the balance work runs": reaches(process_one_work),
  },
});
