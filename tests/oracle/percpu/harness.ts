/**
 * Linux's own percpu.c as a program: built by build.sh from a kernel tree, fed with traces of gen-trace.py.
 *
 * The tree is SHOOTDOWN_LINUX_TREE, or the Debian package linux-source-6.12.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { hasLinuxTree, linuxTree } from "../../support/linux-tree.js";
import { CACHE, ROOT } from "../../support/root.js";
import { hasTool } from "../../support/tools.js";

const HERE = join(ROOT, "tests/oracle/percpu");
const WORK = join(CACHE, "percpu-oracle");
const TREE = process.env.SHOOTDOWN_LINUX_TREE || "linux-source-6.12";
/** More output than any trace here makes. */
const MAX_BYTES = 1 << 28;

/** What is missing to build it, in words; undefined if nothing is. */
export function missingForHarness(): string | undefined {
  if (!hasTool("gcc")) return "gcc";
  if (!hasTool("python3")) return "python3";
  return hasLinuxTree(TREE) ? undefined : TREE;
}

/** The programs' path without `-vm` or `-km`. */
export function buildHarness(): string {
  mkdirSync(WORK, { recursive: true });
  const sources = join(WORK, "harness");
  cpSync(HERE, sources, { recursive: true });
  execFileSync("bash", [join(sources, "build.sh"), linuxTree(TREE), "linux"], { stdio: ["ignore", "ignore", "pipe"] });
  return join(sources, "percpu-linux");
}

export type Profile = "small" | "mixed" | "big" | "atomic";

export function generateTrace(seed: number, operations: number, live: number, profile: Profile): string {
  const args = [join(HERE, "gen-trace.py"), `${seed}`, `${operations}`, `${live}`, profile];
  return execFileSync("python3", args, { encoding: "utf8", maxBuffer: MAX_BYTES });
}

export function runHarness(program: string, args: readonly string[], trace: string): string {
  const run = spawnSync(program, args, { input: trace, encoding: "utf8", maxBuffer: MAX_BYTES });
  if (run.error) throw run.error;
  if (run.status !== 0) throw new Error(`${program} ${args.join(" ")}: ${run.stderr}`);
  return run.stdout;
}
