/**
 * One page, two addresses. A task writes to a page through its permanent mapping, which stays when the task is done with
 * it; then the task, or an interrupt, reads the page through a temporary mapping. A cache that is found by virtual address
 * must not hold the page under both.
 */
import { cpuReads, cpuWrites } from "../../machine/cache.ts";
import { ipiRaised } from "../../machine/gic.ts";
import { FIXMAP_BASE, HIGH_PAGES, PKMAP_BASE, VPAGES } from "../../machine/memory-map.ts";
import { speculativeFill } from "../../machine/mmu.ts";
import { ARCH_NEEDS_KMAP_HIGH_GET } from "../arch/arm/include/asm/highmem.ts";
import { start_kernel } from "../arch/arm/kernel/setup.ts";
import { do_handle_IPI } from "../arch/arm/kernel/smp.ts";
import { highmem_available } from "../arch/arm/mm/mmu.ts";
import { kmap, kmap_atomic, kunmap, kunmap_atomic } from "../include/linux/highmem-internal.ts";
import { flush_all_zero_pkmaps } from "../mm/highmem.ts";

function writeAndReadForEver(): void {
  for (;;) {
    const page = choose(HIGH_PAGES);
    const permanent = kmap(page);
    cpuWrites(permanent, page);
    kunmap(page);
    const temporary = kmap_atomic(page);
    cpuReads(temporary, page);
    kunmap_atomic(temporary, page);
  }
}

/** Only the first CPU gets it: what another one adds is searched by kmap-dma. */
function diskInterrupt(): void {
  if (smp_processor_id() !== 0) return;
  const page = choose(HIGH_PAGES);
  const temporary = kmap_atomic(page);
  witness("kmap_atomic() meets a page that is mapped", temporary < FIXMAP_BASE);
  witness("kmap_atomic() maps a page", temporary >= FIXMAP_BASE);
  cpuWrites(temporary, page);
  kunmap_atomic(temporary, page);
}

function highmemIsInUse(): bool {
  return highmem_available;
}

function walkerSpeculates(): void {
  speculativeFill(PKMAP_BASE + choose(VPAGES - PKMAP_BASE));
}

export const kmapAlias = scenario({
  about: "a page is written through its permanent mapping and read through a temporary one",
  sizes: { NR_CPUS: 1, LAST_PKMAP: 1, HIGH_PAGES: 2, KM_MAX_IDX: 2 },
  needs: ["HIGHMEM"],
  boot: start_kernel,
  applies: { when: highmemIsInUse, otherwise: "there is no highmem to map" },
  tasks: everyCpu(writeAndReadForEver),
  interrupts: [anyCpu(diskInterrupt), whileRaised(ipiRaised, do_handle_IPI)],
  hardware: anyCpu(walkerSpeculates),
  witnesses: {
    "pkmap wraps": reaches(flush_all_zero_pkmaps),
    "kmap_atomic() meets a page that is mapped": ARCH_NEEDS_KMAP_HIGH_GET && "in code",
    "kmap_atomic() maps a page": "in code",
  },
});
