/**
 * ARM's end of inter-processor interrupts.
 */
import { acknowledgeIpi, raiseIpi } from "../../../../machine/gic.ts";
import { generic_smp_call_function_interrupt } from "../../../kernel/smp.ts";

/** @linux arch/arm/kernel/smp.c arch_send_call_function_ipi_mask */
export function arch_send_call_function_ipi_mask(mask: u8): void {
  raiseIpi(mask);
}

/** IPI_CALL_FUNC, the only one this layer uses. @linux arch/arm/kernel/smp.c do_handle_IPI */
export function do_handle_IPI(): void {
  acknowledgeIpi(); // before the queue is read, so that a call queued later raises the interrupt again
  generic_smp_call_function_interrupt();
}
