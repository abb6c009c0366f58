/**
 * Writes a system as Promela, at the same step: Spin stores exactly as many states of it as our search does.
 *
 * One `active proctype` for each CPU and level, specialised to its CPU; no process is started by another, so there are
 * no states of Spin's own. Where a context stands is where its process stands; what it holds there are the process's
 * variables, 0 when dead. What a step is made of is in `step.ts`.
 *
 * Witnesses and messages are left out. A `check`, a race, a release of what is not held, sleeping in atomic context and
 * an index out of bounds are assertions. Throws an `Error` that names the place where a step cannot be expressed.
 */
import { elementCount, type Global, type LocalId, type ValueType } from "@shootdown/ir";
import { HARDIRQ, LEVELS, type Root, SOFTIRQ, type Source, type System, TASK } from "../system.js";
import { type Entry, EXIT, type Option, type Target } from "./ends.js";
import { UNSIGNED_DIVISION } from "./expr.js";
import { Facts } from "./facts.js";
import { type PrintStyle, printOptions, printPieces } from "./print.js";
import { StepExporter } from "./step.js";
import type { Variables } from "./terms.js";

/** Names that Promela keeps for itself. */
const KEYWORDS = new Set(
  (
    "active assert atomic bit bool break byte chan d_step D_proctype do else empty enabled eval false fi for full get_priority " +
    "goto hidden if in init inline int len local ltl mtype nempty never nfull notrace np_ od of pc_value pid print printf " +
    "printm priority proctype provided return run select set_priority short show skip STDIN timeout trace true typedef " +
    "unless unsigned xr xs c_code c_decl c_expr c_state c_track"
  ).split(" "),
);

const BYTE = 255;

/** `d_step`s of a file from which on the small ones are something else. */
const MANY_STEPS = 600;

/** The Promela text of a system. */
export function exportPromela(system: System): string {
  // The first run finds which arrays are only ever indexed by constants, and which hidden variables there are.
  const facts = new Facts(system);
  const first = new Exporter(system, facts, new Set(), [], false);
  const hasManySteps = first.file().split("d_step {").length > MANY_STEPS;
  return new Exporter(system, facts, first.indexed, [...first.scratches.keys()], hasManySteps).file();
}

interface ProcessSlot {
  readonly name: string;
  readonly type: string;
}

class Exporter implements Variables {
  /** Globals that some step indexes by a variable. */
  readonly indexed = new Set<number>();
  private readonly mentioned = new Set<number>();
  private readonly masks = new Set<number>();
  private readonly taken = new Set(KEYWORDS);
  private readonly names: readonly string[];
  private slots = new Map<string, ProcessSlot>();
  /** Hidden variables of code inside steps: by the name that was wanted, theirs. */
  readonly scratches = new Map<string, string>();
  private labels = new Labels();
  private temporaries = 0;
  /** The largest number that `EXIT` is given. */
  private lastExit = 0;

  constructor(
    private readonly system: System,
    private readonly facts: Facts,
    private readonly keepArray: ReadonlySet<number>,
    scratches: readonly string[],
    private readonly hasManySteps: boolean,
  ) {
    this.names = system.globals.map((global) => this.fresh(global.name));
    for (const name of scratches) this.scratch(name);
  }

