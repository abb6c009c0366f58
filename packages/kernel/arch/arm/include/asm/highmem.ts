/**
 * What ARM adds to highmem: the address arithmetic of the permanent mapping area, and kmap_high_get().
 *
 * kmap_high_get() pins a mapping that happens to exist, from any context. Caches that are found by virtual address need
 * it: maintenance must go through the very address that the data was written through. It has a price: kmap_lock must
 * then be taken with interrupts off, and whoever holds it must not wait for another CPU.
 */
import { LAST_PKMAP, PAGE_SHIFT, PKMAP_BASE, type page_t, type vaddr_t } from "../../../../../machine/memory-map.ts";
import { __cpuc_flush_dcache_area } from "./cacheflush.ts";
import { cache_is_vivt } from "./cachetype.ts";
import { local_flush_tlb_kernel_page } from "./tlbflush.ts";

/** @linux arch/arm/include/asm/highmem.h PKMAP_NR */
export function PKMAP_NR(virt: vaddr_t): u8 {
  return u8((virt - PKMAP_BASE) >> PAGE_SHIFT);
}

/** @linux arch/arm/include/asm/highmem.h PKMAP_ADDR */
export function PKMAP_ADDR(nr: u8): vaddr_t {
  return PKMAP_BASE + (nr << PAGE_SHIFT);
}

/**
 * Where flushing a kernel range sends an IPI (ARMv6 SMP, and the workaround for erratum 798181), kmap_lock must not be
 * held with interrupts off, so kmap_high_get() cannot be had. @linux arch/arm/include/asm/highmem.h ARCH_NEEDS_KMAP_HIGH_GET
 */
export const ARCH_NEEDS_KMAP_HIGH_GET = !(CONFIG.SMP && CONFIG.CPU_TLB_V6) && !CONFIG.ARM_ERRATA_798181;

static_assert(
  !(CONFIG.SMP && CONFIG.CPU_TLB_V6 && CONFIG.HIGHMEM && CONFIG.CPU_CACHE_VIVT),
  "The sum of features in your kernel config cannot be supported together",
);

obligation(
  CONFIG.HIGHMEM && !ARCH_NEEDS_KMAP_HIGH_GET,
  "kunmap_high() is called from user context only: kmap_lock leaves interrupts on",
);

/** Pages of the permanent area, for range arguments. */
export const PKMAP_END = PKMAP_BASE + (LAST_PKMAP << PAGE_SHIFT);

// ---- temporary mappings: this CPU's alone, so it alone must forget them ----

/** @linux arch/arm/include/asm/highmem.h arch_kmap_local_post_map */
export function arch_kmap_local_post_map(vaddr: vaddr_t): void {
  local_flush_tlb_kernel_page(vaddr);
}

/** A virtually tagged cache finds the data under no other address. @linux arch/arm/include/asm/highmem.h arch_kmap_local_pre_unmap */
export function arch_kmap_local_pre_unmap(vaddr: vaddr_t, page: page_t): void {
  if (cache_is_vivt()) __cpuc_flush_dcache_area(vaddr, page);
}

/** @linux arch/arm/include/asm/highmem.h arch_kmap_local_post_unmap */
export function arch_kmap_local_post_unmap(vaddr: vaddr_t): void {
  local_flush_tlb_kernel_page(vaddr);
}
