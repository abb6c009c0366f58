/**
 * Random small Kconfig trees, sound and broken, with a `.config` and answers for the dialogues: the input of compare-random.ts.
 *
 * The same seed makes the same input.
 */
import type { Dialect } from "@shootdown/kconfig";

export interface RandomInput {
  /** Path to text. */
  readonly files: Readonly<Record<string, string>>;
  readonly config: string;
  /** What is typed: lines. */
  readonly answers: string;
}

export function randomInput(seed: number, dialect: Dialect, brokenPercent: number): RandomInput {
  const random = new Random(seed);
  let text = new TreeMaker(random, dialect).make();
  if (random.chance(brokenPercent)) text = broken(random, text);
  const files = {
    Kconfig: text,
    "sub/Kconfig0": new TreeMaker(random, dialect).make().replace(/^mainmenu.*\n/, ""),
    "sub/Kconfig1": 'config SUB\n\tbool "Sub"\n',
  };
  const config = randomConfig(random);
  let answers = "";
  for (let count = 10 + random.below(60); count > 0; count--)
    answers += random.chance(60) ? "\n" : random.pick(ANSWERS);
  return { files, config, answers };
}

/** A small generator of its own (linear congruential). */
class Random {
  private state: number;

  constructor(seed: number) {
    this.state = (seed * 2654435761) >>> 0;
    for (let warm = 0; warm < 4; warm++) this.below(2);
  }

  below(limit: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * limit);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
}

const LOGIC = ["A", "B", "C", "D", "E", "F", "G", "H", "MODULES"];
const NAMES = [...LOGIC, "INT1", "HEX1", "STR1"];
const ANSWERS = [
  "\n",
  "y\n",
  "n\n",
  "m\n",
  "?\n",
  "1\n",
  "2\n",
  "3\n",
  "5\n",
  "0x7\n",
  "text\n",
  "1?\n",
  "yes\n",
  "no\n",
  "  y \n",
  "maybe\n",
];
const NUMBERS = {
  int: ["5", "-3", "12", "INT1", "INT2", "HEX1"],
  hex: ["0x5", "12", "0xff", "HEX1", "INT1"],
  string: ['"a b"', '"q\\"uote"', "STR1", '"$(X)"', "'single'"],
};

type Type = "bool" | "tristate" | "int" | "hex" | "string";

class TreeMaker {
  private readonly out: string[] = [];
  /** Mostly symbols that come before the one being defined, or nearly every tree would be a recursive dependency. */
  private ceiling = LOGIC.length;

  constructor(
    private readonly random: Random,
    private readonly dialect: Dialect,
  ) {}

  make(): string {
    if (this.random.chance(50)) this.out.push('mainmenu "Random"', "");
    this.statements(0);
    return `${this.out.join("\n")}\n`;
  }

  private statements(depth: number): void {
    const { random, out } = this;
    for (let count = 1 + random.below(5); count > 0; count--) {
      const kind = random.below(100);
      if (kind < 55 || depth > 3) this.config("", false);
      else if (kind < 65) this.choice();
      else if (kind < 77) {
        out.push(`if ${this.expr()}`);
        this.statements(depth + 1);
        out.push("endif", "");
      } else if (kind < 88) this.menu(depth);
      else if (kind < 93) {
        out.push('comment "A comment"');
        if (random.chance(50)) out.push(`\tdepends on ${this.expr()}`);
      } else if (kind < 96) {
        const value = random.pick(["v", "$(Y)w", "$(shell,echo a; echo b)", "$(1) $(2)", ""]);
        out.push(`${random.pick(["X", "Y"])} ${random.pick(["=", ":=", "+="])} ${value}`);
      } else out.push(`source "sub/Kconfig${random.below(2)}"`);
    }
  }

  private menu(depth: number): void {
    const { random, out } = this;
    out.push('menu "A menu"');
    if (random.chance(30)) out.push(`\tdepends on ${this.expr()}`);
    if (random.chance(20)) out.push(`\tvisible if ${this.expr()}`);
    this.statements(depth + 1);
    out.push("endmenu", "");
  }

  private choice(): void {
    const { random, out } = this;
    out.push("choice", `\tprompt "Choice"${this.condition()}`);
    if (this.dialect === "6.1" && random.chance(40)) out.push(`\t${random.pick(["bool", "tristate", "optional"])}`);
    if (this.dialect === "6.12" && random.chance(30)) out.push('\tbool "Other"');
    for (let count = random.below(3); count > 0; count--) out.push(`\tdefault M${random.below(9)}${this.condition()}`);
    if (random.chance(30)) out.push(`\tdepends on ${this.expr()}`);
    for (let count = 1 + random.below(4); count > 0; count--) {
      if (random.chance(12)) {
        out.push(`if ${this.expr()}`);
        this.config("", true);
        out.push("endif");
      } else this.config("", true);
    }
    out.push("endchoice", "");
  }

  private config(indent: string, inChoice: boolean): void {
    const { random, out } = this;
    const name = random.chance(90) ? random.pick(NAMES) : `NEW${random.below(5)}`;
    this.ceiling = LOGIC.includes(name) ? LOGIC.indexOf(name) : name.startsWith("NEW") ? LOGIC.length : 4;
    const type = this.typeOf(name, inChoice);
    out.push(
      `${indent}${!inChoice && random.chance(10) ? "menuconfig" : "config"} ${inChoice ? `M${random.below(9)}` : name}`,
    );
    if (name === "MODULES" && !inChoice) {
      out.push(`${indent}\tbool "Modules"${this.condition()}`);
      if (random.chance(80)) out.push(`${indent}\tmodules`);
    } else if (random.chance(8) && !inChoice)
      out.push(`${indent}\tdef_${random.pick(["bool", "tristate"])} ${this.expr()}${this.condition()}`);
    else {
      const prompt = `"${random.pick(["Prompt", " lead", "It's", 'say \\"x\\"'])} ${name}"`;
      out.push(
        `${indent}\t${type}${inChoice ? ` ${prompt}` : random.chance(65) ? ` ${prompt}${this.condition()}` : ""}`,
      );
    }
    for (let count = random.below(4); count > 0; count--) this.options(type, indent, inChoice);
    if (random.chance(15)) this.help(indent);
    if (random.chance(60)) out.push("");
  }

