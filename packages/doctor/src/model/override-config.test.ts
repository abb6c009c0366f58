/**
 * Lines put over a `.config`: each form of line that stands there already, and each form of value.
 */
import { describe, expect, test } from "vitest";
import { InputError } from "../errors.js";
import { overrideConfig } from "./override-config.js";

const set = (text: string, ...pairs: [string, string][]) => overrideConfig(text, new Map(pairs));

describe("overrideConfig", () => {
  test("nothing to set: the same text", () => {
    expect(set("CONFIG_A=y")).toBe("CONFIG_A=y");
  });

  test("replaces the line in place, whatever its form", () => {
    expect(set("CONFIG_A=y\nCONFIG_AB=y\n# CONFIG_C is not set\n", ["A", "n"], ["C", "y"])).toBe(
      "# CONFIG_A is not set\nCONFIG_AB=y\nCONFIG_C=y\n",
    );
  });

  test("adds what is not there, also to a text without a last newline", () => {
    expect(set("CONFIG_A=y", ["B", "y"])).toBe("CONFIG_A=y\nCONFIG_B=y\n");
  });

  test("of several lines the last would win: none is left", () => {
    expect(set("CONFIG_A=y\nCONFIG_B=y\nCONFIG_A=n\n", ["A", "m"])).toBe("CONFIG_A=m\nCONFIG_B=y\n\n");
  });

  test("numbers stand bare, strings in quotes", () => {
    expect(set("", ["N", "4"], ["H", "0x80000000"], ["S", 'a"b'], ["Q", '"c"'])).toBe(
      'CONFIG_N=4\nCONFIG_H=0x80000000\nCONFIG_S="a\\"b"\nCONFIG_Q="c"\n',
    );
  });

  test("a name that Kconfig cannot have", () => {
    expect(() => set("", ["CONFIG_A", "y"])).toThrow(InputError);
    expect(() => set("", ["A B", "y"])).toThrow(InputError);
  });
});
