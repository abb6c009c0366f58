/**
 * How the rest of the kernel maps a highmem page: kmap() for long and by sleeping, kmap_local and kmap_atomic for a
 * moment and from any context.
 */
import type { page_t, vaddr_t } from "../../../machine/memory-map.ts";
import { __kmap_local_page_prot, kmap_high, kunmap_high, kunmap_local_indexed } from "../../mm/highmem.ts";

/** Every page of the model is one, in a kernel that knows such pages. @linux include/linux/page-flags.h PageHighMem */
export function PageHighMem(_page: page_t): bool {
  return CONFIG.HIGHMEM;
}

/** May sleep. @linux include/linux/highmem-internal.h kmap */
export function kmap(page: page_t): vaddr_t {
  might_sleep();
  return kmap_high(page);
}

/** May sleep, although it does not wait. @linux include/linux/highmem-internal.h kunmap */
export function kunmap(page: page_t): void {
  might_sleep();
  kunmap_high(page);
}

/** @linux include/linux/highmem-internal.h kmap_local_page */
export function kmap_local_page(page: page_t): vaddr_t {
  return __kmap_local_page_prot(page);
}

/** @linux include/linux/highmem-internal.h kunmap_local */
export function kunmap_local(vaddr: vaddr_t, page: page_t): void {
  kunmap_local_indexed(vaddr, page);
}

/** kmap_local with preemption off, which one task a CPU cannot tell apart. @linux include/linux/highmem-internal.h kmap_atomic */
export function kmap_atomic(page: page_t): vaddr_t {
  return __kmap_local_page_prot(page);
}

/** @linux include/linux/highmem-internal.h kunmap_atomic */
export function kunmap_atomic(vaddr: vaddr_t, page: page_t): void {
  kunmap_local_indexed(vaddr, page);
}
