/**
 * TLB maintenance of kernel mappings, as the rest of the kernel calls it.
 *
 *      MMU, UP     flush_tlb_kernel_range() is local_flush_tlb_kernel_range()
 *      MMU, SMP    declared here, defined in arch/arm/kernel/smp_tlb.ts
 *      no MMU, SMP declared here and defined nowhere, because smp_tlb.ts is built only with an MMU; local_* are empty.
 *                  Whoever still calls it does not link (report 1).
 *      no MMU, UP  not even declared in Linux; here, too, whoever calls it does not link
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
export const flush_tlb_kernel_range =
  CONFIG.MMU && !CONFIG.SMP ? local_flush_tlb_kernel_range : smp_flush_tlb_kernel_range;
