/**
 * What a caller allows the page allocator to do. Only what percpu decides by is here.
 */

/** The caller may sleep. @linux include/linux/gfp_types.h __GFP_DIRECT_RECLAIM */
const __GFP_DIRECT_RECLAIM = 0x400;
/** @linux include/linux/gfp_types.h __GFP_KSWAPD_RECLAIM */
const __GFP_KSWAPD_RECLAIM = 0x800;
/** @linux include/linux/gfp_types.h __GFP_NOWARN */
export const __GFP_NOWARN = 0x2000;

/** @linux include/linux/gfp_types.h GFP_KERNEL */
export const GFP_KERNEL = __GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM;
/** @linux include/linux/gfp_types.h GFP_ATOMIC */
export const GFP_ATOMIC = __GFP_KSWAPD_RECLAIM;

/** @linux include/linux/gfp.h gfpflags_allow_blocking */
export function gfpflags_allow_blocking(gfp: u32): bool {
  return (gfp & __GFP_DIRECT_RECLAIM) !== 0;
}
