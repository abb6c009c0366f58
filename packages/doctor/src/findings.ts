/**
 * What can be found: one registry of codes, so that findings can be looked up and every format names them alike.
 *
 * S202x link, S203x boot, S204x check. Errors of the input have their own (`errors.ts`).
 */
export interface FindingKind {
  readonly code: string;
  readonly about: string;
}

export const FINDINGS = {
  "undefined-reference": {
    code: "S2021",
    about: "a reference that is alive has no definition: the kernel does not link",
  },
  "does-not-build": { code: "S2022", about: "the sources refuse this configuration (#error)" },
  panic: { code: "S2031", about: "boot does not finish on this CPU" },
  deadlock: { code: "S2041", about: "contexts wait and can never move again" },
  stale: { code: "S2042", about: "a TLB entry is used although its page was unmapped and given away" },
  race: { code: "S2043", about: "guarded state is accessed without the lock that guards it" },
  bug: { code: "S2044", about: "a BUG_ON() or a rule of the machine is violated" },
  warn: { code: "S2045", about: "a WARN_ON() is hit" },
  "sleep-in-atomic": { code: "S2046", about: "a context that must not sleep may do so" },
  lost: { code: "S2047", about: "state that must not survive, or must not get lost, does" },
} as const satisfies Record<string, FindingKind>;

export type FindingName = keyof typeof FINDINGS;

export function findingCode(name: FindingName): string {
  return FINDINGS[name].code;
}
