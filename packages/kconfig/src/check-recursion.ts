/**
 * "recursive dependency detected": finds symbols whose value depends on itself, and tells how.
 *
 * Called by parseKconfig() after finalisation. Walks the dependency graph in conf's order and prints conf's message for the first
 * cycle of each walk. A quick check with an explicit stack comes first: a sound tree, however large, needs no deep recursion.
 */
import type { Builder } from "./builder.js";
import { enclosingChoice } from "./check-properties.js";
import type { Expr, KSymbol, Menu, Property } from "./model.js";

/** Which part of a symbol is being followed. */
type Via = "direct" | "reverse" | "implied" | "value" | "visible";

interface Step {
  readonly symbol: KSymbol;
  via: Via;
  property: Property | null;
}

export class RecursionCheck {
  private readonly onPath = new Set<KSymbol>();
  private readonly done = new Set<KSymbol>();
  private readonly path: Step[] = [];
  private readonly choiceOf = new Map<KSymbol, KSymbol | null>();

  private readonly isSound: boolean;

  /** `symbols`: everything that will be asked about. */
  constructor(
    private readonly build: Builder,
    symbols: readonly KSymbol[],
  ) {
    this.isSound = !this.mayHaveCycle(symbols);
  }

  /** Follows the dependencies of one symbol, as far as they are new. True: there is a cycle, and it has been reported. */
  findsCycle(symbol: KSymbol): boolean {
    return !this.isSound && this.check(symbol) !== null;
  }

  private choice(symbol: KSymbol): KSymbol | null {
    let choice = this.choiceOf.get(symbol);
    if (choice === undefined) {
      choice = this.build.dialect === "6.1" ? symbol.choice : symbol.isChoice ? null : enclosingChoice(symbol);
      this.choiceOf.set(symbol, choice);
    }
    return choice;
  }

  /**
   * The members of a choice are one node, on which the choice itself comes first: a member may depend on the choice, but the choice
   * or a member on a member is a cycle.
   */
  private mayHaveCycle(symbols: readonly KSymbol[]): boolean {
    const { build } = this;
    const search: CycleSearch = new CycleSearch(build.pool.all, build.symbols.all.length, {
      groupOf: (symbol) => {
        const choice = this.choice(symbol);
        return choice === null ? null : choice.index;
      },
      enter: (index, isGroup) => {
        const symbol = build.symbols.all[index]!;
        if (!isGroup) return this.addEdges(search, symbol);
        // The choice comes last and is therefore visited first.
        return this.members(symbol).some((member) => this.addEdges(search, member)) || search.addSymbol(symbol);
      },
    });
    return symbols.some((symbol) => search.leadsIntoCycle(symbol));
  }

  /** True: an edge closes a cycle. */
  private addEdges(search: CycleSearch, symbol: KSymbol): boolean {
    if (search.add(symbol.directDep) || search.add(symbol.reverseDep) || search.add(symbol.implied)) return true;
    const { properties } = symbol;
    for (let at = 0; at < properties.length; at++) {
      const property = properties[at]!;
      if (property.kind === "select" || property.kind === "imply" || property.kind === "choice") continue;
      if (search.add(property.visible)) return true;
      if (property.kind === "default" && !symbol.isChoice && search.add(property.expr)) return true;
    }
    return false;
  }

  private members(choice: KSymbol): readonly KSymbol[] {
    if (this.build.dialect === "6.1") return choice.members;
    const out: KSymbol[] = [];
    const top = choice.menus[0]!;
    for (const menu of entriesBelow(top)) if (menu.symbol !== null) out.push(menu.symbol);
    return out;
  }

  private check(symbol: KSymbol): KSymbol | null {
    if (this.onPath.has(symbol)) {
      this.report(symbol);
      return symbol;
    }
    if (this.done.has(symbol)) return null;
    const choice = this.choice(symbol);
    if (choice !== null) {
      this.path.push({ symbol, via: "visible", property: null });
      const found = this.check(choice);
      this.path.pop();
      return found;
    }
    if (symbol.isChoice) return this.checkChoice(symbol);
    this.onPath.add(symbol);
    this.done.add(symbol);
    const found = this.checkSymbol(symbol);
    this.onPath.delete(symbol);
    return found;
  }

