/**
 * Whether TLB maintenance by one CPU is seen by the others.
 */

/** Bits 15:12 of ID_MMFR3: 0 nothing is broadcast, 1 cache and branch predictor operations are, 2 TLB operations too. */
const MAINTENANCE_BROADCAST_SHIFT = 12;

/** @linux arch/arm/include/asm/smp_plat.h tlb_ops_need_broadcast */
export function tlb_ops_need_broadcast(): bool {
  if (!CONFIG.MMU || !CONFIG.SMP) return false;
  return ((CPU.ID_MMFR3 >> MAINTENANCE_BROADCAST_SHIFT) & 0xf) < 2;
}
