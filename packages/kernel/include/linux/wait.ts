/**
 * Wait queues: who sleeps, and who is woken. A task is named by the CPU it runs on.
 *
 * Linux holds wq_head->lock, interrupts off, around each of these few instructions and calls nothing that waits
 * meanwhile; nothing can be seen in between, so each is one action here. The head's list is a bit for each task.
 */
import { NR_CPUS } from "../../../machine/memory-map.ts";
import { TASK_RUNNING, task_state } from "../../kernel/sched/core.ts";

/** A bit for each task that sleeps. @linux include/linux/wait.h wait_queue_head */
export const wait_queue_head = struct({ waiting: u8 });
export type wait_queue_head_t = { waiting: u8 };

/** @linux kernel/sched/wait.c add_wait_queue */
export function add_wait_queue(wq_head: wait_queue_head_t): void {
  atomic: {
    wq_head.waiting |= 1 << smp_processor_id();
  }
}

/** @linux kernel/sched/wait.c remove_wait_queue */
export function remove_wait_queue(wq_head: wait_queue_head_t): void {
  atomic: {
    wq_head.waiting &= ~(1 << smp_processor_id());
  }
}

/** Without the queue's lock: what it says may be old by the time it is used. @linux include/linux/wait.h waitqueue_active */
export function waitqueue_active(wq_head: wait_queue_head_t): bool {
  return wq_head.waiting !== 0;
}

/** Every sleeper becomes runnable; it takes itself off the queue. @linux include/linux/wait.h wake_up */
export function wake_up(wq_head: wait_queue_head_t): void {
  atomic: {
    for (let task: u8 = 0; task < NR_CPUS; task++) {
      if ((wq_head.waiting & (1 << task)) !== 0) task_state[task] = TASK_RUNNING;
    }
  }
}
