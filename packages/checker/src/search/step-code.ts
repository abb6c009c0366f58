/**
 * The JavaScript of one step on one CPU: its control flow, from the state `S` to the end of each way through it, where `N` is
 * emitted. Where steps are chained, one function goes on from step to step (`chaining.ts`).
 *
 * Used by `codegen.ts`. What the instructions do is in `instructions.ts`.
 */
import { assertNever, mapInstr, mapTerm, successors } from "@shootdown/ir";
import type { Chain, Chaining } from "../chaining.js";
import { structure } from "../structure.js";
import { HARDIRQ, type Root, type Source, type StepPoint, type System } from "../system.js";
import type { Fields } from "./fields.js";
import { Instructions } from "./instructions.js";
import type { Layout } from "./layout.js";

/** The node before an interrupt's first block. */
const TAKEN = -1;
/** Instructions of a private loop before it is taken to be endless. */
const MAX_LOOP_TURNS = 100_000;

/** The JavaScript of one step on one CPU. */
export class StepCode {
  /** What `structure` sees: a block, and the phase of the chain that reaches it. */
  private readonly nodes: { readonly block: number; readonly chain: Chain | undefined }[] = [];
  private readonly nodeNumbers = new Map<string, number>();
  /** By node: the nodes that may follow inside the function. */
  private readonly following: (readonly number[] | undefined)[] = [];
  private readonly instructions: Instructions;

  /** `entry` is the block at which the step begins; with a `source`, the step is the beginning of that interrupt or hardware action. */
  constructor(
    private readonly system: System,
    private readonly layout: Layout,
    private readonly fields: Fields,
    private readonly chaining: Chaining | undefined,
    private readonly cpu: number,
    private readonly root: Root,
    private readonly entry: number,
    private readonly source: Source | undefined,
  ) {
    this.instructions = new Instructions(system, layout, fields, cpu, root, this.isHardware);
  }

  /** A function of that name, without arguments. */
  text(name: string): string {
    const { layout, cpu, root, fields, system } = this;
    const base = fields.part(cpu);
    const begin = this.chaining?.begin();
    const entryPoint = this.source ? undefined : this.pointAt(this.entry);
    const chain = begin && entryPoint ? this.chaining!.after(begin, this.chaining!.mover(entryPoint)) : begin;
    // An interrupt begins with an edge to its first block, which may be a step point; a run begins at one.
    const entry = this.source ? this.nodeOf(TAKEN, chain) : this.nodeOf(this.entry, chain);
    const body = structure(
      { entry, successors: (node) => this.nextNodes(node) },
      { node: (node, branch) => this.block(node, branch) },
    );
    const reads: string[] = [];
    const writes: string[] = [];
    let guard = "";
    if (this.source) {
      if (root.level === HARDIRQ) writes.push(fields.write(base, layout.irqOff, 0, "1"));
    } else {
      for (const local of system.points[root.level]![root.pcOf.get(this.entry)! - 1]!.live) {
        const field = layout.slots[root.level]![layout.slotOf(root, local)]!;
        reads.push(this.instructions.set(local, fields.read("S", base, field, 0)));
      }
      const first = root.program.fn.blocks[this.entry]!.instrs[0];
      if (first?.kind === "acquire")
        guard = this.instructions.noteLocks(first, "S") + this.instructions.lockGuard(first.lock);
    }
    const locals = [...this.instructions.used].sort((a, b) => a - b).map((id) => `l${id} = 0`);
    const declare = locals.length > 0 ? `let ${locals.join(", ")};\n` : "";
    const code = `${declare}${reads.join("")}${guard}copy();\n${writes.join("")}${body}`;
    const { instrs, term } = root.program.fn.blocks[this.entry]!;
    const { file, line } = (instrs[0] ?? term).at;
    const comment = `// CPU${cpu} ${root.name}: ${file}:${line}`;
    if (!this.instructions.hasChoice) return `function ${name}() { ${comment}\n${code}}`;
    return `function ${name}_() {\nchoices = 0;\n${code}}
function ${name}() { ${comment}\ntold = 0; do ${name}_(); while (nextChoice());\n}`;
  }

  private get isHardware(): boolean {
    return this.source?.kind === "hardware";
  }

  private term(id: number) {
    return mapTerm(this.root.program.fn.blocks[id]!.term, (e) => this.instructions.bind(e));
  }

  /** The node of a block that is reached by a chain in a given phase. */
  private nodeOf(block: number, chain: Chain | undefined): number {
    const key = `${block} ${chain?.isPre} ${chain?.hasAcquired}`;
    const found = this.nodeNumbers.get(key) ?? this.nodes.push({ block, chain }) - 1;
    this.nodeNumbers.set(key, found);
    return found;
  }

  private nextBlocks(node: number): readonly number[] {
    const { block } = this.nodes[node]!;
    return block === TAKEN ? [this.entry] : successors(this.term(block));
  }

  private nextNodes(node: number): readonly number[] {
    const { chain } = this.nodes[node]!;
    this.following[node] ??= this.nextBlocks(node).flatMap((to) => {
      const next = this.onward(chain, to);
      return next === undefined ? [] : [next];
    });
    return this.following[node];
  }

  private pointAt(block: number): StepPoint {
    return this.system.points[this.root.level]![this.root.pcOf.get(block)! - 1]!;
  }

