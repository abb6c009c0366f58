/**
 * Percpu memory comes and goes on several CPUs while the balance work runs. The task of each CPU allocates an area, uses its own
 * copy and frees it, and is then the kworker, if there is balance work; so often and no more, so that at the end somebody can
 * count: every page is free, or one of a chunk that says so, and mapped.
 *
 * An area is as large as a unit. The first chunk, which boot made, has no room for it; each takes a chunk, which vmalloc and
 * the page allocator must give. When both CPUs have freed theirs, one chunk is too many.
 */
import { ipiRaised } from "../../machine/gic.ts";
import { LOW_PAGES, NO_PAGE, NR_CPUS } from "../../machine/memory-map.ts";
import { pte } from "../../machine/mmu.ts";
import { do_handle_IPI } from "../arch/arm/kernel/smp.ts";
import { test_bit } from "../include/linux/bitmap.ts";
import { process_one_work } from "../kernel/workqueue.ts";
import { alloc_page } from "../mm/page_alloc.ts";
import { __alloc_percpu, free_percpu } from "../mm/percpu.ts";
import {
  PCPU_CHUNKS,
  PCPU_UNIT_PAGES,
  pcpu_balance_work,
  pcpu_chunk_addr,
  pcpu_chunk_fixed,
  populated,
} from "../mm/percpu-internal.ts";
import { pcpu_create_chunk, pcpu_destroy_chunk, pcpu_populate_chunk } from "../mm/percpu-vm.ts";
import { PAGE, start_kernel_with_percpu, useArea } from "./support/percpu.ts";

/** How often each task allocates. */
const ROUNDS = size("ROUNDS", 1);
const UNIT = PCPU_UNIT_PAGES * PAGE;
/** Behind the first one, whose pages boot took for good. */
const SECOND = 1;

/** CPUs whose task is through. */
let done: u8 = 0;
/** One kworker at a time, as a work never runs twice at the same time. */
let isBalancing: bool = false;

/** Whether the caller is to run the balance work: takes it on. */
function takeBalanceWork(): bool {
  let isMine = false;
  atomic: {
    isMine = pcpu_balance_work.pending && !isBalancing;
    if (isMine) isBalancing = true;
  }
  return isMine;
}

function balanceIfPending(): void {
  if (!takeBalanceWork()) return;
  process_one_work();
  isBalancing = false;
}

/** Nobody is at it. Every page that is there is taken, and counted with those that chunks have. */
function countPages(): void {
  let pages: u32 = NR_CPUS * PCPU_UNIT_PAGES;
  for (let chunk: u32 = SECOND; chunk < PCPU_CHUNKS; chunk++) {
    for (let i = 0; i < PCPU_UNIT_PAGES; i++) {
      if (pcpu_chunk_fixed[chunk].base_addr === 0 || !test_bit(i, populated[chunk])) continue;
      pages += NR_CPUS;
      for (let cpu: u8 = 0; cpu < NR_CPUS; cpu++) {
        lost_if(pte[pcpu_chunk_addr(chunk, cpu, i)] === 0, "a page that the chunk has is not mapped");
      }
    }
  }
  while (alloc_page() !== NO_PAGE) pages++;
  lost_if(pages !== LOW_PAGES, "a page is neither free nor a chunk's");
}

function allocateAndFree(): void {
  for (let round: u8 = 0; round < ROUNDS; round++) {
    const area = __alloc_percpu(UNIT, PAGE);
    lost_if(area === NULL, "there are pages, and percpu memory has run out");
    if (area !== NULL) useArea(area);
    free_percpu(area);
    balanceIfPending();
  }
  let isLast = false;
  atomic: {
    done++;
    isLast = done === NR_CPUS;
  }
  if (!isLast) return;
  balanceIfPending();
  countPages();
}

export const percpuAlloc = scenario({
  about: "tasks allocate, use and free percpu memory while the balance work populates, depopulates and destroys chunks",
  sizes: {
    NR_CPUS: 2,
    LAST_PKMAP: 1,
    HIGH_PAGES: 1,
    KM_MAX_IDX: 1,
    LOW_PAGES: 12,
    VMALLOC_PAGES: 8,
    LAZY_MAX_PAGES: 8,
    ROUNDS: 1,
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
  tasks: everyCpu(allocateAndFree),
  interrupts: whileRaised(ipiRaised, do_handle_IPI),
  witnesses: {
    "a chunk is made": returns(pcpu_create_chunk),
    "a chunk gets memory": returns(pcpu_populate_chunk),
    "the balance work runs": reaches(process_one_work),
    "a chunk is destroyed": reaches(pcpu_destroy_chunk),
  },
});
