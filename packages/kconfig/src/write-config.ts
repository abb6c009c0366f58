/**
 * Writing: the full `.config`, the minimal defconfig, and the generated auto.conf and autoconf.h.
 *
 * Called by Configuration. Computes what is not computed yet, which is where the warnings of allyesconfig and kin come from.
 */
import type { Environment } from "./environment.js";
import type { Evaluator } from "./evaluate.js";
import { Evaluator61 } from "./evaluate-6.1.js";
import { Evaluator612 } from "./evaluate-6.12.js";
import type { KSymbol, Menu } from "./model.js";
import { configPrefix } from "./read-config.js";
import { MOD, NO, type Tristate, tristateLetter, YES } from "./tristate.js";

export class ConfigWriter {
  private readonly prefix: string;

  constructor(
    private readonly evaluator: Evaluator,
    env: Environment,
  ) {
    this.prefix = configPrefix(env);
  }

  /** The whole `.config`. */
  full(): string {
    if (!this.evaluator.changed) this.evaluator.clearAllValid();
    const out = [this.heading("#", "#", "#")];
    const written = new Set<KSymbol>();
    let needsNewline = false;
    const enter = (menu: Menu): void => {
      const symbol = menu.symbol;
      if (symbol === null) {
        if (!this.isVisible(menu)) return;
        out.push(`\n#\n# ${menu.prompt!.text}\n#\n`);
        needsNewline = false;
      } else if (!symbol.isChoice && !written.has(symbol)) {
        this.evaluator.calc(symbol);
        if (!this.evaluator.writes[symbol.index]) return;
        if (needsNewline) out.push("\n");
        needsNewline = false;
        written.add(symbol);
        out.push(this.line(symbol, true));
      }
    };
    const leave = (menu: Menu): void => {
      if (menu.symbol !== null || menu.prompt?.kind !== "menu" || !this.isVisible(menu)) return;
      out.push(`# end of ${menu.prompt.text}\n`);
      needsNewline = true;
    };
    walk(this.evaluator.tree.root, enter, leave);
    return out.join("");
  }

  /** Only what differs from the defaults. */
  minimal(): string {
    const evaluator = this.evaluator;
    evaluator.clearAllValid();
    const out: string[] = [];
    walk(evaluator.tree.root, (menu) => {
      const symbol = menu.symbol;
      if (symbol === null || symbol.isChoice) return;
      evaluator.calc(symbol);
      if (!evaluator.writes[symbol.index]) return;
      evaluator.writes[symbol.index] = 0;
      if (evaluator.visible[symbol.index]! <= evaluator.reverseDep[symbol.index]!) return;
      if (evaluator.stringValue(symbol) === this.defaultText(symbol)) return;
      if (!this.isChoiceDefault(symbol)) out.push(this.line(symbol, true));
    });
    return out.join("");
  }

  /** include/config/auto.conf: what Makefiles read. */
  autoConf(): string {
    return this.heading("#", "#", "#") + this.everySymbol((symbol) => this.autoConfLine(symbol));
  }

  /** include/generated/autoconf.h: what C reads. */
  autoHeader(): string {
    return this.heading("/*", " *", " */") + this.everySymbol((symbol) => this.headerLine(symbol));
  }

  /** One line of a `.config`. With `unset`, an `n` is the comment `# … is not set`; without, `…=n`. */
  line(symbol: KSymbol, unset: boolean): string {
    if (symbol.type === "unknown") return "";
    const value = this.evaluator.stringValue(symbol);
    const isLogic = symbol.type === "bool" || symbol.type === "tristate";
    if (isLogic && unset && value === "n") return `# ${this.prefix}${symbol.name} is not set\n`;
    return `${this.prefix}${symbol.name}=${symbol.type === "string" ? quote(value) : value}\n`;
  }

  /** Does a menu, comment or the like appear? Entries of symbols are not asked. */
  private isVisible(menu: Menu): boolean {
    if (menu.prompt === null) return false;
    if (menu.visibility !== null && this.evaluator.expr(menu.visibility) === NO) return false;
    return this.evaluator.expr(menu.prompt.visible) !== NO;
  }