  file(): string {
    const processes: string[] = [];
    for (let cpu = 0; cpu < this.system.cpus; cpu++) {
      for (let level = 0; level < LEVELS.length; level++) {
        const text = this.process(cpu, level);
        if (text !== undefined) processes.push(text);
      }
    }
    const hardware = this.hardware();
    if (hardware !== undefined) processes.push(hardware);
    const body = processes.join("\n");
    const macros = /\bU(DIV|MOD)\(/.test(body) ? `${UNSIGNED_DIVISION}\n` : "";
    return `${this.header()}\n${macros}${this.declarations()}\n${body}`;
  }

  // ---- names ----

  /** An identifier like `wanted` that nothing else has. */
  private fresh(wanted: string): string {
    const base = wanted.replace(/\W+/g, "_").replace(/^(\d)/, "_$1");
    let name = base;
    for (let n = 2; this.taken.has(name); n++) name = `${base}_${n}`;
    this.taken.add(name);
    return name;
  }

  element(global: number, element: string): string {
    this.mentioned.add(global);
    if (this.system.globals[global]!.dims.length === 0) return this.names[global]!;
    if (!/^\d+$/.test(element)) this.indexed.add(global);
    return this.isSplit(global) ? `${this.names[global]}_${element}` : `${this.names[global]}[${element}]`;
  }

  /** Bits are packed by Spin, arrays of bits are not. */
  private isSplit(global: number): boolean {
    const { type, dims } = this.system.globals[global]!;
    return dims.length > 0 && promelaType(type) === "bit" && !this.keepArray.has(global);
  }

  irqOff(cpu: number): string {
    this.masks.add(cpu);
    return `irq_off_${cpu}`;
  }

  active(cpu: number, level: number): string | undefined {
    return this.isAsked(cpu, level) ? `in_${LEVELS[level]}_${cpu}` : undefined;
  }

  slot(root: Root, local: LocalId): { name: string; type: ValueType } {
    return { name: this.slots.get(slotKey(root, local))!.name, type: root.program.fn.locals[local]!.type };
  }

  temporary(n: number): string {
    return `t${n}`;
  }

  scratch(name: string): string {
    let own = this.scratches.get(name);
    if (own === undefined) {
      own = this.fresh(`t_${name}`);
      this.scratches.set(name, own);
    }
    return own;
  }

  label(wanted: string): string {
    return this.labels.fresh(wanted);
  }

  private style(): PrintStyle {
    return { exit: this.scratches.get(EXIT), hasManySteps: this.hasManySteps };
  }

  // ---- declarations ----

  private header(): string {
    const { scenario, cpus } = this.system;
    return `/*
 * ${comment(scenario.name)}: ${comment(scenario.about)}
 * ${cpus} ${cpus === 1 ? "CPU" : "CPUs"}. Written by shootdown from the system that it searches, at the same step.
 *
 * spin -o1 -o2 -a FILE && gcc -O2 -fwrapv -DNOREDUCE -DSAFETY -o pan pan.c && ./pan -m1000000 -w24
 *
 * (-o1 -o2: no variable is dropped because nobody reads it.) "States, stored" equals the number of states of shootdown's unreduced search: there is no init process, a process that
 * is over stays where it is, and variables that are dead are 0.
 *
 * A lock is 0 when free, else the number of the context that holds it. A context runs only while no higher level is
 * active on its CPU (the provided clauses). An assertion is a violation of the model: a check of its code, a race, an
 * index out of bounds, a release of what is not held, sleep in atomic context.
 *
 * Deadlock: Spin reports an invalid end state only where nothing at all can move. Shootdown also finds contexts that wait
 * for each other for ever while others go on; such a state is not an error here. An interrupt that is not running
 * and a task that has returned are where they may end (end_idle, end_done).
 */`;
  }

  private declarations(): string {
    const lines: string[] = [];
    const { system } = this;
    system.globals.forEach((global, index) => {
      if (!this.mentioned.has(index)) return;
      lines.push(...this.declaration(global, index).map((text, i) => (i === 0 ? `${text}${describe(global)}` : text)));
    });
    for (const cpu of [...this.masks].sort((a, b) => a - b)) {
      lines.push(`bit irq_off_${cpu};${cpu === 0 ? " /* interrupts are disabled */" : ""}`);
    }
    for (let cpu = 0; cpu < system.cpus; cpu++) {
      for (let level = SOFTIRQ; level <= HARDIRQ; level++) {
        const name = this.active(cpu, level);
        if (name !== undefined) lines.push(`bit ${name};`);
      }
    }
    const temporaries = Array.from({ length: this.temporaries }, (_, n) => this.temporary(n));
    const exit = this.scratches.get(EXIT);
    const exitType = this.lastExit > BYTE ? "short" : "byte";
    if (exit !== undefined)
      lines.push(`${exitType} ${exit}; /* where a step goes whose code decides it; 0 between steps */`);
    const hidden = [...temporaries, ...[...this.scratches.values()].filter((name) => name !== exit)];
    if (hidden.length > 0) lines.push(`hidden int ${hidden.join(", ")}; /* inside a step only */`);
    return `${lines.join("\n")}\n`;
  }

  private declaration(global: Global, index: number): string[] {
    const type = global.lock ? "byte" : promelaType(global.type);
    const name = this.names[index]!;
    const values = this.system.initial[index]!.map((value) => value | 0);
    if (global.dims.length === 0) return [`${type} ${name}${values[0] === 0 ? "" : ` = ${values[0]}`};`];
    if (this.isSplit(index)) {
      return [`${type} ${values.map((value, i) => `${name}_${i}${value === 0 ? "" : ` = ${value}`}`).join(", ")};`];
    }
    const same = values.every((value) => value === values[0]);
    const init = !same ? ` = { ${values.join(", ")} }` : values[0] === 0 ? "" : ` = ${values[0]}`;
    return [`${type} ${name}[${elementCount(global)}]${init};`];
  }

  // ---- processes ----

  private sources(cpu: number, level: number): readonly Source[] {
    return this.system.sources.filter((s) => s.cpu === cpu && s.kind === "interrupt" && s.root.level === level);
  }

  /** Whether a lower level of the CPU must know that this one runs. */
  private isAsked(cpu: number, level: number): boolean {
    if (level === TASK || this.sources(cpu, level).length === 0) return false;
    return this.system.tasks[cpu] !== undefined || (level === HARDIRQ && this.sources(cpu, SOFTIRQ).length > 0);
  }

  private raised(source: Source): string[] {
    if (source.raised === undefined) return [];
    return [this.element(this.system.globalIndex.get(source.raised)!, `${source.cpu}`)];
  }

  private process(cpu: number, level: number): string | undefined {
    const task = level === TASK ? this.system.tasks[cpu] : undefined;
    const sources = level === TASK ? [] : this.sources(cpu, level);
    const roots = task ? [task] : [...new Set(sources.map((source) => source.root))];
    if (roots.length === 0) return undefined;

    const variables = this.assignSlots(roots);
    const exporters = new Map(roots.map((root) => [root, new StepExporter(this.system, cpu, root, this, this.facts)]));
    const steps = new Map<string, { root: Root; block: number; options: readonly Option[] }>();
    const labels = new Labels();
    this.labels = labels;
    const follow = (options: readonly Option[]): void => {
      for (const target of options.flatMap(({ targets }) => targets)) {
        if (target.kind === "point") visit(target.root, target.block);
      }
    };
    const visit = (root: Root, block: number): void => {
      const id = labels.id(root, block);
      if (steps.has(id)) return;
      const step = { root, block, options: exporters.get(root)!.step(block, { kind: "run" }) };
      steps.set(id, step);
      follow(step.options);
    };

    const parts: string[] = [];
    const out = (options: readonly Option[], here: string) => printOptions(options, this.style(), label, here);
    const label = (target: Target, here: string) => {
      if (target.kind === "point") return labels.name(target.root, target.block);
      if (target.kind === "piece") return target.label;
      return target.kind === "leave" ? (task ? "end_done" : "end_idle") : here;
    };
    const begins = sources.map((source) => {
      const conditions = [...this.raised(source), `!${this.irqOff(cpu)}`];
      const entry: Entry = { kind: "take", conditions };
      return { source, options: exporters.get(source.root)!.step(0, entry) };
    });
    for (const { options } of begins) follow(options);
    if (task) visit(task, 0);
    const pieces = [...exporters.values()].flatMap((exporter) => exporter.finish());
    for (const { exits } of pieces) this.lastExit = Math.max(this.lastExit, exits.at(-1)?.number ?? 0);
    if (begins.length > 0) {
      const options = begins.map(({ source, options }) => {
        const when = source.raised === undefined ? "at any time" : `while ${source.raised}`;
        return `  /* ${source.root.name}: ${when} */\n${out(options, "end_idle")}`;
      });
      parts.push(`end_idle:\n  if\n${options.join("")}  fi;\n`);
    }
    for (const { root, block, options } of inOrder(steps)) {
      const label = labels.name(root, block);
      const choices = options.length === 0 ? "  :: false\n" : out(options, label);
      parts.push(`${label}: /* ${this.placeOf(root, block)} */\n  if\n${choices}  fi;\n`);
    }
    const ends = [...steps.values()].some(({ options }) =>
      options.some(({ targets }) => targets.some(({ kind }) => kind === "leave")),
    );
    if (task && ends) parts.push("end_done:\n  false\n");

    parts.push(printPieces(pieces, this.style(), label));
    for (const exporter of exporters.values()) this.temporaries = Math.max(this.temporaries, exporter.temporaries);
    const above = [SOFTIRQ, HARDIRQ].flatMap((l) => (l > level ? (this.active(cpu, l) ?? []) : []));
    const provided = above.length === 0 ? "" : ` provided (${above.map((name) => `!${name}`).join(" && ")})`;
    const name = this.fresh(`${LEVELS[level]}_${cpu}`);
    const about = task ? `${task.name} on CPU ${cpu}` : `${roots.map((root) => root.name).join(", ")} on CPU ${cpu}`;
    return `/* ${about} */\nactive proctype ${name}()${provided}\n{\n${variables}${parts.join("").replace(/;\n$/, "\n")}}\n`;
  }

  private hardware(): string | undefined {
    const sources = this.system.sources.filter((source) => source.kind === "hardware");
    if (sources.length === 0) return undefined;
    this.labels = new Labels();
    const options = sources.map((source) => {
      const exporter = new StepExporter(this.system, source.cpu, source.root, this, this.facts);
      const found = exporter.step(0, { kind: "hardware", conditions: this.raised(source) });
      this.temporaries = Math.max(this.temporaries, exporter.temporaries);
      const acts =
        found.length === 0 ? "  :: false\n" : printOptions(found, this.style(), () => "end_hardware", "end_hardware");
      return `  /* ${source.root.name} on CPU ${source.cpu} */\n${acts}`;
    });
    return `/* What hardware does by itself. */\nactive proctype ${this.fresh("hardware")}()\n{\nend_hardware:\n  if\n${options.join("")}  fi\n}\n`;
  }

  /** Gives each local that is part of a state a variable; locals that never live together may share one. */
  private assignSlots(roots: readonly Root[]): string {
    this.slots = new Map();
    const used = new Map<string, { type: string; locals: Set<string>; keys: string[] }>();
    for (const root of roots) {
      const { live, fn } = root.program;
      const together = new Map<LocalId, Set<LocalId>>();
      for (const set of live.values()) {
        for (const a of set) {
          const others = together.get(a) ?? new Set();
          for (const b of set) if (a !== b) others.add(b);
          together.set(a, others);
        }
      }
      const slotOf = new Map<LocalId, string>();
      for (const local of [...together.keys()].sort((a, b) => a - b)) {
        const type = promelaType(fn.locals[local]!.type);
        const taken = new Set([...together.get(local)!].map((other) => slotOf.get(other)));
        let number = 0;
        while (taken.has(`${type} ${number}`)) number++;
        const id = `${type} ${number}`;
        slotOf.set(local, id);
        const slot = used.get(id) ?? { type, locals: new Set(), keys: [] };
        slot.locals.add(fn.locals[local]!.name);
        slot.keys.push(slotKey(root, local));
        used.set(id, slot);
      }
    }
    // Names are unique in the process and differ from every global's; another process may use them again.
    const before = new Set(this.taken);
    const lines: string[] = [];
    for (const { type, locals, keys } of used.values()) {
      const [first = "v", ...rest] = locals;
      const name = this.fresh(/^t\d+$/.test(first) ? `${first}_` : first);
      for (const id of keys) this.slots.set(id, { name, type });
      lines.push(`  ${type} ${name};${rest.length > 0 ? ` /* also ${comment(rest.join(", "))} */` : ""}\n`);
    }
    this.taken.clear();
    for (const name of before) this.taken.add(name);
    return lines.join("");
  }

  private placeOf(root: Root, block: number): string {
    const { instrs, term } = root.program.fn.blocks[block]!;
    const { file, line, fn } = (instrs[0] ?? term).at;
    return `${comment(file)}:${line} ${comment(fn)}`;
  }
}

/** Labels of step points: the function and line, made unique. */
class Labels {
  private readonly names = new Map<string, string>();
  private readonly taken = new Set<string>();

