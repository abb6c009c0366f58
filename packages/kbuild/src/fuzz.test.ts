/**
 * Goal: no text makes parseKbuild or why throw, hang or answer differently twice.
 * Method: fast-check throws pieces of Makefiles together without regard for sense, and plain noise.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatWhy, memoryTree, parseKbuild } from "./index.js";

const piece = fc.oneof(
  fc.constantFrom(
    "obj-y",
    "obj-m",
    "lib-y",
    "foo-y",
    "foo-objs",
    "foo.o",
    "bar.o",
    "d/",
    "../",
    "./",
    "$(CONFIG_A)",
    "$(obj-y)",
    "$(foo-y)",
  ),
  fc.constantFrom(
    " ",
    "\t",
    "\n",
    "\n\t",
    "\\\n",
    ":=",
    "+=",
    "=",
    "?=",
    ":",
    ";",
    ",",
    "(",
    ")",
    "{",
    "}",
    "$",
    "$$",
    "#",
    "\\",
    "%",
    '"',
    "'",
    "\0",
  ),
  fc.constantFrom(
    "ifdef ",
    "ifndef ",
    "ifeq ",
    "ifneq ",
    "else ",
    "endif\n",
    "include ",
    "-include ",
    "define ",
    "endef\n",
    "export ",
    "override ",
    "undefine ",
  ),
  fc.constantFrom(
    "$(call ",
    "$(foreach ",
    "$(if ",
    "$(eval ",
    "$(patsubst ",
    "$(filter-out ",
    "$(wordlist ",
    "$(wildcard ",
    "$(shell ",
    "$(error ",
    "$(value ",
    "$(sort ",
  ),
  fc.constantFrom(
    "obj-$(CONFIG_A) += foo.o\n",
    "foo-$(CONFIG_A) := bar.o $(foo-y)\n",
    "obj-y += d/ d/../e.o\n",
    "Makefile",
    "a",
    "999999999999",
    "-1",
  ),
  fc.string({ maxLength: 4 }),
);
const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(""));

describe("any text", () => {
  it("gives a result, the same each time", () => {
    fc.assert(
      fc.property(text, text, fc.constantFrom("y", "m", ""), (root, below, a) => {
        const files = memoryTree({ Makefile: root, "d/Makefile": below, "foo.c": "", "d/foo.c": '#include "bar.c"' });
        const config = new Map(a === "" ? [] : [["A", a]]);
        const answers = [0, 1].map(() => {
          const built = parseKbuild({ files, config, arch: "arm" });
          const why = ["foo.o", "d/bar.c", "d/", "..", "", "e.o"].map((path) => formatWhy(built.why(path)));
          return {
            objects: built.objects.map((o) => [o.path, o.kind, o.flags, o.at, o.conditions]),
            why,
            said: built.diagnostics,
          };
        });
        expect(answers[0]).toEqual(answers[1]);
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 1000), seed: Number(process.env.FUZZ_SEED ?? 1) },
    );
  });
});
