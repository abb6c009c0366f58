/**
 * Short-lived mappings on two CPUs. Each maps a page for a moment, for ever; CPU 1 now and then wants no TLB to remember
 * anything, and for that goes through the blocks of all CPUs, while CPU 0 is taking pages of its own.
 */
import { ipiRaised } from "../../machine/gic.ts";
import { HIGH_PAGES } from "../../machine/memory-map.ts";
import { accessMemory } from "../../machine/mmu.ts";
import { start_kernel } from "../arch/arm/kernel/setup.ts";
import { do_handle_IPI } from "../arch/arm/kernel/smp.ts";
import { free_purged_blocks, vm_map_ram, vm_unmap_aliases, vm_unmap_ram } from "../mm/vmap-block.ts";

/** By CPU: the page that its task maps. */
const pages = per_cpu(array(u32, 1));

function mapForEver(): void {
  const cpu = smp_processor_id();
  pages[cpu][0] = HIGH_PAGES + cpu;
  for (;;) {
    if (cpu === 1 && choose(2) === 1) vm_unmap_aliases();
    const addr = vm_map_ram(pages[cpu], 0, 1);
    if (addr !== NULL) {
      accessMemory(addr, HIGH_PAGES + cpu);
      vm_unmap_ram(addr, 1);
    }
  }
}

export const vmapBlocks = scenario({
  about:
    "tasks map pages for a moment in blocks of their CPU, while one flushes what TLBs remember of all CPUs' blocks",
  sizes: {
    NR_CPUS: 2,
    LAST_PKMAP: 1,
    HIGH_PAGES: 1,
    KM_MAX_IDX: 1,
    LOW_PAGES: 2,
    VMALLOC_PAGES: 4,
    VMAP_BBMAP_BITS: 2,
    VMAP_PURGE_THRESHOLD: 2,
    VMAP_BLOCKS: 2,
  },
  needs: ["MMU"],
  boot: start_kernel,
  tasks: everyCpu(mapForEver),
  interrupts: whileRaised(ipiRaised, do_handle_IPI),
  witnesses: {
    "blocks are purged": reaches(free_purged_blocks),
  },
});
