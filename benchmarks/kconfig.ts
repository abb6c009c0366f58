/**
 * How fast packages/kconfig is, against the kernel's own `conf` on the same tree with the same recorded probes.
 *
 *     npm run bench:kconfig -- [--tree TREE[,TREE]] [--arch arm] [--rounds 7] [--batch 50]
 *
 * A TREE is a directory, or a Debian package (linux-source-6.12) that is installed; default: those that are. Each is measured by
 * itself: the `conf` of 6.1 and that of 6.12 are not equally fast. CPU time (user and system, start of the process included) and
 * peak memory, the two back to back in each round; medians.
 *
 *     cold    parse and evaluate
 *     warm    from the cache of the parsed tree
 *     batch   so many configurations in one process, against as many runs of conf
 *
 * Exits 1 if an output differs, or a figure misses its goal.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { kernelVersion } from "@shootdown/kconfig/node";
import { Meter } from "../tests/crosscheck/meter.js";
import { makeCase, USUAL } from "../tests/oracle/kconfig/compare-trees.js";
import { missingForConf, setUp, WORK } from "../tests/oracle/kconfig/conf.js";
import { debianTrees, linuxTree } from "../tests/support/linux-tree.js";
import type { Job } from "./kconfig.child.js";
import { medians, type Sample } from "./samples.js";

/** Times conf's CPU time. */
const GOALS = { cold: 2, warm: 0.7, batch: 0.5 };
const BATCH_ROUNDS = 3;
const CHILD = join(import.meta.dirname, "kconfig.child.js");

interface Setting {
  readonly arch: string;
  readonly rounds: number;
  readonly batch: number;
}

function compare(tree: string, { arch, rounds, batch }: Setting): boolean {
  mkdirSync(WORK, { recursive: true });
  const side = setUp(tree, arch, WORK);
  const folder = mkdtempSync(join(tmpdir(), "bench-kconfig-"));
  const file = (name: string): string => join(folder, name);
  const input = join(makeCase(side, USUAL.seed, USUAL), "input.config");
  const job: Job = {
    tree,
    env: side.env,
    probes: file("probes.json"),
    input,
    output: file("out.config"),
    cacheFile: file("tree.cache"),
  };
  writeFileSync(job.probes, JSON.stringify(side.probes));
  writeFileSync(file("job.json"), JSON.stringify(job));
  const meter = new Meter(folder);
  const child = (mode: "cold" | "warm", count: number): string[] => [CHILD, file("job.json"), mode, String(count)];
  const ours = (mode: "cold" | "warm", count = 1): Sample => meter.run(process.execPath, child(mode, count), side.env);
  const conf = (): Sample => {
    writeFileSync(file(".config"), readFileSync(input));
    // include/config stays from the first run: conf makes thousands of files there otherwise, which is not what is compared.
    return meter.run(side.conf, ["-s", "--olddefconfig", "Kconfig"], side.confEnv);
  };

  ours("warm"); // makes the cache
  conf(); // makes include/config
  const samples = { conf: [] as Sample[], cold: [] as Sample[], warm: [] as Sample[], batch: [] as Sample[] };
  for (let round = 0; round < rounds; round++) {
    samples.conf.push(conf());
    samples.cold.push(ours("cold"));
    samples.warm.push(ours("warm"));
  }
  const isSame = readFileSync(job.output).equals(readFileSync(file(".config")));
  for (let round = 0; round < BATCH_ROUNDS; round++) samples.batch.push(ours("cold", batch));

  const peer = medians(samples.conf);
  console.log(`${tree} (Linux ${kernelVersion(tree)}), ${arch}: output ${isSame ? "identical" : "DIFFERENT"}`);
  console.log(`  conf   ${figures(peer)}`);
  let isReached = isSame;
  for (const what of ["cold", "warm", "batch"] as const) {
    const mine = medians(samples[what]);
    const ratio = mine.cpuSeconds / (peer.cpuSeconds * (what === "batch" ? batch : 1));
    const holds = ratio <= GOALS[what];
    isReached &&= holds;
    const against = what === "batch" ? `${batch} runs of conf` : "conf";
    const goal = `at most ${GOALS[what]}${holds ? "" : ": MISSED"}`;
    console.log(`  ${what.padEnd(6)} ${figures(mine)}   ${ratio.toFixed(2)} times ${against} (${goal})`);
  }
  for (const mode of ["cold", "warm"] as const) {
    const { output } = meter.run(process.execPath, [...child(mode, 1), "phases"], side.env);
    console.log(`  of ${mode}: ${output.trim()}`);
  }
  rmSync(folder, { recursive: true });
  return isReached;
}

function figures({ cpuSeconds, peakMegabytes }: Sample): string {
  return `${cpuSeconds.toFixed(2).padStart(6)} s CPU ${peakMegabytes.toFixed(0).padStart(4)} MB`;
}

function main(): number {
  const { values } = parseArgs({
    options: {
      tree: { type: "string" },
      arch: { type: "string", default: "arm" },
      rounds: { type: "string", default: "7" },
      batch: { type: "string", default: "50" },
    },
  });
  const setting = { arch: values.arch, rounds: Number(values.rounds), batch: Number(values.batch) };
  const trees = values.tree?.split(",") ?? debianTrees();
  const missing = missingForConf() ?? (trees.length === 0 ? "linux-source-6.12" : undefined);
  if (missing !== undefined) {
    console.error(`bench:kconfig needs ${missing}: apt install it, or name a tree with --tree`);
    return 2;
  }
  return trees.map((tree) => compare(linuxTree(tree), setting)).every(Boolean) ? 0 : 1;
}

process.exitCode = main();
