#!/usr/bin/env node
/**
 * What `npx shootdown` and `./shootdown` run. Plain JavaScript, so that it can say what is missing before the build.
 */
import { existsSync } from "node:fs";

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
