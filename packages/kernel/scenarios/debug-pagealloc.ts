/**
 * Pages come and go while the allocator's debugging unmaps what is free. A task on each CPU gets a page, writes to it
 * and gives it to the network, for ever; the interrupt, on any CPU, frees what has been sent.
 *
 * The freed page is unmapped with interrupts off, so only the freeing CPU forgets it at once. That another CPU's TLB may
 * hold it a while longer is meant to be: it weakens the debugging and harms nobody, because a page of lowmem is always
 * mapped at the same address.
 */
import { ipiRaised } from "../../machine/gic.ts";
import { LINEAR_BASE, LOW_PAGES, NO_PAGE, NR_CPUS } from "../../machine/memory-map.ts";
import { accessMemory, speculativeFill, tlb } from "../../machine/mmu.ts";
import { tlb_ops_need_broadcast } from "../arch/arm/include/asm/smp_plat.ts";
import { start_kernel } from "../arch/arm/kernel/setup.ts";
import { do_handle_IPI } from "../arch/arm/kernel/smp.ts";
import { lowmem_page_address } from "../include/linux/mm.ts";
import { __free_page, alloc_page } from "../mm/page_alloc.ts";

/** By CPU: the page that its task gave to the network, plus 1; 0 none. */
const sent = per_cpu(u8);

function sendForEver(): void {
  for (;;) {
    const page = alloc_page();
    if (page !== NO_PAGE) {
      accessMemory(lowmem_page_address(page), page);
      const cpu = smp_processor_id();
      wait_until(sent[cpu] === 0, "for the network to take a page");
      sent[cpu] = u8(page + 1);
    }
  }
}

/** Every CPU may get it, whoever sent the page. */
function networkInterrupt(): void {
  let page: u8 = 0;
  atomic: {
    for (let cpu: u8 = 0; cpu < NR_CPUS; cpu++) {
      if (page !== 0 || sent[cpu] === 0) continue;
      page = sent[cpu];
      sent[cpu] = 0;
    }
  }
  if (page === 0) return;
  __free_page(u8(page - 1));
  const isBroadcast = !tlb_ops_need_broadcast();
  witness(
    "another CPU's TLB still holds a free page, or the hardware broadcasts",
    isBroadcast || tlb[(smp_processor_id() + 1) % NR_CPUS][lowmem_page_address(u8(page - 1))] !== 0,
  );
}

function walkerSpeculates(): void {
  speculativeFill(LINEAR_BASE + choose(LOW_PAGES));
}

export const debugPagealloc = scenario({
  about: "interrupts free pages, which debugging unmaps, while other CPUs may still have them in their TLBs",
  sizes: { NR_CPUS: 2, LAST_PKMAP: 1, HIGH_PAGES: 1, KM_MAX_IDX: 1, LOW_PAGES: 3 },
  needs: ["MMU", "DEBUG_PAGEALLOC"],
  boot: start_kernel,
  tasks: everyCpu(sendForEver),
  interrupts: [anyCpu(networkInterrupt), whileRaised(ipiRaised, do_handle_IPI)],
  hardware: anyCpu(walkerSpeculates),
  witnesses: {
    "a page is freed in an interrupt": reaches(__free_page),
    "another CPU's TLB still holds a free page, or the hardware broadcasts": CONFIG.SMP && "in code",
  },
});
