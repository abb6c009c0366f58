/**
 * A chunk that is in use loses pages. One task allocates, uses and frees areas of a page; on the other CPU the balance work
 * takes pages back that have become free, while other areas of the same chunk are in use, and somebody else gets them.
 */
import { ipiRaised } from "../../machine/gic.ts";
import { NO_PAGE } from "../../machine/memory-map.ts";
import { do_handle_IPI } from "../arch/arm/kernel/smp.ts";
import { process_one_work } from "../kernel/workqueue.ts";
import { alloc_page } from "../mm/page_alloc.ts";
import { __alloc_percpu, free_percpu } from "../mm/percpu.ts";
import { pcpu_balance_work } from "../mm/percpu-internal.ts";
import { pcpu_depopulate_chunk, pcpu_post_unmap_tlb_flush } from "../mm/percpu-vm.ts";
import { checkPercpuMemory, PAGE, SMALL_PERCPU, start_kernel_with_percpu, useArea } from "./support/percpu.ts";

/** Areas that the task has at a time: the first chunk has room for one, the second one for two. */
const AREAS = 3;
/** How often the task does it all. */
const ROUNDS = size("ROUNDS", 1);

/** The task's areas, NULL where it has none. */
const areas = array(u32, AREAS);
/** The page that somebody took, or NO_PAGE. */
let taken: u32 = NO_PAGE;
/** The kworker is not at it. */
let isIdle: bool = true;
/** The task has ended. */
let isDone: bool = false;

function allocate(i: u8): void {
  const area = __alloc_percpu(PAGE, PAGE);
  lost_if(area === NULL, "there are pages, and percpu memory has run out");
  areas[i] = area;
  if (area !== NULL) useArea(area);
}

function free(i: u8): void {
  free_percpu(areas[i]);
  areas[i] = NULL;
}

/** The first chunk's area and one of the second's are freed, so that this one has a page too many, and allocated again. */
function allocateAndFree(): void {
  for (let round: u8 = 0; round < ROUNDS; round++) {
    for (let i: u8 = 0; i < AREAS; i++) allocate(i);
    free(0);
    free(2);
    allocate(0);
    allocate(2);
    for (let i: u8 = 0; i < AREAS; i++) free(i);
    wait_until(isIdle && !pcpu_balance_work.pending, "for the kworker");
  }
  isDone = true;
}

/** The kworker. After its first run somebody takes a page, which may be one that was given back, and keeps it. */
function balanceAndTakePages(): void {
  for (;;) {
    wait_until(isDone || pcpu_balance_work.pending, "for balance work");
    if (isDone) break;
    isIdle = false;
    process_one_work();
    if (taken === NO_PAGE) taken = alloc_page();
    checkPercpuMemory(taken === NO_PAGE ? 0 : 1);
    isIdle = true;
  }
}

export const percpuReclaim = scenario({
  about: "a task allocates, uses and frees percpu areas while the balance work takes pages of chunks in use back",
  sizes: { ...SMALL_PERCPU, LOW_PAGES: 13, VMALLOC_PAGES: 8, ROUNDS: 1, PCPU_CHUNKS: 4 },
  needs: ["SMP", "MMU"],
  boot: start_kernel_with_percpu,
  tasks: [onCpu(0, allocateAndFree), onCpu(1, balanceAndTakePages)],
  interrupts: whileRaised(ipiRaised, do_handle_IPI),
  witnesses: {
    "pages of a chunk in use are given back": reaches(pcpu_depopulate_chunk),
    "TLBs forget them": reaches(pcpu_post_unmap_tlb_flush),
  },
});
