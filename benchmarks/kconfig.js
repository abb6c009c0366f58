/**
 * How fast packages/kconfig is, against the kernel's own `conf` on the same tree with the same recorded probes.
 *
 *     npm run bench:kconfig -- --tree DIR [--arch arm] [--rounds 7] [--batch 50] [--work DIR]
 *
 * CPU time (user + system, start of the process included), the two back to back in each round; medians. cold: parse and evaluate.
 * warm: from the cache of the parsed tree. batch: so many configurations in one process, against as many runs of conf.
 * Builds conf and records the probes like tests/oracle/kconfig/run.js, whose work directory it shares.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { kernelEnvironment, kernelVersion } from "../packages/kconfig/dist/node.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    tree: { type: "string" },
    arch: { type: "string", default: "arm" },
    rounds: { type: "string", default: "7" },
    batch: { type: "string", default: "50" },
    work: { type: "string", default: join(root, ".cache/kconfig-oracle") },
  },
});
if (options.tree === undefined) {
  console.error("usage: npm run bench:kconfig -- --tree DIR [--arch arm]");
  process.exit(2);
}
const tree = resolve(options.tree);
const version = kernelVersion(tree).split(".").slice(0, 2).join(".");
const { work, arch } = options;
mkdirSync(work, { recursive: true });
const record = join(work, `probes-${version}-${arch}.rec`);
if (!existsSync(record)) {
  const oracle = join(root, "tests/oracle/kconfig/run.js");
  execFileSync("node", [oracle, "--tree", tree, "--arch", arch, "--cases", "1", "--what", "cases", "--work", work]);
}
const env = kernelEnvironment({ tree, arch, base: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } });
const scratch = mkdtempSync(join(tmpdir(), "bench-kconfig-"));
const input = join(work, `${basename(tree)}-${arch}`, "cases-50", `${version}-${arch}-1`, "input.config");
const job = { tree, env, record, input, output: join(scratch, "out.config"), cacheFile: join(scratch, "tree.cache") };
writeFileSync(join(scratch, "job.json"), JSON.stringify(job));

/** CPU seconds of a command, and its largest resident set in MB. */
function measure(command, args, extra) {
  const script = 'TIMEFORMAT="%U %S"; { time "$@" >/dev/null 2>&1; } 2>&1';
  const run = spawnSync("/bin/bash", ["-c", script, "bash", command, ...args], {
    cwd: scratch,
    env: { ...env, ...extra },
    encoding: "utf8",
  });
  const [user, system] = run.stdout.trim().split(" ").map(Number);
  return user + system;
}

const conf = () => {
  writeFileSync(join(scratch, ".config"), readFileSync(input));
  // include/config stays from the first run: conf makes thousands of files there otherwise, which is not what is compared.
  const preload = { LD_PRELOAD: join(work, "popenlog.so"), POPEN_REPLAY: record };
  return measure(join(work, `conf-${version}`, "conf"), ["-s", "--olddefconfig", "Kconfig"], preload);
};
const ours = (mode, count) =>
  measure(
    process.execPath,
    [join(root, "benchmarks/kconfig.child.js"), join(scratch, "job.json"), mode, String(count)],
    {},
  );
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];

ours("warm", 1); // makes the cache
conf(); // makes include/config
const [confTimes, cold, warm] = [[], [], []];
for (let round = 0; round < Number(options.rounds); round++) {
  confTimes.push(conf());
  cold.push(ours("cold", 1));
  warm.push(ours("warm", 1));
}
const same = readFileSync(join(scratch, "out.config")).equals(readFileSync(join(scratch, ".config")));
const batch = median([
  ours("cold", Number(options.batch)),
  ours("cold", Number(options.batch)),
  ours("cold", Number(options.batch)),
]);
const report = (mode, what) => {
  const child = [join(root, "benchmarks/kconfig.child.js"), join(scratch, "job.json"), mode, "1", what];
  return spawnSync(process.execPath, child, { cwd: scratch, encoding: "utf8" }).stdout.trim();
};
const [base, coldTime, warmTime] = [median(confTimes), median(cold), median(warm)];
const ratio = (time, times = 1) => `${time.toFixed(2)} s, ${(time / (times * base)).toFixed(2)} x conf`;
console.log(`${basename(tree)} ${arch}: conf ${base.toFixed(2)} s CPU; output ${same ? "identical" : "DIFFERENT"}`);
console.log(`cold   ${ratio(coldTime)}   (at most 2)`);
console.log(`warm   ${ratio(warmTime)}   (at most 0.7)`);
console.log(`batch  ${options.batch} configurations ${ratio(batch, Number(options.batch))}   (at most 0.5)`);
console.log(`memory ${report("cold", "memory")}`);
console.log(`of cold: ${report("cold", "phases")}`);
console.log(`of warm: ${report("warm", "phases")}`);
rmSync(scratch, { recursive: true });
