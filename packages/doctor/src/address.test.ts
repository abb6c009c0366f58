/**
 * Goal: an address says again what it was made of, and one that was damaged says so.
 * Method: round trips, with everything that can stand in one; then every single changed, lost and doubled character.
 */
import { describe, expect, test } from "vitest";
import { type Address, decodeAddress, encodeAddress, isAddress } from "./address.js";
import { InputError } from "./errors.js";

const FULL: Address = {
  view: "run",
  subject: {
    config: { name: "mine.config", text: "# Linux/arm 6.1.0 Kernel Configuration\nCONFIG_SMP=y\n" },
    cpu: "arm11mpcore",
    set: { HIGHMEM: "n", CMDLINE: "a=b & c#d" },
    at: "v2.6.35",
    patches: [{ name: "report2-kmap-high-get" }, { name: "own.patch", text: "--- a/ä\n+++ b/ä\n~&=%?" }],
    scenario: "kmap-dma",
    sizes: { NR_CPUS: 3 },
  },
  schedule: "s1:kmap-dma:YeYEXS:000_1A02:59",
  step: 12,
};

describe("an address", () => {
  test.each<[string, Address]>([
    ["everything", FULL],
    ["a view alone", { view: "matrix" }],
    ["no schedule", { view: "doctor", subject: { ...FULL.subject!, at: undefined, patches: [], set: {}, sizes: {} } }],
  ])("says again what it was made of: %s", (_, address) => {
    const text = encodeAddress(address);
    expect(decodeAddress(text)).toEqual(address);
    expect(decodeAddress(`http://127.0.0.1:7413/${text}`)).toEqual(address);
    expect(isAddress(text)).toBe(true);
  });

  test("names what ships in plain words", () => {
    const subject = { ...FULL.subject!, config: { name: "a.config" }, patches: [{ name: "p" }] };
    expect(encodeAddress({ ...FULL, subject })).toContain("config=a.config&cpu=arm11mpcore");
    expect(encodeAddress({ ...FULL, subject })).toContain("schedule=s1:kmap-dma:YeYEXS:000_1A02:59&step=12&check=");
  });

  test("with one character changed, lost or doubled is refused", () => {
    const text = encodeAddress(FULL);
    const refused = (damaged: string) => {
      try {
        decodeAddress(damaged);
        return false;
      } catch (error) {
        return error instanceof InputError && error.code === "S1603";
      }
    };
    const start = text.indexOf("?");
    const unnoticed: string[] = [];
    for (let at = start; at < text.length; at++) {
      const other = text[at] === "a" ? "b" : "a";
      for (const damaged of [
        text.slice(0, at) + other + text.slice(at + 1),
        text.slice(0, at) + text.slice(at + 1),
        text.slice(0, at) + text[at] + text.slice(at),
      ]) {
        if (damaged !== text && !refused(damaged)) unnoticed.push(damaged);
      }
    }
    expect(unnoticed).toEqual([]);
  });

  test.each(["", "#", "#/", "#/run?", "#/run?step=1", "http://127.0.0.1/", "#/RUN?a=b&check=00"])(
    "is not %j",
    (text) => {
      expect(() => decodeAddress(text)).toThrow(InputError);
    },
  );
});
