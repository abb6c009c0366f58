/**
 * The checker against Spin, on the same system at the same step: CPU time and peak memory, back to back.
 *
 * Ours is `shootdown check`, which reads the model tree, compiles it and searches it; Spin's is the verifier alone, compiled
 * `-O2 -DNOREDUCE -DSAFETY`, exact storage, its hash table sized for the number of states. What `spin -a` and the C
 * compiler take is shown apart. Rounds alternate, because other work on the machine comes and goes; medians count.
 *
 * Ours twice: unreduced, which visits exactly the states that Spin visits; and as `check` searches by itself,
 * with chained steps. Both are held to the goal, on each configuration.
 *
 * `npm run bench:checker [rounds]`. Exits 1 if one of them needs more than half of Spin's CPU time or memory.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exportPromela } from "@shootdown/checker";
import { type Configuration, describeConfiguration, kmapDma } from "../tests/crosscheck/kmap-dma.js";
import { Meter } from "../tests/crosscheck/meter.js";
import { buildVerifier, missingTools } from "../tests/crosscheck/spin.js";
import { medians, type Sample } from "./samples.js";

/** From 4 million states, where starting up is half of our time, to 20 million. */
const CONFIGURATIONS: readonly Configuration[] = [
  { config: "6.1-arm11mpcore-smp-highmem", cpu: "arm11mpcore", patches: [], sizes: { LAST_PKMAP: 2 } },
  { config: "6.1-arm11mpcore-smp-highmem", cpu: "arm11mpcore", patches: [], sizes: { HIGH_PAGES: 3 } },
  { config: "6.12-v7-smp-highmem", cpu: "cortex-a9", patches: [], sizes: { HIGH_PAGES: 3 } },
];
const GOAL = 0.5;
/** The repository: this file runs from `benchmarks/dist/benchmarks`. */
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const PROGRAM = join(ROOT, "packages/cli/bin/shootdown.js");
const DEFAULT_ROUNDS = 5;

interface CountedSample extends Sample {
  readonly states: number;
}

/** `shootdown check`, as people start it. */
function ours(meter: Meter, { config, cpu, patches, sizes }: Configuration, chaining: boolean): CountedSample {
  const args = ["check", join(ROOT, "examples", `${config}.config`), "--cpu", cpu, "--json", "--max-memory", "16G"];
  for (const patch of patches) args.push("--patch", patch);
  for (const [name, value] of Object.entries(sizes)) args.push("--size", `${name}=${value}`);
  if (!chaining) args.push("--no-chaining");
  const { status, output, cpuSeconds, peakMegabytes } = meter.run(process.execPath, [PROGRAM, ...args]);
  if (status !== 0) throw new Error(output);
  return { cpuSeconds, peakMegabytes, states: JSON.parse(output).stages.check.states };
}

/** Slots for twice the states, as one who knows the number would choose. */
function hashLog(states: number): number {
  return Math.ceil(Math.log2(states)) + 1;
}

function compare(configuration: Configuration, rounds: number): boolean {
  const folder = mkdtempSync(join(tmpdir(), "shootdown-bench-"));
  const meter = new Meter(folder);
  const verifier = buildVerifier(exportPromela(kmapDma(configuration)), { memoryMegabytes: 16_384, optimisation: 2 });
  const shipped: CountedSample[] = [];
  const unreduced: CountedSample[] = [];
  const spin: CountedSample[] = [];
  let spinFound: string | undefined;
  for (let round = 0; round < rounds; round++) {
    shipped.push(ours(meter, configuration, true));
    unreduced.push(ours(meter, configuration, false));
    const run = verifier.run({ hashLog: hashLog(unreduced[0]!.states), maxDepth: 5_000_000 });
    if (run.verdict !== "sound") spinFound = run.verdict;
    spin.push(run);
  }
  verifier.remove();
  rmSync(folder, { recursive: true, force: true });

  const { states } = spin[0]!;
  const isSameWork = unreduced.every((sample) => sample.states === states);
  const peer = medians(spin);
  console.log(`${describeConfiguration(configuration)}: ${states.toLocaleString("en-US")} states, ${rounds} rounds`);
  console.log(
    `  Spin            ${figures(peer)}   (not counted: spin -a and gcc, ${verifier.buildCpuSeconds.toFixed(1)} s)`,
  );
  const row = (what: string, samples: readonly Sample[]): boolean => {
    const mine = medians(samples);
    const cpu = mine.cpuSeconds / peer.cpuSeconds;
    const memory = mine.peakMegabytes / peer.peakMegabytes;
    const holds = cpu <= GOAL && memory <= GOAL;
    const mark = holds ? "" : "   MISSED";
    console.log(`  ${what} ${figures(mine)}   CPU ${cpu.toFixed(2)}, memory ${memory.toFixed(2)} of Spin's${mark}`);
    return holds;
  };
  const isGood = [row("ours, unreduced", unreduced), row("ours, chained  ", shipped)].every(Boolean);
  if (spinFound !== undefined) console.log(`  FAILED: Spin stopped at a violation (${spinFound}) that we do not find`);
  else if (!isSameWork) console.log("  FAILED: the unreduced search and Spin differ in the number of states");
  return isSameWork && spinFound === undefined && isGood;
}

function figures({ cpuSeconds, peakMegabytes }: Sample): string {
  return `${cpuSeconds.toFixed(1).padStart(6)} s ${peakMegabytes.toFixed(0).padStart(6)} MB`;
}

function main(): void {
  const missing = missingTools();
  if (missing.length > 0) {
    console.log(`SKIPPED, for want of ${missing.join(" and ")}: apt-get install spin gcc libc6-dev`);
    if (process.env.CI === "true") process.exitCode = 1;
    return;
  }
  const rounds = Number(process.argv[2] ?? DEFAULT_ROUNDS);
  const reached = CONFIGURATIONS.map((configuration) => compare(configuration, rounds));
  const good = reached.every(Boolean);
  console.log(
    `goal, at most ${GOAL} of Spin's CPU time and memory, unreduced and chained, on each: ${good ? "reached" : "MISSED"}`,
  );
  if (!good) process.exitCode = 1;
}

main();
