/**
 * The cross-check: our searches against each other and against Spin on the exported Promela (see `compare.ts`), on
 * the scenario kmap-dma at several sizes, and on every scenario without and with its defects. With `--all` also on every
 * scenario with every configuration of the matrix, every row of the reports and every patch that ships: about a thousand
 * questions, which takes hours. What is there is asked: a scenario that is added is covered.
 *
 * `npm run crosscheck [-- --all] [WORD...]`: only the lines that contain every word. Exits 1 if a comparison fails, if a
 * scenario was asked nowhere, or if Spin is missing under CI.
 */
import { spawnSync } from "node:child_process";
import { fingerprint } from "@shootdown/checker";
import { DEFAULT_SCENARIO } from "@shootdown/doctor";
import { compare } from "./compare.js";
import { CONFIGURATIONS } from "./configurations.js";
import { everyDefect } from "./defects.js";
import { missingTools } from "./spin.js";
import { describeQuestion, everyScenario, everyVariant, type Question, systemFor } from "./systems.js";

const SPIN_STATES = 2_000_000;
/** States that the interpreter searches; of rows, defects and patches fewer, because there are hundreds. */
const REFERENCE_STATES = 200_000;
const VARIANT_REFERENCE_STATES = 20_000;
const MILLION = 1_000_000;
const SPIN = { memoryMegabytes: 5_000 };

/** Installs what is missing where that can be done; what is still missing then. */
function provideTools(): readonly string[] {
  if (missingTools().length > 0 && process.getuid?.() === 0) {
    spawnSync("apt-get", ["install", "-y", "spin", "gcc", "libc6-dev"], { stdio: "ignore" });
  }
  return missingTools();
}

const ALL = "--all";

function main(args: readonly string[]): void {
  const isAll = args.includes(ALL);
  const words = args.filter((word) => word !== ALL);
  const missing = provideTools();
  console.log(
    "Rule: the export starts no processes, so Spin has no states of its own: its count must equal ours exactly.",
  );
  console.log("A faulty system is compared by verdict alone: each search stops at the first violation it meets.");
  if (missing.length > 0)
    console.log(`SKIPPED against Spin, for want of ${missing.join(" and ")}: apt-get install spin gcc`);
  const scenarios = isAll ? everyScenario() : [];
  const sizes = CONFIGURATIONS.map((configuration): Question => ({ ...configuration, scenario: DEFAULT_SCENARIO }));
  const thorough = [...sizes, ...scenarios];
  const questions = [...thorough, ...everyDefect(), ...(isAll ? everyVariant() : [])];
  const chosen = questions.filter((question) => words.every((word) => describeQuestion(question).includes(word)));
  /** By fingerprint: systems that have been compared. A patch may change nothing that a scenario can see. */
  const compared = new Set<string>();
  const unasked = new Set(chosen.map((question) => question.scenario));
  const counts = { ok: 0, failed: 0, same: 0, none: 0, large: 0, unexported: 0, unseen: 0 };
  for (const question of chosen) {
    const system = systemFor(question);
    if (typeof system === "string") {
      counts.none++;
      continue;
    }
    unasked.delete(question.scenario);
    const print = fingerprint(system);
    if (compared.has(print)) {
      counts.same++;
      continue;
    }
    compared.add(print);
    const { verdict, states, spinStates, spinSays, isUnseen, unexported, failures } = compare(system, {
      spinStates: SPIN_STATES,
      referenceStates: thorough.includes(question) ? REFERENCE_STATES : VARIANT_REFERENCE_STATES,
      spin: missing.length > 0 ? undefined : SPIN,
    });
    counts[failures.length > 0 ? "failed" : "ok"]++;
    if (unexported !== undefined) counts.unexported++;
    if (isUnseen) counts.unseen++;
    if (failures.length === 0 && spinStates === states && states > MILLION) counts.large++;
    const spin =
      spinStates === undefined
        ? `Spin not asked${unexported ? ` (${unexported})` : ""}`
        : `Spin ${spinSays === "sound" && !isUnseen ? spinStates : spinSays}${isUnseen ? " (others go on, which it takes for no deadlock)" : ""}`;
    const told = [`${verdict} ${states} states, ${spin}`, ...failures].join("; ");
    console.log(`${(failures.length > 0 ? "FAILED" : "ok").padEnd(6)} ${describeQuestion(question)}: ${told}`);
  }
  for (const scenario of unasked) console.log(`FAILED ${scenario}: no configuration of the matrix has what it needs`);
  console.log(
    `${counts.ok} passed (${counts.large} of more than a million states by Spin's count too, ${counts.unexported} that Promela cannot tell, ${counts.unseen} deadlocks that Spin cannot see), ${counts.failed} failed; ${counts.same} are systems seen before, ${counts.none} have nothing to run`,
  );
  if (counts.failed > 0 || unasked.size > 0 || (missing.length > 0 && process.env.CI === "true")) process.exitCode = 1;
}

main(process.argv.slice(2));
