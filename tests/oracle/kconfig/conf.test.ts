/**
 * Goal: packages/kconfig decides, writes and warns as the kernel's own `conf` does, byte for byte.
 * Method: `conf` is built from Debian's Linux sources; on the real trees random configurations with lost and altered lines and
 * the four all…config, and random small trees, sound and broken, in every mode and dialogue. A few of each; `npm run oracle:kconfig`
 * runs any number, on every architecture. SHOOTDOWN_SEED changes the random ones.
 * Skipped where the sources or the tools to build conf are not installed. A failure names the case; run.ts leaves its files.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { hasLinuxTree, linuxTree } from "../../support/linux-tree.js";
import { compareRandomTree, RUNS_PER_TREE } from "./compare-random.js";
import { ourTree, STAGES, USUAL } from "./compare-trees.js";
import { buildConf, missingForConf, setUp, WORK } from "./conf.js";

const SEED = Number(process.env.SHOOTDOWN_SEED ?? 101);
const RANDOM_TREES = 40;
const TREES = [
  { name: "linux-source-6.12", dialect: "6.12", arch: "arm" },
  { name: "linux-source-6.1", dialect: "6.1", arch: "x86_64" },
] as const;

const folder = mkdtempSync(join(tmpdir(), "kconfig-oracle-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(TREES)("$name", ({ name, dialect, arch }) => {
  const isThere = missingForConf() === undefined && hasLinuxTree(name);

  test.skipIf(!isThere)(`${arch}: random configurations, allno, allyes, allmod, alldef`, () => {
    const side = setUp(linuxTree(name), arch, WORK);
    const tree = ourTree(side, false);
    const options = { ...USUAL, cases: 2, seed: SEED };
    const outputs = [...STAGES.cases(side, tree, options), ...STAGES.all(side, tree, options)];
    expect(outputs.filter(({ ours, theirs }) => ours !== theirs).map((one) => `${one.name} ${one.what}`)).toEqual([]);
    // Not because conf wrote nothing.
    const configs = outputs.filter(({ what }) => what === "config").map(({ theirs }) => theirs.split("\n").length);
    expect(configs.length).toBe(6);
    expect(Math.min(...configs)).toBeGreaterThan(100);
  });

  test.skipIf(!isThere)("random small trees, sound and broken, in all modes and dialogues", () => {
    const conf = buildConf(linuxTree(name), WORK);
    const wrong: string[] = [];
    const finished = new Map<string, number>();
    for (let seed = SEED; seed < SEED + RANDOM_TREES; seed++)
      for (const { mode, theirs, differs } of compareRandomTree(
        seed,
        dialect,
        conf,
        join(folder, `${dialect}-${seed}`),
      )) {
        if (differs.length > 0) wrong.push(`seed ${seed} ${mode}: ${differs.join(", ")}`);
        if (theirs.status === 0) finished.set(mode, (finished.get(mode) ?? 0) + 1);
      }
    expect(wrong).toEqual([]);
    // Every mode ran to its end on some tree.
    expect(finished.size).toBe(RUNS_PER_TREE);
  });
});
