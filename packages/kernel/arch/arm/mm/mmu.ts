/**
 * Bringing memory up at boot, as far as it decides whether there is highmem. Runs once, on one CPU.
 */
import { HIGH_PAGES, LINEAR_BASE, LOW_PAGES } from "../../../../machine/memory-map.ts";
import { pte } from "../../../../machine/mmu.ts";
import { cache_is_vipt_aliasing } from "../include/asm/cachetype.ts";

/** Every page of lowmem is mapped for good. @linux arch/arm/mm/mmu.c map_lowmem */
export function map_lowmem(): void {
  for (let n: u32 = 0; n < LOW_PAGES; n++) pte[LINEAR_BASE + n] = HIGH_PAGES + n + 1;
}

/** Memory above lowmem is in use. */
export let highmem_available: bool = false;

/** Sets highmem_available to what boot leaves of it. @linux arch/arm/mm/mmu.c adjust_lowmem_bounds */
export function adjust_lowmem_bounds(): void {
  highmem_available = true;
  if (!CONFIG.HIGHMEM || cache_is_vipt_aliasing()) {
    pr_notice("Ignoring RAM above lowmem");
    if (!CONFIG.HIGHMEM) pr_notice("Consider using a HIGHMEM enabled kernel.");
    else pr_notice("highmem is not supported with an aliasing VIPT cache");
    highmem_available = false;
  }
}
