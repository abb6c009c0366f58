/**
 * Short-lived mappings: each CPU hands out pages of blocks of its own, so that most of them need no lock that others take.
 *
 * A block is an area of VMAP_BBMAP_BITS pages, handed out from its start to its end and never twice: what is given back is
 * dirty until the block is purged. A block with pages left is on the free list of the CPU that made it, vb.cpu. To find the
 * block of an address there are also, by CPU, the blocks whose address belongs to it, vmap_blocks:
 *
 *      block 0, made by CPU 0     in vmap_blocks of CPU 0      on the free list of CPU 0
 *      block 1, made by CPU 0     in vmap_blocks of CPU 1      on the free list of CPU 0
 *
 * So who comes to a block by vmap_blocks must not take that CPU's lock for the list. Blocks are freed after all readers of
 * the lists are gone (RCU). Tasks only. In Linux this is a part of mm/vmalloc.c.
 */
import {
  NR_CPUS,
  type page_t,
  VMALLOC_END,
  VMALLOC_PAGES,
  VMALLOC_START,
  type vaddr_t,
} from "../../machine/memory-map.ts";
import { flush_cache_vunmap } from "../arch/arm/include/asm/cacheflush.ts";
import { flush_tlb_kernel_range } from "../arch/arm/include/asm/tlbflush.ts";
import { should_failslab } from "../include/linux/fault-inject.ts";
import { mutex_lock, mutex_unlock } from "../include/linux/mutex.ts";
import { spin_lock, spin_unlock } from "../include/linux/spinlock.ts";
import { debug_pagealloc_enabled } from "./page_alloc.ts";
import {
  __purge_vmap_area_lazy,
  __vunmap_range_noflush,
  alloc_vmap_area,
  free_vmap_area_noflush,
  unlink_va,
  vmap_pages_range,
  vmap_purge_lock,
} from "./vmalloc.ts";

/** Pages of a block. Linux: 1024 at most, fewer on many CPUs with little address space. @linux mm/vmalloc.c VMAP_BBMAP_BITS */
const VMAP_BBMAP_BITS = size("VMAP_BBMAP_BITS", 1024);
/** A block with fewer pages left, and none in use, is purged although it could still serve. @linux mm/vmalloc.c VMAP_PURGE_THRESHOLD */
const VMAP_PURGE_THRESHOLD = size("VMAP_PURGE_THRESHOLD", 256);
/** Blocks that exist at a time: as many as kmalloc() has. */
const VMAP_BLOCKS = size("VMAP_BLOCKS", 16);

/** @linux mm/vmalloc.c vmap_block */
const vmap_block_t = struct({
  lock: spinlock_t,
  va_start: u32,
  /** Pages that were never handed out: the last ones. */
  free: u32,
  /** Pages that came back; those of them that no TLB flush has covered yet lie in [dirty_min, dirty_max). */
  dirty: u32,
  dirty_min: u32,
  dirty_max: u32,
  /** Whose free list it is on. */
  cpu: u8,
});
const vmap_block = array(vmap_block_t, VMAP_BLOCKS);
/** By block: kmalloc() gave it. */
const blockIsAllocated = array(bool, VMAP_BLOCKS);
/** By block: a bit for each CPU that was reading a list when the block was freed, and still does. */
const readers = array(u8, VMAP_BLOCKS);
/** By CPU: its task reads a list. */
const isReading = per_cpu(bool);

/** By CPU. @linux mm/vmalloc.c vmap_block_queue */
const vmap_block_queue = per_cpu(struct({ lock: spinlock_t }));
/** The links of the free lists: of blocks by number, then of the CPUs' heads. @linux mm/vmalloc.c vmap_block_queue */
const free_list = array(struct({ next: u8, prev: u8 }), VMAP_BLOCKS + NR_CPUS);
let areListsReady: bool = false;

/** By block number: the block there plus 1, 0 if there is none; see addr_to_vb_xa(). @linux mm/vmalloc.c vmap_block_queue */
const vmap_blocks = array(u8, VMALLOC_PAGES / VMAP_BBMAP_BITS + 1);

// ---- RCU: who reads a list may keep what it found there, although somebody takes it off meanwhile ----

/** @linux include/linux/rcupdate.h rcu_read_lock */
function rcu_read_lock(): void {
  isReading[smp_processor_id()] = true;
}

