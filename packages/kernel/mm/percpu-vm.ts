/**
 * Chunks in vmalloc's space, whose pages are mapped one by one as they are needed. Included by mm/percpu.ts, unless
 * mm/percpu-km.ts is.
 *
 * Everything but pcpu_should_reclaim_chunk() needs pcpu_alloc_mutex and may sleep; pcpu_lock is not held. Making memory
 * appear: pages, then mappings, then flush_cache_vmap(). Making it go: flush_cache_vunmap(), the mappings, the pages, and then,
 * which is the caller's duty, the TLBs. So between pcpu_depopulate_chunk() and pcpu_post_unmap_tlb_flush() there are pages free
 * that some TLB still holds; nobody may use those addresses then, for nothing in them is allocated. An area that goes back to
 * vmalloc needs no flush of ours: vmalloc does it before the addresses are used again.
 *
 * @object mm/percpu.o
 */
import { NO_PAGE, NR_CPUS, PAGE_SHIFT, type page_t, type vaddr_t } from "../../machine/memory-map.ts";
import { flush_cache_vmap, flush_cache_vunmap } from "../arch/arm/include/asm/cacheflush.ts";
import { flush_tlb_kernel_range } from "../arch/arm/include/asm/tlbflush.ts";
import { pcpu_free_vm_areas, pcpu_get_vm_areas } from "../include/linux/vmalloc.ts";
import { trace_percpu_create_chunk, trace_percpu_destroy_chunk } from "../include/trace/events/percpu.ts";
import { vmap_pages_range_noflush, vunmap_range_noflush } from "./internal.ts";
import { __free_page, alloc_page } from "./page_alloc.ts";
import { pcpu_set_page_chunk } from "./percpu.ts";
import { pcpu_alloc_chunk, pcpu_free_chunk, pcpu_nr_empty_pop_pages } from "./percpu-chunk.ts";
import {
  type chunk_t,
  NO_CHUNK,
  PCPU_EMPTY_POP_PAGES_HIGH,
  PCPU_UNIT_PAGES,
  pcpu_alloc_mutex,
  pcpu_chunk,
  pcpu_chunk_addr,
  pcpu_chunk_fixed,
  pcpu_page_idx,
} from "./percpu-internal.ts";
import {
  pcpu_atom_size,
  pcpu_first_chunk,
  pcpu_group_size,
  pcpu_high_unit_cpu,
  pcpu_low_unit_cpu,
  pcpu_reserved_chunk,
} from "./percpu-setup.ts";
import { vmalloc_to_page } from "./vmalloc.ts";

/**
 * Pages on their way in or out, by pcpu_page_idx(). Linux allocates the array once and leaves in it what was; here it holds
 * NO_PAGE when nobody uses it. @linux mm/percpu-vm.c pcpu_get_pages
 */
const pages = guarded_by(pcpu_alloc_mutex, array(u32, NR_CPUS * PCPU_UNIT_PAGES, NO_PAGE));

/** @linux mm/percpu-vm.c pcpu_chunk_page */
function pcpu_chunk_page(chunk: chunk_t, cpu: u8, page_idx: i32): page_t {
  WARN_ON(pcpu_chunk_fixed[chunk].immutable, "a page of a chunk whose memory is not ours");
  return vmalloc_to_page(pcpu_chunk_addr(chunk, cpu, page_idx));
}

/** @linux mm/percpu-vm.c pcpu_free_pages */
function pcpu_free_pages(page_start: i32, page_end: i32): void {
  for (let cpu: u8 = 0; cpu < NR_CPUS; cpu++) {
    for (let i = page_start; i < page_end; i++) {
      const page = pages[pcpu_page_idx(cpu, i)];
      if (page !== NO_PAGE) __free_page(page);
      pages[pcpu_page_idx(cpu, i)] = NO_PAGE;
    }
  }
}

/** A page for each page of each unit, or none and false. @linux mm/percpu-vm.c pcpu_alloc_pages */
function pcpu_alloc_pages(page_start: i32, page_end: i32): bool {
  for (let cpu: u8 = 0; cpu < NR_CPUS; cpu++) {
    for (let i = page_start; i < page_end; i++) {
      const page = alloc_page();
      pages[pcpu_page_idx(cpu, i)] = page;
      if (page === NO_PAGE) {
        unwindPages(cpu, page_start, i, page_end);
        return false;
      }
    }
  }
  return true;
}

