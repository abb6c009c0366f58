/**
 * A chunk that is in use loses pages. One task allocates, uses and frees areas of a page; on the other CPU the balance work
 * takes pages back that have become free, while other areas of the same chunk are in use, and somebody else gets them.
 */
import { ipiRaised } from "../../machine/gic.ts";
import { NO_PAGE } from "../../machine/memory-map.ts";
import { do_handle_IPI } from "../arch/arm/kernel/smp.ts";
import { __free_page, alloc_page } from "../mm/page_alloc.ts";
import { __alloc_percpu, free_percpu, runBalanceWork } from "../mm/percpu.ts";
import { pcpu_balance_work } from "../mm/percpu-internal.ts";
import { pcpu_depopulate_chunk, pcpu_post_unmap_tlb_flush } from "../mm/percpu-vm.ts";
import { PAGE, start_kernel_with_percpu, useArea } from "./support/percpu.ts";

/** Areas that the task may have at a time: the first chunk has room for one, the second one for two. */
const AREAS = 3;
/** What the task does in a round. */
const TURNS = 10;

/** The page that somebody took, or NO_PAGE. */
let taken: u32 = NO_PAGE;
/** The kworker is not at it. */
let isIdle: bool = true;
/** The task's areas, NULL where it has none. */
const areas = per_cpu(array(u32, AREAS));

/** Turn by turn: all three are allocated, the first and the last freed and allocated again, all three freed. */
function areaOfTurn(turn: u8): u8 {
  if (turn < 3) return turn;
  if (turn < 7) return turn % 2 === 1 ? 0 : 2;
  return u8(turn - 7);
}

/** At each turn one of the areas is freed, or if there is none, allocated and used. */
function allocateForEver(): void {
  const cpu = smp_processor_id();
  for (;;) {
    for (let turn: u8 = 0; turn < TURNS; turn++) {
      const which = areaOfTurn(turn);
      const ptr = areas[cpu][which];
      areas[cpu][which] = NULL;
      if (ptr !== NULL) free_percpu(ptr);
      else {
        const area = __alloc_percpu(PAGE, PAGE);
        areas[cpu][which] = area;
        if (area !== NULL) useArea(area);
      }
    }
    wait_until(isIdle && !pcpu_balance_work.pending, "for the kworker"); // so that rounds begin alike
    if (taken !== NO_PAGE) __free_page(taken);
    taken = NO_PAGE;
  }
}

/** The kworker. After its first run of a round somebody takes a page, which may be one that was given back. */
function balanceAndTakePagesForEver(): void {
  for (;;) {
    wait_until(pcpu_balance_work.pending, "for balance work");
    isIdle = false;
    runBalanceWork();
    if (taken === NO_PAGE) taken = alloc_page();
    isIdle = true;
  }
}

export const percpuReclaim = scenario({
  about: "a task allocates, uses and frees percpu areas while the balance work takes pages of chunks in use back",
  sizes: {
    NR_CPUS: 2,
    LAST_PKMAP: 1,
    HIGH_PAGES: 1,
    KM_MAX_IDX: 1,
    LOW_PAGES: 13,
    VMALLOC_PAGES: 8,
    LAZY_MAX_PAGES: 8,
    PCPU_PAGE_SHIFT: 3,
    PCPU_MIN_ALLOC_SHIFT: 2,
    BITS_PER_LONG: 2,
    PCPU_UNIT_PAGES: 2,
    PCPU_MIN_UNIT_SIZE: 16,
    PERCPU_DYNAMIC_EARLY_SIZE: 4,
    PCPU_CHUNKS: 4,
    PCPU_SLOTS: 8,
    PCPU_SLOT_BASE_SHIFT: 3,
    PCPU_SLOT_FAIL_THRESHOLD: 1,
    PCPU_EMPTY_POP_PAGES_LOW: 0,
    PCPU_EMPTY_POP_PAGES_HIGH: 0,
  },
  needs: ["SMP", "MMU"],
  boot: start_kernel_with_percpu,
  tasks: [onCpu(0, allocateForEver), onCpu(1, balanceAndTakePagesForEver)],
  interrupts: whileRaised(ipiRaised, do_handle_IPI),
  witnesses: {
    "pages of a chunk in use are given back": reaches(pcpu_depopulate_chunk),
    "TLBs forget them": reaches(pcpu_post_unmap_tlb_flush),
  },
});
