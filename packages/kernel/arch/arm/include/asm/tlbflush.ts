/**
 * TLB maintenance of kernel mappings, as the rest of the kernel calls it.
 *
 * With SMP, flush_tlb_kernel_range() is declared here and defined in arch/arm/kernel/smp_tlb.ts, which is built only
 * with an MMU: with SMP and without MMU whoever still calls it does not link (report 1).
 */
import type { vaddr_t } from "../../../../../machine/memory-map.ts";
import { tlbi_broadcast, tlbi_fixmap, tlbi_local } from "../../../../../machine/mmu.ts";
import { flush_tlb_kernel_range as smp_flush_tlb_kernel_range } from "../../kernel/smp_tlb.ts";
import { tlb_ops_need_broadcast } from "./smp_plat.ts";

/**
 * What the CPU itself does. On ARMv7 SMP the operation is the inner shareable one and reaches every CPU that listens.
 * @linux arch/arm/include/asm/tlbflush.h local_flush_tlb_kernel_range
 */
export function local_flush_tlb_kernel_range(start: vaddr_t, end: vaddr_t): void {
  if (!CONFIG.MMU) return;
  if (CONFIG.SMP && !tlb_ops_need_broadcast()) tlbi_broadcast(start, end);
  else tlbi_local(start, end);
}

/** This CPU only: for its fixmap slots, which no other CPU uses. @linux arch/arm/include/asm/tlbflush.h local_flush_tlb_kernel_page */
export function local_flush_tlb_kernel_page(va: vaddr_t): void {
  tlbi_fixmap(va);
}

/** @linux arch/arm/include/asm/tlbflush.h flush_tlb_kernel_range */
export const flush_tlb_kernel_range = CONFIG.SMP ? smp_flush_tlb_kernel_range : local_flush_tlb_kernel_range;