  private heading(first: string, middle: string, last: string): string {
    const title = this.evaluator.tree.root.prompt!.text;
    return `${first}\n${middle} Automatically generated file; DO NOT EDIT.\n${middle} ${title}\n${last}\n`;
  }

  private everySymbol(line: (symbol: KSymbol) => string): string {
    const out: string[] = [];
    for (const symbol of this.evaluator.tree.hashOrder) this.evaluator.calc(symbol);
    for (const symbol of this.evaluator.tree.hashOrder)
      if (this.evaluator.writes[symbol.index] && symbol.name !== null && symbol.type !== "unknown")
        out.push(line(symbol));
    return out.join("");
  }

  private autoConfLine(symbol: KSymbol): string {
    const value = this.evaluator.stringValue(symbol);
    const isLogic = symbol.type === "bool" || symbol.type === "tristate";
    return isLogic && value === "n" ? "" : `${this.prefix}${symbol.name}=${value}\n`;
  }

  private headerLine(symbol: KSymbol): string {
    const value = this.evaluator.stringValue(symbol);
    const name = `${this.prefix}${symbol.name}`;
    switch (symbol.type) {
      case "bool":
      case "tristate":
        return value === "n" ? "" : `#define ${name}${value === "m" ? "_MODULE" : ""} 1\n`;
      case "hex":
        return `#define ${name} ${/^0[xX]/.test(value) ? "" : "0x"}${value}\n`;
      case "string":
        return `#define ${name} ${quote(value)}\n`;
      default:
        return `#define ${name} ${value}\n`;
    }
  }

  /** The value the symbol would have if the user said nothing, roughly: conf's approximation, ranges and choices aside. */
  private defaultText(symbol: KSymbol): string {
    const evaluator = this.evaluator;
    const at = symbol.index;
    evaluator.calcVisibility(symbol);
    evaluator.calc(evaluator.tree.modules);
    const property = evaluator.defaultOf(symbol);
    if (symbol.type !== "bool" && symbol.type !== "tristate") {
      let text = "";
      if (property?.expr?.kind === "symbol") {
        evaluator.calc(property.expr.symbol!);
        text = evaluator.text[property.expr.symbol!.index]!;
      }
      if (text !== "" || evaluator instanceof Evaluator61) return text;
      return symbol.type === "int" ? "0" : symbol.type === "hex" ? "0x0" : "";
    }
    let value: number = NO;
    if (property !== null) value = Math.min(evaluator.expr(property.expr), evaluator.expr(property.visible));
    value = Math.max(value, evaluator.reverseDep[at]!);
    const modules = evaluator.tri[evaluator.tree.modules.index];
    if (value === MOD && !symbol.isChoiceMember && modules === NO) value = YES;
    if (value === MOD && symbol.type === "bool") value = YES;
    return tristateLetter(Math.max(value, evaluator.implied[at]!) as Tristate);
  }

  private isChoiceDefault(symbol: KSymbol): boolean {
    const evaluator = this.evaluator;
    if (symbol.choice === null || evaluator.tri[symbol.index] !== YES) {
      // conf looks the default up all the same, which may compute values; nothing of that shows.
      return false;
    }
    if (evaluator instanceof Evaluator612) return evaluator.choiceDefault(symbol.choice) === symbol;
    if (!(evaluator instanceof Evaluator61)) return false;
    return !symbol.choice.isOptional && symbol.type === "bool" && evaluator.choiceDefault(symbol.choice) === symbol;
  }
}

/** A string as it stands in a `.config`. */
export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** Visits the entries below `root`, depth first, before and after their children. */
export function walk(root: Menu, enter: (menu: Menu) => void, leave?: (menu: Menu) => void): void {
  for (let menu = root.list; menu !== null; menu = menu.next) {
    enter(menu);
    walk(menu, enter, leave);
    leave?.(menu);
  }
}