  private checkChoice(choice: KSymbol): KSymbol | null {
    const members = this.members(choice);
    this.path.push({ symbol: choice, via: "visible", property: null });
    for (const symbol of [...members, choice]) {
      this.onPath.add(symbol);
      this.done.add(symbol);
    }
    let found = this.checkSymbol(choice);
    this.onPath.delete(choice);
    for (const member of members) found ??= this.checkSymbol(member);
    for (const member of members) this.onPath.delete(member);
    if (found !== null && this.choice(found) === choice) found = choice;
    this.path.pop();
    return found;
  }

  private checkSymbol(symbol: KSymbol): KSymbol | null {
    const step: Step = { symbol, via: "direct", property: null };
    this.path.push(step);
    const found = this.follow(symbol, step);
    this.path.pop();
    return found;
  }

  private follow(symbol: KSymbol, step: Step): KSymbol | null {
    const dependencies: [Via, Expr | null][] = [
      ["direct", symbol.directDep],
      ["reverse", symbol.reverseDep],
      ["implied", symbol.implied],
    ];
    for (const [via, expr] of dependencies) {
      step.via = via;
      const found = this.checkExpr(expr);
      if (found !== null) return found;
    }
    for (const property of symbol.properties) {
      if (property.kind === "select" || property.kind === "imply" || property.kind === "choice") continue;
      step.via = "visible";
      step.property = property;
      let found = this.checkExpr(property.visible);
      if (found !== null) return found;
      if (property.kind !== "default" || symbol.isChoice) continue;
      step.via = "value";
      found = this.checkExpr(property.expr);
      if (found !== null) return found;
    }
    return null;
  }

  private checkExpr(e: Expr | null): KSymbol | null {
    if (e === null) return null;
    if (e.symbol !== null) return this.check(e.symbol) ?? (e.other === null ? null : this.check(e.other));
    return this.checkExpr(e.left) ?? this.checkExpr(e.right);
  }

  private report(symbol: KSymbol): void {
    let last = symbol;
    const choice = this.choice(symbol);
    if (choice !== null) {
      this.path.push({ symbol, via: "visible", property: null });
      last = choice;
    }
    let start = this.path.length - 1;
    while (start >= 0 && this.path[start]!.symbol !== last) start--;
    if (start < 0) {
      this.build.diagnostics.plain("error", "unexpected recursive dependency error");
      return;
    }
    const steps = this.path.slice(start);
    const is61 = this.build.dialect === "6.1";
    const lines = steps.flatMap((step, at) => {
      const next = steps[at + 1]?.symbol ?? last;
      return is61 ? this.lines61(step, next, last) : this.lines612(step, next, last);
    });
    const first = steps[0]!.symbol.menus[0];
    const text = [...lines, ...ADVICE].join("\n") + "\n";
    this.build.diagnostics.list.push({
      severity: "error",
      stream: "stderr",
      text,
      ...(first === undefined ? {} : { file: first.file, line: first.line }),
    });
    if (choice !== null) this.path.pop();
  }

  private lines612(step: Step, next: KSymbol, last: KSymbol): string[] {
    const heading = step.symbol === last ? ["error: recursive dependency detected!"] : [];
    if (!next.isChoice) return [...heading, `\tsymbol ${describe(step, next.name ?? "(null)")}`];
    const place = next.menus[0]!;
    return [...heading, `\tsymbol ${nameOf(step.symbol)} is part of choice block at ${place.file}:${place.line}`];
  }

  private lines61(step: Step, next: KSymbol, last: KSymbol): string[] {
    const symbol = step.symbol;
    const isPartOfChoice = symbol.isChoice || this.choice(symbol) !== null;
    const property = isPartOfChoice ? symbol.properties[0] : (step.property ?? symbol.properties[0]);
    // A symbol that is only selected has no place; conf crashes here.
    if (property === undefined) return [`\tsymbol ${describe(step, nameOf(next))}`];
    const menu = property.menu;
    const at = `${property.file}:${property.line}`;
    const heading = symbol === last ? [`${at}:error: recursive dependency detected!`] : [];
    if (symbol.isChoice)
      return [...heading, `${menu.file}:${menu.line}:\tchoice ${nameOf(symbol)} contains symbol ${nameOf(next)}`];
    if (this.choice(symbol) !== null)
      return [...heading, `${menu.file}:${menu.line}:\tsymbol ${nameOf(symbol)} is part of choice ${nameOf(next)}`];
    return [...heading, `${at}:\tsymbol ${describe(step, nameOf(next))}`];
  }
}