/** @linux include/linux/rcupdate.h rcu_read_unlock */
function rcu_read_unlock(): void {
  const cpu = smp_processor_id();
  atomic: {
    isReading[cpu] = false;
    for (let vb: u8 = 0; vb < VMAP_BLOCKS; vb++) readers[vb] &= ~(1 << cpu);
  }
}

/** The block's memory is free when the last of today's readers is gone. @linux include/linux/rcupdate.h kfree_rcu */
function kfree_rcu(vb: u8): void {
  atomic: {
    blockIsAllocated[vb] = false;
    for (let cpu: u8 = 0; cpu < NR_CPUS; cpu++) if (isReading[cpu]) readers[vb] |= 1 << cpu;
  }
}

// ---- lists ----

function headOf(cpu: u8): u8 {
  return VMAP_BLOCKS + cpu;
}

/** Linux initialises the lists at boot. @linux mm/vmalloc.c vmalloc_init */
export function vmalloc_init(): void {
  for (let cpu: u8 = 0; cpu < NR_CPUS; cpu++) {
    free_list[headOf(cpu)].next = headOf(cpu);
    free_list[headOf(cpu)].prev = headOf(cpu);
  }
  areListsReady = true;
}

/** Caller holds the list's lock. @linux include/linux/rculist.h list_add_tail_rcu */
function list_add_tail_rcu(vb: u8, head: u8): void {
  const prev = free_list[head].prev;
  free_list[vb].next = head;
  free_list[vb].prev = prev;
  free_list[prev].next = vb;
  free_list[head].prev = vb;
}

/** Caller holds the list's lock. Who is reading the list goes on from the entry as before. @linux include/linux/rculist.h list_del_rcu */
function list_del_rcu(vb: u8): void {
  const prev = free_list[vb].prev;
  const next = free_list[vb].next;
  BUG_ON(free_list[prev].next !== vb || free_list[next].prev !== vb, "list_del corruption");
  free_list[next].prev = prev;
  free_list[prev].next = next;
}

// ---- blocks ----

/** The number of the block that an address is in. @linux mm/vmalloc.c addr_to_vb_idx */
function addr_to_vb_idx(addr: vaddr_t): u32 {
  return addr / VMAP_BBMAP_BITS - VMALLOC_START / VMAP_BBMAP_BITS;
}

/** The CPU that has the address's block in its vmap_blocks. @linux mm/vmalloc.c addr_to_vb_xa */
function addr_to_vb_xa(addr: vaddr_t): u8 {
  return u8((addr / VMAP_BBMAP_BITS) % NR_CPUS);
}

/** A block whose first pages are handed out at once: their address, or NULL. @linux mm/vmalloc.c new_vmap_block */
function new_vmap_block(pages: u32): vaddr_t {
  const vb = kmallocBlock();
  if (vb === VMAP_BLOCKS) return NULL;
  const va_start = alloc_vmap_area(VMAP_BBMAP_BITS, VMAP_BBMAP_BITS);
  if (va_start === NULL) {
    kfree_rcu(vb);
    return NULL;
  }
  BUG_ON(VMAP_BBMAP_BITS <= pages, "a block would be handed out whole");
  const cpu = smp_processor_id();
  atomic: {
    // Nobody knows the block yet.
    vmap_block[vb].va_start = va_start;
    vmap_block[vb].free = VMAP_BBMAP_BITS - pages;
    vmap_block[vb].dirty = 0;
    vmap_block[vb].dirty_min = VMAP_BBMAP_BITS;
    vmap_block[vb].dirty_max = 0;
    vmap_block[vb].cpu = cpu;
  }
  vmap_blocks[addr_to_vb_idx(va_start)] = vb + 1; // xa_insert()
  spin_lock(vmap_block_queue[cpu].lock);
  list_add_tail_rcu(vb, headOf(cpu));
  spin_unlock(vmap_block_queue[cpu].lock);
  return va_start;
}

/** A block that nobody has, or VMAP_BLOCKS. @linux mm/slub.c kmalloc_node */
function kmallocBlock(): u8 {
  if (should_failslab()) return VMAP_BLOCKS;
  atomic: {
    for (let vb: u8 = 0; vb < VMAP_BLOCKS; vb++) {
      if (blockIsAllocated[vb] || readers[vb] !== 0) continue;
      blockIsAllocated[vb] = true;
      return vb;
    }
  }
  return VMAP_BLOCKS;
}

