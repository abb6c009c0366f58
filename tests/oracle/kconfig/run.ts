/**
 * Holds packages/kconfig against the real `conf`, byte for byte.
 *
 *     npm run oracle:kconfig -- [--tree TREE[,TREE]] [--arch arm,x86_64,riscv] [--cases N] [--seed S]
 *                               [--density PERCENT] [--drop PERCENT] [--change PERCENT]
 *                               [--what cases,defconfigs,all,random] [--live] [--work DIR] [--fresh]
 *
 * A TREE is a directory, or a Debian package (linux-source-6.12) that is installed; default: those that are. Builds `conf` from the
 * tree, records the answers of its `$(shell,…)` probes once, and compares per architecture:
 *
 *     cases        N random configurations with lines lost and altered (kconf-oracle.sh): the `.config` of olddefconfig, the
 *                  file of savedefconfig, everything on standard error
 *     defconfigs   every defconfig of the architecture, to a `.config` and back
 *     all          allno, allyes, allmod, alldef
 *     random       not by default: N random small trees, sound and broken, in all modes and dialogues
 *
 * With --live both sides run the compilers instead of replaying. --density is how likely a random configuration has a symbol on,
 * --drop and --change how many of its lines are then lost or altered. `--arch all`: every architecture of the tree; one without a
 * cross compiler here is asked about with the host's. Answers of `conf` are kept in the work directory and used again; --fresh asks
 * again. Needs gcc, bison, flex, python3, and the cross compilers of the architectures.
 *
 * Exit status: 0 all identical, 1 a difference (each is named, with the files to diff), 2 usage.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { KconfigError } from "@shootdown/kconfig";
import { debianTrees, linuxTree } from "../../support/linux-tree.js";
import { compareRandomTree, RUNS_PER_TREE } from "./compare-random.js";
import { type CaseOptions, ourTree, STAGES, USUAL } from "./compare-trees.js";
import { missingForConf, type Side, setUp, WORK } from "./conf.js";

const { values } = parseArgs({
  options: {
    tree: { type: "string" },
    arch: { type: "string", default: "arm,x86_64,riscv" },
    cases: { type: "string", default: String(USUAL.cases) },
    seed: { type: "string", default: String(USUAL.seed) },
    density: { type: "string", default: String(USUAL.density) },
    drop: { type: "string", default: String(USUAL.drop) },
    change: { type: "string", default: String(USUAL.change) },
    what: { type: "string", default: "cases,defconfigs,all" },
    work: { type: "string", default: WORK },
    live: { type: "boolean", default: false },
    fresh: { type: "boolean", default: false },
  },
});
const options: CaseOptions = {
  cases: Number(values.cases),
  seed: Number(values.seed),
  density: Number(values.density),
  drop: Number(values.drop),
  change: Number(values.change),
  live: values.live,
  fresh: values.fresh,
};
const stages = values.what.split(",");
const trees = values.tree?.split(",") ?? debianTrees();
const unknown = stages.find((stage) => stage !== "random" && !Object.hasOwn(STAGES, stage));
const missing = missingForConf();
if (unknown !== undefined) refuse(`--what ${unknown}: not one of ${[...Object.keys(STAGES), "random"].join(", ")}`);
if (Object.values(options).some((value) => Number.isNaN(value))) refuse("a number is not a number");
if (missing !== undefined) refuse(`${missing} is not installed`);
if (trees.length === 0) refuse("no tree: --tree DIR, or apt install linux-source-6.12");
const work = resolve(values.work);

let compared = 0;
let different = 0;
for (const name of trees) {
  let tree: string;
  try {
    tree = linuxTree(name);
  } catch (error) {
    refuse((error as Error).message);
  }
  for (const arch of values.arch === "all" ? architectures(tree) : values.arch.split(",")) {
    const side = setUp(tree, arch, work, options.live);
    for (const stage of stages) {
      const [before, wrong] = [compared, different];
      const started = performance.now();
      if (stage === "random") randomTrees(side);
      else realTree(side, stage as keyof typeof STAGES);
      const [count, differ] = [compared - before, different - wrong];
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`${basename(tree)} ${arch} ${stage}: ${count} outputs, ${count - differ} identical (${seconds} s)`);
    }
  }
}
console.log(`${compared} outputs compared, ${compared - different} identical, ${different} different`);
process.exit(different === 0 && compared > 0 ? 0 : 1);

function realTree(side: Side, stage: keyof typeof STAGES): void {
  let ours: ReturnType<typeof ourTree>;
  try {
    ours = ourTree(side, options.live);
  } catch (error) {
    if (!(error instanceof KconfigError)) throw error;
    console.log(`DIFFERS ${side.version}-${side.arch}: does not parse\n${error.message}`);
    compared++;
    different++;
    return;
  }
  for (const { name, what, ours: mine, theirs } of STAGES[stage](side, ours, options)) {
    compared++;
    if (mine === theirs) continue;
    different++;
    showDifference(side.work, `${name} ${what}`, mine, theirs);
  }
}

function randomTrees(side: Side): void {
  const before = compared;
  const dialect = side.version === "6.1" ? "6.1" : "6.12";
  for (let seed = options.seed; seed < options.seed + options.cases; seed++) {
    const folder = join(side.work, "random", String(seed));
    for (const { mode, ours, theirs, differs: parts } of compareRandomTree(seed, dialect, side.conf, folder)) {
      compared++;
      if (parts.length > 0) different++;
      for (const part of parts)
        showDifference(folder, `seed ${seed} ${mode} ${part}`, String(ours[part]), String(theirs[part]));
    }
  }
  const skipped = options.cases * RUNS_PER_TREE - (compared - before);
  if (skipped > 0)
    console.log(`${skipped} runs are not compared: conf itself crashed, did not end, or read what is not its own`);
}

/** Names a difference and leaves both sides. */
function showDifference(folder: string, name: string, ours: string, theirs: string): void {
  const at = join(folder, `differs-${name.replaceAll(/[/ ]/g, "-")}`);
  writeFileSync(`${at}.ours`, ours, "latin1");
  writeFileSync(`${at}.conf`, theirs, "latin1");
  console.log(`DIFFERS ${name}: diff ${at}.conf ${at}.ours`);
}

/** Everything `make ARCH=` takes. */
function architectures(tree: string): string[] {
  const folders = readdirSync(join(tree, "arch"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...folders.map((entry) => entry.name), "i386", "x86_64", "parisc64", "sparc32", "sparc64"].sort();
}

function refuse(message: string): never {
  console.error(`oracle:kconfig: ${message}`);
  process.exit(2);
}
