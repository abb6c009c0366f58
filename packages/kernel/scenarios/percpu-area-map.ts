/**
 * The percpu allocator of Linux 2.6.31 to 4.13, as far as bug 16 needs it: a chunk keeps an array of its areas, which
 * grows when it is full. pcpu_lock guards the chunk and is taken by free_percpu() in interrupts; memory for the array
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

/** Caller holds pcpu_alloc_mutex, so nobody else lets the chunk grow meanwhile. @linux mm/percpu.c pcpu_extend_area_map */
function pcpu_extend_area_map(new_alloc: u8): void {
  pcpu_mem_alloc();
  const flags = spin_lock_irqsave(pcpu_lock);
  map_alloc = new_alloc;
  spin_unlock_irqrestore(pcpu_lock, flags);
  pcpu_mem_free(); // the old array, outside the lock: it may be vmalloc's
}

/** @linux mm/percpu.c pcpu_alloc */
function pcpu_alloc(): void {
  lock_acquire(pcpu_alloc_mutex);
  let flags = spin_lock_irqsave(pcpu_lock);
  if (map_used < CHUNK_AREAS) {
    const new_alloc = pcpu_need_to_extend();
    if (new_alloc !== 0) {
      spin_unlock_irqrestore(pcpu_lock, flags);
      pcpu_extend_area_map(new_alloc);
      flags = spin_lock_irqsave(pcpu_lock);
    }
    BUG_ON(map_used >= map_alloc, "an area has no place in the map");
    map_used++;
  }
  spin_unlock_irqrestore(pcpu_lock, flags);
  lock_release(pcpu_alloc_mutex);
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
  if (map_used === 0) map_alloc = PCPU_DFL_MAP_ALLOC;
  spin_unlock_irqrestore(pcpu_lock, flags);
  lock_release(pcpu_alloc_mutex);
}

function allocateForEver(): void {
  for (;;) {
    const what = choose(3);
    if (what === 0) pcpu_alloc();
    else if (what === 1) pcpu_reclaim();
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
  about: "tasks allocate percpu areas, whose chunk must grow, while interrupts free some",
  sizes: { NR_CPUS: 2, LAST_PKMAP: 1, HIGH_PAGES: 1, KM_MAX_IDX: 1, CHUNK_AREAS: 2 },
  boot: start_kernel,
  tasks: everyCpu(allocateForEver),
  interrupts: anyCpu(free_percpu),
  witnesses: {
    "the chunk's map grows": reaches(pcpu_extend_area_map),
    "an area is freed in an interrupt": reaches(free_percpu),
    "an area is freed while a task uses vmalloc": reaches(free_percpu, vmallocIsInUse),
  },
});
