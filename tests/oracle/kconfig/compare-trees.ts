/**
 * Real kernel trees: what packages/kconfig makes of them and what `conf` does, output by output.
 *
 * Nothing here decides what a difference means: run.ts prints it, conf.test.ts refuses it.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type AllMode,
  allconfig,
  defconfig,
  encodeBytes,
  type KconfigTree,
  olddefconfig,
  parseKconfig,
  replayShell,
  savedefconfig,
  stderrText,
} from "@shootdown/kconfig";
import { DirectoryFiles, nodeShell } from "@shootdown/kconfig/node";
import { askConf, HERE, PATH, type Side } from "./conf.js";

/** One output of both sides, as bytes, one a character. */
export interface Comparison {
  readonly name: string;
  readonly what: string;
  readonly ours: string;
  readonly theirs: string;
}

export interface CaseOptions {
  /** Random configurations: how many, from which seed. */
  readonly cases: number;
  readonly seed: number;
  /** Per cent: how likely a symbol is on, how many lines are then lost, how many are altered. */
  readonly density: number;
  readonly drop: number;
  readonly change: number;
  /** Both sides run the compilers instead of replaying what they answered. */
  readonly live: boolean;
  /** Ask conf again. */
  readonly fresh: boolean;
}

export const USUAL: CaseOptions = { cases: 5, seed: 1, density: 50, drop: 40, change: 8, live: false, fresh: false };

/** What a stage compares, given the tree parsed by us. */
type Stage = (side: Side, tree: KconfigTree, options: CaseOptions) => Generator<Comparison>;

export const STAGES: Readonly<Record<"cases" | "defconfigs" | "all", Stage>> = { cases, defconfigs, all };

const ALL_MODES: readonly AllMode[] = ["allnoconfig", "allyesconfig", "allmodconfig", "alldefconfig"];

/**
 * The side's tree, parsed by us.
 *
 * @throws KconfigError if it does not parse
 */
export function ourTree(side: Side, live: boolean): KconfigTree {
  const shell = live ? nodeShell(tmpdir(), side.env) : replayShell(side.probes);
  return parseKconfig({ files: new DirectoryFiles(side.tree), env: side.env, shell });
}

export const latin1 = (text: string): string => Buffer.from(encodeBytes(text)).toString("latin1");

/** What conf says while parsing comes before what it says of the configuration. */
const saidBy = (tree: KconfigTree, stderr: string): string => latin1(stderrText(tree.diagnostics) + stderr);

/**
 * A random configuration with lines lost and altered, made by kconf-oracle.sh; its folder, which has `input.config` and
 * what conf made of it.
 */
export function makeCase(side: Side, seed: number, { density, drop, change, fresh }: CaseOptions): string {
  const isUsual = drop === USUAL.drop && change === USUAL.change;
  const folder = join(side.work, `cases-${density}${isUsual ? "" : `-${drop}-${change}`}`);
  const at = join(folder, `${side.version}-${side.arch}-${seed}`);
  if (fresh || !existsSync(join(at, "stable"))) {
    const args = [folder, "1", side.version, side.arch, seed, density, drop, change].map(String);
    const env = { PATH, KTREE: side.tree, WORK: side.workOfAll };
    execFileSync(join(HERE, "kconf-oracle.sh"), args, { env, stdio: "ignore" });
  }
  return at;
}

function* cases(side: Side, tree: KconfigTree, options: CaseOptions): Generator<Comparison> {
  for (let seed = options.seed; seed < options.seed + options.cases; seed++) {
    const name = `${side.version}-${side.arch}-${seed}`;
    const at = makeCase(side, seed, options);
    const read = (file: string): string => readFileSync(join(at, file), "latin1");
    const asked = options.live ? askConf(side, ["--olddefconfig"], ".config", read("input.config")) : undefined;
    const ours = olddefconfig(tree, readFileSync(join(at, "input.config"), "utf8"));
    yield { name, what: "config", ours: latin1(ours.text), theirs: asked?.output ?? read("expected.config") };
    yield { name, what: "stderr", ours: saidBy(tree, ours.stderr), theirs: asked?.stderr ?? read("stderr.txt") };
    yield { name, what: "savedefconfig", ours: latin1(savedefconfig(tree, ours.text).text), theirs: read("defconfig") };
  }
}

/** Every defconfig of the architecture, to a `.config` and back. */
function* defconfigs(side: Side, tree: KconfigTree, options: CaseOptions): Generator<Comparison> {
  const folder = `arch/${side.env.SRCARCH}/configs`;
  const files = readdirSync(join(side.tree, folder)).filter((file) => file.endsWith("defconfig"));
  for (const file of files.sort()) {
    const name = `${side.version}-${side.arch}-${file}`;
    const path = `${folder}/${file}`;
    const theirs = kept(side, path, options, () => {
      const full = askConf(side, [`--defconfig=${path}`], ".config");
      return { full, minimal: askConf(side, ["--savedefconfig=minimal"], "minimal", full.output) };
    });
    const ours = defconfig(tree, readFileSync(join(side.tree, path), "utf8"), { fileName: path });
    yield { name, what: "config", ours: latin1(ours.text), theirs: theirs.full.output };
    yield { name, what: "stderr", ours: saidBy(tree, ours.stderr), theirs: theirs.full.stderr };
    const minimal = latin1(savedefconfig(tree, ours.text).text);
    yield { name, what: "savedefconfig", ours: minimal, theirs: theirs.minimal.output };
  }
}

/** Every question answered the same way. */
function* all(side: Side, tree: KconfigTree, options: CaseOptions): Generator<Comparison> {
  for (const mode of ALL_MODES) {
    const name = `${side.version}-${side.arch}-${mode}`;
    const theirs = kept(side, mode, options, () => askConf(side, [`--${mode}`], ".config"));
    const ours = allconfig(tree, mode);
    yield { name, what: "config", ours: latin1(ours.text), theirs: theirs.output };
    yield { name, what: "stderr", ours: saidBy(tree, ours.stderr), theirs: theirs.stderr };
  }
}

/** What conf answered, kept between runs. */
function kept<T>(side: Side, name: string, { live, fresh }: CaseOptions, ask: () => T): T {
  const file = join(side.work, `answers-${live ? "live" : "replay"}`, `${name.replaceAll("/", "_")}.json`);
  if (!fresh && existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as T;
  const answer = ask();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(answer));
  return answer;
}
