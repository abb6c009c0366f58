/**
 * Goal: the example in the README runs and prints what it says.
 * Method: takes the first code block out of README.md and runs it, with console.log caught.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as kconfig from "./index.js";

test("the ten-line example", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const code = /```js\n(.*?)```/s.exec(readme)![1]!;
  expect(code.trim().split("\n").length).toBeLessThanOrEqual(10);
  const printed: string[] = [];
  const body = code.replace(/^import \{(.*)\} from "@shootdown\/kconfig";\n/m, "const {$1} = library;\n");
  const run = new Function("library", "console", body) as (api: unknown, console: unknown) => void;
  run(kconfig, { log: (line: unknown) => printed.push(String(line)) });
  const promised = [...code.matchAll(/\/\/ prints (.*)$/gm)].map((match) => match[1]);
  expect(printed.map((line) => line.trim().split("\n")[0])).toEqual(promised);
});
