/**
 * conf's questions and answers: oldconfig, config (oldaskconfig), listnewconfig, helpnewconfig.
 *
 * Called by command lines. A generator does the talking: it yields text to print and asks for lines, and does not know what a
 * terminal is.
 *
 *     const talk = oldconfig(configuration, { mode: "oldconfig", echo: false });
 *     for (let step = talk.next(); !step.done; ) {
 *       if (step.value.kind === "print") { process.stdout.write(step.value.text); step = talk.next(); }
 *       else step = talk.next(readLine()); // with its line feed; undefined at the end of the input
 *     }
 */
import type { Configuration } from "./configuration.js";
import type { Evaluator } from "./evaluate.js";
import { Evaluator61 } from "./evaluate-6.1.js";
import { Evaluator612 } from "./evaluate-6.12.js";
import type { KSymbol, Menu } from "./model.js";
import { canBe, isChangeable, setChoice, setText, setTristate } from "./set-value.js";
import { extendedHelp } from "./symbol-help.js";
import { isSpace } from "./text.js";
import { MOD, NO, type Tristate, tristateLetter, YES } from "./tristate.js";
import { isEntryVisible } from "./visibility.js";

export type TalkStep =
  | { readonly kind: "print"; readonly text: string; readonly stream: "stdout" | "stderr" }
  /** Wants a line, with its line feed. */
  | { readonly kind: "ask" };

export interface TalkOptions {
  readonly mode: "oldconfig" | "oldaskconfig" | "listnewconfig" | "helpnewconfig";
  /** Print every line read, as conf does when it does not talk to a terminal. */
  readonly echo: boolean;
}

/** Returns false where conf gives up: the input ended at a question that has no default. */
export type Talk = Generator<TalkStep, boolean, string | undefined>;

export function oldconfig(configuration: Configuration, options: TalkOptions): Talk {
  return new Talker(configuration, options).run();
}

/** The input ended where an answer is indispensable. */
class NoAnswer extends Error {}

class Talker {
  private readonly evaluator: Evaluator;
  private mode: TalkOptions["mode"];
  private indent = 1;
  private restarts = 0;
  private rootEntry: Menu | null = null;
  private line = "";
  private ended = false;

  constructor(
    private readonly configuration: Configuration,
    private readonly options: TalkOptions,
  ) {
    this.evaluator = configuration.evaluator;
    this.mode = options.mode;
  }

  *run(): Talk {
    const root = this.configuration.tree.root;
    try {
      if (this.mode === "oldaskconfig") {
        this.rootEntry = root;
        yield* this.entry(root);
        this.mode = "oldconfig";
      }
      do {
        this.restarts = 0;
        yield* this.check(root);
      } while (this.restarts > 0);
      return true;
    } catch (error) {
      if (error instanceof NoAnswer) return false;
      throw error;
    }
  }

  private *print(text: string, stream: "stdout" | "stderr" = "stdout"): Generator<TalkStep, void, string | undefined> {
    yield { kind: "print", text, stream };
  }

  private get pad(): string {
    return " ".repeat(this.indent - 1);
  }

  private isVisible(menu: Menu): boolean {
    return isEntryVisible(this.evaluator, menu);
  }

  private *check(menu: Menu): Generator<TalkStep, void, string | undefined> {
    if (!this.isVisible(menu)) return;
    const symbol = menu.symbol;
    if (symbol !== null && !this.evaluator.hasUser[symbol.index] && this.isNewQuestion(symbol)) {
      if (this.mode === "listnewconfig") {
        if (symbol.name !== null) yield* this.print(this.configuration.line(symbol, false));
      } else if (this.mode === "helpnewconfig") {
        yield* this.print("-----\n");
        yield* this.help(menu);
        yield* this.print("-----\n");
      } else {
        if (this.restarts++ === 0) yield* this.print("*\n* Restart config...\n*\n");
        this.rootEntry = this.parentMenu(menu);
        yield* this.entry(this.rootEntry);
      }
    }
    for (let child = menu.list; child !== null; child = child.next) yield* this.check(child);
  }

  private isNewQuestion(symbol: KSymbol): boolean {
    if (isChangeable(this.evaluator, symbol)) return true;
    return this.evaluator instanceof Evaluator61 && symbol.isChoice && this.evaluator.tri[symbol.index] === YES;
  }

