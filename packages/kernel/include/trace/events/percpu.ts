/**
 * The allocator's tracepoints: where somebody may look on. They do nothing; what runs the kernel at full size listens.
 */
import type { vaddr_t } from "../../../../machine/memory-map.ts";

/** @linux include/trace/events/percpu.h percpu_create_chunk */
export function trace_percpu_create_chunk(_base_addr: vaddr_t): void {}

/** @linux include/trace/events/percpu.h percpu_destroy_chunk */
export function trace_percpu_destroy_chunk(_base_addr: vaddr_t): void {}

/** @linux include/trace/events/percpu.h percpu_alloc_percpu */
export function trace_percpu_alloc_percpu(_base_addr: vaddr_t, _off: i32): void {}

/** @linux include/trace/events/percpu.h percpu_free_percpu */
export function trace_percpu_free_percpu(_base_addr: vaddr_t, _off: i32): void {}
