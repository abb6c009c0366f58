/**
 * One measured run of packages/kconfig; started by kconfig.js. Arguments: job file, cold or warm, how many configurations; then
 * `memory` or `phases` for a report.
 */
import { readFileSync, writeFileSync } from "node:fs";

/** CPU seconds of this process so far. */
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const started = cpu();
const { olddefconfig, parseKconfig, replayShell } = await import("../packages/kconfig/dist/index.js");
const { DirectoryFiles, parseKconfigCached } = await import("../packages/kconfig/dist/node.js");
const loaded = cpu();

const [jobFile, mode, count, report] = process.argv.slice(2);
const job = JSON.parse(readFileSync(jobFile, "utf8"));

function readRecord(file) {
  const bytes = readFileSync(file);
  const record = {};
  for (let at = 0; at < bytes.length; ) {
    const head = bytes.indexOf(10, at);
    const [command, output] = bytes.toString("latin1", at, head).split(" ").map(Number);
    const end = head + 1 + command;
    record[bytes.toString("utf8", head + 1, end)] = { stdout: bytes.toString("utf8", end, end + output) };
    at = end + output + 1;
  }
  return record;
}

const options = { files: new DirectoryFiles(job.tree), env: job.env, shell: replayShell(readRecord(job.record)) };
const tree = mode === "warm" ? parseKconfigCached({ ...options, cacheFile: job.cacheFile }) : parseKconfig(options);
const parsed = cpu();
for (let done = 0; done < Number(count); done++) {
  const { text } = olddefconfig(tree, readFileSync(job.input, "utf8"));
  writeFileSync(job.output, text);
}
const done = cpu();
if (report === "memory") {
  const { heapUsed, rss } = process.memoryUsage();
  console.log(`${Math.round(heapUsed / 1e6)} MB heap, ${Math.round(rss / 1e6)} MB resident after one configuration`);
}
if (report === "phases") {
  const seconds = (from, to) => (to - from).toFixed(2);
  let line = `Node's start ${seconds(0, started)} s, modules ${seconds(started, loaded)} s, `;
  line += `${mode === "warm" ? "cache" : "parse"} ${seconds(loaded, parsed)} s, evaluate and write ${seconds(parsed, done)} s`;
  if (mode === "cold") {
    for (let again = 0; again < 6; again++) parseKconfig(options);
    const before = cpu();
    parseKconfig(options);
    line += `; the same parse once its code is compiled: ${seconds(before, cpu())} s`;
  }
  console.log(line);
}
