/**
 * Code inside steps that is too much for one `d_step`, in pieces: each is a `d_step` of its own, and all stand in an `atomic`
 * sequence, which neither waits nor chooses. Spin stores no state inside such a sequence, so it is one step all the same.
 *
 * A piece leaves in `exit` where to go on: to a step point, or to a label, which may be another piece's. `exit` is 0 between
 * steps. Labels cannot be jumped to from outside a `d_step`: one that is entered from there is found by its number.
 *
 * Used by `code.ts`, which writes the sections, and `print.ts`.
 */
import type { Exit, Target } from "./ends.js";
import { fallingThrough, statements } from "./statements.js";

/** Statements of a piece, as Spin counts them, roughly: it takes 2,048, less the number of all `d_step`s before. */
const MAX_STATEMENTS = 700;

/** Where a section says that its code is over. */
export const END = "goto END";

/** Code from a label, or a start, up to jumps to other labels and to its ends. */
export interface Section {
  /** Absent: a start's. */
  readonly label?: string;
  readonly lines: readonly string[];
  /** Labels that it goes to. */
  readonly jumps: ReadonlySet<string>;
  /** Numbers of targets that it goes to. */
  readonly targets: ReadonlySet<number>;
}

/** A `d_step`. */
export interface Piece {
  /** Where it is entered from others; a start has none. */
  readonly label?: string;
  readonly lines: readonly string[];
  readonly exits: readonly Exit[];
}

export interface PieceNames {
  readonly exit: string;
  /** A label like `wanted` that the process has not used. */
  label(wanted: string): string;
}

/** All in one `d_step`. `targets` are numbered from 1. */
export function onePiece(sections: readonly Section[], targets: readonly Target[], names: PieceNames): Piece {
  const end = names.label("E");
  const exits = orStop(targets.map((target, i) => ({ number: i + 1, target })));
  const lines = joined(sections, end);
  // Where there is one target, nobody asks which.
  return { lines: fallingThrough(exits.length > 1 ? lines : withoutExit(lines, names.exit)), exits };
}

/** Each start a `d_step`, and the sections that they come to, in pieces that Spin takes. */
export function manyPieces(
  starts: readonly Section[],
  sections: readonly Section[],
  targets: readonly Target[],
  names: PieceNames,
): { readonly starts: readonly Piece[]; readonly pieces: readonly Piece[] } {
  const groups = grouped(sections);
  const groupOf = new Map(groups.flatMap((group) => group.map(({ label }) => [label!, group] as const)));
  const pieceNames = new Map(groups.map((group) => [group, names.label(group[0]!.label!.replace(/^[A-Z]_/, "P_"))]));
  /** By label that is entered from another piece: its number. */
  const entries = new Map<string, number>();
  for (const group of [...starts.map((start) => [start]), ...groups]) {
    for (const label of group.flatMap(({ jumps }) => [...jumps])) {
      if (groupOf.get(label) !== group && !entries.has(label)) entries.set(label, targets.length + entries.size + 1);
    }
  }
  const piece = (group: readonly Section[], label: string | undefined): Piece => {
    const end = names.label("E");
    const exits = new Map<number, Target>();
    for (const section of group) {
      for (const number of section.targets) exits.set(number, targets[number - 1]!);
      for (const jump of section.jumps) {
        const to = groupOf.get(jump)!;
        if (to !== group) exits.set(entries.get(jump)!, { kind: "piece", label: pieceNames.get(to)! });
      }
    }
    const isForeign = (jump: string) => groupOf.has(jump) && groupOf.get(jump) !== group;
    const lines = joined(group, end).map((line) =>
      line.replace(/^( *)((?:\w+: )?)goto (\w+)$/gm, (whole, blanks: string, own: string, jump: string) =>
        isForeign(jump) ? `${blanks}${own}${names.exit} = ${entries.get(jump)!};\n${blanks}goto ${end}` : whole,
      ),
    );
    const entered = group.flatMap((section) => {
      const number = section.label === undefined ? undefined : entries.get(section.label);
      return number === undefined ? [] : [{ number, label: section.label! }];
    });
    return {
      label,
      lines: fallingThrough(label === undefined ? lines : [...entering(entered, names.exit), ...lines]),
      exits: orStop([...exits].map(([number, target]) => ({ number, target })).sort((a, b) => a.number - b.number)),
    };
  };
  return {
    starts: starts.map((start) => piece([start], undefined)),
    pieces: groups.map((group) => piece(group, pieceNames.get(group))),
  };
}

/** A loop that never ends is stopped by an assertion. */
function orStop(exits: readonly Exit[]): readonly Exit[] {
  return exits.length > 0 ? exits : [{ number: 1, target: { kind: "stop" } }];
}

/** How a piece finds the label at which it is entered. */
function entering(entered: readonly { number: number; label: string }[], exit: string): string[] {
  // A sequence may not begin with a label.
  if (entered.length < 2) return ["skip", ...entered.map(({ label }) => `goto ${label}`)];
  const choices = entered.map(({ number, label }) => `:: ${exit} == ${number} ->\n   goto ${label}`);
  return [`if\n${choices.join("\n")}\nfi`];
}

/** Neighbours together, as many as Spin takes. */
function grouped(sections: readonly Section[]): Section[][] {
  const groups: Section[][] = [];
  let sum = 0;
  for (const section of sections) {
    const weight = statements(section.lines);
    if (groups.length === 0 || sum + weight > MAX_STATEMENTS) {
      groups.push([]);
      sum = 0;
    }
    groups.at(-1)!.push(section);
    sum += weight;
  }
  return groups;
}

function joined(sections: readonly Section[], end: string): string[] {
  const lines = sections.flatMap(({ label, lines: [first = "skip", ...rest] }) => [
    label === undefined ? first : `${label}: ${first}`,
    ...rest,
  ]);
  return [...lines.map((line) => line.replaceAll(new RegExp(`\\b${END}$`, "gm"), `goto ${end}`)), `${end}: skip`];
}

function withoutExit(lines: readonly string[], exit: string): string[] {
  const assignment = `${exit} = 1`;
  return lines
    .filter((line) => line !== assignment)
    .map((line) => line.replaceAll(new RegExp(`^ *${assignment};\n`, "gm"), ""));
}
