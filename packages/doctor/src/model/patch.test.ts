/**
 * Goal: a patch changes exactly what patch(1) would change, and what cannot be applied is explained by its place.
 * Method: small trees by hand; a round trip over random edits; every malformed form once. The same random edits are held
 * against the real patch(1) in `tests/oracle/patch.test.ts`.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError, inputErrorText } from "../errors.js";
import { applyPatch, modelTreePath, overlaid, parsePatch } from "./patch.js";

const treeOf = (files: Record<string, string>) => ({ read: (path: string) => files[path] });

const NUMBERS = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n";

const FIVE = `Makes five a digit.

--- a/mm/n.ts
+++ b/mm/n.ts
@@ -3,5 +3,5 @@ two
 three
 four
-five
+5
 six
 seven
`;

function errorOf(run: () => unknown): InputError {
  try {
    run();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const refusal = (text: string) => {
  const { code, place, reason } = errorOf(() => parsePatch(text, "x.patch"));
  return `${code} ${place} ${reason}`;
};
const apply = (text: string, files: Record<string, string>) => applyPatch(treeOf(files), parsePatch(text, "x.patch"));
const misfit = (text: string, files: Record<string, string>) => errorOf(() => apply(text, files)).reason;

describe("a patch that applies", () => {
  test("where its header says", () => {
    expect([...apply(FIVE, { "mm/n.ts": NUMBERS })]).toEqual([["mm/n.ts", NUMBERS.replace("five", "5")]]);
  });

  test("further down, further up, and at the nearest of two places, the later one first", () => {
    const moved = `0\n0\n0\n${NUMBERS}`;
    expect(apply(FIVE, { "mm/n.ts": moved }).get("mm/n.ts")).toBe(moved.replace("five", "5"));
    const up = NUMBERS.slice("one\ntwo\n".length);
    expect(apply(FIVE, { "mm/n.ts": up }).get("mm/n.ts")).toBe(up.replace("five", "5"));
    // Expected at line 3. It stands at lines 1 and 6: 2 up, 3 down.
    const part = "three\nfour\nfive\nsix\nseven\n";
    expect(apply(FIVE, { "mm/n.ts": part + part }).get("mm/n.ts")).toBe(part.replace("five", "5") + part);
    // At lines 1 and 6 of a file, expected at line 3 + 1: 3 up, 2 down.
    const later = FIVE.replace("-3,5 +3,5", "-4,5 +4,5");
    expect(apply(later, { "mm/n.ts": part + part }).get("mm/n.ts")).toBe(part + part.replace("five", "5"));
  });

  test("the offset of one hunk leads the next", () => {
    const block = "a\nb\nc\n";
    const text = "--- a/m/f\n+++ b/m/f\n@@ -1,2 +1,2 @@\n x\n-y\n+Y\n@@ -5,3 +5,3 @@\n a\n-b\n+B\n c\n";
    // Two lines above x: the second hunk is expected at 7, where the second block begins.
    const file = `0\n0\nx\ny\n${block}${block}${block}`;
    expect(() => apply(text, { "m/f": file })).toThrow(InputError); // the first hunk ends a file: less context behind
    const whole = text.replace("-1,2 +1,2", "-1,3 +1,3").replace("+Y\n", "+Y\n a\n");
    expect(apply(whole, { "m/f": file }).get("m/f")).toBe(`0\n0\nx\nY\na\nb\nc\na\nB\nc\n${block}`);
  });

  test("creates, deletes, and changes one file twice", () => {
    const text = `--- /dev/null
+++ b/mm/new.ts
@@ -0,0 +1,2 @@
+one
+two
--- a/mm/old.ts
+++ /dev/null
@@ -1 +0,0 @@
-gone
--- a/mm/new.ts
+++ b/mm/new.ts
@@ -1,2 +1,2 @@
-one
+1
 two
`;
    const tree = treeOf({ "mm/old.ts": "gone\n" });
    const overlay = applyPatch(tree, parsePatch(text, "x"));
    expect([...overlay]).toEqual([
      ["mm/new.ts", "1\ntwo\n"],
      ["mm/old.ts", undefined],
    ]);
    expect(overlaid(tree, overlay).read("mm/old.ts")).toBeUndefined();
    expect(overlaid(tree, overlay).read("mm/new.ts")).toBe("1\ntwo\n");
  });

  test("with and without a newline at the end of the file", () => {
    const add = "--- a/m/f\n+++ b/m/f\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+x\n";
    expect(apply(add, { "m/f": "x" }).get("m/f")).toBe("x\n");
    expect(() => apply(add, { "m/f": "x\n" })).toThrow(InputError);
    const take = "--- a/m/f\n+++ b/m/f\n@@ -1 +1 @@\n-x\n+x\n\\ No newline at end of file\n";
    expect(apply(take, { "m/f": "x\n" }).get("m/f")).toBe("x");
  });

  test("with CRLF in the patch, in the file, in both", () => {
    const crlf = (text: string) => text.replaceAll("\n", "\r\n");
    const wanted = NUMBERS.replace("five", "5");
    expect(apply(crlf(FIVE), { "mm/n.ts": NUMBERS }).get("mm/n.ts")).toBe(wanted);
    expect(apply(FIVE, { "mm/n.ts": crlf(NUMBERS) }).get("mm/n.ts")).toBe(crlf(wanted));
    expect(apply(crlf(FIVE), { "mm/n.ts": crlf(NUMBERS) }).get("mm/n.ts")).toBe(crlf(wanted));
  });

  test("as git and mail write it", () => {
    const mail = `From 1234567890123456789012345678901234567890 Mon Sep 17 00:00:00 2001
From: A <a@example.org>
Subject: [PATCH 1/2] Makes five
 a digit

Body.
---
 mm/n.ts | 2 +-

diff --git a/mm/n.ts b/mm/n.ts
index 1234567..89abcde 100644
${FIVE.slice(FIVE.indexOf("--- a"))}--${" "}
2.30.2

`;
    const patch = parsePatch(mail, "x");
    expect(patch.description).toBe("Makes five a digit");
    expect(applyPatch(treeOf({ "mm/n.ts": NUMBERS }), patch).get("mm/n.ts")).toContain("5\n");
    const harmed = "--- a/m/f\n+++ b/m/f\n@@ -1,3 +1,3 @@\n x\n\n-y\n+z\n"; // the editor took the blank
    expect(apply(harmed, { "m/f": "x\n\ny\n" }).get("m/f")).toBe("x\n\nz\n");
  });

  test("opens with its description", () => {
    expect(parsePatch(FIVE, "x").description).toBe("Makes five a digit.");
    expect(
      parsePatch(`\nTwo\nlines.\n\nMore.\ndiff -u a b\n${FIVE.slice(FIVE.indexOf("--- a"))}`, "x").description,
    ).toBe("Two lines.");
    expect(parsePatch(FIVE.slice(FIVE.indexOf("--- a")), "x").description).toBe("");
  });

  test("finds its files in a model tree", () => {
    expect(modelTreePath("kernel/smp.ts")).toBe("kernel/kernel/smp.ts");
    expect(modelTreePath("machine/mmu.ts")).toBe("machine/mmu.ts");
  });

  test("any edit, by its own diff", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "b", "}"), { maxLength: 12 }),
        fc.array(edit, { maxLength: 3 }),
        (old, edits) => {
          const { text, result } = diffOf(old, edits);
          if (text === undefined) return;
          expect(apply(text, { "m/f": old.map((line) => `${line}\n`).join("") }).get("m/f")).toBe(result);
        },
      ),
    );
  });
});

/** Takes `remove` lines away at `at` and puts `add` there. */
const edit = fc.record({
  at: fc.nat(12),
  remove: fc.nat(2),
  add: fc.array(fc.constantFrom("a", "x"), { maxLength: 2 }),
});

