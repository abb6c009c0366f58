/**
 * The percpu allocator in kernel TypeScript against Linux's own percpu.c, on the same trace of a million operations: CPU time
 * and peak memory, back to back.
 *
 * Theirs is percpu.c compiled by gcc -O2 in the harness of tests/oracle/percpu. Ours is `shootdown percpu-trace`, all of it: node
 * starts, compiles the allocator from its sources to JavaScript, runs the trace, prints. Rounds alternate, because other work
 * on the machine comes and goes; medians count. The outputs must be equal.
 *
 * `npm run bench:percpu [rounds]`. Exits 1 if ours needs more than three times their CPU time, or prints anything else.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Meter } from "../tests/crosscheck/meter.js";
import { buildHarness, generateTrace, missingForHarness, type Profile } from "../tests/oracle/percpu/harness.js";
import { medians, type Sample } from "./samples.js";

const OPERATIONS = 1_000_000;
const LIVE = 400;
const UNIT_PAGES = 16;
const UNITS = 4;
const GOAL = 3;
const DEFAULT_ROUNDS = 5;
const CASES: readonly (readonly [backend: "vm" | "km", profile: Profile])[] = [
  ["vm", "mixed"],
  ["km", "mixed"],
  ["vm", "small"],
];

/** A shell redirects: megabytes of output are neither measured nor kept in memory. */
function sample(meter: Meter, command: string, trace: string, output: string): Sample {
  const run = meter.run("sh", ["-c", `exec ${command} < ${trace} > ${output}`]);
  if (run.status !== 0) throw new Error(`${command}: ${run.output}`);
  return run;
}

function compare(folder: string, harness: string, backend: "vm" | "km", profile: Profile, rounds: number): boolean {
  const meter = new Meter(folder);
  const trace = join(folder, `${profile}.trace`);
  writeFileSync(trace, generateTrace(1, OPERATIONS, LIVE, profile));
  const cli = new URL("../../../packages/cli/bin/shootdown.js", import.meta.url).pathname;
  const ours = `${process.execPath} ${cli} percpu-trace --backend ${backend} --unit-pages ${UNIT_PAGES} --units ${UNITS}`;
  const theirs = `${harness}-${backend} ${UNIT_PAGES} ${UNITS}`;
  const samples: { ours: Sample[]; theirs: Sample[]; start: Sample[] } = { ours: [], theirs: [], start: [] };
  const outputs = [join(folder, "ours"), join(folder, "theirs")] as const;
  const empty = join(folder, "empty");
  closeSync(openSync(empty, "w"));
  for (let round = 0; round < rounds; round++) {
    samples.theirs.push(sample(meter, theirs, trace, outputs[1]));
    samples.ours.push(sample(meter, ours, trace, outputs[0]));
    samples.start.push(sample(meter, ours, empty, join(folder, "none")));
  }
  const isEqual = readFileSync(outputs[0]).equals(readFileSync(outputs[1]));
  const ratio = medians(samples.ours).cpuSeconds / medians(samples.theirs).cpuSeconds;
  console.log(
    `${backend} ${profile}, ${OPERATIONS.toLocaleString("en")} operations: output ${isEqual ? "equal" : "DIFFERS"}`,
  );
  for (const [name, list] of [
    ["percpu.c, gcc -O2", samples.theirs],
    ["percpu.ts", samples.ours],
    ["  of it, starting up", samples.start],
  ] as const) {
    const { cpuSeconds, peakMegabytes } = medians(list);
    console.log(
      `  ${name.padEnd(22)}${cpuSeconds.toFixed(2).padStart(7)} s CPU${peakMegabytes.toFixed(0).padStart(7)} MB`,
    );
  }
  console.log(`  ${ratio.toFixed(2)} times the CPU time (goal: at most ${GOAL}), medians of ${rounds}`);
  return isEqual && ratio <= GOAL;
}

const missing = missingForHarness();
if (missing !== undefined) {
  console.error(`bench:percpu needs ${missing}`);
  process.exit(2);
}
const rounds = Number(process.argv[2] ?? DEFAULT_ROUNDS);
const folder = mkdtempSync(join(tmpdir(), "shootdown-bench-"));
try {
  const harness = buildHarness();
  const results = CASES.map(([backend, profile]) => compare(folder, harness, backend, profile, rounds));
  process.exitCode = results.every(Boolean) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
