/**
 * Reads vitest's JSON report. Prints `passed failed skipped` on stdout; the names of skipped and failed tests, and files
 * that could not be loaded (each counts as a failure), on stderr.
 */
import { readFileSync } from "node:fs";
import { relative } from "node:path";

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
const count = { passed: 0, failed: 0, skipped: 0 };
for (const file of report.testResults) {
  const path = relative(process.cwd(), file.name);
  for (const test of file.assertionResults) {
    const outcome = test.status === "passed" || test.status === "failed" ? test.status : "skipped";
    count[outcome]++;
    if (outcome !== "passed") process.stderr.write(`${outcome.padEnd(8)}${path}: ${test.fullName}\n`);
  }
  if (file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed")) {
    count.failed++;
    process.stderr.write(`failed  ${path}: ${String(file.message).split("\n")[0]}\n`);
  }
}
process.stdout.write(`${count.passed} ${count.failed} ${count.skipped}\n`);