/** One hunk with the whole file, so that it fits at one place only. */
function diffOf(old: readonly string[], edits: readonly { at: number; remove: number; add: readonly string[] }[]) {
  const body: string[] = [];
  const result: string[] = [];
  let at = 0;
  let changed = false;
  for (const e of [...edits].sort((a, b) => a.at - b.at)) {
    for (; at < Math.min(e.at, old.length); at++) {
      body.push(` ${old[at]}`);
      result.push(old[at]!);
    }
    for (const end = Math.min(at + e.remove, old.length); at < end; at++) {
      body.push(`-${old[at]}`);
      changed = true;
    }
    for (const line of e.add) {
      body.push(`+${line}`);
      result.push(line);
      changed = true;
    }
  }
  for (; at < old.length; at++) {
    body.push(` ${old[at]}`);
    result.push(old[at]!);
  }
  const start = old.length === 0 ? 0 : 1;
  const header = `--- a/m/f\n+++ b/m/f\n@@ -${start},${old.length} +1,${result.length} @@\n`;
  return {
    text: changed ? `${header}${body.map((line) => `${line}\n`).join("")}` : undefined,
    result: result.map((line) => `${line}\n`).join(""),
  };
}

describe("a patch that does not apply", () => {
  test("names the hunk, the first line that differs, and the nearest match", () => {
    const changed = `0\n${NUMBERS.replace("six", "SIX")}`;
    const error = errorOf(() => apply(FIVE, { "mm/n.ts": changed }));
    expect(inputErrorText(error)).toBe(
      `S1402 a patch does not apply: x.patch
  mm/n.ts: hunk 1 of 1 does not apply: @@ -3,5 +3,5 @@ two
    x.patch:10  wants | six
    line 7      has   | SIX
    nearest match: at line 4, 4 of 5 lines agree
  next: make the patch again from this tree: copy it to a and b, change b, diff -ruN a b`,
    );
  });

  test("all hunks of all files at once, and nothing is changed", () => {
    const text = `${FIVE}@@ -8,3 +8,3 @@
 eight
-NINE
+9
 ten
--- a/mm/gone.ts
+++ b/mm/gone.ts
@@ -1 +1 @@
-x
+y
`;
    const lines = misfit(text, { "mm/n.ts": NUMBERS.replace("five", "fine") }).split("\n");
    expect(lines.filter((line) => !line.startsWith(" "))).toEqual([
      "mm/n.ts: hunk 1 of 2 does not apply: @@ -3,5 +3,5 @@ two",
      "mm/n.ts: hunk 2 of 2 does not apply: @@ -8,3 +8,3 @@",
      "mm/gone.ts: there is no such file (x.patch:17)",
    ]);
  });

  test("has a reason of its own where there is one", () => {
    const file = (text: string) => ({ "mm/n.ts": text });
    expect(misfit(FIVE, file(NUMBERS.replace("five", "5")))).toContain("line 3: the patch seems to be applied already");
    expect(misfit(FIVE, file(NUMBERS.replace("four", " four")))).toContain("white space only");
    expect(misfit(FIVE, file("three\nfour\n"))).toContain("after line 2  has   nothing: the file ends");
    expect(misfit(FIVE, file("something else\n"))).toContain("nothing like the hunk stands in the file");
    expect(misfit(FIVE, file("three\nfour\nfive\nsix\nseven"))).toContain("the file ends here with a newline");
    const end = FIVE.replace("-3,5 +3,5", "-3,3 +3,3").replace(" six\n seven\n", "");
    expect(misfit(end, file(NUMBERS))).toContain("stand at line 3, but");
    const insert = "--- a/mm/n.ts\n+++ b/mm/n.ts\n@@ -20,0 +21 @@\n+x\n";
    expect(misfit(insert, file(NUMBERS))).toContain("belongs after line 20; the file has 10 lines");
  });

  test("says where the file would be", () => {
    const files = { "mm/n.ts": NUMBERS };
    expect(
      misfit(FIVE.replaceAll("a/mm", "a/packages/kernel/mm").replaceAll("b/mm", "b/packages/kernel/mm"), files),
    ).toContain("the header's path must be a/mm/n.ts");
    expect(misfit(FIVE.replaceAll("a/mm", "mm").replaceAll("b/mm", "mm"), files)).toContain(
      "the header's path must be a/mm/n.ts",
    );
  });

  test("creates what exists, deletes what is larger", () => {
    expect(misfit("--- /dev/null\n+++ b/m/f\n@@ -0,0 +1 @@\n+x\n", { "m/f": "y\n" })).toContain("but it exists");
    expect(misfit("--- a/m/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n", { "m/f": "x\ny\n" })).toContain(
      "not all of its lines",
    );
  });
});

