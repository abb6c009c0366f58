/**
 * Running a percpu trace on an allocator that is compiled already. An entry of its own, because it needs no compiler and starts
 * at once.
 */
export { KernelBug } from "./percpu/host.js";
export {
  type AllocatorRequest,
  allocatorRequest,
  PercpuTrace,
  type PercpuTraceOptions,
  type TracePrinter,
} from "./percpu/trace.js";
