/**
 * Linux's own percpu.c as a program: built by build.sh from a kernel tree, fed with traces of gen-trace.py.
 *
 * The tree is SHOOTDOWN_LINUX_TREE, or what the Debian package linux-source-6.12 has put into /usr/src: of that, only the
 * files that the program is made of are unpacked, once, into .cache/.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { hasTool } from "../../support/tools.js";

/** The repository, also from where the benchmarks are built. */
function repository(folder: string): string {
  return existsSync(join(folder, "package-lock.json")) ? folder : repository(dirname(folder));
}

const ROOT = repository(import.meta.dirname);
const HERE = join(ROOT, "tests/oracle/percpu");
const CACHE = join(ROOT, ".cache/percpu-oracle");
const VERSION = "linux-source-6.12";
const PACKAGE = `/usr/src/${VERSION}.tar.xz`;
const NEEDED = ["mm/percpu.c", "mm/percpu-internal.h", "mm/internal.h", "mm/percpu-vm.c", "mm/percpu-km.c", "include/linux/percpu.h", "tools/include/linux/list.h"];
/** More output than any trace here makes. */
const MAX_BYTES = 1 << 28;

/** What is missing to build it, in words; undefined if nothing is. */
export function missingForHarness(): string | undefined {
  if (!hasTool("gcc")) return "gcc";
  if (!hasTool("python3")) return "python3";
  return process.env.SHOOTDOWN_LINUX_TREE || existsSync(PACKAGE) || existsSync(join(CACHE, VERSION)) ? undefined : VERSION;
}

function linuxTree(): string {
  if (process.env.SHOOTDOWN_LINUX_TREE) return process.env.SHOOTDOWN_LINUX_TREE;
  if (!NEEDED.every((file) => existsSync(join(CACHE, VERSION, file)))) {
    execFileSync("tar", ["-xJf", PACKAGE, "-C", CACHE, ...NEEDED.map((file) => `${VERSION}/${file}`)]);
  }
  return join(CACHE, VERSION);
}

/** The programs' path without `-vm` or `-km`. */
export function buildHarness(): string {
  mkdirSync(CACHE, { recursive: true });
  const sources = join(CACHE, "harness");
  cpSync(HERE, sources, { recursive: true });
  execFileSync("bash", [join(sources, "build.sh"), linuxTree(), "linux"], { stdio: ["ignore", "ignore", "pipe"] });
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
