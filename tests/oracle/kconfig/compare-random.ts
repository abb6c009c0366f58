/**
 * Random small trees in all of conf's modes and dialogues: what both sides write, say and exit with.
 *
 * A run in which conf itself crashes or never ends is not compared.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  allconfig,
  Configuration,
  type ConfResult,
  type Dialect,
  defconfig,
  type Environment,
  KconfigError,
  type KconfigTree,
  MemoryFiles,
  oldconfig,
  olddefconfig,
  parseKconfig,
  rewriteconfig,
  savedefconfig,
  stderrText,
  type TalkOptions,
} from "@shootdown/kconfig";
import { nodeShell } from "@shootdown/kconfig/node";
import { latin1 } from "./compare-trees.js";
import { runConf } from "./conf.js";
import { type RandomInput, randomInput } from "./random-tree.js";

const ENV = { PATH: "/usr/bin:/bin", LC_ALL: "C", HOME_DIR: "h" };
const TIMEOUT_MS = 2000;
/** 6.12 takes a symbol for an expression in `A!=y`, A a bool; what it says then is different each time. */
const WILD_POINTER = /Oops! How to check|<unknown type|expr_calc_value: \d/;

/** What one side left behind, as bytes, one a character. */
interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly output: string;
}

export interface RandomComparison {
  readonly mode: string;
  readonly ours: Outcome;
  readonly theirs: Outcome;
  /** What is not the same. */
  readonly differs: readonly (keyof Outcome)[];
}

interface Mode {
  readonly name: string;
  readonly args: readonly string[];
  readonly output: string;
  /** A dialogue. Questions and warnings mix on standard error; only what it prints on standard output is compared. */
  readonly talks: boolean;
  run(tree: KconfigTree, input: RandomInput): Omit<Outcome, "status"> & { readonly status: 0 | 1 };
}

function quiet(name: string, run: (tree: KconfigTree, config: string) => ConfResult, more: Partial<Mode> = {}): Mode {
  return {
    name,
    args: [`--${name}`],
    output: ".config",
    talks: false,
    ...more,
    run(tree, { config }) {
      const { exitStatus, stderr, text } = run(tree, config);
      return { status: exitStatus, stdout: "", stderr, output: text };
    },
  };
}

function dialogue(mode: TalkOptions["mode"]): Mode {
  return {
    name: mode,
    args: [`--${mode}`],
    output: mode.endsWith("newconfig") ? "none" : ".config",
    talks: true,
    run(tree, { config, answers }) {
      const configuration = new Configuration(tree).load(config);
      const lines = answers.match(/.*\n/g) ?? [];
      let stdout = "";
      const talk = oldconfig(configuration, { mode, echo: true });
      let step = talk.next();
      while (!step.done) {
        const { value } = step;
        if (value.kind === "print" && value.stream === "stdout") stdout += value.text;
        step = talk.next(value.kind === "ask" ? lines.shift() : undefined);
      }
      const output = step.value && !mode.endsWith("newconfig") ? configuration.write() : "";
      return { status: step.value ? 0 : 1, stdout, stderr: "", output };
    },
  };
}

const MODES: readonly Mode[] = [
  quiet("olddefconfig", olddefconfig),
  quiet("savedefconfig", savedefconfig, { args: ["--savedefconfig=min"], output: "min" }),
  ...(["allyesconfig", "allmodconfig", "allnoconfig"] as const).map((mode) =>
    quiet(mode, (tree) => allconfig(tree, mode)),
  ),
  quiet("defconfig", (tree, config) => defconfig(tree, config, { fileName: "in" }), { args: ["--defconfig=in"] }),
  ...(["yes2modconfig", "mod2yesconfig", "mod2noconfig"] as const).map((mode) =>
    quiet(mode, (tree, config) => rewriteconfig(tree, config, mode)),
  ),
  ...(["oldconfig", "oldaskconfig", "listnewconfig", "helpnewconfig"] as const).map(dialogue),
];

/** How many runs there are of each tree, if conf crashes in none. */
export const RUNS_PER_TREE = MODES.length;

/** One random tree in all modes. `folder` is made, and has the files of both sides afterwards. */
export function* compareRandomTree(
  seed: number,
  dialect: Dialect,
  conf: string,
  folder: string,
  brokenPercent = 40,
): Generator<RandomComparison> {
  const input = randomInput(seed, dialect, brokenPercent);
  rmSync(folder, { recursive: true, force: true });
  for (const [name, text] of Object.entries(input.files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const run = ours(input, dialect, ENV);
  for (const mode of MODES) {
    const theirs = confOutcome(conf, mode, input, folder);
    if (theirs === undefined) continue;
    const mine = run(mode);
    const parts: (keyof Outcome)[] = ["status", "stdout"];
    if (!mode.talks) parts.push("stderr");
    if (theirs.status === 0) parts.push("output");
    yield { mode: mode.name, ours: mine, theirs, differs: parts.filter((part) => mine[part] !== theirs[part]) };
  }
}

function ours(input: RandomInput, dialect: Dialect, env: Environment): (mode: Mode) => Outcome {
  let tree: KconfigTree;
  try {
    tree = parseKconfig({ files: new MemoryFiles(input.files), env, shell: nodeShell(tmpdir(), env), dialect });
  } catch (error) {
    if (!(error instanceof KconfigError)) throw error;
    const said = (stream: "stdout" | "stderr"): string =>
      latin1(
        error.diagnostics
          .filter((one) => one.stream === stream)
          .map((one) => `${one.text}\n`)
          .join(""),
      );
    return () => ({ status: 1, stdout: said("stdout"), stderr: said("stderr"), output: "" });
  }
  const info = tree.diagnostics
    .filter((one) => one.stream === "stdout")
    .map((one) => `${one.text}\n`)
    .join("");
  const warnings = stderrText(tree.diagnostics);
  return (mode) => {
    const { status, stdout, stderr, output } = mode.run(tree, input);
    return { status, stdout: latin1(info + stdout), stderr: latin1(warnings + stderr), output: latin1(output) };
  };
}

/** Undefined: conf crashed, did not end, or read what is not its own. */
function confOutcome(conf: string, mode: Mode, { config, answers }: RandomInput, cwd: string): Outcome | undefined {
  for (const name of [".config", "min", ".config.old", "include"])
    rmSync(join(cwd, name), { recursive: true, force: true });
  if (!/^(all|def)/.test(mode.name)) writeFileSync(join(cwd, ".config"), config);
  writeFileSync(join(cwd, "in"), config);
  const run = runConf({
    conf,
    args: mode.args,
    env: ENV,
    cwd,
    output: mode.output,
    input: answers,
    timeout: TIMEOUT_MS,
  });
  if (run.signal !== null || WILD_POINTER.test(run.stderr + run.stdout)) return undefined;
  return run;
}
