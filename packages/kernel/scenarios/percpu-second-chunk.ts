/**
 * The first chunk is full. A task allocates two areas of a page, uses and frees them, for ever; the first chunk, which boot
 * made, has room for one, so that the other one needs a chunk of its own. There are pages for it.
 *
 * A kernel whose allocator cannot make a second chunk links and boots: it is found here.
 */
import { ipiRaised } from "../../machine/gic.ts";
import { do_handle_IPI } from "../arch/arm/kernel/smp.ts";
import { __alloc_percpu, free_percpu } from "../mm/percpu.ts";
import { pcpu_create_chunk } from "../mm/percpu-vm.ts";
import { PAGE, SMALL_PERCPU, start_kernel_with_percpu, useArea } from "./support/percpu.ts";

/** Areas of the task. */
const AREAS = 2;
const areas = array(u32, AREAS);

function allocateForEver(): void {
  for (;;) {
    for (let i: u8 = 0; i < AREAS; i++) {
      const area = __alloc_percpu(PAGE, PAGE);
      lost_if(area === NULL, "there are pages, and percpu memory has run out: no second chunk");
      areas[i] = area;
      if (area !== NULL) useArea(area);
    }
    for (let i: u8 = 0; i < AREAS; i++) free_percpu(areas[i]);
  }
}

export const percpuSecondChunk = scenario({
  about: "a task allocates more percpu memory than the first chunk has",
  sizes: { ...SMALL_PERCPU, LOW_PAGES: 8, VMALLOC_PAGES: 8, PCPU_CHUNKS: 3 },
  boot: start_kernel_with_percpu,
  tasks: onCpu(0, allocateForEver),
  interrupts: whileRaised(ipiRaised, do_handle_IPI),
  witnesses: {
    "a chunk is made": returns(pcpu_create_chunk),
  },
});