  private parentMenu(start: Menu): Menu {
    let menu = start;
    while (menu.parent !== null && menu.prompt?.kind !== "menu") menu = menu.parent;
    return menu;
  }

  private *entry(menu: Menu): Generator<TalkStep, void, string | undefined> {
    if (!this.isVisible(menu)) return;
    const { symbol, prompt } = menu;
    if (prompt?.kind === "menu" && this.mode !== "oldaskconfig" && this.rootEntry !== menu) {
      yield* this.check(menu);
      return;
    }
    if (prompt?.kind === "menu" || prompt?.kind === "comment") {
      const star = `${this.pad}*`;
      yield* this.print(`${star}\n${star} ${prompt.text}\n${star}\n`);
    }
    if (symbol !== null) {
      if (symbol.isChoice) {
        yield* this.choice(menu, symbol);
        if (!(this.evaluator instanceof Evaluator61) || this.evaluator.tri[symbol.index] !== MOD) return;
      } else if (symbol.type === "int" || symbol.type === "hex" || symbol.type === "string")
        yield* this.text(menu, symbol);
      else yield* this.logic(menu, symbol);
    }
    if (symbol !== null) this.indent += 2;
    for (let child = menu.list; child !== null; child = child.next) yield* this.entry(child);
    if (symbol !== null) this.indent -= 2;
  }

  /** Reads a line into {@link line}; at the end of the input the line stays as it is. */
  private *read(): Generator<TalkStep, void, string | undefined> {
    const answer: string | undefined = yield { kind: "ask" };
    if (answer === undefined) {
      this.ended = true;
      yield* this.print("\nError in reading or end of file.\n", "stderr");
    } else this.line = answer;
    if (this.options.echo) yield* this.print(this.line);
  }

  /** Asks, unless the answer is known or cannot be changed. True: there is an answer. */
  private *ask(symbol: KSymbol, shown: string): Generator<TalkStep, boolean, string | undefined> {
    const { evaluator } = this;
    if (!evaluator.hasUser[symbol.index]) yield* this.print("(NEW) ");
    this.line = "\n";
    if (!isChangeable(evaluator, symbol) || (this.mode === "oldconfig" && evaluator.hasUser[symbol.index])) {
      yield* this.print(`${shown}\n`);
      return false;
    }
    yield* this.read();
    return true;
  }

  private *text(menu: Menu, symbol: KSymbol): Generator<TalkStep, void, string | undefined> {
    for (;;) {
      const value = this.evaluator.stringValue(symbol);
      yield* this.print(`${this.pad}${menu.prompt!.text} (${symbol.name}) [${value}] `);
      if (!(yield* this.ask(symbol, value))) return;
      if (this.line === "?\n") yield* this.help(menu);
      else if (setText(this.evaluator, symbol, this.line.startsWith("\n") ? value : this.line.slice(0, -1))) return;
      if (!this.ended) continue;
      if (!(this.evaluator instanceof Evaluator61))
        yield* this.print(`\nerror: no value for new symbol '${symbol.name}' at end of input\n`, "stderr");
      throw new NoAnswer();
    }
  }

  private *logic(menu: Menu, symbol: KSymbol): Generator<TalkStep, void, string | undefined> {
    for (;;) {
      const old = this.evaluator.tri[symbol.index] as Tristate;
      const name = symbol.name === null ? "" : `(${symbol.name}) `;
      const others = ([NO, MOD, YES] as Tristate[]).filter((one) => one !== old && canBe(this.evaluator, symbol, one));
      const offer = others.map((one) => `/${tristateLetter(one)}`).join("");
      yield* this.print(`${this.pad}${menu.prompt!.text} ${name}[${tristateLetter(old).toUpperCase()}${offer}/?] `);
      if (!(yield* this.ask(symbol, this.evaluator.stringValue(symbol)))) return;
      const answer = strip(this.line);
      const value = ANSWERS.get(
        /^[nN]/.test(answer) ? `n${answer.slice(1)}` : /^[yY]/.test(answer) ? `y${answer.slice(1)}` : answer,
      );
      if (value === undefined && answer !== "" && !answer.startsWith("?")) continue;
      if (!answer.startsWith("?") && setTristate(this.evaluator, symbol, value ?? old)) return;
      yield* this.help(menu);
    }
  }

