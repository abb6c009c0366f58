/**
 * JavaScript text of instructions, in a step of one CPU: their effects on `N`, what blocks the CPU, what is a violation, and what lockdep
 * learns. Each text is statements; what cannot go on returns from the step's function.
 *
 * Used by `step-code.ts`. What a violation is does not matter here: the interpreter tells it.
 */
import {
  assertNever,
  constant,
  type Expr,
  type Instr,
  type LocalId,
  mapExpr,
  type PlaceRef,
  placeName,
  simplify,
} from "@shootdown/ir";
import { heldBase, type LockPlan, lockPlan } from "../lockdep/lock-facts.js";
import { contextOf, HARDIRQ, LEVELS, type Root, type System, TASK } from "../system.js";
import type { Fields } from "./fields.js";
import type { Layout } from "./layout.js";
import { boolText, numText } from "./values.js";

/** An element of shared state. */
interface Element {
  readonly global: number;
  /** Statements to stand before its use. */
  readonly before: string;
  readonly base: string | number;
  readonly index: string | number;
}

export class Instructions {
  /** Locals that the text names. */
  readonly used = new Set<LocalId>();
  /** The step chooses, so that it has to be taken once for each choice. */
  hasChoice = false;
  /** What a lock that this context holds contains. */
  readonly self: number;
  private temporaries = 0;
  private readonly locks: LockPlan;

  constructor(
    private readonly system: System,
    private readonly layout: Layout,
    private readonly fields: Fields,
    private readonly cpu: number,
    private readonly root: Root,
    private readonly isHardware: boolean,
  ) {
    this.self = contextOf(cpu, root.level) + 1;
    this.locks = lockPlan(system);
  }

  /** `isGuard`: the lock has been found free already. */
  instr(instr: Instr, isGuard: boolean): string {
    switch (instr.kind) {
      case "assign":
        return this.set(instr.dst, this.num(instr.value));
      case "load": {
        const place = this.place(instr.place);
        const guard = instr.ghost || instr.unpublished ? "" : this.guardCheck(instr.place, place);
        return `${place.before}${guard}${this.set(instr.dst, this.readPlace("N", place))}`;
      }
      case "store": {
        const place = this.place(instr.place);
        const type = this.system.globals[place.global]!.type;
        const write = this.fields.write(
          place.base,
          this.layout.globals[place.global]!,
          place.index,
          this.num(instr.value),
          type,
        );
        const guard = instr.unpublished ? "" : this.guardCheck(instr.place, place);
        return `${place.before}${guard}${write}`;
      }
      case "acquire": {
        const place = this.place(instr.lock);
        const write = this.fields.write(place.base, this.layout.globals[place.global]!, place.index, `${this.self}`);
        // Not the start of the step: inside a hardware action. It blocks all the same.
        const check = isGuard
          ? ""
          : `if (${this.readPlace("N", place)} !== 0) { ${this.blockOnLock(this.readPlace("N", place))} return; }\n`;
        return `${place.before}${check}${write}`;
      }
      case "release": {
        const place = this.place(instr.lock);
        const write = this.fields.write(place.base, this.layout.globals[place.global]!, place.index, "0");
        return `${place.before}if (${this.readPlace("N", place)} !== ${this.self}) { violate(); return; }\n${write}`;
      }
      case "irq": {
        const base = this.fields.part(this.cpu);
        const save = instr.op === "save" ? this.set(instr.dst, this.fields.read("N", base, this.layout.irqOff, 0)) : "";
        const value = instr.op === "restore" ? this.num(instr.value) : instr.op === "enable" ? "0" : "1";
        return save + this.fields.write(base, this.layout.irqOff, 0, value, { kind: "bool" });
      }
      case "irqsDisabled":
        return this.set(instr.dst, this.fields.read("N", this.fields.part(this.cpu), this.layout.irqOff, 0));
      case "inTask":
        return this.set(instr.dst, this.root.level === TASK ? "1" : "0");
      case "wait": {
        const helper = instr.on.kind === "cpu" ? this.blockOnCpu(this.num(instr.on.cpu)) : this.blockOn("ANYONE");
        return `if (!(${this.bool(instr.cond)})) { ${helper} return; }\n`;
      }
      case "choose":
        this.hasChoice = true;
        return this.set(instr.dst, `pick(${instr.count})`);
      case "check":
        return `if (!(${this.bool(instr.cond)})) { violate(); return; }\n`;
      case "mightSleep": {
        if (this.root.level !== TASK) return "violate(); return;\n";
        const held = this.system.globals.flatMap((global, index) =>
          global.lock === "spinlock" ? this.eachElement(index).map((text) => ` || ${text} === ${this.self}`) : [],
        );
        const off = this.fields.read("N", this.fields.part(this.cpu), this.layout.irqOff, 0);
        return `if (${off} !== 0${held.join("")}) { violate(); return; }\n`;
      }
      case "witness": {
        const index = this.system.witnesses.indexOf(instr.name);
        return index < 0 ? "" : `if (${this.bool(instr.cond)}) reached[${index}] = 1;\n`;
      }
      case "waiters":
        return this.set(instr.dst, `(${this.waiters(instr.lock)} ? 1 : 0)`);
      case "lockdepAssert":
      case "print":
      case "atomicBegin":
      case "atomicEnd":
        return "";
      case "call":
        throw new Error("a flat program has no calls");
      default:
        return assertNever(instr);
    }
  }

