#!/usr/bin/env node
/**
 * What `npx shootdown` and `./shootdown` run. Plain JavaScript, so that it can say what is missing before the build.
 */
import { existsSync } from "node:fs";
import { setFlagsFromString } from "node:v8";

// TypeScript's code runs for half a second: optimising it takes V8's threads longer than it gains. V8 begins to optimise
// a function after so many bytes of bytecode run (elsewhere about 130,000), soon enough for the loops of a search.
// Set where the option is known to exist: V8 would complain on standard error of one that it does not know. A trace of percpu
// allocations runs without TypeScript, and the sooner it is optimised the better.
if (/^(20|22|24)\./.test(process.versions.node) && process.argv[2] !== "percpu-trace")
  setFlagsFromString("--interrupt-budget=400000");

const main = new URL("../dist/main.js", import.meta.url);
if (existsSync(main)) {
  const { main: run } = await import(main.href);
  process.exitCode = await run(process.argv.slice(2));
} else {
  process.stderr.write(`shootdown is not built: ${main.pathname} is missing.
  next: run npm install && npm run build in the repository, or start it by ./shootdown, which does both
`);
  process.exitCode = 2;
}