  private typeOf(name: string, inChoice: boolean): Type {
    if (inChoice) return this.dialect === "6.12" || this.random.chance(60) ? "bool" : "tristate";
    if (name.startsWith("INT")) return "int";
    if (name.startsWith("HEX")) return "hex";
    if (name.startsWith("STR")) return "string";
    return this.random.chance(60) ? "bool" : "tristate";
  }

  private options(type: Type, indent: string, inChoice: boolean): void {
    const { random } = this;
    const say = (text: string): number => this.out.push(`${indent}\t${text}${this.condition()}`);
    if (random.chance(30)) this.out.push(`${indent}\tdepends on ${this.expr()}`);
    const isLogic = type === "bool" || type === "tristate";
    if (isLogic && !inChoice && random.chance(30)) say(`default ${this.expr()}`);
    if (random.chance(12)) say(`select ${this.above()}`);
    if (random.chance(12)) say(`imply ${this.above()}`);
    if (!isLogic && random.chance(40)) say(`default ${random.pick(NUMBERS[type])}`);
    if ((type === "int" || type === "hex") && random.chance(30))
      say(`range ${random.pick(["1", "INT1", "0x2"])} ${random.pick(["9", "20", "HEX1", "0x30"])}`);
    if (random.chance(8)) say('prompt "again"');
  }

  private help(indent: string): void {
    const { random, out } = this;
    out.push(`${indent}\thelp`);
    for (let line = random.below(3); line >= 0; line--)
      out.push(random.pick([`${indent}\t  Some help text.`, "", `${indent}\t    more   `]));
    if (random.chance(60)) out.push("");
  }

  private condition(): string {
    return this.random.chance(40) ? ` if ${this.expr()}` : "";
  }

  private expr(depth = 0): string {
    const { random } = this;
    if (depth > 2 || random.chance(50)) return this.atom();
    const text = `${this.expr(depth + 1)} ${random.pick(["&&", "||"])} ${this.expr(depth + 1)}`;
    return random.chance(40) ? `${random.chance(20) ? "!" : ""}(${text})` : text;
  }

  private atom(): string {
    const { random } = this;
    if (random.chance(6)) return random.pick(["y", "n", "m"]);
    if (!random.chance(12)) return (random.chance(15) ? "!" : "") + this.below();
    const left = random.chance(50) ? this.below() : random.pick(["INT1", "HEX1", "STR1"]);
    const right = random.pick([this.below(), "y", "n", "m", '"5"', "7", '"x"']);
    return `${left} ${random.pick(["=", "!=", "<", ">", "<=", ">="])} ${right}`;
  }

  private below(): string {
    const { random } = this;
    return random.chance(97) ? LOGIC[random.below(Math.max(1, this.ceiling))]! : random.pick(LOGIC);
  }

  private above(): string {
    const { random } = this;
    if (!random.chance(97)) return random.pick(LOGIC);
    return LOGIC[Math.min(LOGIC.length - 1, this.ceiling + 1 + random.below(LOGIC.length))]!;
  }
}

const NOISE = [
  ..."\"'()!=$\\#+:@\0\r\n-\té",
  ...[
    "if",
    "endif",
    "endmenu",
    "endchoice",
    "&&",
    "||",
    "$(",
    "$(X)",
    "config",
    "menu",
    "choice",
    "help",
    "depends on",
  ],
  ...[
    "  ",
    "\\\n",
    "bool",
    "source",
    'source "none"',
    "X := $(error-if,y,stop)\n",
    "$(warning-if,y,careful)",
    "$(X,1,2)",
  ],
  ...["word", "modules", "option", "optional", "visible if A\n", "range 1 2\n", 'mainmenu "x"\n'],
];

/** One to three insertions, deletions, lost or repeated lines. */
function broken(random: Random, text: string): string {
  let out = text;
  for (let count = 1 + random.below(3); count > 0; count--) {
    const at = random.below(out.length + 1);
    const kind = random.below(5);
    if (kind < 2) out = out.slice(0, at) + random.pick(NOISE) + out.slice(at);
    else if (kind === 2) out = out.slice(0, at) + out.slice(at + 1 + random.below(6));
    else {
      const lines = out.split("\n");
      const line = random.below(lines.length);
      if (kind === 3) lines.splice(line, 1);
      else lines.splice(random.below(lines.length), 0, lines[line]!);
      out = lines.join("\n");
    }
  }
  return random.chance(10) ? out.replace(/\n+$/, "") : out;
}

const VALUES = ["y", "n", "m", "y", "5", "0x5", '"text"', '"a\\"b"', '"open', "", "99", "-1", "007"];

function randomConfig(random: Random): string {
  const lines: string[] = [];
  for (let count = random.below(14); count > 0; count--) {
    const name = `CONFIG_${random.pick([...NAMES, "M0", "M1", "M2", "M3", "M4", "NONE", "NEW1"])}`;
    const set = `${name}=${random.pick(VALUES)}`;
    lines.push(random.pick([set, set, `${name}=y`, `# ${name} is not set`, "", "# comment", "junk", name, `${set}\r`]));
  }
  return lines.join("\n") + (random.chance(85) ? "\n" : "");
}