/** The label `err` of pcpu_alloc_pages(): the pages of `cpu` before `failed`, then those of the CPUs before it. */
function unwindPages(cpu: u8, page_start: i32, failed: i32, page_end: i32): void {
  for (let i = failed - 1; i >= page_start; i--) freeOnePage(cpu, i);
  for (let tcpu: u8 = 0; tcpu < cpu; tcpu++) {
    for (let i = page_start; i < page_end; i++) freeOnePage(tcpu, i);
  }
}

function freeOnePage(cpu: u8, i: i32): void {
  __free_page(pages[pcpu_page_idx(cpu, i)]);
  pages[pcpu_page_idx(cpu, i)] = NO_PAGE;
}

/** One flush for all units and what lies between them. @linux mm/percpu-vm.c pcpu_pre_unmap_flush */
function pcpu_pre_unmap_flush(chunk: chunk_t, page_start: i32, page_end: i32): void {
  flush_cache_vunmap(
    pcpu_chunk_addr(chunk, pcpu_low_unit_cpu, page_start),
    pcpu_chunk_addr(chunk, pcpu_high_unit_cpu, page_end),
  );
}

/** @linux mm/percpu-vm.c __pcpu_unmap_pages */
function __pcpu_unmap_pages(addr: vaddr_t, nr_pages: i32): void {
  vunmap_range_noflush(addr, addr + (nr_pages << PAGE_SHIFT));
}

/** Unmaps, and notes which pages they were for pcpu_free_pages(). @linux mm/percpu-vm.c pcpu_unmap_pages */
function pcpu_unmap_pages(chunk: chunk_t, page_start: i32, page_end: i32): void {
  for (let cpu: u8 = 0; cpu < NR_CPUS; cpu++) {
    for (let i = page_start; i < page_end; i++) {
      const page = pcpu_chunk_page(chunk, cpu, i);
      WARN_ON(page === NO_PAGE, "a populated page has no mapping");
      pages[pcpu_page_idx(cpu, i)] = page;
    }
    __pcpu_unmap_pages(pcpu_chunk_addr(chunk, cpu, page_start), page_end - page_start);
  }
}

/** Whoever unmapped pages and keeps the addresses makes every TLB forget them. @linux mm/percpu-vm.c pcpu_post_unmap_tlb_flush */
export function pcpu_post_unmap_tlb_flush(chunk: chunk_t, page_start: i32, page_end: i32): void {
  flush_tlb_kernel_range(
    pcpu_chunk_addr(chunk, pcpu_low_unit_cpu, page_start),
    pcpu_chunk_addr(chunk, pcpu_high_unit_cpu, page_end),
  );
}

/** Negative on failure, when some may be mapped. @linux mm/percpu-vm.c __pcpu_map_pages */
function __pcpu_map_pages(addr: vaddr_t, first: u32, nr_pages: i32): i32 {
  return vmap_pages_range_noflush(addr, addr + (nr_pages << PAGE_SHIFT), pages, first);
}

/**
 * Maps the pages for every CPU, and notes on each which chunk it belongs to. On failure nothing stays mapped, of the failing
 * CPU neither, and no TLB holds anything. @linux mm/percpu-vm.c pcpu_map_pages
 */
function pcpu_map_pages(chunk: chunk_t, page_start: i32, page_end: i32): i32 {
  for (let cpu: u8 = 0; cpu < NR_CPUS; cpu++) {
    const addr = pcpu_chunk_addr(chunk, cpu, page_start);
    const err = __pcpu_map_pages(addr, pcpu_page_idx(cpu, page_start), page_end - page_start);
    if (err < 0) {
      for (let tcpu: u8 = 0; tcpu < NR_CPUS; tcpu++) {
        __pcpu_unmap_pages(pcpu_chunk_addr(chunk, tcpu, page_start), page_end - page_start);
        if (tcpu === cpu) break;
      }
      pcpu_post_unmap_tlb_flush(chunk, page_start, page_end);
      return err;
    }
    for (let i = page_start; i < page_end; i++) pcpu_set_page_chunk(pages[pcpu_page_idx(cpu, i)], chunk);
  }
  return 0;
}

