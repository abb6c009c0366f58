/**
 * Asks gcc and our passes the same questions: which of the `bad_…` references survive in the object?
 *
 * gcc's answer is read from the object's relocations, as ld does, not from its symbol table. Flags are the kernel's where
 * they change what may be concluded (arithmetic wraps).
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Inlining, type Module, type Optimisation, undefinedSymbols } from "@shootdown/ir";
import { compile } from "@shootdown/kernel-ts";
import { type Case, writeC, writeTypeScript } from "./language.js";

export interface Target {
  readonly name: string;
  readonly command: readonly string[];
  readonly bits: 32 | 64;
}

export const TARGETS: readonly Target[] = [
  { name: "gcc -m64", command: ["gcc", "-m64"], bits: 64 },
  { name: "gcc -m32", command: ["gcc", "-m32"], bits: 32 },
  { name: "arm", command: ["arm-linux-gnueabihf-gcc"], bits: 32 },
];

export const LEVELS: readonly Optimisation[] = ["O0", "O1", "O2", "Os"];

const FLAGS = ["-std=gnu11", "-ffreestanding", "-fno-strict-overflow", "-fno-pic", "-fno-pie", "-w", "-c"];

/** Whether a compiler can make an object of its kind (a 32-bit one on a 64-bit machine needs no library for that). */
export function canCompile({ command }: Target): boolean {
  const [program, ...args] = command;
  return (
    spawnSync(program!, [...args, "-x", "c", "-c", "-o", "/dev/null", "-"], { input: "int x;\n" }).status === 0 &&
    spawnSync("readelf", ["--version"]).status === 0
  );
}

/** The references that gcc leaves. */
export function byGcc(cases: readonly Case[], target: Target, level: Optimisation): ReadonlySet<string> {
  const folder = mkdtempSync(join(tmpdir(), "gcc-oracle-"));
  try {
    const source = join(folder, "cases.c");
    const object = join(folder, "cases.o");
    writeFileSync(source, writeC(cases));
    const [program, ...args] = target.command;
    execFileSync(program!, [...args, `-${level}`, ...FLAGS, source, "-o", object]);
    const relocations = execFileSync("readelf", ["-rW", object], { encoding: "utf8", maxBuffer: 1 << 26 });
    return new Set([...relocations.matchAll(/\bbad_\w+/g)].map(([name]) => name));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const MAIN = "kernel/mm/cases.ts";

/** The cases through our front end. */
export function moduleOf(cases: readonly Case[], bits: 32 | 64): Module {
  const { main, external } = writeTypeScript(cases, bits);
  const files: Readonly<Record<string, string>> = { [MAIN]: main, "kernel/mm/external.ts": external };
  const result = compile({
    tree: { read: (path) => files[path] },
    roots: [MAIN],
    objects: new Set([MAIN]),
    config: new Map(),
    symbols: new Set(),
    sizes: new Map(),
  });
  if (!result.ok) {
    const lines = result.diagnostics.map((d) => `${d.file}:${d.line}: ${d.message}: ${main.split("\n")[d.line - 1]}`);
    throw new Error(lines.slice(0, 5).join("\n"));
  }
  return result.module;
}

/** The references that our passes leave. */
export function byUs(module: Module, level: Optimisation, inlining: Inlining = "usual"): ReadonlySet<string> {
  const roots = [...module.functions.values()].filter((fn) => fn.exported).map((fn) => fn.name);
  return undefinedSymbols(module, roots, level, { inlining });
}

export type Outcome =
  | "agree"
  /** Sound, and less than gcc knows. */
  | "we keep what gcc drops"
  /** We know more than gcc does. */
  | "we drop what gcc keeps"
  /** Our answer depends on what is expanded in place, and gcc's is one of the two. */
  | "inlining decides";

export interface Answer {
  readonly case: Case;
  readonly symbol: string;
  readonly target: string;
  readonly level: Optimisation;
  readonly kept: boolean;
  readonly outcome: Outcome;
}

/** Every question at every level on a target. */
export function* compare(all: readonly Case[], target: Target): Generator<Answer> {
  const cases = all.filter(({ bits }) => bits === undefined || bits === target.bits);
  const module = moduleOf(cases, target.bits);
  for (const level of LEVELS) {
    const theirs = byGcc(cases, target, level);
    const ours = byUs(module, level);
    const eager = byUs(module, level, "eager");
    const reluctant = byUs(module, level, "reluctant");
    for (const question of cases) {
      for (const symbol of question.bad) {
        const kept = theirs.has(symbol);
        const outcome = outcomeOf(kept, ours.has(symbol), eager.has(symbol) !== reluctant.has(symbol));
        yield { case: question, symbol, target: target.name, level, kept, outcome };
      }
    }
  }
}

function outcomeOf(theirs: boolean, ours: boolean, isUncertain: boolean): Outcome {
  if (theirs === ours) return "agree";
  if (isUncertain) return "inlining decides";
  return theirs ? "we drop what gcc keeps" : "we keep what gcc drops";
}
