/**
 * Holds packages/kconfig against the real `conf`, byte for byte.
 *
 *     node tests/oracle/kconfig/run.js --tree DIR[,DIR] [--arch arm,x86_64,riscv] [--cases N] [--seed S]
 *                                      [--density PERCENT] [--drop PERCENT] [--change PERCENT]
 *                                      [--what cases,defconfigs,all] [--live] [--work DIR] [--fresh]
 *
 * Builds `conf` from the tree, records the answers of its `$(shell,...)` probes once, makes N random cases per architecture
 * (kconf-oracle.sh), and compares: the `.config` of olddefconfig, the file of savedefconfig, everything on standard error. Also every
 * defconfig of the architecture, and allno/allyes/allmod/alldef. With --live both sides run the compilers instead of replaying.
 * --density is how likely a random configuration has a symbol on, --drop and --change how many of its lines are then lost or altered.
 * `--arch all`: every architecture of the tree; one without a cross compiler here is asked about with the host's.
 * Results of `conf` are kept in the work directory and used again; --fresh makes them anew.
 *
 * Needs `npm run build`, gcc, bison, flex, python3, and the cross compilers of the architectures.
 * Exit status: 0 all identical, 1 a difference (each is named, with the files to diff), 2 usage.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  allconfig,
  defconfig,
  KconfigError,
  olddefconfig,
  parseKconfig,
  replayShell,
  savedefconfig,
  stderrText,
} from "../../../packages/kconfig/dist/index.js";
import { DirectoryFiles, kernelEnvironment, kernelVersion, nodeShell } from "../../../packages/kconfig/dist/node.js";

const here = dirname(fileURLToPath(import.meta.url));
const ALL_MODES = ["allnoconfig", "allyesconfig", "allmodconfig", "alldefconfig"];
const PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

const { values: options } = parseArgs({
  options: {
    tree: { type: "string" },
    arch: { type: "string", default: "arm,x86_64,riscv" },
    cases: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
    density: { type: "string", default: "50" },
    drop: { type: "string", default: "40" },
    change: { type: "string", default: "8" },
    what: { type: "string", default: "cases,defconfigs,all" },
    work: { type: "string", default: resolve(here, "../../../.cache/kconfig-oracle") },
    live: { type: "boolean", default: false },
    fresh: { type: "boolean", default: false },
  },
});
if (options.tree === undefined) {
  console.error("usage: run.js --tree DIR[,DIR] [--arch arm,x86_64,riscv] [--cases N]");
  process.exit(2);
}

let compared = 0;
let different = 0;

/** Compares one output; names it if it differs. */
function compare(name, what, ours, theirs, work) {
  compared++;
  if (ours === theirs) return;
  different++;
  const at = join(work, `differs-${name.replaceAll("/", "_")}-${what}`);
  writeFileSync(`${at}.ours`, ours);
  writeFileSync(`${at}.conf`, theirs);
  console.log(`DIFFERS ${name} ${what}: diff ${at}.conf ${at}.ours`);
}

/** One architecture of one tree: both sides, ready to run. */
function setUp(tree, arch) {
  const version = kernelVersion(tree).split(".").slice(0, 2).join(".");
  const work = join(options.work, `${basename(tree)}-${arch}`);
  mkdirSync(work, { recursive: true });
  const conf = join(options.work, `conf-${version}`, "conf");
  if (!existsSync(conf)) execFileSync(join(here, "build-conf.sh"), [tree, dirname(conf)], { stdio: "ignore" });
  const preload = join(options.work, "popenlog.so");
  if (!existsSync(preload))
    execFileSync("gcc", ["-shared", "-fPIC", "-O2", "-o", preload, join(here, "popenlog.c"), "-ldl"]);
  const env = kernelEnvironment({ tree, arch, base: { PATH } });
  const record = join(options.work, `probes-${version}-${arch}.rec`);
  if (!existsSync(record)) {
    const scratch = mkdtempSync(join(tmpdir(), "conf-"));
    const recording = { ...env, LD_PRELOAD: preload, POPEN_RECORD: record };
    spawnSync(conf, ["-s", "--alldefconfig", "Kconfig"], { cwd: scratch, env: recording, stdio: "ignore" });
    rmSync(scratch, { recursive: true });
  }
  const confEnv = options.live ? env : { ...env, LD_PRELOAD: preload, POPEN_REPLAY: record };
  return { tree, arch, version, work, conf, confEnv, env, record };
}

