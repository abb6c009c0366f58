/**
 * Options of a process and pieces of its code as Promela text: a `d_step` each, in an `atomic` sequence where it says itself
 * where to go. An atomic sequence has no states inside, so that the choice of a label is no step of its own. That choice is no
 * `d_step`, of which Spin takes some 2,000 less the statements of the largest.
 *
 * Used by `export.ts`. `label` names a target.
 */
import type { Exit, Option, Target } from "./ends.js";
import { bare } from "./expr.js";
import type { Piece } from "./pieces.js";

/** Statements of an option up to which it is no `d_step` where these are many. */
const FEW = 4;

/** Widest line of a `d_step` that stays on one line. */
const LINE = 110;

/** `here`: where a process stays that violates something. */
type LabelOf = (target: Target, here: string) => string;

export interface PrintStyle {
  /** The variable that says which target a step's code chose, if there is one. */
  readonly exit: string | undefined;
  /** There are so many steps that not each can be a `d_step`: small ones are atomic sequences, which take Spin longer. */
  readonly hasManySteps: boolean;
}

export function printOptions(options: readonly Option[], style: PrintStyle, label: LabelOf, here: string): string {
  return options.map((option) => printOption(option, style, (target) => label(target, here))).join("");
}

function printOption(
  { guards, effects, exits }: Option,
  { exit, hasManySteps }: PrintStyle,
  label: (target: Target) => string,
): string {
  const guard = guards.length === 1 ? bare(guards[0]!) : guards.join(" && ");
  const [first, ...others] = exits;
  const target = label(first!.target);
  if (others.length > 0) return dStep("atomic { ", guard, effects, `;\n${goOn(exits, exit!, label)} }`);
  if (first!.target.kind === "piece") return dStep("atomic { ", guard, effects, `; goto ${target} }`);
  if (effects.length === 0) return `  :: ${guard === "" ? "true" : guard} -> goto ${target}\n`;
  if (guard === "" && effects.length === 1 && !effects[0]!.startsWith("if"))
    return `  :: ${effects[0]}; goto ${target}\n`;
  if (hasManySteps && effects.length <= FEW && !effects.some((effect) => /^if\b|\n/.test(effect)))
    return `  :: atomic { ${[guard, effects.join("; ")].filter((text) => text !== "").join(" -> ")}; goto ${target} }\n`;
  return dStep("", guard, effects, `; goto ${target}`);
}

/** What follows a `d_step` that says in `exit` where to go. A piece asks it again, to find its own label. */
function goOn(exits: readonly Exit[], exit: string, label: (target: Target) => string): string {
  const pieces = new Map<string, string[]>();
  const ends: string[] = [];
  for (const { number, target } of exits) {
    const name = label(target);
    if (target.kind === "piece") pieces.set(name, [...(pieces.get(name) ?? []), `${exit} == ${number}`]);
    else ends.push(`:: ${exit} == ${number} -> ${exit} = 0; goto ${name}`);
  }
  const ways = [...pieces].map(([name, conditions]) => `:: ${conditions.join(" || ")} -> goto ${name}`);
  return `     if\n     ${[...ends, ...ways].join("\n     ")}\n     fi`;
}

/** The code that steps of a process share, as one sequence at its end: nobody comes to its beginning. */
export function printPieces(pieces: readonly Piece[], { exit }: PrintStyle, label: LabelOf): string {
  if (pieces.length === 0) return "";
  const texts = pieces.map(({ label: name, lines, exits }) => {
    const to = (target: Target) => label(target, name!);
    const [only, ...others] = exits;
    const isPiece = only?.target.kind === "piece";
    const behind = others.length === 0 && isPiece ? `     goto ${to(only.target)}` : goOn(exits, exit!, to);
    return `  ${name}: skip;\n     d_step {\n${indentedStatements(lines)}     };\n${behind}`;
  });
  return `  /* what several steps come to */\n  atomic {\n     false;\n${texts.join(";\n")}\n  };\n`;
}

/** A guard and statements as one step, with what stands before and behind it. */
function dStep(before: string, guard: string, effects: readonly string[], behind: string): string {
  const head = guard === "" ? "" : `${guard} -> `;
  const line = `  :: ${before}d_step { ${head}${effects.join("; ")} }${behind}\n`;
  if (line.length <= LINE && !effects.some((effect) => effect.includes("\n"))) return line;
  const first = guard === "" ? "" : `       ${head.trimEnd()}\n`;
  return `  :: ${before}d_step {\n${first}${indentedStatements(effects)}     }${behind}\n`;
}

function indentedStatements(statements: readonly string[]): string {
  return statements.map((statement) => `${statement.replaceAll(/^/gm, "       ")};\n`).join("");
}
