/**
 * Memory that is refused. Where a scenario asks for it, every allocation may fail, at any point of any run: the search
 * takes both ways. Nobody counts the failures, so that what follows from one, two or a hundred of them is searched.
 */

/** 1: pages may be refused although some are free. */
const FAIL_PAGE_ALLOC = size("FAIL_PAGE_ALLOC", 0);
/** 1: small objects may be refused. They are not modelled otherwise: there is always one. */
const FAILSLAB = size("FAILSLAB", 0);

/** @linux mm/fail_page_alloc.c should_fail_alloc_page */
export function should_fail_alloc_page(): bool {
  return FAIL_PAGE_ALLOC !== 0 && choose(2) === 1;
}

/** @linux mm/failslab.c should_failslab */
export function should_failslab(): bool {
  return FAILSLAB !== 0 && choose(2) === 1;
}
