/**
 * The interrupt controller, as far as one software-generated interrupt needs: a pending bit for each CPU.
 */
import { NR_CPUS } from "./memory-map.ts";

/** The IPI is pending at the CPU; it is taken as soon as the CPU's interrupts are enabled. */
export const ipiRaised = per_cpu(bool);

/** One write to GICD_SGIR: the IPI becomes pending on every CPU of `mask` at once. */
export function raiseIpi(mask: u8): void {
  atomic: {
    for (let cpu: u8 = 0; cpu < NR_CPUS; cpu++) {
      if ((mask & (1 << cpu)) !== 0) ipiRaised[cpu] = true;
    }
  }
}

/** The read of GICC_IAR: the interrupt is no longer pending, and may become so again. */
export function acknowledgeIpi(): void {
  ipiRaised[smp_processor_id()] = false;
}
