/**
 * What is left of virtual memory without an MMU: the address of a page is its own. Built instead of mm/vmalloc.ts.
 */
import type { page_t, vaddr_t } from "../../machine/memory-map.ts";
import { virt_to_page } from "../include/linux/mm.ts";

/** @linux mm/nommu.c vmalloc_to_page */
export function vmalloc_to_page(addr: vaddr_t): page_t {
  return virt_to_page(addr);
}
