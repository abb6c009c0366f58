/**
 * Chunks of contiguous pages, all of them populated from the start: for kernels that map no pages. Included by mm/percpu.ts
 * where NEED_PER_CPU_KM says so, instead of mm/percpu-vm.ts, whose rules for callers hold here too.
 *
 * The page allocator gives powers of two, so units should make up one; setup says if they do not.
 *
 * @object mm/percpu.o
 */
import { NO_PAGE, PAGE_SHIFT, type page_t, type vaddr_t } from "../../machine/memory-map.ts";
import { fls } from "../include/linux/bitops.ts";
import { lowmem_page_address, virt_to_page } from "../include/linux/mm.ts";
import { spin_lock_irqsave, spin_unlock_irqrestore } from "../include/linux/spinlock.ts";
import { trace_percpu_create_chunk, trace_percpu_destroy_chunk } from "../include/trace/events/percpu.ts";
import { __free_pages, alloc_pages } from "./page_alloc.ts";
import { pcpu_set_page_chunk } from "./percpu.ts";
import { pcpu_alloc_chunk, pcpu_chunk_populated, pcpu_free_chunk } from "./percpu-chunk.ts";
import { type chunk_t, NO_CHUNK, pcpu_chunk_fixed, pcpu_lock } from "./percpu-internal.ts";
import { pcpu_group_size } from "./percpu-setup.ts";

/** The exponent of the smallest power of two that is not smaller. @linux include/linux/log2.h order_base_2 */
function order_base_2(n: u32): u32 {
  return n > 1 ? u32(fls(n - 1)) : 0;
}

/** There are no mappings, so no TLB holds any. @linux mm/percpu-km.c pcpu_post_unmap_tlb_flush */
export function pcpu_post_unmap_tlb_flush(_chunk: chunk_t, _page_start: i32, _page_end: i32): void {}

/** Never asked for: everything is populated. @linux mm/percpu-km.c pcpu_populate_chunk */
export function pcpu_populate_chunk(_chunk: chunk_t, _page_start: i32, _page_end: i32): bool {
  return true;
}

/** The pages go with the chunk. @linux mm/percpu-km.c pcpu_depopulate_chunk */
export function pcpu_depopulate_chunk(_chunk: chunk_t, _page_start: i32, _page_end: i32): void {}

/** @linux mm/percpu-km.c pcpu_create_chunk */
export function pcpu_create_chunk(): chunk_t {
  const nr_pages = pcpu_group_size >> PAGE_SHIFT;
  const chunk = pcpu_alloc_chunk();
  const page = alloc_pages(order_base_2(nr_pages));
  if (page === NO_PAGE) {
    pcpu_free_chunk(chunk);
    return NO_CHUNK;
  }
  for (let i: u32 = 0; i < nr_pages; i++) pcpu_set_page_chunk(page + i, chunk);
  const base_addr = lowmem_page_address(page);
  unpublished: {
    pcpu_chunk_fixed[chunk].data = page;
    pcpu_chunk_fixed[chunk].base_addr = base_addr;
  }
  const flags = spin_lock_irqsave(pcpu_lock);
  pcpu_chunk_populated(chunk, 0, pcpu_chunk_fixed[chunk].nr_pages);
  spin_unlock_irqrestore(pcpu_lock, flags);
  trace_percpu_create_chunk(base_addr);
  return chunk;
}

/** @linux mm/percpu-km.c pcpu_destroy_chunk */
export function pcpu_destroy_chunk(chunk: chunk_t): void {
  const nr_pages = pcpu_group_size >> PAGE_SHIFT;
  trace_percpu_destroy_chunk(pcpu_chunk_fixed[chunk].base_addr);
  __free_pages(pcpu_chunk_fixed[chunk].data, order_base_2(nr_pages));
  pcpu_free_chunk(chunk);
}

/** @linux mm/percpu-km.c pcpu_addr_to_page */
export function pcpu_addr_to_page(addr: vaddr_t): page_t {
  return virt_to_page(addr);
}

/** @linux mm/percpu-km.c pcpu_verify_alloc_info */
export function pcpu_verify_alloc_info(nr_pages: i32): void {
  if (1 << order_base_2(u32(nr_pages)) > nr_pages)
    pr_warn("percpu: the units are no power of two: pages of each chunk are wasted");
}

/** What has its memory for good has nothing to give back. @linux mm/percpu-km.c pcpu_should_reclaim_chunk */
export function pcpu_should_reclaim_chunk(_chunk: chunk_t): bool {
  return false;
}
