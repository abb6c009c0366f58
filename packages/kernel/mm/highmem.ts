/**
 * Mappings of pages that lowmem does not reach.
 *
 * Permanent mappings: LAST_PKMAP slots, handed out round robin, unmapped lazily: kunmap_high() only counts down, and
 * when the search for a slot wraps, every slot that nobody uses is unmapped at once and one TLB flush makes all CPUs
 * forget. kmap_high() may sleep. kmap_high_get() may be called from any context, which is why kmap_lock may need
 * interrupts off.
 *
 * Temporary mappings (kmap_local): a slot of this CPU's fixmap, used by this context only, so a local flush is enough.
 */
import {
  FIXMAP_BASE,
  HIGH_PAGES,
  KM_MAX_IDX,
  LAST_PKMAP,
  type page_t,
  type vaddr_t,
} from "../../machine/memory-map.ts";
import { fixmap_pte, pte } from "../../machine/mmu.ts";
import { flush_cache_kmaps } from "../arch/arm/include/asm/cacheflush.ts";
import {
  ARCH_NEEDS_KMAP_HIGH_GET,
  arch_kmap_local_post_map,
  arch_kmap_local_post_unmap,
  arch_kmap_local_pre_unmap,
  PKMAP_ADDR,
  PKMAP_END,
  PKMAP_NR,
} from "../arch/arm/include/asm/highmem.ts";
import { flush_tlb_kernel_range } from "../arch/arm/include/asm/tlbflush.ts";
import {
  spin_lock,
  spin_lock_irq,
  spin_lock_irqsave,
  spin_unlock,
  spin_unlock_irq,
  spin_unlock_irqrestore,
} from "../include/linux/spinlock.ts";
import {
  add_wait_queue,
  remove_wait_queue,
  wait_queue_head,
  waitqueue_active,
  wake_up,
} from "../include/linux/wait.ts";
import { __set_current_state, current, schedule, TASK_UNINTERRUPTIBLE, TASKS } from "../kernel/sched/core.ts";

/** @linux mm/highmem.c kmap_lock */
export const kmap_lock = spinlock();
/** 0: free and flushed. 1: unused, but some TLB may still hold it. n: n - 1 users. @linux mm/highmem.c pkmap_count */
const pkmap_count = guarded_by(kmap_lock, array(u8, LAST_PKMAP));
/** The slot handed out last. @linux mm/highmem.c last_pkmap_nr */
let last_pkmap_nr: u8 = guarded_by(kmap_lock, 0);
/** Who sleeps for a slot. @linux mm/highmem.c pkmap_map_wait */
const pkmap_map_wait = shared(wait_queue_head);

/**
 * By page: its address in the permanent area, or NULL. Linux hashes pages into buckets with a lock each, held for the
 * look-up alone; a look-up is one action here. @linux mm/highmem.c page_address_map
 */
const page_address_map = array(u32, HIGH_PAGES);

/** What it returns may be gone by the time it is used, unless the caller has the page mapped. @linux mm/highmem.c page_address */
export function page_address(page: page_t): vaddr_t {
  return page_address_map[page];
}

/** @linux mm/highmem.c set_page_address */
function set_page_address(page: page_t, virtual: vaddr_t): void {
  page_address_map[page] = virtual;
}

// ---- kmap_lock: interrupts off exactly where kmap_high_get() may come from an interrupt ----

/** From a task. @linux mm/highmem.c lock_kmap */
function lock_kmap(): void {
  if (ARCH_NEEDS_KMAP_HIGH_GET) spin_lock_irq(kmap_lock);
  else spin_lock(kmap_lock);
}

/** @linux mm/highmem.c unlock_kmap */
function unlock_kmap(): void {
  if (ARCH_NEEDS_KMAP_HIGH_GET) spin_unlock_irq(kmap_lock);
  else spin_unlock(kmap_lock);
}

/** From any context. @linux mm/highmem.c lock_kmap_any */
function lock_kmap_any(): bool {
  if (ARCH_NEEDS_KMAP_HIGH_GET) return spin_lock_irqsave(kmap_lock);
  spin_lock(kmap_lock);
  return false;
}

/** @linux mm/highmem.c unlock_kmap_any */
function unlock_kmap_any(flags: bool): void {
  if (ARCH_NEEDS_KMAP_HIGH_GET) spin_unlock_irqrestore(kmap_lock, flags);
  else spin_unlock(kmap_lock);
}

// ---- permanent mappings ----

/** The next slot, round robin. @linux mm/highmem.c get_next_pkmap_nr */
function get_next_pkmap_nr(): u8 {
  last_pkmap_nr = (last_pkmap_nr + 1) % LAST_PKMAP;
  return last_pkmap_nr;
}

/** The round starts anew: time to take back what nobody uses. @linux mm/highmem.c no_more_pkmaps */
function no_more_pkmaps(pkmap_nr: u8): bool {
  return pkmap_nr === 0;
}

