/**
 * Sleeping, and who runs. One task runs on each CPU; while it sleeps the CPU is idle with interrupts on. A scenario may
 * give its CPUs more tasks (TASKS) and switch between them; where each has one, `current` never changes.
 */
import { __kmap_local_sched_in, __kmap_local_sched_out, kmap_local_in_use } from "../../mm/highmem.ts";

export const TASK_RUNNING = 0;
export const TASK_UNINTERRUPTIBLE = 2;

/** By task (the CPU it runs on). Written by the task itself and by whoever wakes it. @linux include/linux/sched.h __state */
export const task_state = per_cpu(u8);

/** Tasks of a CPU that have state of their own. */
export const TASKS = size("TASKS", 1);
/** By CPU: which of its tasks runs. @linux arch/arm/include/asm/current.h current */
export const current = per_cpu(u8);

/** @linux include/linux/sched.h __set_current_state */
export function __set_current_state(state: u8): void {
  task_state[smp_processor_id()] = state;
}

/**
 * Lets another task of this CPU run; the caller goes on as that task. @linux kernel/sched/core.c context_switch
 */
export function context_switch(next: u8): void {
  const cpu = smp_processor_id();
  local_irq_disable();
  if (CONFIG.KMAP_LOCAL && kmap_local_in_use()) __kmap_local_sched_out(); // prepare_task_switch()
  current[cpu] = next;
  if (CONFIG.KMAP_LOCAL && kmap_local_in_use()) __kmap_local_sched_in(); // finish_task_switch()
  local_irq_enable();
}

/** Sleeps until woken; returns at once if already woken. @linux kernel/sched/core.c schedule */
export function schedule(): void {
  might_sleep();
  wait_until(task_state[smp_processor_id()] === TASK_RUNNING, "to be woken");
}
