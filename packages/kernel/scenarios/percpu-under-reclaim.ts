/**
 * Memory is short while pcpu_alloc_mutex is held: who waits for a page may have to free some first, and what is freed may
 * be percpu memory, or a filesystem's. So nobody may need the mutex to free percpu memory (bug 14), and whoever holds it may
 * not wait for a filesystem in whose transaction somebody else waits for the mutex (bug 18):
 *
 *      a transaction       holds it, so reclaim must stay out of the filesystem (NOFS), and waits for pcpu_alloc_mutex
 *      the balance work    holds pcpu_alloc_mutex, so its reclaim must stay out of it, too (NOIO)
 *
 * This is the allocator's locks alone, in the order of mm/percpu.ts, on a page allocator that says what it was asked for. Nobody
 * here allocates with plain GFP_KERNEL: in Linux such a task holds the mutex with all of reclaim allowed, and the same
 * circle is open to it.
 */
import { start_kernel } from "../arch/arm/kernel/setup.ts";
import { mutex_lock, mutex_unlock } from "../include/linux/mutex.ts";
import { spin_lock_irqsave, spin_unlock_irqrestore } from "../include/linux/spinlock.ts";

/** The caller may sleep, and kswapd be woken. */
const __GFP_RECLAIM = 0xc00;
/** @linux include/linux/gfp_types.h __GFP_IO */
const __GFP_IO = 0x40;
/** @linux include/linux/gfp_types.h __GFP_FS */
const __GFP_FS = 0x80;
/** With what reclaim may do, of which gfp.ts says nothing. @linux include/linux/gfp_types.h GFP_KERNEL */
const GFP_KERNEL = __GFP_RECLAIM | __GFP_IO | __GFP_FS;

/** @linux mm/percpu.c pcpu_alloc_mutex */
const pcpu_alloc_mutex = mutex();
/** @linux mm/percpu.c pcpu_lock */
const pcpu_lock = spinlock();
/** Areas in use, of as many as there are. */
let areasInUse: u8 = guarded_by(pcpu_lock, 0);
const MAX_AREAS = 1;

/** What a transaction of the filesystem holds, and what it takes to free an inode. */
const transaction = mutex();

/** By CPU, of its task: what it may not ask for, the scope that it is in. @linux include/linux/sched.h task_struct */
const forbidden = per_cpu(array(u32, 1));

/** @linux include/linux/sched/mm.h current_gfp_context */
function current_gfp_context(flags: u32): u32 {
  return flags & ~forbidden[smp_processor_id()][0];
}

/** @linux include/linux/sched/mm.h memalloc_nofs_save */
function memalloc_nofs_save(): u32 {
  const before = forbidden[smp_processor_id()][0];
  forbidden[smp_processor_id()][0] = before | __GFP_FS;
  return before;
}

/** @linux include/linux/sched/mm.h memalloc_noio_save */
function memalloc_noio_save(): u32 {
  const before = forbidden[smp_processor_id()][0];
  forbidden[smp_processor_id()][0] = before | __GFP_IO | __GFP_FS;
  return before;
}

/** @linux include/linux/sched/mm.h memalloc_noio_restore */
function memalloc_restore(before: u32): void {
  forbidden[smp_processor_id()][0] = before;
}

/** A shrinker that needs no filesystem finds something to free, which has a percpu area. @linux mm/shrinker.c shrink_slab */
function shrink_slab(): void {
  free_percpu();
}

/** Inodes are freed in a transaction. @linux fs/super.c super_cache_scan */
function super_cache_scan(): void {
  mutex_lock(transaction);
  mutex_unlock(transaction);
}

/** Whether there is a page at once is the machine's affair. @linux mm/page_alloc.c __alloc_pages_direct_reclaim */
function alloc_page(flags: u32): void {
  const gfp = current_gfp_context(flags);
  might_sleep();
  if (choose(2) === 0) return;
  shrink_slab();
  if ((gfp & __GFP_FS) !== 0) super_cache_scan();
}

// ---- mm/percpu.c ----

/** May sleep. @linux mm/percpu.c pcpu_alloc_noprof */
function pcpu_alloc(flags: u32): void {
  const gfp = current_gfp_context(flags);
  mutex_lock(pcpu_alloc_mutex);
  const saved = spin_lock_irqsave(pcpu_lock);
  const isFull = areasInUse >= MAX_AREAS;
  if (!isFull) areasInUse++;
  spin_unlock_irqrestore(pcpu_lock, saved);
  if (!isFull) alloc_page(gfp); // pcpu_populate_chunk()
  mutex_unlock(pcpu_alloc_mutex);
}

/** Of any area. From any context. @linux mm/percpu.c free_percpu */
function free_percpu(): void {
  const saved = spin_lock_irqsave(pcpu_lock);
  if (areasInUse > 0) areasInUse--;
  spin_unlock_irqrestore(pcpu_lock, saved);
}

/** @linux mm/percpu.c pcpu_balance_workfn */
function pcpu_balance_workfn(): void {
  const before = memalloc_noio_save();
  mutex_lock(pcpu_alloc_mutex);
  alloc_page(GFP_KERNEL); // pcpu_balance_populated()
  mutex_unlock(pcpu_alloc_mutex);
  memalloc_restore(before);
}

function transactForEver(): void {
  for (;;) {
    mutex_lock(transaction);
    const before = memalloc_nofs_save();
    pcpu_alloc(GFP_KERNEL);
    memalloc_restore(before);
    mutex_unlock(transaction);
    free_percpu();
  }
}

function balanceForEver(): void {
  for (;;) pcpu_balance_workfn();
}

export const percpuUnderReclaim = scenario({
  about: "a filesystem's transaction and the balance work need percpu memory while pages must be reclaimed for it",
  sizes: { NR_CPUS: 2, LAST_PKMAP: 1, HIGH_PAGES: 1, KM_MAX_IDX: 1 },
  needs: ["SMP"],
  boot: start_kernel,
  tasks: [onCpu(0, transactForEver), onCpu(1, balanceForEver)],
  witnesses: {
    "reclaim frees percpu memory": reaches(shrink_slab),
    "the balance work allocates": reaches(pcpu_balance_workfn),
  },
});