/** None of its pages is in use, and it is on no list. @linux mm/vmalloc.c free_vmap_block */
function free_vmap_block(vb: u8): void {
  const va_start = vmap_block[vb].va_start;
  BUG_ON(vmap_blocks[addr_to_vb_idx(va_start)] !== vb + 1, "a block is not where its address belongs");
  vmap_blocks[addr_to_vb_idx(va_start)] = 0; // xa_erase()
  unlink_va(va_start);
  free_vmap_area_noflush(va_start, VMAP_BBMAP_BITS);
  kfree_rcu(vb);
}

/**
 * Takes a block of which nothing is in use off its list, so that its addresses can be used by others; not without need if
 * many of its pages are left. Returns whether it did: then the caller frees it. Caller holds the block's lock.
 * @linux mm/vmalloc.c purge_fragmented_block
 */
function purge_fragmented_block(vb: u8, force_purge: bool): bool {
  const free = vmap_block[vb].free;
  const dirty = vmap_block[vb].dirty;
  if (free + dirty !== VMAP_BBMAP_BITS || dirty === VMAP_BBMAP_BITS) return false;
  if (!(force_purge || free < VMAP_PURGE_THRESHOLD)) return false;
  vmap_block[vb].free = 0; // nobody allocates from it after the lock is released
  vmap_block[vb].dirty = VMAP_BBMAP_BITS; // nor purges it again
  vmap_block[vb].dirty_min = 0;
  vmap_block[vb].dirty_max = VMAP_BBMAP_BITS;
  const cpu = vmap_block[vb].cpu;
  spin_lock(vmap_block_queue[cpu].lock);
  list_del_rcu(vb);
  spin_unlock(vmap_block_queue[cpu].lock);
  return true;
}

/** `purge_list` has a bit for each block. @linux mm/vmalloc.c free_purged_blocks */
export function free_purged_blocks(purge_list: u32): void {
  for (let vb: u8 = 0; vb < VMAP_BLOCKS; vb++) if ((purge_list & (1 << vb)) !== 0) free_vmap_block(vb);
}

/** Caller holds vmap_purge_lock. @linux mm/vmalloc.c purge_fragmented_blocks */
function purge_fragmented_blocks(cpu: u8): void {
  let purge_list: u32 = 0;
  rcu_read_lock();
  let vb = free_list[headOf(cpu)].next;
  while (vb < VMAP_BLOCKS) {
    BUG_ON(!blockIsAllocated[vb] && readers[vb] === 0, "a block that was freed is on a list");
    spin_lock(vmap_block[vb].lock);
    if (purge_fragmented_block(vb, true)) purge_list |= 1 << vb;
    spin_unlock(vmap_block[vb].lock);
    vb = free_list[vb].next;
  }
  rcu_read_unlock();
  free_purged_blocks(purge_list);
}

/** When addresses run out. Caller holds vmap_purge_lock. @linux mm/vmalloc.c purge_fragmented_blocks_allcpus */
export function purge_fragmented_blocks_allcpus(): void {
  if (!areListsReady) return;
  for (let cpu: u8 = 0; cpu < NR_CPUS; cpu++) purge_fragmented_blocks(cpu);
}

/** @linux mm/vmalloc.c vb_alloc */
function vb_alloc(pages: u32): vaddr_t {
  const cpu = smp_processor_id();
  let vaddr: vaddr_t = NULL;
  rcu_read_lock();
  let vb = free_list[headOf(cpu)].next;
  while (vb < VMAP_BLOCKS && vaddr === NULL) {
    BUG_ON(!blockIsAllocated[vb] && readers[vb] === 0, "a block that was freed is on a list");
    if (vmap_block[vb].free >= pages) vaddr = takePages(vb, pages);
    if (vaddr === NULL) vb = free_list[vb].next;
  }
  rcu_read_unlock();
  return vaddr === NULL ? new_vmap_block(pages) : vaddr;
}

/** The next pages of a block, unless somebody was faster. The last ones take it off its list. */
function takePages(vb: u8, pages: u32): vaddr_t {
  let vaddr: vaddr_t = NULL;
  spin_lock(vmap_block[vb].lock);
  const free = vmap_block[vb].free;
  if (free >= pages) {
    vaddr = vmap_block[vb].va_start + VMAP_BBMAP_BITS - free;
    vmap_block[vb].free = free - pages;
    if (free === pages) {
      spin_lock(vmap_block_queue[smp_processor_id()].lock);
      list_del_rcu(vb);
      spin_unlock(vmap_block_queue[smp_processor_id()].lock);
    }
  }
  spin_unlock(vmap_block[vb].lock);
  return vaddr;
}