  id(root: Root, block: number): string {
    return `${root.name} ${block}`;
  }

  name(root: Root, block: number): string {
    const id = this.id(root, block);
    const known = this.names.get(id);
    if (known !== undefined) return known;
    const { instrs, term } = root.program.fn.blocks[block]!;
    const { fn, line } = (instrs[0] ?? term).at;
    const name = this.fresh(`L_${fn}_${line}`);
    this.names.set(id, name);
    return name;
  }

  fresh(wanted: string): string {
    const base = wanted.replace(/\W+/g, "_");
    let name = base;
    for (let n = 2; this.taken.has(name); n++) name = `${base}_${n}`;
    this.taken.add(name);
    return name;
  }
}

function slotKey(root: Root, local: LocalId): string {
  return `${root.name} ${local}`;
}

function inOrder<T extends { root: Root; block: number }>(steps: ReadonlyMap<string, T>): T[] {
  return [...steps.values()].sort((a, b) => (a.root.name === b.root.name ? a.block - b.block : 0));
}

/** The narrowest type that holds every value of the declared one. */
function promelaType(type: ValueType): string {
  if (type.kind === "bool") return "bit";
  if (type.kind === "fn") return "byte";
  const { bits, signed } = type;
  if (!signed && bits === 1) return "bit";
  if (!signed && bits <= 8) return "byte";
  return bits <= (signed ? 16 : 15) ? "short" : "int";
}

function describe(global: Global): string {
  if (global.lock) return ` /* ${global.lock} */`;
  return global.guard === undefined ? "" : ` /* guarded by ${comment(global.guard)} */`;
}

function comment(text: string): string {
  return text.replaceAll("*/", "* /");
}
