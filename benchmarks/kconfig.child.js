/** One measured run of packages/kconfig; started by kconfig.js. Arguments: job file, cold or warm, how many configurations. */
import { readFileSync, writeFileSync } from "node:fs";
import { olddefconfig, parseKconfig, replayShell } from "../packages/kconfig/dist/index.js";
import { DirectoryFiles, parseKconfigCached } from "../packages/kconfig/dist/node.js";

const [jobFile, mode, count, memory] = process.argv.slice(2);
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
for (let done = 0; done < Number(count); done++) {
  const { text } = olddefconfig(tree, readFileSync(job.input, "utf8"));
  writeFileSync(job.output, text);
}
if (memory !== undefined) {
  const { heapUsed, rss } = process.memoryUsage();
  console.log(`${Math.round(heapUsed / 1e6)} MB heap, ${Math.round(rss / 1e6)} MB resident after one configuration`);
}
