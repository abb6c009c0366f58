/**
 * Builds the blocks of one function. Blocks refer to each other as objects and get their numbers at the end, when those
 * that nothing reaches are gone.
 */
import type { At, Block, Expr, Instr, Local, LocalId, Term, ValueType } from "@shootdown/ir";

export interface Draft {
  instrs: Instr[];
  term?: DraftTerm;
}

type DraftTerm =
  | { readonly kind: "jump"; readonly to: Draft; readonly at: At }
  | { readonly kind: "branch"; readonly cond: Expr; readonly then: Draft; readonly else: Draft; readonly at: At }
  | { readonly kind: "return"; readonly value?: Expr; readonly at: At };

export class Builder {
  readonly locals: Local[] = [];
  private readonly temporaries = new Set<LocalId>();
  private numbered = 0;
  private readonly names = new Map<string, number>();
  private readonly blocks: Draft[] = [];
  private draft: Draft;

  constructor() {
    this.draft = this.block();
    this.blocks.push(this.draft);
  }

  /** Where instructions go now. */
  get current(): Draft {
    return this.draft;
  }

  /** A block that is not placed yet. */
  block(): Draft {
    return { instrs: [] };
  }

  /** Places `block` and goes on in it. */
  start(block: Draft): void {
    this.blocks.push(block);
    this.draft = block;
  }

  emit(instr: Instr): void {
    this.draft.instrs.push(instr);
  }

  jump(to: Draft, at: At): void {
    this.end({ kind: "jump", to, at });
  }

  branch(cond: Expr, then: Draft, otherwise: Draft, at: At): void {
    this.end({ kind: "branch", cond, then, else: otherwise, at });
  }

  return(value: Expr | undefined, at: At): void {
    this.end(value === undefined ? { kind: "return", at } : { kind: "return", value, at });
  }

  /** A variable of the source. Two of one name are told apart by a number. */
  local(name: string, type: ValueType): LocalId {
    this.locals.push({ name: this.unique(name), type });
    return this.locals.length - 1;
  }

  temporary(type: ValueType): LocalId {
    this.locals.push({ name: `$${++this.numbered}`, type });
    this.temporaries.add(this.locals.length - 1);
    return this.locals.length - 1;
  }

  isTemporary(local: LocalId): boolean {
    return this.temporaries.has(local);
  }

  /** A temporary whose only use was to initialise a variable becomes the variable. */
  adopt(temporary: LocalId, name: string): void {
    this.temporaries.delete(temporary);
    this.locals[temporary] = { ...this.locals[temporary]!, name: this.unique(name) };
  }

  assign(dst: LocalId, value: Expr, at: At): void {
    const last = this.draft.instrs.at(-1);
    if (last && value.kind === "local" && this.temporaries.has(value.local) && defines(last, value.local)) {
      // The result goes to the variable directly; the temporary had no other use.
      this.draft.instrs[this.draft.instrs.length - 1] = { ...last, dst } as Instr;
      if (value.local === this.locals.length - 1) this.locals.pop();
      this.temporaries.delete(value.local);
      return;
    }
    this.emit({ kind: "assign", dst, value, at });
  }

  finish(): readonly Block[] {
    const entry = this.blocks[0]!;
    mergeChains(entry);
    const live = reachable(entry);
    const placed = this.blocks.filter((block) => live.has(block));
    const number = new Map(placed.map((block, i) => [block, i]));
    const to = (block: Draft): number => number.get(block)!;
    return placed.map((block): Block => {
      const term = block.term!;
      let result: Term;
      if (term.kind === "jump") result = { ...term, to: to(term.to) };
      else if (term.kind === "branch") result = { ...term, then: to(term.then), else: to(term.else) };
      else result = term;
      return { instrs: block.instrs, term: result };
    });
  }

  private unique(name: string): string {
    const count = (this.names.get(name) ?? 0) + 1;
    this.names.set(name, count);
    return count === 1 ? name : `${name}.${count}`;
  }

  /** What follows in the source is reached by jumps only: it goes to a block that is dropped if there are none. */
  private end(term: DraftTerm): void {
    this.draft.term ??= term;
    this.draft = this.block();
  }
}

function defines(instr: Instr, local: LocalId): boolean {
  return "dst" in instr && instr.dst === local && instr.kind !== "assign";
}

function targets(block: Draft): readonly Draft[] {
  const term = block.term;
  if (!term) throw new Error("a reachable block has no end");
  if (term.kind === "jump") return [term.to];
  return term.kind === "branch" ? [term.then, term.else] : [];
}

function reachable(entry: Draft): ReadonlySet<Draft> {
  const seen = new Set([entry]);
  const stack = [entry];
  for (let block = stack.pop(); block; block = stack.pop()) {
    for (const next of targets(block)) {
      if (seen.has(next)) continue;
      seen.add(next);
      stack.push(next);
    }
  }
  return seen;
}

/** Jumps to empty blocks lead to where those jump; a block with one predecessor that jumps to it joins it. */
function mergeChains(entry: Draft): void {
  const through = (block: Draft): Draft => {
    const seen = new Set<Draft>();
    let at = block;
    while (at.instrs.length === 0 && at.term?.kind === "jump" && !seen.has(at)) {
      seen.add(at);
      at = at.term.to;
    }
    return at;
  };
  for (const block of reachable(entry)) {
    const term = block.term!;
    if (term.kind === "jump") block.term = { ...term, to: through(term.to) };
    else if (term.kind === "branch") block.term = { ...term, then: through(term.then), else: through(term.else) };
  }
  const blocks = reachable(entry);
  const predecessors = new Map<Draft, number>([[entry, 1]]);
  for (const block of blocks) {
    for (const next of targets(block)) predecessors.set(next, (predecessors.get(next) ?? 0) + 1);
  }
  const joined = new Set<Draft>();
  for (const block of blocks) {
    if (joined.has(block)) continue;
    while (block.term?.kind === "jump" && block.term.to !== block && predecessors.get(block.term.to) === 1) {
      const next: Draft = block.term.to;
      block.instrs = [...block.instrs, ...next.instrs];
      block.term = next.term!;
      joined.add(next);
    }
  }
}
