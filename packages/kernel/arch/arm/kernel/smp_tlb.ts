/**
 * TLB maintenance on SMP: by hardware broadcast where the CPUs can, by IPI where they cannot. Built only with an MMU.
 */
import type { vaddr_t } from "../../../../machine/memory-map.ts";
import { on_each_cpu, smp_call_function } from "../../../kernel/smp.ts";
import { tlb_ops_need_broadcast } from "../include/asm/smp_plat.ts";
import { local_flush_tlb_kernel_range } from "../include/asm/tlbflush.ts";

/** @linux arch/arm/kernel/smp_tlb.c ipi_flush_tlb_kernel_range */
function ipi_flush_tlb_kernel_range(start: vaddr_t, end: vaddr_t): void {
  local_flush_tlb_kernel_range(start, end);
}

/** The workaround's DMB, on every CPU that may have a stale access in flight. @linux arch/arm/kernel/smp_tlb.c ipi_flush_tlb_a15_erratum */
function ipi_flush_tlb_a15_erratum(_start: vaddr_t, _end: vaddr_t): void {}

/**
 * Erratum 798181: a broadcast invalidation may not reach accesses that are in flight on another CPU, which an IPI to it
 * does. So even hardware that broadcasts interrupts the others here. @linux arch/arm/kernel/smp_tlb.c broadcast_tlb_a15_erratum
 */
function broadcast_tlb_a15_erratum(): void {
  if (!CONFIG.ARM_ERRATA_798181) return;
  if (!CPU.ERRATUM_798181) return;
  smp_call_function(ipi_flush_tlb_a15_erratum, 0, 0);
}

/** May wait for other CPUs: not with interrupts off. @linux arch/arm/kernel/smp_tlb.c flush_tlb_kernel_range */
export function flush_tlb_kernel_range(start: vaddr_t, end: vaddr_t): void {
  if (tlb_ops_need_broadcast()) on_each_cpu(ipi_flush_tlb_kernel_range, start, end);
  else local_flush_tlb_kernel_range(start, end);
  broadcast_tlb_a15_erratum();
}