/** @linux mm/vmalloc.c vb_free */
function vb_free(addr: vaddr_t, pages: u32): void {
  flush_cache_vunmap(addr, addr + pages);
  const offset = addr % VMAP_BBMAP_BITS;
  const entry = vmap_blocks[addr_to_vb_idx(addr)]; // xa_load()
  BUG_ON(entry === 0, "pages are given back to a block that is not there");
  const vb = u8(entry - 1);
  __vunmap_range_noflush(addr, addr + pages);
  if (debug_pagealloc_enabled) flush_tlb_kernel_range(addr, addr + pages);
  spin_lock(vmap_block[vb].lock);
  if (offset < vmap_block[vb].dirty_min) vmap_block[vb].dirty_min = offset;
  if (offset + pages > vmap_block[vb].dirty_max) vmap_block[vb].dirty_max = offset + pages;
  const dirty = vmap_block[vb].dirty + pages;
  vmap_block[vb].dirty = dirty;
  BUG_ON(dirty === VMAP_BBMAP_BITS && vmap_block[vb].free !== 0, "more pages came back than were handed out");
  spin_unlock(vmap_block[vb].lock);
  if (dirty === VMAP_BBMAP_BITS) free_vmap_block(vb);
}

// ---- for the rest of the kernel ----

/** Maps pages[first] … for a short time; NULL if there is no room. `count` is a power of two. May sleep. @linux mm/vmalloc.c vm_map_ram */
export function vm_map_ram(pages: FixedArray<page_t>, first: u32, count: u32): vaddr_t {
  const addr = vb_alloc(count);
  if (addr === NULL) return NULL;
  if (vmap_pages_range(addr, addr + count, pages, first) < 0) {
    vm_unmap_ram(addr, count);
    return NULL;
  }
  return addr;
}

/** The TLBs may remember the mapping: see vm_unmap_aliases(). May sleep. @linux mm/vmalloc.c vm_unmap_ram */
export function vm_unmap_ram(addr: vaddr_t, count: u32): void {
  might_sleep();
  vb_free(addr, count);
}

/**
 * No TLB remembers anything that was unmapped before: for who gives pages a new kind of mapping. May sleep.
 * @linux mm/vmalloc.c vm_unmap_aliases
 */
export function vm_unmap_aliases(): void {
  let start: vaddr_t = VMALLOC_END;
  let end: vaddr_t = VMALLOC_START;
  let flush = false;
  let purge_list: u32 = 0;
  mutex_lock(vmap_purge_lock);
  for (let cpu: u8 = 0; cpu < NR_CPUS; cpu++) {
    rcu_read_lock();
    for (let idx: u32 = 0; idx <= VMALLOC_PAGES / VMAP_BBMAP_BITS; idx++) {
      if (addr_to_vb_xa((idx + VMALLOC_START / VMAP_BBMAP_BITS) * VMAP_BBMAP_BITS) !== cpu) continue;
      const entry = vmap_blocks[idx]; // xa_for_each()
      if (entry === 0) continue;
      const vb = u8(entry - 1);
      spin_lock(vmap_block[vb].lock);
      if (purge_fragmented_block(vb, false)) purge_list |= 1 << vb;
      else if (vmap_block[vb].dirty_max !== 0 && vmap_block[vb].dirty !== VMAP_BBMAP_BITS) {
        const s = vmap_block[vb].va_start + vmap_block[vb].dirty_min;
        const e = vmap_block[vb].va_start + vmap_block[vb].dirty_max;
        if (s < start) start = s;
        if (e > end) end = e;
        vmap_block[vb].dirty_min = VMAP_BBMAP_BITS; // what is flushed now need not be again
        vmap_block[vb].dirty_max = 0;
        flush = true;
      }
      spin_unlock(vmap_block[vb].lock);
    }
    rcu_read_unlock();
  }
  free_purged_blocks(purge_list);
  if (!__purge_vmap_area_lazy(start, end) && flush) flush_tlb_kernel_range(start, end);
  mutex_unlock(vmap_purge_lock);
}
