/**
 * The percpu allocator of Linux 2.6.31 to 4.13, as far as bugs 16 and 17 need it: a chunk keeps an array of its areas, which
 * grows when it is full. An allocation in an interrupt cannot let it grow; it fails, and the balance work does it (3.18). pcpu_lock guards the chunk and is taken by free_percpu() in interrupts; memory for the array
 * comes from vmalloc, whose lock is not meant for interrupts:
 *
 *      pcpu_lock        interrupts off, taken in interrupts       must not be held while
 *      vmap_area_lock   interrupts on, taken by tasks only        taking this one
 *
 * Today's percpu has a bitmap of fixed size, so none of this is in mm/.
 */
import { start_kernel } from "../arch/arm/kernel/setup.ts";
import { spin_lock, spin_lock_irqsave, spin_unlock, spin_unlock_irqrestore } from "../include/linux/spinlock.ts";

/** Areas of the chunk, and how long its array is when it is new. */
const CHUNK_AREAS = size("CHUNK_AREAS", 128);
const PCPU_DFL_MAP_ALLOC = 1;

/** @linux mm/percpu.c pcpu_alloc_mutex */
const pcpu_alloc_mutex = mutex();
/** @linux mm/percpu.c pcpu_lock */
const pcpu_lock = spinlock();
/** Areas in use, and for how many the array has room. @linux mm/percpu.c pcpu_chunk */
let map_used: u8 = guarded_by(pcpu_lock, 0);
let map_alloc: u8 = guarded_by(pcpu_lock, 1);
/** Which chunk this is: another number after the old one was freed and a new one made. */
let chunkNumber: bool = guarded_by(pcpu_lock, false);
/** An allocation in an interrupt found the array full. @linux mm/percpu.c map_extend_list */
let mapExtendIsDue: bool = guarded_by(pcpu_lock, false);

// ---- mm/vmalloc.c, as far as its lock goes ----

/** @linux mm/vmalloc.c vmap_area_lock */
const vmap_area_lock = spinlock();
/** Areas of vmalloc in use; the chunk's array is one. */
let vmapAreas: u8 = guarded_by(vmap_area_lock, 1);

/** @linux mm/vmalloc.c vmalloc */
function vmalloc(): void {
  spin_lock(vmap_area_lock);
  vmapAreas++;
  spin_unlock(vmap_area_lock);
}

/** Not with interrupts off. @linux mm/vmalloc.c vfree */
function vfree(): void {
  spin_lock(vmap_area_lock);
  BUG_ON(vmapAreas === 0, "vfree() of an area that is not there");
  vmapAreas--;
  spin_unlock(vmap_area_lock);
}

// ---- mm/percpu.c ----

/** Sleeps. @linux mm/percpu.c pcpu_mem_alloc */
function pcpu_mem_alloc(): void {
  might_sleep();
  vmalloc();
}

/** @linux mm/percpu.c pcpu_mem_free */
function pcpu_mem_free(): void {
  vfree();
}

/** The length that the array must get, or 0 if it will do. Caller holds pcpu_lock. @linux mm/percpu.c pcpu_need_to_extend */
function pcpu_need_to_extend(): u8 {
  if (map_alloc > map_used) return 0;
  return u8(map_used + 1);
}

/** Caller holds pcpu_alloc_mutex, so nobody else lets the chunk grow meanwhile, or frees it. @linux mm/percpu.c pcpu_extend_area_map */
function pcpu_extend_area_map(chunk: bool, new_alloc: u8): void {
  pcpu_mem_alloc();
  const flags = spin_lock_irqsave(pcpu_lock);
  BUG_ON(chunk !== chunkNumber, "the array of a chunk grows that was freed meanwhile");
  map_alloc = new_alloc;
  spin_unlock_irqrestore(pcpu_lock, flags);
  pcpu_mem_free(); // the old array, outside the lock: it may be vmalloc's
}