/** @linux mm/percpu-vm.c pcpu_post_map_flush */
function pcpu_post_map_flush(chunk: chunk_t, page_start: i32, page_end: i32): void {
  flush_cache_vmap(
    pcpu_chunk_addr(chunk, pcpu_low_unit_cpu, page_start),
    pcpu_chunk_addr(chunk, pcpu_high_unit_cpu, page_end),
  );
}

/** The pages are the chunk's now. */
function forgetPages(page_start: i32, page_end: i32): void {
  for (let cpu: u8 = 0; cpu < NR_CPUS; cpu++) {
    for (let i = page_start; i < page_end; i++) pages[pcpu_page_idx(cpu, i)] = NO_PAGE;
  }
}

/** Memory for [page_start, page_end) of every unit; false, and nothing changed, if there is none. @linux mm/percpu-vm.c pcpu_populate_chunk */
export function pcpu_populate_chunk(chunk: chunk_t, page_start: i32, page_end: i32): bool {
  if (!pcpu_alloc_pages(page_start, page_end)) return false;
  if (pcpu_map_pages(chunk, page_start, page_end) !== 0) {
    pcpu_free_pages(page_start, page_end);
    return false;
  }
  pcpu_post_map_flush(chunk, page_start, page_end);
  forgetPages(page_start, page_end);
  return true;
}

/** Takes it back. TLBs may still hold it. @linux mm/percpu-vm.c pcpu_depopulate_chunk */
export function pcpu_depopulate_chunk(chunk: chunk_t, page_start: i32, page_end: i32): void {
  pcpu_pre_unmap_flush(chunk, page_start, page_end);
  pcpu_unmap_pages(chunk, page_start, page_end);
  pcpu_free_pages(page_start, page_end);
}

/** A chunk with addresses and no memory, or NO_CHUNK. @linux mm/percpu-vm.c pcpu_create_chunk */
export function pcpu_create_chunk(): chunk_t {
  const chunk = pcpu_alloc_chunk();
  const base_addr = pcpu_get_vm_areas(pcpu_group_size, pcpu_atom_size);
  if (base_addr === NULL) {
    pcpu_free_chunk(chunk);
    return NO_CHUNK;
  }
  unpublished: {
    pcpu_chunk_fixed[chunk].base_addr = base_addr;
  }
  trace_percpu_create_chunk(base_addr);
  return chunk;
}

/** The chunk has no memory any more; its TLB entries are vmalloc's to flush. @linux mm/percpu-vm.c pcpu_destroy_chunk */
export function pcpu_destroy_chunk(chunk: chunk_t): void {
  const base_addr = pcpu_chunk_fixed[chunk].base_addr;
  trace_percpu_destroy_chunk(base_addr);
  pcpu_free_vm_areas(base_addr);
  pcpu_free_chunk(chunk);
}

/** @linux mm/percpu-vm.c pcpu_addr_to_page */
export function pcpu_addr_to_page(addr: vaddr_t): page_t {
  return vmalloc_to_page(addr);
}

/** Setup gave one group of units, which is all that this model has. @linux mm/percpu-vm.c pcpu_verify_alloc_info */
export function pcpu_verify_alloc_info(_nr_pages: i32): void {}

/**
 * Whether a chunk's empty pages shall go back: it is isolated already, or there are enough empty pages without its own and
 * they are a quarter of it. The kernel's own chunks stay. Caller holds pcpu_lock. @linux mm/percpu-vm.c pcpu_should_reclaim_chunk
 */
export function pcpu_should_reclaim_chunk(chunk: chunk_t): bool {
  if (chunk === pcpu_first_chunk || chunk === pcpu_reserved_chunk) return false;
  const empty = pcpu_chunk[chunk].nr_empty_pop_pages;
  if (pcpu_chunk[chunk].isolated && empty !== 0) return true;
  return pcpu_nr_empty_pop_pages > PCPU_EMPTY_POP_PAGES_HIGH + empty && empty >= pcpu_chunk_fixed[chunk].nr_pages / 4;
}
