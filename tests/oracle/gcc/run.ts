/**
 * Holds the link stage's value analysis against gcc: the functions with known thresholds and 200 generated variants, on
 * every target whose compiler is there, at -O0, -O1, -O2 and -Os.
 *
 *     node tests/oracle/gcc/dist/run.js [--seed N] [--variants N] [--all] [--show NAME]
 *
 * `--all` lists every disagreement, `--show` prints one case in both languages. Exit status: 0 all agree but for what
 * CAVEATS.md counts as gcc's own choice, 1 a fixed case differs or more than `MAX_OTHERS` in a hundred, 2 usage.
 */
import { parseArgs } from "node:util";
import { FIXED, variants } from "./cases.js";
import { writeC, writeTypeScript } from "./language.js";
import { type Answer, canCompile, compare, type Outcome, TARGETS } from "./measure.js";

const MAX_OTHERS = 3;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    variants: { type: "string", default: "200" },
    all: { type: "boolean", default: false },
    show: { type: "string" },
  },
});
const generated = variants(Number(values.seed), Number(values.variants));

if (values.show !== undefined) {
  const shown = [...FIXED, ...generated].filter((c) => c.name === values.show || c.bad.includes(values.show!));
  console.log(writeC(shown));
  console.log(writeTypeScript(shown, shown[0]?.bits ?? 64).main);
  process.exit(shown.length > 0 ? 0 : 2);
}

const OUTCOMES: readonly Outcome[] = ["agree", "inlining decides", "we keep what gcc drops", "we drop what gcc keeps"];
const answers: Answer[] = [];
for (const target of TARGETS) {
  if (!canCompile(target)) {
    console.log(`${target.name}: no compiler, left out`);
    continue;
  }
  for (const [what, cases] of [
    ["known", FIXED],
    ["generated", generated],
  ] as const) {
    const found = [...compare(cases, target)];
    answers.push(...found);
    for (const level of ["O0", "O1", "O2", "Os"] as const) {
      const here = found.filter((a) => a.level === level);
      const dropped = here.filter((a) => !a.kept).length;
      const counts = OUTCOMES.map((outcome) => `${here.filter((a) => a.outcome === outcome).length} ${outcome}`);
      console.log(
        `${target.name.padEnd(9)} -${level} ${what.padEnd(9)} ${String(here.length).padStart(4)} references, gcc drops ${String(dropped).padStart(3)}: ${counts.join(", ")}`,
      );
    }
  }
}
const others = answers.filter(({ outcome }) => outcome !== "agree");
const listed = values.all ? others : others.slice(0, 20);
for (const { case: c, symbol, target, level, outcome } of listed) {
  console.log(`  ${outcome.padEnd(23)} ${target} -${level} ${symbol} (${c.name})`);
}
if (listed.length < others.length) console.log(`  and ${others.length - listed.length} more: --all`);
const differs = others.some((a) => FIXED.includes(a.case) && a.outcome !== "inlining decides");
const share = (100 * others.length) / Math.max(1, answers.length);
console.log(`${answers.length} answers, ${others.length} not the same (${share.toFixed(2)} %)`);
process.exit(differs || share > MAX_OTHERS ? 1 : 0);
