/**
 * The MMU: one kernel page table, one TLB for each CPU.
 *
 * A TLB entry appears when a CPU uses an address and stays until an invalidation reaches that CPU, whatever happens to
 * the page table meanwhile. That is the whole difficulty of this layer. An entry also appears by itself, where a
 * scenario's hardware speculates (`speculativeFill`): a flush before the page table is cleared has then flushed too early.
 */
import { FIXMAP_BASE, HIGH_PAGES, KM_MAX_IDX, LINEAR_BASE, NR_CPUS, type page_t, type vaddr_t } from "./memory-map.ts";

/** Addresses below the fixmap: every CPU sees the same mappings there. */
const SHARED_PAGES = FIXMAP_BASE;

/** By virtual page: 0 no mapping, else page + 1. Not guarded: the table walker of any CPU reads it at any time. */
export const pte = array(u32, SHARED_PAGES);
/** By CPU and virtual page: 0 no entry, else page + 1. */
export const tlb = per_cpu(array(u32, SHARED_PAGES));
/** The same for the fixmap slots of each CPU, which it alone writes and uses. */
export const fixmap_pte = per_cpu(array(u32, KM_MAX_IDX));
export const fixmap_tlb = per_cpu(array(u32, KM_MAX_IDX));

/**
 * The CPU executes a load or store at `va`, by which the program means `page`. Walks the table on a TLB miss. Callable
 * only inside a hardware action.
 */
export function translate(va: vaddr_t, page: page_t): void {
  const cpu = smp_processor_id();
  let entry: u32 = 0;
  if (!CONFIG.MMU) {
    entry = HIGH_PAGES + (va - LINEAR_BASE) + 1; // the address is the page's own
  } else if (va < FIXMAP_BASE) {
    if (tlb[cpu][va] === 0) tlb[cpu][va] = pte[va];
    entry = tlb[cpu][va];
  } else {
    const slot = va - FIXMAP_BASE;
    if (fixmap_tlb[cpu][slot] === 0) fixmap_tlb[cpu][slot] = fixmap_pte[cpu][slot];
    entry = fixmap_tlb[cpu][slot];
  }
  stale_if(entry === 0, "the address has no mapping any more: the access faults");
  stale_if(entry !== page + 1, "the translation leads to another page");
}

/** The CPU loads or stores at `va`, where the program means `page`; the data do not matter. */
export function accessMemory(va: vaddr_t, page: page_t): void {
  atomic: {
    translate(va, page);
  }
}

/**
 * The walker fills the entry of `va` on its own account, as the architecture lets it: whatever does not fault may be put into a
 * TLB at any time, used or not (Arm ARM, Translation Lookaside Buffers). It may have evicted another entry before. The hardware of
 * a scenario calls this for the addresses whose mappings the scenario changes. A fill that changes nothing is no step.
 */
export function speculativeFill(va: vaddr_t): void {
  const cpu = smp_processor_id();
  atomic: {
    if (va < FIXMAP_BASE) {
      wait_until(pte[va] !== 0 && tlb[cpu][va] !== pte[va], "for a mapping that the TLB does not hold");
      tlb[cpu][va] = pte[va];
    } else {
      const slot = va - FIXMAP_BASE;
      wait_until(
        fixmap_pte[cpu][slot] !== 0 && fixmap_tlb[cpu][slot] !== fixmap_pte[cpu][slot],
        "for a mapping that the TLB does not hold",
      );
      fixmap_tlb[cpu][slot] = fixmap_pte[cpu][slot];
    }
  }
}

/** Invalidates [start, end) on this CPU alone (TLBIMVA, not shareable). */
export function tlbi_local(start: vaddr_t, end: vaddr_t): void {
  atomic: {
    const cpu = smp_processor_id();
    for (let va: vaddr_t = start; va < end; va++) tlb[cpu][va] = 0;
  }
}

/** Invalidates a fixmap slot of this CPU. */
export function tlbi_fixmap(va: vaddr_t): void {
  fixmap_tlb[smp_processor_id()][va - FIXMAP_BASE] = 0;
}

/** Invalidates [start, end) on every CPU of the inner shareable domain (TLBIMVAIS and the DSB that waits for it). */
export function tlbi_broadcast(start: vaddr_t, end: vaddr_t): void {
  atomic: {
    for (let cpu: u8 = 0; cpu < NR_CPUS; cpu++) {
      for (let va: vaddr_t = start; va < end; va++) tlb[cpu][va] = 0;
    }
  }
}