  /** The node that an edge to `to` leads to inside this function; undefined if the step always ends there. */
  private onward(chain: Chain | undefined, to: number): number | undefined {
    if (this.isHardware || !this.root.pcOf.has(to)) return this.nodeOf(to, chain);
    if (!chain) return undefined;
    const mover = this.chaining!.mover(this.pointAt(to));
    if (this.chaining!.mayGoOn(chain, mover) === "no") return undefined;
    return this.nodeOf(to, this.chaining!.after(chain, mover));
  }

  /** An edge: on inside the function, or the end of the step, or whichever the interrupt mask and the lock decide. */
  private edge(node: number, to: number, branch: (to: number) => string): string {
    const { chain } = this.nodes[node]!;
    const next = this.onward(chain, to);
    if (next === undefined) return this.exit(to);
    if (this.isHardware || !this.root.pcOf.has(to)) return branch(next);
    const point = this.pointAt(to);
    const stops: string[] = [];
    if (this.chaining!.mayGoOn(chain!, this.chaining!.mover(point)) === "irqs-off") {
      stops.push(`${this.fields.read("N", this.fields.part(this.cpu), this.layout.irqOff, 0)} === 0`);
    }
    const first = this.root.program.fn.blocks[to]!.instrs[0];
    let before = "";
    if (first?.kind === "acquire") {
      const place = this.instructions.place({
        ...first.lock,
        index: first.lock.index.map((e) => this.instructions.bind(e)),
      });
      before = place.before;
      stops.push(`${this.instructions.readPlace("N", place)} !== 0`);
    }
    return stops.length === 0
      ? branch(next)
      : `${before}if (${stops.join(" || ")}) {\n${this.exit(to)}}\n${branch(next)}`;
  }

  private block(node: number, branch: (to: number) => string): string {
    const { block: id } = this.nodes[node]!;
    if (id === TAKEN) return this.edge(node, this.entry, branch);
    const { instrs } = this.root.program.fn.blocks[id]!;
    const lines: string[] = [];
    instrs.forEach((instr, index) => {
      // The lock of a step's start has been found free: at the start of the function, or at the edge of the chain.
      const isFree = index === 0 && instr.kind === "acquire" && this.root.pcOf.has(id) && !this.isHardware;
      // lockdep: an acquire counts before it takes effect, the one that starts the function even before it is free.
      const isNoted = isFree && id === this.entry && !this.source && !this.chaining;
      if (instr.kind === "acquire" && !isNoted) lines.push(this.instructions.noteLocks(instr, "N"));
      lines.push(
        this.instructions.instr(
          mapInstr(instr, (e) => this.instructions.bind(e)),
          isFree,
        ),
      );
      if (instr.kind !== "acquire") lines.push(this.instructions.noteLocks(instr, "N"));
    });
    const term = this.term(id);
    switch (term.kind) {
      case "jump":
        return `${lines.join("")}${this.turn(id, term.to)}${this.edge(node, term.to, branch)}`;
      case "branch":
        return `${lines.join("")}${this.turn(id, Math.min(term.then, term.else))}if (${this.instructions.bool(term.cond)}) {\n${this.edge(node, term.then, branch)}} else {\n${this.edge(node, term.else, branch)}}\n`;
      case "return":
        return `${lines.join("")}${this.leave()}`;
      default:
        return assertNever(term);
    }
  }

  /** A private loop must end: counts the turns of what may be one (an edge to a lower block, which every cycle has). */
  private turn(from: number, to: number): string {
    if (to > from) return "";
    return `if (++turns > ${MAX_LOOP_TURNS}) { turns = 0; violate(); return; }\n`;
  }

  /** Stops at a step point: its pc and the locals that are live there; everything else of the frame is 0. */
  private exit(to: number): string {
    const { layout, root, fields, cpu, system } = this;
    const base = fields.part(cpu);
    const pc = root.pcOf.get(to)!;
    const { live } = system.points[root.level]![pc - 1]!;
    const lines = ["turns = 0;\n", this.clearFrame(), fields.write(base, layout.pcs[root.level]!, 0, `${pc}`)];
    for (const local of live) {
      this.instructions.used.add(local);
      const field = layout.slots[root.level]![layout.slotOf(root, local)]!;
      lines.push(fields.write(base, field, 0, `l${local}`, root.program.fn.locals[local]!.type));
    }
    return `${lines.join("")}emit(); return;\n`;
  }

  /** The end of a task or handler. */
  private leave(): string {
    const { layout, root, fields, cpu } = this;
    if (this.isHardware) return "turns = 0; emit(); return;\n";
    const base = fields.part(cpu);
    const held = this.system.globals.flatMap((global, index) =>
      global.lock ? this.instructions.eachElement(index).map((text) => `${text} === ${this.instructions.self}`) : [],
    );
    const lines = ["turns = 0;\n"];
    if (held.length > 0) lines.push(`if (${held.join(" || ")}) { violate(); return; }\n`);
    lines.push(this.clearFrame(), fields.write(base, layout.pcs[root.level]!, 0, "0"));
    if (root.level === HARDIRQ) lines.push(fields.write(base, layout.irqOff, 0, "0"));
    return `${lines.join("")}emit(); return;\n`;
  }

  private clearFrame(): string {
    const base = this.fields.part(this.cpu);
    const masks = new Map<number, number>();
    for (const field of [this.layout.pcs[this.root.level]!, ...this.layout.slots[this.root.level]!]) {
      if (field.bits === 0) continue;
      const mask = field.bits === 32 ? -1 : ((1 << field.bits) - 1) << field.shift;
      masks.set(base + field.word, (masks.get(base + field.word) ?? 0) | mask);
    }
    return [...masks].map(([word, mask]) => `N[${word}] &= ${~mask};\n`).join("");
  }
}
