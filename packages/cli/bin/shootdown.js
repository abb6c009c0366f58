#!/usr/bin/env node
/**
 * What `npx shootdown` and `./shootdown` run. Plain JavaScript, so that it can say what is missing before the build.
 */
import { existsSync } from "node:fs";
import { setFlagsFromString } from "node:v8";

// V8 begins to optimise a function after so many bytes of bytecode run, elsewhere about 130,000. TypeScript's code runs for half a second,
// Kconfig's for less: optimising most of it takes V8's threads longer than it gains, and the loops of a search are found soon enough.
// A trace of percpu allocations runs without either, and the sooner it is optimised the better.
const BUDGETS = { config: 1_000_000, "percpu-trace": undefined };
const command = process.argv[2] ?? "";
const budget = Object.hasOwn(BUDGETS, command) ? BUDGETS[command] : 400_000;
// Set where the option is known to exist: V8 would complain on standard error of one that it does not know.
if (/^(20|22|24)\./.test(process.versions.node) && budget !== undefined)
  setFlagsFromString(`--interrupt-budget=${budget}`);

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
