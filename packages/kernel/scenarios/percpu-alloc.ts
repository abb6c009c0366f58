/**
 * Percpu memory comes and goes on several CPUs while the balance work runs. The task of each CPU allocates an area, uses its own
 * copy and frees it, and is then the kworker, if there is balance work; so often and no more, so that at the end somebody can
 * count: every page is free, or one of a chunk that says so, and mapped.
 *
 * An area is as large as a unit. The first chunk, which boot made, has no room for it; each takes a chunk, which vmalloc and
 * the page allocator must give. When both CPUs have freed theirs, one chunk is too many.
 */
import { ipiRaised } from "../../machine/gic.ts";
import { NR_CPUS } from "../../machine/memory-map.ts";
import { do_handle_IPI } from "../arch/arm/kernel/smp.ts";
import { process_one_work } from "../kernel/workqueue.ts";
import { __alloc_percpu, free_percpu } from "../mm/percpu.ts";
import { PCPU_UNIT_PAGES, pcpu_balance_work } from "../mm/percpu-internal.ts";
import { pcpu_create_chunk, pcpu_destroy_chunk, pcpu_populate_chunk } from "../mm/percpu-vm.ts";
import { checkPercpuMemory, PAGE, SMALL_PERCPU, start_kernel_with_percpu, useArea } from "./support/percpu.ts";

/** How often each task allocates. */
const ROUNDS = size("ROUNDS", 1);
const UNIT = PCPU_UNIT_PAGES * PAGE;

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
  checkPercpuMemory(0);
}

export const percpuAlloc = scenario({
  about: "tasks allocate, use and free percpu memory while the balance work populates, depopulates and destroys chunks",
  sizes: { ...SMALL_PERCPU, LOW_PAGES: 12, VMALLOC_PAGES: 8, ROUNDS: 1, PCPU_CHUNKS: 4 },
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
