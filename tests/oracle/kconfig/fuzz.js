/**
 * Random small Kconfig trees, sound and broken, against the real `conf` of both kernels.
 *
 *     node tests/oracle/kconfig/fuzz.js --conf61 PATH --conf612 PATH [--count N] [--seed S] [--broken PERCENT] [--keep DIR]
 *
 * For each tree and a random `.config`: olddefconfig, savedefconfig, allyesconfig, allmodconfig, allnoconfig, defconfig must write the
 * same bytes, say the same on both outputs and exit with the same status. A tree on which conf itself crashes or hangs is skipped.
 * A difference prints its seed; `--seed S --count 1 --keep DIR` leaves the files. Exit status: 0 all the same, 1 a difference.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  allconfig,
  Configuration,
  defconfig,
  encodeBytes,
  KconfigError,
  MemoryFiles,
  oldconfig,
  olddefconfig,
  parseKconfig,
  rewriteconfig,
  savedefconfig,
  stderrText,
} from "../../../packages/kconfig/dist/index.js";
import { nodeShell } from "../../../packages/kconfig/dist/node.js";

const { values: options } = parseArgs({
  options: {
    conf61: { type: "string" },
    conf612: { type: "string" },
    count: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    broken: { type: "string", default: "40" },
    keep: { type: "string" },
  },
});

/** A small deterministic generator of random numbers. */
function randomOf(seed) {
  let state = (seed * 2654435761) >>> 0;
  const next = (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  for (let warm = 0; warm < 4; warm++) next(2);
  return { next, pick: (list) => list[next(list.length)], chance: (percent) => next(100) < percent };
}

const NAMES = ["A", "B", "C", "D", "E", "F", "G", "H", "MODULES", "INT1", "HEX1", "STR1"];
const LOGIC = NAMES.slice(0, 9);

function makeTree(random, dialect) {
  const { pick, chance, next } = random;
  const out = [];
  // Mostly symbols that come before the one being defined, or nearly every tree would be a recursive dependency.
  let ceiling = LOGIC.length;
  const logic = () => (chance(97) ? LOGIC[next(Math.max(1, ceiling))] : pick(LOGIC));
  const above = () => (chance(97) ? LOGIC[Math.min(LOGIC.length - 1, ceiling + 1 + next(LOGIC.length))] : pick(LOGIC));
  const atom = () => {
    if (chance(6)) return pick(["y", "n", "m"]);
    if (chance(12)) return `${chance(50) ? logic() : pick(["INT1", "HEX1", "STR1"])} ${pick(["=", "!=", "<", ">", "<=", ">="])} ${pick([logic(), "y", "n", "m", '"5"', "7", '"x"'])}`;
    return (chance(15) ? "!" : "") + logic();
  };
  const expr = (depth = 0) => {
    if (depth > 2 || chance(50)) return atom();
    const [a, b] = [expr(depth + 1), expr(depth + 1)];
    const text = `${a} ${pick(["&&", "||"])} ${b}`;
    return chance(40) ? `${chance(20) ? "!" : ""}(${text})` : text;
  };
  const condition = () => (chance(40) ? ` if ${expr()}` : "");
  const help = (indent) => {
    out.push(`${indent}\thelp`);
    for (let line = next(3); line >= 0; line--) out.push(pick([`${indent}\t  Some help text.`, "", `${indent}\t    more   `]));
    if (chance(60)) out.push("");
  };
  const options = (type, indent, inChoice) => {
    for (let count = next(4); count > 0; count--) {
      if (chance(30)) out.push(`${indent}\tdepends on ${expr()}`);
      if (!inChoice && chance(30) && (type === "bool" || type === "tristate")) out.push(`${indent}\tdefault ${expr()}${condition()}`);
      if (chance(12)) out.push(`${indent}\tselect ${above()}${condition()}`);
      if (chance(12)) out.push(`${indent}\timply ${above()}${condition()}`);
      if (type === "int" && chance(40)) out.push(`${indent}\tdefault ${pick(["5", "-3", "12", "INT1", "INT2", "HEX1"])}${condition()}`);
      if (type === "hex" && chance(40)) out.push(`${indent}\tdefault ${pick(["0x5", "12", "0xff", "HEX1", "INT1"])}${condition()}`);
      if (type === "string" && chance(40)) out.push(`${indent}\tdefault ${pick(['"a b"', '"q\\"uote"', "STR1", '"$(X)"', "'single'"])}${condition()}`);
      if ((type === "int" || type === "hex") && chance(30)) out.push(`${indent}\trange ${pick(["1", "INT1", "0x2"])} ${pick(["9", "20", "HEX1", "0x30"])}${condition()}`);
      if (chance(8)) out.push(`${indent}\tprompt "again"${condition()}`);
    }
    if (chance(15)) help(indent);
  };
  const config = (indent, inChoice) => {
    const name = chance(90) ? pick(NAMES) : `NEW${next(5)}`;
    ceiling = LOGIC.includes(name) ? LOGIC.indexOf(name) : name.startsWith("NEW") ? LOGIC.length : 4;
    let type = name.startsWith("INT") ? "int" : name.startsWith("HEX") ? "hex" : name.startsWith("STR") ? "string" : chance(60) ? "bool" : "tristate";
    if (inChoice) type = dialect === "6.12" || chance(60) ? "bool" : "tristate";
    const keyword = !inChoice && chance(10) ? "menuconfig" : "config";
    out.push(`${indent}${keyword} ${inChoice ? `M${next(9)}` : name}`);
    if (name === "MODULES" && !inChoice) {
      out.push(`${indent}\tbool "Modules"${condition()}`);
      if (chance(80)) out.push(`${indent}\tmodules`);
    } else if (chance(8) && !inChoice) out.push(`${indent}\tdef_${pick(["bool", "tristate"])} ${expr()}${condition()}`);
    else out.push(`${indent}\t${type}${inChoice || chance(65) ? ` "${pick(["Prompt", " lead", "It's", 'say \\"x\\"'])} ${name}"${inChoice ? "" : condition()}` : ""}`);
    options(type, indent, inChoice);
    if (chance(60)) out.push("");
  };
  const choice = (indent) => {
    out.push(`${indent}choice`);
    out.push(`${indent}\tprompt "Choice"${condition()}`);
    if (dialect === "6.1" && chance(40)) out.push(`${indent}\t${pick(["bool", "tristate", "optional"])}`);
    if (dialect === "6.12" && chance(30)) out.push(`${indent}\tbool "Other"`);
    for (let count = next(3); count > 0; count--) out.push(`${indent}\tdefault M${next(9)}${condition()}`);
    if (chance(30)) out.push(`${indent}\tdepends on ${expr()}`);
    for (let count = 1 + next(4); count > 0; count--) {
      if (chance(12)) {
        out.push(`${indent}if ${expr()}`);
        config(`${indent}`, true);
        out.push(`${indent}endif`);
      } else config(indent, true);
    }
    out.push(`${indent}endchoice`, "");
  };
  const statements = (depth) => {
    const indent = "";
    for (let count = 1 + next(5); count > 0; count--) {
      const kind = next(100);
      if (kind < 55 || depth > 3) config(indent, false);
      else if (kind < 65) choice(indent);
      else if (kind < 77) {
        out.push(`if ${expr()}`);
        statements(depth + 1);
        out.push("endif", "");
      } else if (kind < 88) {
        out.push('menu "A menu"');
        if (chance(30)) out.push(`\tdepends on ${expr()}`);
        if (chance(20)) out.push(`\tvisible if ${expr()}`);
        statements(depth + 1);
        out.push("endmenu", "");
      } else if (kind < 93) {
        out.push('comment "A comment"');
        if (chance(50)) out.push(`\tdepends on ${expr()}`);
      } else if (kind < 96) out.push(`${pick(["X", "Y"])} ${pick(["=", ":=", "+="])} ${pick(["v", "$(Y)w", "$(shell,echo a; echo b)", "$(1) $(2)", ""])}`);
      else out.push(`source "sub/Kconfig${next(2)}"`);
    }
  };
  if (chance(50)) out.push('mainmenu "Random"', "");
  statements(0);
  return `${out.join("\n")}\n`;
}

const NOISE = ['"', "'", "(", ")", "if", "endif", "endmenu", "endchoice", "&&", "||", "!", "=", "$", "$(", "$(X)", "config", "menu", "choice", "help", "depends on", "\t", "  ", "\\", "\\\n", "#", "+", ":", "@", "é", "\0", "\r", "\n", "-", "bool", "source", "source \"none\"", "X := $(error-if,y,stop)\n", "$(warning-if,y,careful)", "$(X,1,2)", "word", "modules", "option", "optional", "visible if A\n", "range 1 2\n", "mainmenu \"x\"\n"];

function breakText(random, text) {
  let out = text;
  for (let count = 1 + random.next(3); count > 0; count--) {
    const at = random.next(out.length + 1);
    const kind = random.next(5);
    if (kind < 2) out = out.slice(0, at) + random.pick(NOISE) + out.slice(at);
    else if (kind === 2) out = out.slice(0, at) + out.slice(at + 1 + random.next(6));
    else {
      const lines = out.split("\n");
      const line = random.next(lines.length);
      if (kind === 3) lines.splice(line, 1);
      else lines.splice(random.next(lines.length), 0, lines[line]);
      out = lines.join("\n");
    }
  }
  return random.chance(10) ? out.replace(/\n+$/, "") : out;
}

function makeConfig(random) {
  const lines = [];
  for (let count = random.next(14); count > 0; count--) {
    const name = random.pick([...NAMES, "M0", "M1", "M2", "M3", "M4", "NONE", "NEW1"]);
    const value = random.pick(["y", "n", "m", "y", "5", "0x5", '"text"', '"a\\"b"', '"open', "", "99", "-1", "007"]);
    lines.push(random.pick([`CONFIG_${name}=${value}`, `CONFIG_${name}=y`, `# CONFIG_${name} is not set`, `CONFIG_${name}=${value}`, "", "# comment", "junk", `CONFIG_${name}`, `CONFIG_${name}=${value}\r`]));
  }
  return lines.join("\n") + (random.chance(85) ? "\n" : "");
}

const MODES = {
  olddefconfig: { args: ["--olddefconfig"], out: ".config", run: (tree, text) => olddefconfig(tree, text) },
  savedefconfig: { args: ["--savedefconfig=min"], out: "min", run: (tree, text) => savedefconfig(tree, text) },
  allyesconfig: { args: ["--allyesconfig"], out: ".config", run: (tree) => allconfig(tree, "allyesconfig") },
  allmodconfig: { args: ["--allmodconfig"], out: ".config", run: (tree) => allconfig(tree, "allmodconfig") },
  allnoconfig: { args: ["--allnoconfig"], out: ".config", run: (tree) => allconfig(tree, "allnoconfig") },
  defconfig: { args: ["--defconfig=in"], out: ".config", run: (tree, text) => defconfig(tree, text, { fileName: "in" }) },
};

const ANSWERS = ["\n", "y\n", "n\n", "m\n", "?\n", "1\n", "2\n", "3\n", "5\n", "0x7\n", "text\n", "1?\n", "yes\n", "no\n", "  y \n", "maybe\n"];

/** A dialogue: our side of it, with the same answers as conf's standard input. */
function talk(mode) {
  return {
    args: [`--${mode}`],
    out: ".config",
    talks: true,
    run: (tree, text, answers) => {
      const configuration = new Configuration(tree).load(text);
      const lines = answers.match(/.*\n/g) ?? [];
      const said = { stdout: "", stderr: "" };
      const dialogue = oldconfig(configuration, { mode, echo: true });
      let step = dialogue.next();
      while (!step.done) {
        if (step.value.kind === "print") said[step.value.stream] += step.value.text;
        step = dialogue.next(step.value.kind === "ask" ? lines.shift() : undefined);
      }
      const ok = step.value;
      const written = ok && !mode.endsWith("newconfig") ? configuration.write() : "";
      // Warnings and questions mix on the terminal; here each stream is compared by itself, warnings sorted out.
      return { exitStatus: ok ? 0 : 1, stderr: "", stdout: said.stdout, text: written };
    },
  };
}
for (const mode of ["oldconfig", "oldaskconfig", "listnewconfig", "helpnewconfig"]) MODES[mode] = talk(mode);
for (const mode of ["yes2modconfig", "mod2yesconfig", "mod2noconfig"])
  MODES[mode] = { args: [`--${mode}`], out: ".config", reads: true, run: (tree, text) => rewriteconfig(tree, text, mode) };

const latin1 = (text) => Buffer.from(encodeBytes(text)).toString("latin1");

function ours(files, config, answers, dialect, env) {
  let tree;
  try {
    tree = parseKconfig({ files: new MemoryFiles(files), env, shell: nodeShell(tmpdir(), env), dialect });
  } catch (error) {
    if (!(error instanceof KconfigError)) throw error;
    const of = (stream) => error.diagnostics.filter((one) => one.stream === stream).map((one) => `${one.text}\n`).join("");
    return () => ({ status: 1, stderr: latin1(of("stderr")), stdout: latin1(of("stdout")), text: "" });
  }
  const said = latin1(stderrText(tree.diagnostics));
  return (mode) => {
    const result = mode.run(tree, config, answers);
    const info = tree.diagnostics.filter((one) => one.stream === "stdout").map((one) => `${one.text}\n`).join("");
    const stdout = latin1(info + (result.stdout ?? ""));
    return { status: result.exitStatus, stderr: said + latin1(result.stderr), stdout, text: latin1(result.text) };
  };
}

function theirs(conf, directory, mode, config, answers, env) {
  for (const name of [".config", "min", ".config.old"]) rmSync(join(directory, name), { force: true });
  rmSync(join(directory, "include"), { recursive: true, force: true });
  if (mode.talks || mode.reads || mode.args[0] === "--olddefconfig" || mode.args[0].startsWith("--save")) writeFileSync(join(directory, ".config"), config);
  writeFileSync(join(directory, "in"), config);
  const run = spawnSync(conf, ["-s", ...mode.args, "Kconfig"], {
    cwd: directory,
    env,
    encoding: "latin1",
    timeout: 2000,
    maxBuffer: 1 << 22,
    input: answers,
  });
  if (run.signal !== null || run.error !== undefined) return undefined;
  // 6.12 takes a symbol for an expression in \`A!=y\`, A a bool; what it says then is different each time.
  if (/Oops! How to check|<unknown type|expr_calc_value: \d/.test(run.stderr + run.stdout)) return undefined;
  const file = join(directory, mode.out);
  const text = run.status === 0 && existsSync(file) ? readFileSync(file, "latin1") : "";
  return { status: run.status, stderr: run.stderr, stdout: run.stdout, text: mode.args[0].endsWith("newconfig") ? "" : text };
}

let compared = 0;
let skipped = 0;
let sound = 0;
const finished = {};
let different = 0;
const scratch = options.keep ?? mkdtempSync(join(tmpdir(), "kconfig-fuzz-"));
const env = { PATH: "/usr/bin:/bin", LC_ALL: "C", HOME_DIR: "h" };
for (const [dialect, conf] of [["6.1", options.conf61], ["6.12", options.conf612]]) {
  if (conf === undefined) continue;
  for (let seed = Number(options.seed); seed < Number(options.seed) + Number(options.count); seed++) {
    const random = randomOf(seed);
    let text = makeTree(random, dialect);
    if (random.chance(Number(options.broken))) text = breakText(random, text);
    const files = { Kconfig: text, "sub/Kconfig0": makeTree(random, dialect).replace(/^mainmenu.*\n/, ""), "sub/Kconfig1": 'config SUB\n\tbool "Sub"\n' };
    const config = makeConfig(random);
    let answers = "";
    for (let count = 10 + random.next(60); count > 0; count--) answers += random.chance(60) ? "\n" : random.pick(ANSWERS);
    const directory = join(scratch, `${dialect}-${seed}`);
    mkdirSync(join(directory, "sub"), { recursive: true });
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
    const run = ours(files, config, answers, dialect, env);
    for (const [name, mode] of Object.entries(MODES)) {
      const expected = theirs(conf, directory, mode, config, answers, env);
      if (expected === undefined) {
        skipped++;
        continue;
      }
      compared++;
      if (expected.status === 0) {
        sound++;
        finished[name] = (finished[name] ?? 0) + 1;
      }
      const got = run(mode);
      const wrong = ["status", "stdout", "stderr", "text"].filter((part) => {
        if (part === "text" && expected.status !== 0) return false;
        if (part === "stderr" && mode.talks) return false;
        return got[part] !== expected[part];
      });
      if (wrong.length === 0) continue;
      different++;
      console.log(`DIFFERS ${dialect} seed ${seed} ${name}: ${wrong.join(", ")}`);
      if (options.keep !== undefined) {
        for (const part of ["stdout", "stderr", "text"]) {
          writeFileSync(join(directory, `${name}.${part}.conf`), expected[part], "latin1");
          writeFileSync(join(directory, `${name}.${part}.ours`), got[part], "latin1");
        }
      }
    }
    if (options.keep === undefined) rmSync(directory, { recursive: true });
  }
}
console.log(`ran to the end: ${JSON.stringify(finished)}`);
console.log(`${compared} runs compared, ${compared - different} identical, ${different} different; ${sound} ran to the end; ${skipped} skipped (conf crashed)`);
process.exit(different === 0 ? 0 : 1);
