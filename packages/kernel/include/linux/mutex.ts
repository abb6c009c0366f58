/**
 * Locks whose holder may sleep. Tasks only.
 */

/** @linux include/linux/mutex.h mutex_lock */
export function mutex_lock(lock: mutex_t): void {
  might_sleep();
  lock_acquire(lock);
}

/** @linux include/linux/mutex.h mutex_unlock */
export function mutex_unlock(lock: mutex_t): void {
  lock_release(lock);
}
