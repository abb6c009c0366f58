/**
 * The cross-check: our search against Spin on the exported Promela, and against the reference interpreter.
 *
 * For each configuration: the same verdict as `pan -DNOREDUCE` with exact storage and, where it is sound, exactly the
 * same number of states; and up to REFERENCE_STATES states, the interpreter's search and the generated code agree on
 * verdict, states, transitions and the length of the shortest run.
 *
 * `npm run crosscheck`. Exits 1 if a comparison fails, or if Spin is missing under CI.
 */
import { spawnSync } from "node:child_process";
import { exportPromela, Interpreter, initialState, referenceSearch, type System, search } from "@shootdown/checker";
import { CONFIGURATIONS } from "./configurations.js";
import { describeConfiguration, kmapDma } from "./kmap-dma.js";
import { missingTools, runSpin } from "./spin.js";

const REFERENCE_STATES = 200_000;

/** Installs what is missing where that can be done; what is still missing then. */
function provideTools(): readonly string[] {
  if (missingTools().length > 0 && process.getuid?.() === 0) {
    spawnSync("apt-get", ["install", "-y", "spin", "gcc", "libc6-dev"], { stdio: "ignore" });
  }
  return missingTools();
}

/** What Spin can tell apart: a violated assertion, an invalid end state, neither. */
function ourVerdict(system: System, schedule: readonly number[] | undefined): "sound" | "assertion" | "deadlock" {
  if (!schedule) return "sound";
  const interpreter = new Interpreter(system);
  let state = initialState(system);
  for (const choice of schedule) {
    const successor = interpreter.successors(state)[choice]!;
    if (!successor.state) return "assertion";
    state = successor.state;
  }
  return "deadlock";
}

/** The first difference between the interpreter's search and the generated code; undefined if there is none. */
function againstReference(system: System): string | undefined {
  const reference = referenceSearch(system, { maxStates: REFERENCE_STATES });
  const generated = search(system, { maxStates: REFERENCE_STATES });
  const facts = (r: typeof reference) => ({
    verdict: r.verdict,
    states: r.states,
    transitions: r.transitions,
    depth: r.depth,
    run: r.schedule?.length,
  });
  const a = JSON.stringify(facts(reference));
  const b = JSON.stringify(facts(generated));
  return a === b ? undefined : `interpreter ${a}, generated code ${b}`;
}

function againstSpin(system: System): { text: string; failure?: string } {
  const ours = search(system);
  const verdict = ourVerdict(system, ours.schedule);
  const spin = runSpin(exportPromela(system));
  const text = `${verdict} ${ours.states.toLocaleString("en-US")} states`;
  if (spin.verdict !== verdict) return { text, failure: `Spin says ${spin.verdict}` };
  if (verdict === "sound" && spin.states !== ours.states) return { text, failure: `Spin stored ${spin.states} states` };
  return { text };
}

function main(): void {
  const missing = provideTools();
  console.log(
    "Rule: the export starts no processes, so Spin has no states of its own: its count must equal ours exactly.",
  );
  console.log("A faulty system is compared by verdict alone: each search stops at the first violation it meets.");
  if (missing.length > 0)
    console.log(`SKIPPED against Spin, for want of ${missing.join(" and ")}: apt-get install spin gcc`);
  let failed = 0;
  for (const configuration of CONFIGURATIONS) {
    const system = kmapDma(configuration);
    const reference = againstReference(system);
    const spin = missing.length > 0 ? { text: "spin skipped" } : againstSpin(system);
    const failures = [reference, spin.failure].filter((text) => text !== undefined);
    if (failures.length > 0) failed++;
    const mark = failures.length > 0 ? "FAILED" : "ok";
    console.log(`${mark.padEnd(6)} ${describeConfiguration(configuration)}: ${[spin.text, ...failures].join("; ")}`);
  }
  console.log(`${CONFIGURATIONS.length - failed} passed, ${failed} failed`);
  if (failed > 0 || (missing.length > 0 && process.env.CI === "true")) process.exitCode = 1;
}

main();