/** Unmaps what nobody uses, then makes every TLB forget it. Caller holds kmap_lock. @linux mm/highmem.c flush_all_zero_pkmaps */
export function flush_all_zero_pkmaps(): void {
  let need_flush = false;
  flush_cache_kmaps();
  for (let i: u8 = 0; i < LAST_PKMAP; i++) {
    // 1 is the count that only this function takes away: nobody uses the slot, but a TLB may hold it.
    if (pkmap_count[i] !== 1) continue;
    pkmap_count[i] = 0;
    const entry = pte[PKMAP_ADDR(i)];
    BUG_ON(entry === 0, "a slot with a count has no mapping");
    pte[PKMAP_ADDR(i)] = 0;
    set_page_address(entry - 1, NULL);
    need_flush = true;
  }
  if (need_flush) flush_tlb_kernel_range(PKMAP_ADDR(0), PKMAP_END); // may wait for other CPUs
}

/** Finds a slot for the page; sleeps while there is none. Caller holds kmap_lock, which is dropped to sleep. @linux mm/highmem.c map_new_virtual */
function map_new_virtual(page: page_t): vaddr_t {
  let count: u8 = LAST_PKMAP;
  for (;;) {
    const nr = get_next_pkmap_nr();
    if (no_more_pkmaps(nr)) {
      flush_all_zero_pkmaps();
      count = LAST_PKMAP;
    }
    if (pkmap_count[nr] === 0) {
      const vaddr = PKMAP_ADDR(nr);
      pte[vaddr] = page + 1;
      pkmap_count[nr] = 1;
      set_page_address(page, vaddr);
      return vaddr;
    }
    count--;
    if (count > 0) continue;
    sleepForSlot();
    const vaddr = page_address(page);
    if (vaddr !== NULL) return vaddr; // somebody mapped the page meanwhile
    count = LAST_PKMAP;
  }
}

/** The part of map_new_virtual() that sleeps. On the queue before the lock is dropped, so that no wake-up is missed. */
export function sleepForSlot(): void {
  __set_current_state(TASK_UNINTERRUPTIBLE);
  add_wait_queue(pkmap_map_wait);
  unlock_kmap();
  schedule();
  remove_wait_queue(pkmap_map_wait);
  lock_kmap();
}

/** Maps a page, or adds a user to its mapping. May sleep; interrupts must be on. @linux mm/highmem.c kmap_high */
export function kmap_high(page: page_t): vaddr_t {
  lock_kmap();
  let vaddr = page_address(page);
  if (vaddr === NULL) vaddr = map_new_virtual(page);
  pkmap_count[PKMAP_NR(vaddr)]++;
  BUG_ON(pkmap_count[PKMAP_NR(vaddr)] < 2, "a mapped page has no user");
  unlock_kmap();
  return vaddr;
}

/**
 * Adds a user to the page's mapping if it has one, else returns NULL. From any context. Exists only where
 * ARCH_NEEDS_KMAP_HIGH_GET; elsewhere it is NULL. @linux mm/highmem.c kmap_high_get
 */
export function kmap_high_get(page: page_t): vaddr_t {
  if (!ARCH_NEEDS_KMAP_HIGH_GET) return NULL;
  const flags = lock_kmap_any();
  const vaddr = page_address(page);
  if (vaddr !== NULL) {
    BUG_ON(pkmap_count[PKMAP_NR(vaddr)] < 1, "a page has an address and its slot is free");
    pkmap_count[PKMAP_NR(vaddr)]++;
  }
  unlock_kmap_any(flags);
  return vaddr;
}

/** Takes a user away; the mapping stays until the index wraps. From any context where kmap_high_get() exists. @linux mm/highmem.c kunmap_high */
export function kunmap_high(page: page_t): void {
  const flags = lock_kmap_any();
  const vaddr = page_address(page);
  BUG_ON(vaddr === NULL, "kunmap of a page that is not mapped");
  const nr = PKMAP_NR(vaddr);
  let need_wakeup = false;
  pkmap_count[nr]--;
  BUG_ON(pkmap_count[nr] === 0, "kunmap took the count that a flush must take");
  if (pkmap_count[nr] === 1) need_wakeup = waitqueue_active(pkmap_map_wait);
  unlock_kmap_any(flags);
  if (need_wakeup) wake_up(pkmap_map_wait); // outside the lock: the sleeper's first act is to take it
}

// ---- temporary mappings ----

/** With DEBUG_KMAP_LOCAL every mapping has an unmapped guard slot before it. @linux mm/highmem.c KM_INCR */
const KM_INCR = CONFIG.DEBUG_KMAP_LOCAL ? 2 : 1;
/** By CPU and task: fixmap slots in use. Interrupts count on the task that they interrupt. @linux include/linux/sched.h kmap_ctrl */
const kmap_ctrl_idx = per_cpu(array(u8, TASKS));
/** What the task's slots hold, to be put back when the task runs again. @linux include/linux/sched.h kmap_ctrl */
const kmap_ctrl_pteval = per_cpu(array(array(u32, KM_MAX_IDX), TASKS));

