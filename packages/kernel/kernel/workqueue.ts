/**
 * The kworker's side of a workqueue, for the one work that this layer has: the percpu allocator's balance work. In Linux the
 * work itself names its function, which is therefore live whoever schedules it; here this object does.
 *
 * Not modelled: the queue, its order, and the pool of workers. A scenario has one task that waits until the work is pending.
 */
import { pcpu_balance_workfn } from "../mm/percpu-balance.ts";
import { pcpu_balance_work } from "../mm/percpu-internal.ts";

/** From the moment it is no longer pending, whoever schedules it asks for another run. @linux kernel/workqueue.c process_one_work */
export function process_one_work(): void {
  pcpu_balance_work.pending = false;
  pcpu_balance_workfn();
}
