/**
 * One measured run of packages/kconfig; started by kconfig.ts. Arguments: job file, cold or warm, how many configurations; with a
 * fourth, `phases`, it prints where the time went.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";

// As packages/cli/bin/shootdown.js has it for `config`.
setFlagsFromString("--interrupt-budget=1000000");

/** What to do, as kconfig.ts writes it. */
export interface Job {
  readonly tree: string;
  readonly env: Readonly<Record<string, string>>;
  /** JSON: the answers of the probes. */
  readonly probes: string;
  readonly input: string;
  readonly output: string;
  readonly cacheFile: string;
}

/** CPU seconds of this process so far. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const started = cpu();
const { olddefconfig, parseKconfig, replayShell } = await import("@shootdown/kconfig");
const { DirectoryFiles, parseKconfigCached } = await import("@shootdown/kconfig/node");
const loaded = cpu();

const [jobFile, mode, count, report] = process.argv.slice(2);
const job = JSON.parse(readFileSync(jobFile!, "utf8")) as Job;
const shell = replayShell(JSON.parse(readFileSync(job.probes, "utf8")));
const options = { files: new DirectoryFiles(job.tree), env: job.env, shell };
const tree = mode === "warm" ? parseKconfigCached({ ...options, cacheFile: job.cacheFile }) : parseKconfig(options);
const parsed = cpu();
for (let left = Number(count); left > 0; left--)
  writeFileSync(job.output, olddefconfig(tree, readFileSync(job.input, "utf8")).text);
const done = cpu();

if (report === "phases") {
  const seconds = (from: number, to: number): string => `${(to - from).toFixed(2)} s`;
  const parts = [
    `Node's start ${seconds(0, started)}`,
    `modules ${seconds(started, loaded)}`,
    `${mode === "warm" ? "cache" : "parse"} ${seconds(loaded, parsed)}`,
    `evaluate and write ${seconds(parsed, done)}`,
  ];
  if (mode === "cold") {
    for (let again = 0; again < 6; again++) parseKconfig(options);
    const before = cpu();
    parseKconfig(options);
    parts.push(`the same parse once its code is compiled ${seconds(before, cpu())}`);
  }
  console.log(parts.join(", "));
}
