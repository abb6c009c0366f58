/**
 * Work that runs later, in a task. What is scheduled while it is pending runs once; what is scheduled while it runs will run
 * again, but never twice at the same time. A scenario has a task for it that waits until it is pending, clears that, and runs
 * it: a kworker.
 */

/** @linux include/linux/workqueue_types.h work_struct */
export const work_struct = struct({ pending: bool });
export type work_struct_t = { pending: bool };

/** From any context. @linux include/linux/workqueue.h schedule_work */
export function schedule_work(work: work_struct_t): void {
  work.pending = true;
}