  /** Sets the bits of a point of the lock plan: before an acquire takes effect, after an interrupt mask did. */
  noteLocks(instr: Instr, words: string): string {
    const point = this.locks.of.get(this.root)?.get(instr);
    if (!point) return "";
    const off = this.fields.read(words, this.fields.part(this.cpu), this.layout.irqOff, 0);
    const noteHeld = point.mayHold.map((hold, index) => {
      const held = this.eachElement(hold.class, words).map((text) => `${text} === ${this.self}`);
      return `if (${held.join(" || ")}) lockFacts[${point.base + heldBase(point.kind) + index}] = 1;\n`;
    });
    switch (point.kind) {
      case "acquire":
        return `lockFacts[${point.base} + ${off}] = 1;\n${noteHeld.join("")}`;
      case "enable":
        return point.mayHold.length === 0 ? "" : `if (${off} === 0) {\n${noteHeld.join("")}}\n`;
      case "assert":
        return `if (${off} !== 0) {\nlockFacts[${point.base}] = 1;\n${noteHeld.join("")}}\n`;
      default:
        return assertNever(point.kind);
    }
  }

  set(local: number, value: string): string {
    this.used.add(local);
    return `l${local} = ${value};\n`;
  }

  /** The step cannot begin while its lock is held. */
  lockGuard(lock: PlaceRef): string {
    const place = this.place({ ...lock, index: lock.index.map((e) => this.bind(e)) });
    const owner = this.readPlace("S", place);
    return `{ ${place.before}if (${owner} !== 0) { ${this.blockOnLock(owner)} return; } }\n`;
  }

  private blockOnLock(owner: string): string {
    return this.blockOn(`1 << (((${owner} - 1) / ${LEVELS.length}) | 0)`);
  }

  /** An interrupt of the other CPU ends the wait: if one is pending and can be taken now, nobody is stuck. */
  private blockOnCpu(target: string): string {
    const free = (cpu: number) => {
      const conditions = [`${this.fields.read("S", this.fields.part(cpu), this.layout.irqOff, 0)} === 0`];
      if (this.system.points[HARDIRQ]!.length > 0) {
        conditions.push(`${this.fields.read("S", this.fields.part(cpu), this.layout.pcs[HARDIRQ]!, 0)} === 0`);
      }
      const pending = this.system.sources.flatMap(({ cpu: on, root, raised }) =>
        on === cpu && root.level === HARDIRQ && raised !== undefined
          ? [`${this.eachElement(this.system.globalIndex.get(raised)!, "S")[cpu]!} !== 0`]
          : [],
      );
      conditions.push(pending.length === 0 ? "false" : `(${pending.join(" || ")})`);
      return `(${conditions.join(" && ")} ? MOVES : ${1 << cpu})`;
    };
    let text = free(this.system.cpus - 1);
    for (let cpu = this.system.cpus - 2; cpu >= 0; cpu--) text = `(${target}) === ${cpu} ? ${free(cpu)} : ${text}`;
    return this.blockOn(text);
  }

  private blockOn(helpers: string): string {
    // Hardware that does not act now is nobody who waits.
    if (this.isHardware) return "";
    return `blocked |= ${1 << this.cpu}; helpers[${this.cpu}] = ${helpers};`;
  }

