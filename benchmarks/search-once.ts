/**
 * One search, for `checker.ts` to measure: the configuration as JSON, then whether to chain steps. Prints the number of
 * states.
 */
import { searchReduced } from "@shootdown/checker";
import { type Configuration, kmapDma } from "../tests/crosscheck/kmap-dma.js";

const [, , configuration, chaining] = process.argv;
const result = searchReduced(kmapDma(JSON.parse(configuration!) as Configuration), { chaining: chaining === "true" });
if (result.verdict !== "sound") throw new Error(result.verdict);
console.log(result.states);
