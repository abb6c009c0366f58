/**
 * What ARM does first at boot: find out which CPU this is. The boot CPU runs start_kernel() alone.
 */
import { vmalloc_init } from "../../../mm/vmap-block.ts";
import { adjust_lowmem_bounds, map_lowmem } from "../mm/mmu.ts";

/**
 * The kernel stops here if it was not built for the CPU's architecture. The model says so and goes on, because the
 * question is the mapping layer, not the processor's boot code. @linux arch/arm/kernel/setup.c setup_processor
 */
function setup_processor(): void {
  if (CPU.ARCH < 7 && CONFIG.CPU_V7 && !CONFIG.CPU_V6K) {
    pr_warn("this kernel has no processor code for the CPU: a real one stops in __lookup_processor_type");
  }
  if (CPU.ARCH >= 7 && !CONFIG.CPU_V7) {
    pr_warn("this kernel has no processor code for the CPU: a real one stops in __lookup_processor_type");
  }
  BUG_ON(CONFIG.MMU && !CPU.HAS_MMU, "this kernel needs an MMU and the CPU has none");
  if (CONFIG.SMP && !CPU.IS_SMP) pr_warn("CPUs of this kind do not come in clusters: a real kernel finds one");
}

/** @linux init/main.c start_kernel */
export function start_kernel(): void {
  setup_processor();
  if (CONFIG.MMU) {
    adjust_lowmem_bounds(); // without an MMU all memory is lowmem
    map_lowmem(); // paging_init()
    vmalloc_init();
  }
}
