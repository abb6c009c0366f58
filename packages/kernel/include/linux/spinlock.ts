/**
 * Spinlocks. A CPU that waits is blocked, not spinning: the search needs no step for each turn of a loop. What differs
 * between the forms is what the waiting CPU still hears: spin_lock() leaves interrupts as they are, the others wait
 * with interrupts off.
 */

/** @linux include/linux/spinlock.h spin_lock */
export function spin_lock(lock: spinlock_t): void {
  lock_acquire(lock);
}

/** @linux include/linux/spinlock.h spin_unlock */
export function spin_unlock(lock: spinlock_t): void {
  lock_release(lock);
}

/** @linux include/linux/spinlock.h spin_lock_irq */
export function spin_lock_irq(lock: spinlock_t): void {
  local_irq_disable(); // first: an interrupt that takes this lock on this CPU would never get it
  lock_acquire(lock);
}

/** @linux include/linux/spinlock.h spin_unlock_irq */
export function spin_unlock_irq(lock: spinlock_t): void {
  lock_release(lock);
  local_irq_enable();
}

/** @linux include/linux/spinlock.h spin_lock_irqsave */
export function spin_lock_irqsave(lock: spinlock_t): bool {
  const flags = local_irq_save();
  lock_acquire(lock);
  return flags;
}

/** @linux include/linux/spinlock.h spin_unlock_irqrestore */
export function spin_unlock_irqrestore(lock: spinlock_t, flags: bool): void {
  lock_release(lock);
  local_irq_restore(flags);
}