const UNSEEN = 0;
const OPEN = 1;
const CLOSED = 2;

interface Graph {
  /** The node a symbol is part of instead of being one of its own. */
  groupOf(symbol: KSymbol): number | null;
  /** Hands the edges of a symbol or a group to the search. True: one of them closes a cycle. */
  enter(index: number, isGroup: boolean): boolean;
}

/** What a node on the stack is: its number times four, plus one of these. */
const EXPR = 0;
const SYMBOL = 1;
const GROUP = 2;

/**
 * Depth-first search over symbols and expressions, each visited once. The stack holds numbers; a node is on it twice: to be entered,
 * and below that to be closed.
 */
class CycleSearch {
  private readonly states: readonly [Uint8Array, Uint8Array, Uint8Array];
  private readonly stack: number[] = [];

  constructor(
    private readonly exprs: readonly Expr[],
    symbolCount: number,
    private readonly graph: Graph,
  ) {
    this.states = [new Uint8Array(exprs.length), new Uint8Array(symbolCount), new Uint8Array(symbolCount)];
  }

  leadsIntoCycle(start: KSymbol): boolean {
    const { stack, states } = this;
    stack.length = 0;
    this.addSymbol(start);
    while (stack.length > 0) {
      const node = stack[stack.length - 1]!;
      const kind = node & 3;
      const index = node >> 2;
      const state = states[kind]!;
      if (state[index] !== UNSEEN) {
        // Open: everything above it is done. Closed: it was reached twice.
        state[index] = CLOSED;
        stack.pop();
        continue;
      }
      state[index] = OPEN;
      if (kind === EXPR ? this.enterExpr(this.exprs[index]!) : this.graph.enter(index, kind === GROUP)) return true;
    }
    return false;
  }

  private enterExpr(e: Expr): boolean {
    if (e.symbol === null) return this.add(e.right) || this.add(e.left);
    return (e.other !== null && this.addSymbol(e.other)) || this.addSymbol(e.symbol);
  }

  /** True: the target is being visited already. */
  add(e: Expr | null): boolean {
    if (e === null) return false;
    if (e.kind === "symbol") return this.addSymbol(e.symbol!);
    return this.push(EXPR, e.id);
  }

  addSymbol(symbol: KSymbol): boolean {
    const group = this.graph.groupOf(symbol);
    return group === null ? this.push(SYMBOL, symbol.index) : this.push(GROUP, group);
  }

  private push(kind: number, index: number): boolean {
    const state = this.states[kind]![index];
    if (state === UNSEEN) this.stack.push(4 * index + kind);
    return state === OPEN;
  }
}

const ADVICE = [
  "For a resolution refer to Documentation/kbuild/kconfig-language.rst",
  'subsection "Kconfig recursive dependency limitations"',
];

function nameOf(symbol: KSymbol): string {
  return symbol.name ?? "<choice>";
}

function describe(step: Step, next: string): string {
  const name = nameOf(step.symbol);
  const property = step.property?.kind ?? "unknown";
  switch (step.via) {
    case "direct":
      return `${name} depends on ${next}`;
    case "reverse":
      return `${name} is selected by ${next}`;
    case "implied":
      return `${name} is implied by ${next}`;
    case "value":
      return `${name} ${property} value contains ${next}`;
    case "visible":
      return `${name} ${property} is visible depending on ${next}`;
  }
}

/** The entries below a menu, depth first. */
export function* entriesBelow(top: Menu): Generator<Menu> {
  for (let menu = top.list; menu !== null; menu = menu.next) {
    yield menu;
    yield* entriesBelow(menu);
  }
}