/** Everything `make ARCH=` takes. */
function architectures(tree) {
  const folders = readdirSync(join(tree, "arch"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...folders.map((entry) => entry.name), "i386", "x86_64", "parisc64", "sparc32", "sparc64"].sort();
}

/** Recorded probes in the form replayShell() takes. */
function readRecord(file) {
  const bytes = readFileSync(file);
  const record = {};
  for (let at = 0; at < bytes.length; ) {
    const head = bytes.indexOf(10, at);
    const [command, output] = bytes.toString("latin1", at, head).split(" ").map(Number);
    const end = head + 1 + command;
    record[bytes.toString("utf8", head + 1, end)] = { stdout: bytes.toString("utf8", end, end + output) };
    at = end + output + 1;
  }
  return record;
}

/** Runs conf in an empty directory with the files given; returns what it wrote. */
function runConf(side, args, files, outputs) {
  const scratch = mkdtempSync(join(tmpdir(), "conf-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(scratch, name), text);
  const run = spawnSync(side.conf, ["-s", ...args, "Kconfig"], { cwd: scratch, env: side.confEnv, encoding: "latin1" });
  const result = { stderr: run.stderr, status: run.status };
  for (const name of outputs)
    result[name] = existsSync(join(scratch, name)) ? readFileSync(join(scratch, name), "latin1") : "";
  rmSync(scratch, { recursive: true });
  return result;
}

/** Results of conf, kept between runs. */
function kept(side, name, make) {
  const file = join(side.work, `kept-${options.live ? "live" : "replay"}`, `${name.replaceAll("/", "_")}.json`);
  if (!options.fresh && existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  const result = make();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(result));
  return result;
}

const latin1 = (text) => Buffer.from(text, "utf8").toString("latin1");

function randomCases(side, tree, parseErrors) {
  const [count, first] = [Number(options.cases), Number(options.seed)];
  const { density, drop, change } = options;
  const isUsual = drop === "40" && change === "8";
  const directory = join(side.work, `cases-${density}${isUsual ? "" : `-${drop}-${change}`}`);
  for (let seed = first; seed < first + count; seed++) {
    const name = `${side.version}-${side.arch}-${seed}`;
    const at = join(directory, name);
    if (options.fresh || !existsSync(join(at, "stable"))) {
      const args = [directory, "1", side.version, side.arch, String(seed), density, drop, change];
      execFileSync(join(here, "kconf-oracle.sh"), args, {
        env: { PATH, KTREE: side.tree, WORK: options.work },
        stdio: "ignore",
      });
    }
    const input = readFileSync(join(at, "input.config"), "utf8");
    const expected = options.live
      ? runConf(side, ["--olddefconfig"], { ".config": input }, [".config"])
      : {
          ".config": readFileSync(join(at, "expected.config"), "latin1"),
          stderr: readFileSync(join(at, "stderr.txt"), "latin1"),
        };
    const ours = olddefconfig(tree, input);
    compare(name, "config", latin1(ours.text), expected[".config"], side.work);
    compare(name, "stderr", latin1(parseErrors + ours.stderr), expected.stderr, side.work);
    const minimal = savedefconfig(tree, ours.text);
    compare(name, "savedefconfig", latin1(minimal.text), readFileSync(join(at, "defconfig"), "latin1"), side.work);
  }
}

function defconfigs(side, tree, parseErrors) {
  const directory = `arch/${side.env.SRCARCH}/configs`;
  const names = readdirSync(join(side.tree, directory)).filter((name) => name.endsWith("defconfig"));
  for (const name of names.sort()) {
    const path = `${directory}/${name}`;
    const theirs = kept(side, path, () => {
      const full = runConf(side, [`--defconfig=${path}`], {}, [".config"]);
      const minimal = runConf(side, ["--savedefconfig=minimal"], { ".config": Buffer.from(full[".config"], "latin1") }, [
        "minimal",
      ]);
      return { full, minimal };
    });
    const ours = defconfig(tree, readFileSync(join(side.tree, path), "utf8"), { fileName: path });
    compare(`${side.version}-${side.arch}-${name}`, "config", latin1(ours.text), theirs.full[".config"], side.work);
    const stderr = latin1(parseErrors + ours.stderr);
    compare(`${side.version}-${side.arch}-${name}`, "stderr", stderr, theirs.full.stderr, side.work);
    const minimal = savedefconfig(tree, ours.text);
    compare(`${side.version}-${side.arch}-${name}`, "savedefconfig", latin1(minimal.text), theirs.minimal.minimal, side.work);
  }
}

function allModes(side, tree, parseErrors) {
  for (const mode of ALL_MODES) {
    const theirs = kept(side, mode, () => runConf(side, [`--${mode}`], {}, [".config"]));
    const ours = allconfig(tree, mode);
    compare(`${side.version}-${side.arch}-${mode}`, "config", latin1(ours.text), theirs[".config"], side.work);
    compare(`${side.version}-${side.arch}-${mode}`, "stderr", latin1(parseErrors + ours.stderr), theirs.stderr, side.work);
  }
}

const STAGES = { cases: randomCases, defconfigs, all: allModes };

for (const directory of options.tree.split(","))
  for (const arch of options.arch === "all" ? architectures(directory) : options.arch.split(",")) {
    const side = setUp(resolve(directory), arch);
    const shell = options.live ? nodeShell(tmpdir(), side.env) : replayShell(readRecord(side.record));
    let tree;
    try {
      tree = parseKconfig({ files: new DirectoryFiles(side.tree), env: side.env, shell });
    } catch (error) {
      if (!(error instanceof KconfigError)) throw error;
      console.log(`DIFFERS ${side.version}-${arch}: does not parse\n${error.message}`);
      different++;
      continue;
    }
    for (const stage of options.what.split(",")) {
      const [before, wrong] = [compared, different];
      const started = performance.now();
      STAGES[stage](side, tree, stderrText(tree.diagnostics));
      const [count, differ] = [compared - before, different - wrong];
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`${basename(directory)} ${arch} ${stage}: ${count} outputs, ${count - differ} identical (${seconds} s)`);
    }
  }
console.log(`${compared} outputs compared, ${compared - different} identical, ${different} different`);
process.exit(different === 0 ? 0 : 1);
