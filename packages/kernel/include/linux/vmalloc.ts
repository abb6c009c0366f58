/**
 * What the rest of the kernel knows of vmalloc. With an MMU all of it is in mm/vmalloc.ts. Without one there is no other
 * address for a page than its own: the percpu allocator gets no area, ever, so that with mm/percpu-vm.ts it could have
 * no chunk after the first.
 */
import type { vaddr_t } from "../../../machine/memory-map.ts";
import {
  pcpu_free_vm_areas as vmalloc_pcpu_free_vm_areas,
  pcpu_get_vm_areas as vmalloc_pcpu_get_vm_areas,
} from "../../mm/vmalloc.ts";

/** The stub for SMP without MMU. @linux include/linux/vmalloc.h pcpu_get_vm_areas */
function noVmAreas(_size: u32, _align: u32): vaddr_t {
  return NULL;
}

/** The stub for SMP without MMU. @linux include/linux/vmalloc.h pcpu_free_vm_areas */
function freeNoVmAreas(_addr: vaddr_t): void {}

/** @linux include/linux/vmalloc.h pcpu_get_vm_areas */
export const pcpu_get_vm_areas = CONFIG.MMU ? vmalloc_pcpu_get_vm_areas : noVmAreas;
/** @linux include/linux/vmalloc.h pcpu_free_vm_areas */
export const pcpu_free_vm_areas = CONFIG.MMU ? vmalloc_pcpu_free_vm_areas : freeNoVmAreas;