  private waiters(lock: PlaceRef): string {
    const name = placeName(lock)!;
    if (lock.index.length > 0) throw new Error(`someone_waits_for(${name}): arrays of locks are not supported`);
    const index = this.system.globalIndex.get(name)!;
    const owner = this.fields.read("N", 0, this.layout.globals[index]!, 0);
    const others: string[] = [];
    for (let cpu = 0; cpu < this.system.cpus; cpu++) {
      if (cpu === this.cpu) continue;
      let above = "";
      for (let level = LEVELS.length - 1; level >= 0; level--) {
        if (this.system.points[level]!.length === 0) continue;
        const pc = this.fields.read("N", this.fields.part(cpu), this.layout.pcs[level]!, 0);
        const acquires = this.system.points[level]!.flatMap((point, i) => {
          const first = point.root.program.fn.blocks[point.block]!.instrs[0];
          return first?.kind === "acquire" && placeName(first.lock) === name ? [`${pc} === ${i + 1}`] : [];
        });
        if (acquires.length > 0) others.push(`(${above}(${acquires.join(" || ")}))`);
        above += `${pc} === 0 && `;
      }
    }
    return others.length === 0 ? "false" : `${owner} !== 0 && (${others.join(" || ")})`;
  }

  /** Where an element is, after statements that check its indices. */
  place(ref: PlaceRef): Element {
    const name = placeName(ref)!;
    const global = this.system.globalIndex.get(name);
    if (global === undefined) throw new Error(`${name} is not part of the system`);
    const { dims, perCpu } = this.system.globals[global]!;
    const before: string[] = [];
    const indices = ref.index.map((expr, i): string | number => {
      const dim = dims[i]!;
      if (expr.kind === "const") {
        if (expr.value < 0 || expr.value >= dim) before.push("violate(); return;\n");
        return Math.max(0, Math.min(expr.value, dim - 1));
      }
      const t = `i${this.temporaries++}`;
      before.push(`const ${t} = ${this.num(expr)};\nif (${t} < 0 || ${t} >= ${dim}) { violate(); return; }\n`);
      return t;
    });
    const flatten = (from: number): string | number =>
      indices.slice(from).reduce<string | number>((sum, index, i) => {
        const dim = dims[from + i]!;
        if (typeof sum === "number" && typeof index === "number") return sum * dim + index;
        if (sum === 0) return index;
        const scaled = typeof sum === "number" ? `${sum * dim}` : `Math.imul(${sum}, ${dim})`;
        return `(${scaled} + ${index})`;
      }, 0);
    if (!perCpu) return { global, before: before.join(""), base: 0, index: flatten(0) };
    const cpu = indices[0]!;
    const { cpuBase, cpuWords } = this.layout;
    const base = typeof cpu === "number" ? cpuBase + cpu * cpuWords : `${cpuBase} + Math.imul(${cpu}, ${cpuWords})`;
    return { global, before: before.join(""), base, index: flatten(1) };
  }

  readPlace(words: string, place: Element): string {
    return this.fields.read(words, place.base, this.layout.globals[place.global]!, place.index);
  }

  /** The lock that guards an element must be held by this context. */
  private guardCheck(ref: PlaceRef, place: Element): string {
    const { guard } = this.system.globals[place.global]!;
    if (guard === undefined) return "";
    const lock = this.system.globalIndex.get(guard)!;
    const lockDims = this.system.globals[lock]!.dims.length;
    const lockRef: PlaceRef = { base: { kind: "global", name: guard }, path: "", index: ref.index.slice(0, lockDims) };
    const owner = this.place(lockRef);
    return `${owner.before}if (${this.readPlace("N", owner)} !== ${this.self}) { violate(); return; }\n`;
  }

  /** With this CPU's number put in and constants folded. */
  bind(expr: Expr): Expr {
    return simplify(mapExpr(expr, (e) => (e.kind === "cpu" ? constant(e.type, this.cpu) : e)));
  }

  /** The text that reads each element of a global. */
  eachElement(index: number, words = "N"): string[] {
    const global = this.system.globals[index]!;
    const field = this.layout.globals[index]!;
    const count = this.system.initial[index]!.length;
    const row = global.perCpu ? count / this.system.cpus : count;
    return Array.from({ length: count }, (_, i) =>
      this.fields.read(words, global.perCpu ? this.fields.part(Math.floor(i / row)) : 0, field, i % row),
    );
  }

  bool(expr: Expr): string {
    return boolText(expr, (local) => this.local(local));
  }

  private num(expr: Expr): string {
    return numText(expr, (local) => this.local(local));
  }

  private local(local: LocalId): string {
    this.used.add(local);
    return `l${local}`;
  }
}
