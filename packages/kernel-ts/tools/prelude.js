/** Regenerates src/prelude.ts from kernel.d.ts: the browser has no file to read. `npm run prelude` in this package. */
import { readFileSync, writeFileSync } from "node:fs";

const text = readFileSync(new URL("../kernel.d.ts", import.meta.url), "utf8");
const escaped = text.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${");
const source = `/** Generated from kernel.d.ts by tools/prelude.js; a test holds them equal. Do not edit. */\nexport const PRELUDE = \`${escaped}\`;\n`;
writeFileSync(new URL("../src/prelude.ts", import.meta.url), source);