/** @linux mm/percpu.c pcpu_alloc */
function pcpu_alloc(): void {
  lock_acquire(pcpu_alloc_mutex);
  let flags = spin_lock_irqsave(pcpu_lock);
  while (map_used < CHUNK_AREAS && pcpu_need_to_extend() !== 0) {
    const chunk = chunkNumber;
    const new_alloc = pcpu_need_to_extend();
    spin_unlock_irqrestore(pcpu_lock, flags);
    pcpu_extend_area_map(chunk, new_alloc);
    flags = spin_lock_irqsave(pcpu_lock); // the lock was dropped: interrupts may have taken the new room, so look again
  }
  if (map_used < CHUNK_AREAS) map_used++;
  spin_unlock_irqrestore(pcpu_lock, flags);
  lock_release(pcpu_alloc_mutex);
}

/** With GFP_ATOMIC: only where there is room. From any context. @linux mm/percpu.c pcpu_alloc */
function pcpu_alloc_atomic(): void {
  const flags = spin_lock_irqsave(pcpu_lock);
  if (map_used < CHUNK_AREAS) {
    if (pcpu_need_to_extend() === 0) map_used++;
    else mapExtendIsDue = true;
  }
  spin_unlock_irqrestore(pcpu_lock, flags);
}

/** From any context. @linux mm/percpu.c free_percpu */
function free_percpu(): void {
  const flags = spin_lock_irqsave(pcpu_lock);
  if (map_used > 0) map_used--;
  spin_unlock_irqrestore(pcpu_lock, flags);
}

/** An empty chunk goes away, and a new one comes with a short array. @linux mm/percpu.c pcpu_reclaim */
function pcpu_reclaim(): void {
  lock_acquire(pcpu_alloc_mutex);
  const flags = spin_lock_irqsave(pcpu_lock);
  if (map_used === 0) {
    map_alloc = PCPU_DFL_MAP_ALLOC;
    mapExtendIsDue = false;
    chunkNumber = !chunkNumber;
  }
  spin_unlock_irqrestore(pcpu_lock, flags);
  lock_release(pcpu_alloc_mutex);
}

/** The array grows for the next allocation in an interrupt. @linux mm/percpu.c pcpu_balance_workfn */
function extendAreaMap(): void {
  lock_acquire(pcpu_alloc_mutex);
  const flags = spin_lock_irqsave(pcpu_lock);
  const chunk = chunkNumber;
  const isDue = mapExtendIsDue;
  const new_alloc = pcpu_need_to_extend();
  mapExtendIsDue = false;
  spin_unlock_irqrestore(pcpu_lock, flags);
  if (isDue && new_alloc !== 0) pcpu_extend_area_map(chunk, new_alloc);
  lock_release(pcpu_alloc_mutex);
}

function percpuInterrupt(): void {
  if (choose(2) === 0) free_percpu();
  else pcpu_alloc_atomic();
}

function allocateForEver(): void {
  for (;;) {
    const what = choose(4);
    if (what === 0) pcpu_alloc();
    else if (what === 1) pcpu_reclaim();
    else if (what === 2) extendAreaMap();
    else {
      vmalloc(); // somebody who has nothing to do with percpu
      vfree();
    }
  }
}

function vmallocIsInUse(): bool {
  return vmapAreas > 1;
}

export const percpuAreaMap = scenario({
  about: "tasks allocate percpu areas, whose chunk must grow, while interrupts allocate and free some",
  sizes: { NR_CPUS: 2, LAST_PKMAP: 1, HIGH_PAGES: 1, KM_MAX_IDX: 1, CHUNK_AREAS: 2 },
  boot: start_kernel,
  tasks: everyCpu(allocateForEver),
  interrupts: anyCpu(percpuInterrupt),
  witnesses: {
    "the chunk's map grows": reaches(pcpu_extend_area_map),
    "an interrupt allocates": reaches(pcpu_alloc_atomic),
    "an area is freed in an interrupt": reaches(free_percpu),
    "an area is freed while a task uses vmalloc": reaches(free_percpu, vmallocIsInUse),
  },
});
