/**
 * How fast packages/kconfig is, against the kernel's own `conf` on the same tree with the same recorded probes.
 *
 *     npm run bench:kconfig -- --tree DIR[,DIR] [--arch arm] [--rounds 7] [--batch 50] [--work DIR]
 *
 * Several trees are measured one after the other: 6.1's conf and 6.12's are not equally fast, and the ratios are not the same.
 * Without --tree, the unpacked trees of Debian's linux-source packages under /usr/src.
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
const PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
const DEBIAN_TREES = ["/usr/src/linux-source-6.12", "/usr/src/linux-source-6.1"];
const trees = options.tree?.split(",") ?? DEBIAN_TREES.filter((tree) => existsSync(join(tree, "Kconfig")));
if (trees.length === 0) {
  console.error("usage: npm run bench:kconfig -- --tree DIR[,DIR] [--arch arm]");
  process.exit(2);
}
for (const tree of trees) measureTree(resolve(tree));

/** CPU seconds of a command. */
function measure(command, args, cwd, env) {
  const script = 'TIMEFORMAT="%U %S"; { time "$@" >/dev/null 2>&1; } 2>&1';
  const run = spawnSync("/bin/bash", ["-c", script, "bash", command, ...args], { cwd, env, encoding: "utf8" });
  const [user, system] = run.stdout.trim().split(" ").map(Number);
  return user + system;
}

function median(list) {
  return list.sort((a, b) => a - b)[list.length >> 1];
}

function measureTree(tree) {
  const version = kernelVersion(tree).split(".").slice(0, 2).join(".");
  const { work, arch } = options;
  mkdirSync(work, { recursive: true });
  const record = join(work, `probes-${version}-${arch}.rec`);
  const input = join(work, `${basename(tree)}-${arch}`, "cases-50", `${version}-${arch}-1`, "input.config");
  if (!existsSync(record) || !existsSync(input)) {
    const oracle = join(root, "tests/oracle/kconfig/run.js");
    execFileSync("node", [oracle, "--tree", tree, "--arch", arch, "--cases", "1", "--what", "cases", "--work", work]);
  }
  const env = kernelEnvironment({ tree, arch, base: { PATH } });
  const scratch = mkdtempSync(join(tmpdir(), "bench-kconfig-"));
  const job = { tree, env, record, input, output: join(scratch, "out.config"), cacheFile: join(scratch, "tree.cache") };
  writeFileSync(join(scratch, "job.json"), JSON.stringify(job));

  const conf = () => {
    writeFileSync(join(scratch, ".config"), readFileSync(input));
    // include/config stays from the first run: conf makes thousands of files there otherwise, which is not what is compared.
    const preload = { LD_PRELOAD: join(work, "popenlog.so"), POPEN_REPLAY: record };
    const args = ["-s", "--olddefconfig", "Kconfig"];
    return measure(join(work, `conf-${version}`, "conf"), args, scratch, { ...env, ...preload });
  };
  const child = (mode, count) => [
    join(root, "benchmarks/kconfig.child.js"),
    join(scratch, "job.json"),
    mode,
    String(count),
  ];
  const ours = (mode, count) => measure(process.execPath, child(mode, count), scratch, env);
  const report = (mode, what) =>
    spawnSync(process.execPath, [...child(mode, 1), what], { cwd: scratch, encoding: "utf8" }).stdout.trim();

  ours("warm", 1); // makes the cache
  conf(); // makes include/config
  const [confTimes, cold, warm] = [[], [], []];
  for (let round = 0; round < Number(options.rounds); round++) {
    confTimes.push(conf());
    cold.push(ours("cold", 1));
    warm.push(ours("warm", 1));
  }
  const same = readFileSync(join(scratch, "out.config")).equals(readFileSync(join(scratch, ".config")));
  const batch = median([1, 2, 3].map(() => ours("cold", Number(options.batch))));
  const [base, coldTime, warmTime] = [median(confTimes), median(cold), median(warm)];
  const ratio = (time, times = 1) => `${time.toFixed(2)} s, ${(time / (times * base)).toFixed(2)} x conf`;
  console.log(
    `${tree} (Linux ${kernelVersion(tree)}), ${arch}: conf ${base.toFixed(2)} s CPU; output ${same ? "identical" : "DIFFERENT"}`,
  );
  console.log(`cold   ${ratio(coldTime)}   (at most 2)`);
  console.log(`warm   ${ratio(warmTime)}   (at most 0.7)`);
  console.log(`batch  ${options.batch} configurations ${ratio(batch, Number(options.batch))}   (at most 0.5)`);
  console.log(`memory ${report("cold", "memory")}`);
  console.log(`of cold: ${report("cold", "phases")}`);
  console.log(`of warm: ${report("warm", "phases")}`);
  rmSync(scratch, { recursive: true });
}
