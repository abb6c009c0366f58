/**
 * A task is switched out while it has a temporary mapping, and finds it again at the same address, although the task
 * that ran meanwhile used the same slots. Interrupts map pages in between, on top of whoever runs.
 *
 * The two tasks of a CPU are written as one, in the order in which the scheduler runs them.
 */
import { ipiRaised } from "../../machine/gic.ts";
import { FIXMAP_BASE, HIGH_PAGES, KM_MAX_IDX } from "../../machine/memory-map.ts";
import { accessMemory, speculativeFill } from "../../machine/mmu.ts";
import { start_kernel } from "../arch/arm/kernel/setup.ts";
import { do_handle_IPI } from "../arch/arm/kernel/smp.ts";
import { highmem_available } from "../arch/arm/mm/mmu.ts";
import { kmap_local_page, kunmap_local } from "../include/linux/highmem-internal.ts";
import { context_switch } from "../kernel/sched/core.ts";
import { __kmap_local_sched_in, __kmap_local_sched_out } from "../mm/highmem.ts";

function twoTasksForEver(): void {
  for (;;) {
    const page = choose(HIGH_PAGES);
    const vaddr = kmap_local_page(page);
    accessMemory(vaddr, page);
    context_switch(1);
    otherTask();
    context_switch(0);
    accessMemory(vaddr, page);
    kunmap_local(vaddr, page);
  }
}

function otherTask(): void {
  const page = choose(HIGH_PAGES);
  const vaddr = kmap_local_page(page);
  accessMemory(vaddr, page);
  kunmap_local(vaddr, page);
}

function diskInterrupt(): void {
  const page = choose(HIGH_PAGES);
  const vaddr = kmap_local_page(page);
  accessMemory(vaddr, page);
  kunmap_local(vaddr, page);
}

function highmemIsInUse(): bool {
  return highmem_available;
}

function walkerSpeculates(): void {
  speculativeFill(FIXMAP_BASE + choose(KM_MAX_IDX));
}

export const kmapLocalSwitch = scenario({
  about: "a task is switched out with a temporary mapping, and another one uses the slots meanwhile",
  sizes: { NR_CPUS: 1, LAST_PKMAP: 1, HIGH_PAGES: 2, KM_MAX_IDX: 2, TASKS: 2 },
  needs: ["HIGHMEM"],
  boot: start_kernel,
  applies: { when: highmemIsInUse, otherwise: "there is no highmem to map" },
  tasks: everyCpu(twoTasksForEver),
  interrupts: [anyCpu(diskInterrupt), whileRaised(ipiRaised, do_handle_IPI)],
  hardware: anyCpu(walkerSpeculates),
  witnesses: {
    "a task leaves with a mapping": reaches(__kmap_local_sched_out),
    "a task finds its mapping again": returns(__kmap_local_sched_in),
  },
});