/** @linux mm/highmem.c kmap_local_idx_push */
function kmap_local_idx_push(): u8 {
  const cpu = smp_processor_id();
  atomic: {
    kmap_ctrl_idx[cpu][current[cpu]] += KM_INCR;
    BUG_ON(kmap_ctrl_idx[cpu][current[cpu]] > KM_MAX_IDX, "too many nested temporary mappings");
    return u8(kmap_ctrl_idx[cpu][current[cpu]] - 1);
  }
}

/** @linux mm/highmem.c kmap_local_idx_pop */
function kmap_local_idx_pop(): void {
  const cpu = smp_processor_id();
  atomic: {
    BUG_ON(kmap_ctrl_idx[cpu][current[cpu]] < KM_INCR, "kunmap_local without kmap_local");
    kmap_ctrl_idx[cpu][current[cpu]] -= KM_INCR;
  }
}

/** The task has temporary mappings. @linux kernel/sched/core.c kmap_local_sched_out */
export function kmap_local_in_use(): bool {
  return kmap_ctrl_idx[smp_processor_id()][current[smp_processor_id()]] !== 0;
}

/** Into the fixmap slot of this CPU. @linux mm/highmem.c __kmap_local_pfn_prot */
function __kmap_local_pfn_prot(page: page_t): vaddr_t {
  const cpu = smp_processor_id();
  const idx = kmap_local_idx_push();
  const vaddr: vaddr_t = FIXMAP_BASE + idx;
  BUG_ON(fixmap_pte[cpu][idx] !== 0, "a temporary mapping is still there");
  fixmap_pte[cpu][idx] = page + 1;
  arch_kmap_local_post_map(vaddr);
  kmap_ctrl_pteval[cpu][current[cpu]][idx] = page + 1;
  return vaddr;
}

/** A mapping that the page already has will do. @linux mm/highmem.c __kmap_local_page_prot */
export function __kmap_local_page_prot(page: page_t): vaddr_t {
  const kmap = kmap_high_get(page); // arch_kmap_local_high_get
  if (kmap !== NULL) return kmap;
  return __kmap_local_pfn_prot(page);
}

/** @linux mm/highmem.c kunmap_local_indexed */
export function kunmap_local_indexed(vaddr: vaddr_t, page: page_t): void {
  if (vaddr < FIXMAP_BASE) {
    kunmap_high(page); // kmap_high_unmap_local: it was the page's permanent mapping
    return;
  }
  const cpu = smp_processor_id();
  const idx = vaddr - FIXMAP_BASE;
  arch_kmap_local_pre_unmap(vaddr, page);
  fixmap_pte[cpu][idx] = 0;
  arch_kmap_local_post_unmap(vaddr);
  kmap_ctrl_pteval[cpu][current[cpu]][idx] = 0;
  kmap_local_idx_pop();
}

/**
 * The task that leaves takes its temporary mappings along: the next one's go into the same slots. Interrupts are off.
 * @linux mm/highmem.c __kmap_local_sched_out
 */
export function __kmap_local_sched_out(): void {
  const cpu = smp_processor_id();
  for (let i: u8 = 0; i < kmap_ctrl_idx[cpu][current[cpu]]; i++) {
    const pteval = kmap_ctrl_pteval[cpu][current[cpu]][i];
    if (CONFIG.DEBUG_KMAP_LOCAL && (i & 1) === 0) {
      WARN_ON(pteval !== 0, "a guard slot is mapped");
      continue;
    }
    WARN_ON(pteval === 0, "a temporary mapping is lost");
    arch_kmap_local_pre_unmap(FIXMAP_BASE + i, pteval - 1);
    fixmap_pte[cpu][i] = 0;
    arch_kmap_local_post_unmap(FIXMAP_BASE + i);
  }
}

/** The task that comes finds its temporary mappings where they were. Interrupts are off. @linux mm/highmem.c __kmap_local_sched_in */
export function __kmap_local_sched_in(): void {
  const cpu = smp_processor_id();
  for (let i: u8 = 0; i < kmap_ctrl_idx[cpu][current[cpu]]; i++) {
    const pteval = kmap_ctrl_pteval[cpu][current[cpu]][i];
    if (CONFIG.DEBUG_KMAP_LOCAL && (i & 1) === 0) {
      WARN_ON(pteval !== 0, "a guard slot is mapped");
      continue;
    }
    WARN_ON(pteval === 0, "a temporary mapping is lost");
    fixmap_pte[cpu][i] = pteval;
    arch_kmap_local_post_map(FIXMAP_BASE + i);
  }
}
