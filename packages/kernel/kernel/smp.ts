/**
 * Calling a function on other CPUs and waiting for them.
 *
 * The caller puts a call_single_data on the target's queue, raises an IPI, and waits until the target's interrupt
 * handler has run the function and unlocked the csd:
 *
 *      CPU0  csd = locked, queued ── raise ──►  CPU1  IPI: take the queue
 *            csd_lock_wait  ◄──────────────────       func(); csd_unlock
 *
 * Therefore no caller may have interrupts off: two callers would wait for each other's handler for ever, and so would
 * a caller for a CPU that waits, interrupts off, for a lock that the caller holds. This file only checks; it cannot help.
 */
import { NR_CPUS, type vaddr_t } from "../../machine/memory-map.ts";
import { arch_send_call_function_ipi_mask } from "../arch/arm/kernel/smp.ts";

/** What is called: a function of an address range, which is all that this layer's callers pass. @linux include/linux/smp.h smp_call_func_t */
export type smp_call_func_t = (start: vaddr_t, end: vaddr_t) => void;

/** By caller and target. func is null while the csd is unlocked. @linux kernel/smp.c cfd_data */
const csd = per_cpu(array(struct({ func: fn<smp_call_func_t>(), start: u32, end: u32 }), NR_CPUS));
/** By target: a bit for each caller whose csd is queued. @linux kernel/smp.c call_single_queue */
const call_single_queue = per_cpu(u8);

/** @linux kernel/smp.c csd_lock_wait */
function csd_lock_wait(cpu: u8): void {
  wait_for_cpu(cpu, csd[smp_processor_id()][cpu].func === null, "answer an IPI");
}

/**
 * Fills the csd and queues it. The stores before the publication are ordered by it and seen by nobody earlier, so all
 * is one action. Returns whether the queue was empty, that is, whether an IPI must be raised. @linux lib/llist.c llist_add_batch
 */
function queueCsd(cpu: u8, func: smp_call_func_t, start: vaddr_t, end: vaddr_t): bool {
  const me = smp_processor_id();
  atomic: {
    csd[me][cpu].func = func;
    csd[me][cpu].start = start;
    csd[me][cpu].end = end;
    const empty = call_single_queue[cpu] === 0;
    call_single_queue[cpu] |= 1 << me;
    return empty;
  }
}

/** @linux kernel/smp.c csd_unlock */
function csd_unlock(caller: u8): void {
  const me = smp_processor_id();
  atomic: {
    csd[caller][me].start = 0; // dead from here on; left behind, it would tell apart states that are the same
    csd[caller][me].end = 0;
    csd[caller][me].func = null;
  }
}

/**
 * Runs func on every CPU but this one and waits until all have. @linux kernel/smp.c smp_call_function_many_cond
 */
export function smp_call_function(func: smp_call_func_t, start: vaddr_t, end: vaddr_t): void {
  const me = smp_processor_id();
  lockdep_assert_irqs_enabled();
  let mask: u8 = 0;
  for (let cpu: u8 = 0; cpu < NR_CPUS; cpu++) {
    if (cpu === me) continue;
    csd_lock_wait(cpu); // the last call may still be running there
    if (queueCsd(cpu, func, start, end)) mask |= 1 << cpu;
  }
  if (mask !== 0) arch_send_call_function_ipi_mask(mask);
  for (let cpu: u8 = 0; cpu < NR_CPUS; cpu++) {
    if (cpu !== me) csd_lock_wait(cpu);
  }
}

/** Runs func on every CPU, this one included, and waits. @linux kernel/smp.c on_each_cpu_cond_mask */
export function on_each_cpu(func: smp_call_func_t, start: vaddr_t, end: vaddr_t): void {
  smp_call_function(func, start, end);
  const flags = local_irq_save();
  func(start, end);
  local_irq_restore(flags);
}

/** The target's side, in its interrupt handler. @linux kernel/smp.c __flush_smp_call_function_queue */
export function generic_smp_call_function_interrupt(): void {
  let entries: u8 = 0;
  atomic: {
    entries = call_single_queue[smp_processor_id()]; // llist_del_all
    call_single_queue[smp_processor_id()] = 0;
  }
  for (let caller: u8 = 0; caller < NR_CPUS; caller++) {
    if ((entries & (1 << caller)) === 0) continue;
    runCsd(caller);
    csd_unlock(caller);
  }
}

/** A locked csd is the handler's alone, so its fields are read together. */
function runCsd(caller: u8): void {
  const me = smp_processor_id();
  let func: smp_call_func_t | null = null;
  let start: vaddr_t = 0;
  let end: vaddr_t = 0;
  atomic: {
    func = csd[caller][me].func;
    start = csd[caller][me].start;
    end = csd[caller][me].end;
  }
  if (func !== null) func(start, end);
}
