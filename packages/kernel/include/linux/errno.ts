/**
 * Error numbers. Functions return them negated.
 */

/** @linux include/uapi/asm-generic/errno-base.h ENOMEM */
export const ENOMEM = 12;
/** @linux include/uapi/asm-generic/errno-base.h EBUSY */
export const EBUSY = 16;
/** @linux include/uapi/asm-generic/errno-base.h EINVAL */
export const EINVAL = 22;
