/**
 * Runs Spin on a Promela text: `spin -a`, the C compiler, the verifier; gives back its verdict and its own numbers.
 *
 * Exact storage (no bitstate, no hash compaction), no partial-order reduction, stops at the first error. Used by the
 * cross-check, by the checker's tests and by the benchmark.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Meter } from "./meter.js";

export interface SpinOptions {
  /** Longest run, in steps. */
  readonly maxDepth?: number;
  /** Logarithm of the number of hash table slots. */
  readonly hashLog?: number;
  /** The one kind of error to look for; absent: both. */
  readonly only?: "assertion" | "deadlock";
}

export interface VerifierOptions {
  readonly memoryMegabytes?: number;
  /**
   * How well the C compiler optimises the verifier: 2 for measuring it, 1 (the default) where compiling it takes longer than
   * running it, 0 for a few states.
   */
  readonly optimisation?: 0 | 1 | 2;
}

export interface SpinResult {
  readonly verdict: "sound" | "assertion" | "deadlock";
  readonly states: number;
  readonly depth: number;
  /** The verifier alone. */
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
  /** `spin -a` and the C compiler. */
  readonly buildCpuSeconds: number;
}

/** What of Spin's needs is missing on this machine; empty if nothing is. */
export function missingTools(): readonly string[] {
  return ["spin", "gcc"].filter((tool) => spawnSync(tool, [tool === "spin" ? "-V" : "--version"]).status !== 0);
}

/** Spin's own data-flow reductions drop variables that are only written, or that only a witness would read: not states. */
const SPIN_FLAGS = ["-o1", "-o2", "-a"];
/** `-fwrapv`: int arithmetic wraps, as the model's does. */
const C_FLAGS = ["-fwrapv", "-DNOREDUCE", "-DSAFETY"];

/** A text of so many characters is more work for the compiler than its states are for the verifier; and they are wide. */
const LARGE_TEXT = 300_000;
const LARGE_FLAGS = ["-DVECTORSZ=8192"];

/** A verifier that is ready to run; `remove` it when done. */
export interface Verifier {
  readonly buildCpuSeconds: number;
  run(options?: SpinOptions): SpinResult;
  remove(): void;
}

export function buildVerifier(promela: string, options: VerifierOptions = {}): Verifier {
  const { memoryMegabytes = 8192, optimisation = 1 } = options;
  const folder = mkdtempSync(join(tmpdir(), "shootdown-spin-"));
  const meter = new Meter(folder);
  writeFileSync(join(folder, "model.pml"), promela);
  const spin = meter.run("spin", [...SPIN_FLAGS, "model.pml"]);
  if (spin.status !== 0) throw new Error(`spin -a failed:\n${spin.output}`);
  const isLarge = promela.length > LARGE_TEXT;
  const gcc = meter.run("gcc", [
    `-O${isLarge ? 0 : optimisation}`,
    ...C_FLAGS,
    ...(isLarge ? LARGE_FLAGS : []),
    `-DMEMLIM=${memoryMegabytes}`,
    "-w",
    "-o",
    "pan",
    "pan.c",
  ]);
  if (gcc.status !== 0) throw new Error(`gcc failed:\n${gcc.output}`);
  const buildCpuSeconds = spin.cpuSeconds + gcc.cpuSeconds;
  return {
    buildCpuSeconds,
    run({ maxDepth = 10_000_000, hashLog = 24, only } = {}) {
      const kind = only === undefined ? [] : [only === "assertion" ? "-E" : "-A"];
      const { output, cpuSeconds, peakMegabytes } = meter.run("./pan", [`-m${maxDepth}`, `-w${hashLog}`, ...kind]);
      return { ...parsePan(output), cpuSeconds, peakMegabytes, buildCpuSeconds };
    },
    remove() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function runSpin(promela: string, options: SpinOptions & VerifierOptions = {}): SpinResult {
  const verifier = buildVerifier(promela, options);
  try {
    return verifier.run(options);
  } finally {
    verifier.remove();
  }
}

/** Reads what pan prints. Throws where it did not search everything. */
export function parsePan(output: string): Pick<SpinResult, "verdict" | "states" | "depth"> {
  const states = Number(/^\s*(\d+(?:\.\d+)?(?:e\+\d+)?) states, stored/m.exec(output)?.[1]);
  const errors = Number(/errors: (\d+)/.exec(output)?.[1]);
  const depth = Number(/depth reached (\d+)/.exec(output)?.[1]);
  if (!Number.isFinite(states) || !Number.isFinite(errors)) throw new Error(`pan did not finish:\n${output}`);
  if (errors > 0) {
    const what = /^pan:\d+: (.*)$/m.exec(output)?.[1] ?? "";
    return { verdict: what.startsWith("invalid end state") ? "deadlock" : "assertion", states, depth };
  }
  if (/max search depth too small|Search not completed|out of memory/.test(output)) {
    throw new Error(`pan did not search everything:\n${output}`);
  }
  return { verdict: "sound", states, depth };
}
