/**
 * Short-lived mappings. A task maps a page for a moment, for ever, while on the other CPU another one wants no TLB to
 * remember anything, and for that goes through the blocks of all CPUs. A kernel with one CPU has only the first of them.
 */
import { ipiRaised } from "../../machine/gic.ts";
import { HIGH_PAGES, VMALLOC_PAGES, VMALLOC_START } from "../../machine/memory-map.ts";
import { accessMemory, speculativeFill } from "../../machine/mmu.ts";
import { start_kernel } from "../arch/arm/kernel/setup.ts";
import { do_handle_IPI } from "../arch/arm/kernel/smp.ts";
import { free_purged_blocks, vm_map_ram, vm_unmap_aliases, vm_unmap_ram } from "../mm/vmap-block.ts";

/** The page that is mapped. */
const pages = array(u32, 1, HIGH_PAGES);

function mapForEver(): void {
  for (;;) {
    const addr = vm_map_ram(pages, 0, 1);
    if (addr !== NULL) {
      accessMemory(addr, HIGH_PAGES);
      vm_unmap_ram(addr, 1);
    }
  }
}

function unmapAliasesForEver(): void {
  for (;;) vm_unmap_aliases();
}

function walkerSpeculates(): void {
  speculativeFill(VMALLOC_START + choose(VMALLOC_PAGES));
}

export const vmapBlocks = scenario({
  about:
    "a task maps pages for a moment in blocks of its CPU, while another flushes what TLBs remember of all CPUs' blocks",
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
  tasks: [onCpu(0, mapForEver), onCpu(1, unmapAliasesForEver)],
  interrupts: whileRaised(ipiRaised, do_handle_IPI),
  hardware: anyCpu(walkerSpeculates),
  witnesses: {
    "blocks are purged": reaches(free_purged_blocks),
  },
});
