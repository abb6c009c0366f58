/**
 * Goal: variables, conditionals and functions mean what they mean to GNU make.
 * Method: random Makefiles over a small vocabulary (fast-check), read by make and by the evaluator; every variable must have the
 * same value, and what make refuses must be an error here too.
 * Skipped where make is not installed. A failure prints the Makefile; save it as a case of evaluate.test.ts.
 */
import { execFileSync } from "node:child_process";
import { memoryTree, parseKbuild } from "@shootdown/kbuild";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const VARIABLES = ["a", "b", "c-y", "d-", "a.o", "e"];

function hasMake(): boolean {
  try {
    return execFileSync("make", ["--version"], { encoding: "utf8" }).startsWith("GNU Make");
  } catch {
    return false;
  }
}

const word = fc.constantFrom(
  "a",
  "b.o",
  "x/y.o",
  "x/",
  "../z.c",
  "foo",
  "y",
  "m",
  "%",
  "a.b.c",
  ".o",
  "%.o",
  "b",
  "5",
  "2",
);
const reference = fc.constantFrom(...VARIABLES).map((name) => `$(${name})`);
const blank = fc.constantFrom(" ", "  ", "\t");
const text: fc.Arbitrary<string> = fc.letrec<{ text: string; piece: string }>((tie) => ({
  text: fc.array(fc.tuple(tie("piece"), blank), { maxLength: 4 }).map((parts) => parts.flat().join("").trim()),
  piece: fc.oneof(
    { depthSize: "small" },
    word,
    reference,
    fc
      .tuple(
        fc.constantFrom(
          "strip",
          "sort",
          "dir",
          "notdir",
          "suffix",
          "basename",
          "firstword",
          "lastword",
          "words",
          "value",
          "origin",
          "flavor",
        ),
        tie("text"),
      )
      .map(([f, t]) => `$(${f} ${t})`),
    fc
      .tuple(
        fc.constantFrom("filter", "filter-out", "findstring", "addprefix", "addsuffix", "join", "if", "or", "and"),
        tie("text"),
        tie("text"),
      )
      .map(([f, s, t]) => `$(${f} ${s},${t})`),
    // Not patsubst with an empty pattern: make replaces the end of some words then, and no Makefile asks for it.
    fc.tuple(word, tie("text"), tie("text")).map(([s, t, u]) => `$(patsubst ${s},${t},${u})`),
    fc
      .tuple(fc.constantFrom("subst", "if", "or", "and"), tie("text"), tie("text"), tie("text"))
      .map(([f, s, t, u]) => `$(${f} ${s},${t},${u})`),
    fc
      .tuple(fc.constantFrom("1", "2", "3"), fc.constantFrom("1", "2", "3"), tie("text"))
      .map(([n, m, t]) => `$(wordlist ${n},${m},${t})`),
    fc.tuple(fc.constantFrom("1", "2", "3"), tie("text")).map(([n, t]) => `$(word ${n},${t})`),
    fc.tuple(tie("text"), tie("text")).map(([s, t]) => `$(foreach v,${s},<$(v)>${t}$(v:.o=.c))`),
    fc.tuple(fc.constantFrom(...VARIABLES), word, word).map(([v, s, t]) => `$(${v}:${s}=${t})`),
    fc.tuple(fc.constantFrom("f", "g"), tie("text"), tie("text")).map(([f, s, t]) => `$(call ${f},${s},${t})`),
    tie("piece").map((t) => `\${strip ${t}}`),
  ),
})).text;

const assignment = fc
  .tuple(
    fc.constantFrom(...VARIABLES),
    fc.constantFrom(":=", "+=", "?=", ":=", "+="),
    text,
    fc.constantFrom("", " # comment", "\\#"),
  )
  .map(([name, operator, value, tail]) => `${name} ${operator} ${value}${tail}`);
const test = fc.oneof(
  fc.tuple(fc.constantFrom("ifdef", "ifndef"), fc.constantFrom(...VARIABLES, "v")).map(([k, v]) => `${k} ${v}`),
  fc.tuple(fc.constantFrom("ifeq", "ifneq"), text, text).map(([k, s, t]) => `${k} (${s},${t})`),
  fc.tuple(fc.constantFrom("ifeq", "ifneq"), reference, word).map(([k, s, t]) => `${k} "${s}" '${t}'`),
);
const lines: fc.Arbitrary<string> = fc.letrec<{ lines: string; line: string }>((tie) => ({
  lines: fc.array(tie("line"), { minLength: 1, maxLength: 6 }).map((all) => all.join("\n")),
  line: fc.oneof(
    { depthSize: "small" },
    assignment,
    assignment,
    fc
      .tuple(test, tie("lines"), test, tie("lines"), tie("lines"))
      .map(([t, s, u, v, w]) => `${t}\n${s}\nelse ${u}\n${v}\nelse\n${w}\nendif`),
    fc.tuple(test, tie("lines")).map(([t, s]) => `${t}\n  ${s.replaceAll(":= ", ":= \\\n\t")}\nendif`),
    fc.tuple(fc.constantFrom(...VARIABLES), text).map(([name, value]) => `$(eval ${name} := ${value})`),
    text.map((t) => `all: ; @echo ${t.replaceAll("$", "$$$$")}\nnothing: all\n\ta := recipe`),
  ),
})).lines;

const MAKE_TIMEOUT_MS = 3000;
const HELPERS = "f = <$(1)|$(2)>\ng = $(if $(filter $(1),$(2)),$(call f,$(2),$(1)),$(words $(2)))\n";

/** Values by make; undefined when it refuses the Makefile, "endless" when it is still busy after a while (we must not be). */
function byMake(makefile: string): string[] | undefined | "endless" {
  const print = VARIABLES.map((name) => `$(info >>$(${name})<<)`).join("\n");
  try {
    const input = `${HELPERS}${makefile}\n${print}\n.PHONY: end\nend: ;\n`;
    const out = execFileSync("make", ["-rR", "-f", "-", "end"], {
      input,
      encoding: "utf8",
      timeout: MAKE_TIMEOUT_MS,
      env: { PATH: process.env.PATH ?? "" },
      stdio: ["pipe", "pipe", "pipe"],
    });
    return [...out.matchAll(/>>(.*?)<<\n/gs)].map((match) => match[1]!);
  } catch (error) {
    return (error as { code?: string }).code === "ETIMEDOUT" ? "endless" : undefined;
  }
}

function byUs(makefile: string): { values: string[]; errors: number } {
  const built = parseKbuild({ files: memoryTree({ Makefile: HELPERS + makefile }), config: new Map(), arch: "arm" });
  return {
    values: VARIABLES.map((name) => built.variable(name, "")),
    errors: built.diagnostics.filter((d) => d.severity === "error").length,
  };
}

describe.skipIf(!hasMake())("against GNU make", () => {
  it("gives every variable the same value", () => {
    let refused = 0;
    fc.assert(
      fc.property(lines, (makefile) => {
        const real = byMake(makefile);
        const ours = byUs(makefile);
        if (real === "endless") return;
        if (real === undefined) {
          refused++;
          expect(ours.errors).toBeGreaterThan(0);
          return;
        }
        expect({ makefile, values: ours.values }).toEqual({ makefile, values: real });
      }),
      { numRuns: Number(process.env.MAKE_RUNS ?? 300), seed: Number(process.env.MAKE_SEED ?? 1) },
    );
    expect(refused).toBeLessThan(Number(process.env.MAKE_RUNS ?? 300) / 2);
  });
});
