/** One search of a configuration (JSON, the first argument), for `checker.ts` to measure; prints the number of states. */
import { search } from "@shootdown/checker";
import { type Configuration, kmapDma } from "../tests/crosscheck/kmap-dma.js";

const result = search(kmapDma(JSON.parse(process.argv[2]!) as Configuration));
if (result.verdict !== "sound") throw new Error(result.verdict);
console.log(result.states);