describe("a malformed patch", () => {
  const HEAD = "--- a/m/f\n+++ b/m/f\n";
  test.each([
    ["empty", "", "S1403 x.patch:1 the file is empty"],
    ["blank", " \n\n", "S1403 x.patch:1 the file is empty"],
    ["text only", "Hello.\n", "S1403 x.patch:1 there is no file header: a line `--- a/path` and a line `+++ b/path`"],
    ["binary file", "\0\x01", "S1401 x.patch:1 this is not text"],
    ["binary change", "diff --git a/x b/x\nGIT binary patch\n", "S1401 x.patch:2 a binary change cannot be applied"],
    [
      "differing binaries",
      `${HEAD}@@ -1 +1 @@\n-x\n+y\nBinary files a/x and b/x differ\n`,
      "S1401 x.patch:6 a binary change",
    ],
    ["context diff", "*** a/m/f\n--- b/m/f\n***************\n", "S1401 x.patch:1 this is a context diff"],
    ["hunk alone", "@@ -1 +1 @@\n-x\n+y\n", "S1401 x.patch:1 a hunk without a file header before it"],
    ["half a header", "--- a/m/f\n@@ -1 +1 @@\n-x\n+y\n", "S1401 x.patch:1 the file header has no `+++` line"],
    ["the other half", "+++ b/m/f\n@@ -1 +1 @@\n-x\n+y\n", "S1401 x.patch:1 the file header has no `---` line"],
    ["header alone", HEAD, "S1401 x.patch:2 no hunk follows the header of m/f"],
    ["bad hunk header", `${HEAD}@@ -1 @@\n-x\n`, "S1401 x.patch:3 this is no hunk header: @@ -1 @@"],
    [
      "truncated",
      FIVE.slice(0, FIVE.indexOf(" six")),
      "S1401 x.patch:9 the patch ends inside a hunk: its header (line 5) promises 5 old and 5 new lines, there are 3 old and 3 new lines",
    ],
    ["truncated in a line", FIVE.slice(0, FIVE.indexOf("@@ ") + 6), "S1401 x.patch:5 this is no hunk header"],
    [
      "count too large",
      FIVE.replace("-3,5", "-3,6") + FIVE,
      "S1401 x.patch:12 the hunk's counts are wrong: its header (line 5) promises 6 old and 5 new lines",
    ],
    [
      "next file too early",
      FIVE.replace("-3,5 +3,5", "-3,9 +3,9") + FIVE.slice(FIVE.indexOf("--- a")),
      "S1401 x.patch:12 the hunk's counts are wrong",
    ],
    [
      "count too small",
      FIVE.replace("-3,5 +3,5", "-3,4 +3,4"),
      "S1401 x.patch:11 the hunk goes on, but its header (line 5) ends it here",
    ],
    ["one count too small", FIVE.replace("+3,5", "+3,4"), "S1401 x.patch:11 the hunk's counts are wrong"],
    ["out of order", `${FIVE}@@ -2,1 +2,1 @@\n-two\n+2\n`, "S1401 x.patch:12 the hunk begins before the end"],
    ["no change", `${HEAD}@@ -1 +1 @@\n x\n`, "S1401 x.patch:3 the hunk changes nothing"],
    [
      "stray marker",
      `${HEAD}@@ -1 +1 @@\n\\ No newline at end of file\n-x\n+y\n`,
      "S1401 x.patch:4 the hunk's counts are wrong",
    ],
    [
      "two markers",
      `${HEAD}@@ -1 +1 @@\n-x\n+y\n\\ No newline\n\\ No newline\n`,
      "S1401 x.patch:7 no line stands before",
    ],
    [
      "rename",
      "diff --git a/x b/y\nrename from x\nrename to y\n",
      "S1401 x.patch:2 renames and copies are not supported",
    ],
    [
      "two paths",
      `--- a/m/f\n+++ b/m/g\n@@ -1 +1 @@\n-x\n+y\n`,
      "S1401 x.patch:1 the header names two files, m/f and m/g",
    ],
    ["no path", "--- /dev/null\n+++ /dev/null\n@@ -1 +1 @@\n-x\n+y\n", "S1401 x.patch:1 both paths are /dev/null"],
    ["no folder", "--- f\n+++ f\n@@ -1 +1 @@\n-x\n+y\n", "S1401 x.patch:1 the path f has no folder to take away"],
    [
      "out of the tree",
      "--- a/../f\n+++ b/../f\n@@ -1 +1 @@\n-x\n+y\n",
      "S1401 x.patch:1 the path a/../f leads out of the tree",
    ],
    [
      "creation with old lines",
      "--- /dev/null\n+++ b/m/f\n@@ -1 +1 @@\n-x\n+y\n",
      "S1401 x.patch:3 a file that the patch creates",
    ],
    [
      "deletion with new lines",
      "--- a/m/f\n+++ /dev/null\n@@ -1 +1 @@\n-x\n+y\n",
      "S1401 x.patch:3 a file that the patch deletes",
    ],
  ])("%s", (_, text, expected) => {
    expect(refusal(text).slice(0, expected.length)).toBe(expected);
  });

  test("cut anywhere, it is refused", () => {
    for (let end = 0; end < FIVE.length; end++) {
      expect(() => parsePatch(FIVE.slice(0, end), "x"), `cut at ${end}`).toThrow(InputError);
    }
    expect(refusal(FIVE.slice(0, -1))).toBe("S1401 x.patch:11 the patch ends in the middle of a line");
  });
});
