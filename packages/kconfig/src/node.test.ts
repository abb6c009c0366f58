/**
 * Goal: the Node side – files, shell, probes recorded and replayed, the cache of a tree on disk.
 * Method: a small tree laid out like a kernel in a temporary directory.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { olddefconfig, saveTree } from "./index.js";
import { DirectoryFiles, kernelVersion, openKernelTree, parseKconfigCached } from "./node.js";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "kconfig-test-"));
  mkdirSync(join(directory, "arch/x86"), { recursive: true });
  writeFileSync(join(directory, "Makefile"), "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 3\nEXTRAVERSION = -rc1\n");
  writeFileSync(
    join(directory, "Kconfig"),
    'mainmenu "Linux/$(ARCH) $(KERNELVERSION)"\nsource "arch/$(SRCARCH)/Kconfig"\n',
  );
  writeFileSync(
    join(directory, "arch/x86/Kconfig"),
    'config ANSWER\n\tint\n\tdefault $(shell,echo 42)\n\nconfig NAME\n\tstring "Näme"\n\tdefault "é"\n',
  );
});
afterAll(() => rmSync(directory, { recursive: true }));

test("a tree is opened with the kernel's environment, its probes recorded and replayed", () => {
  const probes = join(directory, "probes.json");
  const live = openKernelTree({ tree: directory, arch: "x86_64", probes });
  expect(kernelVersion(directory)).toBe("6.12.3-rc1");
  const text = olddefconfig(live, undefined).text;
  expect(text).toContain('# Linux/x86_64 6.12.3-rc1\n#\nCONFIG_ANSWER=42\nCONFIG_NAME="é"\n');
  expect(JSON.parse(readFileSync(probes, "utf8"))["echo 42"].stdout).toBe("42\n");
  writeFileSync(probes, '{"echo 42": {"stdout": "43\\n"}}');
  expect(olddefconfig(openKernelTree({ tree: directory, arch: "x86_64", probes }), undefined).text).toContain(
    "ANSWER=43",
  );
});

test("the cache is used as long as nothing has changed", () => {
  const options = {
    files: new DirectoryFiles(directory),
    env: { ARCH: "x86_64", SRCARCH: "x86", KERNELVERSION: "1" },
    cacheFile: join(directory, "cache/tree"),
  };
  let runs = 0;
  const shell = () => ({ stdout: `${40 + ++runs}\n` });
  const first = parseKconfigCached({ ...options, shell });
  const again = parseKconfigCached({ ...options, shell, shellAnswers: "trust" });
  expect(runs).toBe(1);
  expect(Buffer.from(saveTree(again)).equals(Buffer.from(saveTree(first)))).toBe(true);
  expect(olddefconfig(parseKconfigCached({ ...options, shell }), undefined).text).toContain("ANSWER=43");
  const file = join(directory, "arch/x86/Kconfig");
  writeFileSync(file, `${readFileSync(file, "utf8")}\nconfig NEW\n\tdef_bool y\n`);
  expect(parseKconfigCached({ ...options, shell, shellAnswers: "trust" }).symbol("NEW")).toBeDefined();
});
