/**
 * The MMU: one kernel page table, one TLB for each CPU.
 *
 * A TLB entry appears when a CPU uses an address and stays until an invalidation reaches that CPU, whatever happens to
 * the page table meanwhile. That is the whole difficulty of this layer. Speculative fills are not modelled here; a
 * scenario that wants them adds `speculativeFill` as hardware.
 */
import { NR_CPUS, type page_t, VPAGES, type vaddr_t } from "./memory-map.ts";

/** By virtual page: 0 no mapping, else page + 1. Not guarded: the table walker of any CPU reads it at any time. */
export const pte = array(u8, VPAGES);
/** By CPU and virtual page: 0 no entry, else page + 1. */
export const tlb = per_cpu(array(u8, VPAGES));

/**
 * The CPU executes a load or store at `va`, by which the program means `page`. Walks the table on a TLB miss. Callable
 * only inside a hardware action.
 */
export function translate(va: vaddr_t, page: page_t): void {
  const cpu = smp_processor_id();
  if (tlb[cpu][va] === 0) tlb[cpu][va] = pte[va];
  stale_if(tlb[cpu][va] === 0, "the address has no mapping any more: the access faults");
  stale_if(tlb[cpu][va] !== page + 1, "the translation leads to another page");
}

/** The walker fills an entry that no instruction asked for. */
export function speculativeFill(): void {
  const va = choose(VPAGES);
  atomic: {
    const cpu = smp_processor_id();
    if (pte[va] !== 0) tlb[cpu][va] = pte[va];
  }
}

/** Invalidates [start, end) on this CPU alone (TLBIMVA, not shareable). */
export function tlbi_local(start: vaddr_t, end: vaddr_t): void {
  atomic: {
    const cpu = smp_processor_id();
    for (let va: vaddr_t = start; va < end; va++) tlb[cpu][va] = 0;
  }
}

/** Invalidates [start, end) on every CPU of the inner shareable domain (TLBIMVAIS and the DSB that waits for it). */
export function tlbi_broadcast(start: vaddr_t, end: vaddr_t): void {
  atomic: {
    for (let cpu: u8 = 0; cpu < NR_CPUS; cpu++) {
      for (let va: vaddr_t = start; va < end; va++) tlb[cpu][va] = 0;
    }
  }
}