  private *choice(menu: Menu, choice: KSymbol): Generator<TalkStep, void, string | undefined> {
    const { evaluator } = this;
    let isNew = evaluator instanceof Evaluator61 && !evaluator.hasUser[choice.index];
    if (evaluator instanceof Evaluator61 && !(yield* this.mode61(menu, choice))) return;
    for (;;) {
      yield* this.print(`${this.pad}${menu.prompt!.text}\n`);
      const standard =
        evaluator instanceof Evaluator612
          ? evaluator.calcChoice(choice)
          : (evaluator as Evaluator61).chosen.get(choice);
      let count = 0;
      let current = 0;
      this.line = "";
      for (let child = menu.list; child !== null; child = child.next) {
        if (!this.isVisible(child)) continue;
        if (child.symbol === null) {
          yield* this.print(`${this.pad}* ${child.prompt!.text}\n`);
          continue;
        }
        count++;
        if (child.symbol === standard) current = count;
        const mark = child.symbol === standard ? ">" : " ";
        const fresh = !evaluator.hasUser[child.symbol.index];
        if (fresh && evaluator instanceof Evaluator612) isNew = true;
        const name = child.symbol.name === null ? "" : ` (${child.symbol.name})`;
        yield* this.print(`${this.pad}${mark} ${count}. ${child.prompt!.text}${name}${fresh ? " (NEW)" : ""}\n`);
      }
      yield* this.print(`${this.pad}choice`);
      const chosen = yield* this.pick(menu, count, current, isNew);
      if (chosen === undefined) continue;
      if (this.line.endsWith("?")) {
        yield* this.help(chosen);
        continue;
      }
      yield* this.take(choice, chosen);
      return;
    }
  }

  /** The member's entry, by number. Undefined: ask again. */
  private *pick(
    menu: Menu,
    count: number,
    current: number,
    isNew: boolean,
  ): Generator<TalkStep, Menu | undefined, string | undefined> {
    let wanted = count;
    if (count === 1) yield* this.print("[1]: 1\n");
    else {
      yield* this.print(`[1-${count}?]: `);
      if (this.mode === "oldconfig" && !isNew) {
        wanted = current;
        yield* this.print(`${current}\n`);
      } else {
        yield* this.read();
        this.line = strip(this.line);
        if (this.line.startsWith("?")) {
          yield* this.help(menu);
          return undefined;
        }
        if (this.line === "") wanted = current;
        else if (/^\d/.test(this.line)) wanted = Number.parseInt(this.line, 10);
        else return this.giveUpAtEnd();
      }
    }
    for (let child = menu.list; child !== null; child = child.next) {
      if (child.symbol === null || !this.isVisible(child)) continue;
      if (--wanted === 0) return child;
    }
    return this.giveUpAtEnd();
  }

  /** conf would ask for ever. */
  private giveUpAtEnd(): undefined {
    if (this.ended) throw new NoAnswer();
  }

  private *take(choice: KSymbol, chosen: Menu): Generator<TalkStep, void, string | undefined> {
    if (this.evaluator instanceof Evaluator612) {
      setChoice(this.evaluator, choice, chosen.symbol!);
      return;
    }
    setTristate(this.evaluator, chosen.symbol!, YES);
    this.indent += 2;
    for (let child = chosen.list; child !== null; child = child.next) yield* this.entry(child);
    this.indent -= 2;
  }

  /** 6.1: the mode of a choice comes first. True: exactly one member is to be chosen. */
  private *mode61(menu: Menu, choice: KSymbol): Generator<TalkStep, boolean, string | undefined> {
    const { evaluator } = this;
    const isAsked = isChangeable(evaluator, choice);
    if (isAsked) {
      yield* this.logic(menu, choice);
      evaluator.calc(choice);
    }
    const mode = evaluator.tri[choice.index];
    if (mode === MOD && !isAsked) yield* this.print(`${this.pad}${menu.prompt!.text}\n`);
    return mode === YES;
  }

  private *help(menu: Menu): Generator<TalkStep, void, string | undefined> {
    yield* this.print(`\n${extendedHelp(this.configuration, menu)}\n`);
  }
}

const ANSWERS: ReadonlyMap<string, Tristate> = new Map([
  ["n", NO],
  ["no", NO],
  ["m", MOD],
  ["M", MOD],
  ["y", YES],
  ["yes", YES],
]);

function strip(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}
