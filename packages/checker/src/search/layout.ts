/**
 * Where each part of a state sits in its 32-bit words.
 *
 *      | shared state …            | CPU 0: irq-off, pcs, frames, per-CPU state | CPU 1: the same … |
 *
 * A field is as wide as the values that have been seen need. Every store checks that the value fits; for one that does
 * not the range is widened, and `engine.ts` goes on with wider states. So the widths are found, not promised, and no
 * state is ever truncated.
 */
import type { LocalId } from "@shootdown/ir";
import { initialState, pointOf, type State } from "../state.js";
import { contextOf, LEVELS, type Root, type System } from "../system.js";

/** Values seen in a field. */
export interface Range {
  min: number;
  max: number;
}

/** Ranges by field name; see `fieldNames`. */
export type Ranges = Map<string, Range>;

/** `count` equal elements, `perWord` (a power of two) to a word, from bit `shift` of word `word` on. */
export interface Field {
  readonly name: string;
  readonly word: number;
  readonly shift: number;
  readonly bits: number;
  readonly count: number;
  readonly perWord: number;
  /** What the stored value 0 means. */
  readonly min: number;
}

export interface Layout {
  /** Words in a state. */
  readonly words: number;
  /** Words of each CPU's part; the part of CPU c starts at `cpuBase + c * cpuWords`. */
  readonly cpuBase: number;
  readonly cpuWords: number;
  /** By global: its field. For per-CPU state the field of one row, its word relative to the CPU's part. */
  readonly globals: readonly Field[];
  /** Relative to the CPU's part. */
  readonly irqOff: Field;
  /** By level, relative to the CPU's part. */
  readonly pcs: readonly Field[];
  /** By level and slot, relative to the CPU's part. */
  readonly slots: readonly (readonly Field[])[];
  /** The slot that holds a local of a root. Locals that are never live together share one. */
  slotOf(root: Root, local: LocalId): number;
}

export function globalField(name: string): string {
  return `global ${name}`;
}

export function slotField(level: number, slot: number): string {
  return `slot ${level} ${slot}`;
}

/** Assigns the locals of each root to slots so that two that are live at one point differ. */
export function assignSlots(system: System): Map<Root, Map<LocalId, number>> {
  const result = new Map<Root, Map<LocalId, number>>();
  for (const root of system.roots) {
    const slots = new Map<LocalId, number>();
    const together = new Map<LocalId, Set<LocalId>>();
    for (const live of root.program.live.values()) {
      for (const a of live) {
        const set = together.get(a) ?? new Set();
        for (const b of live) if (a !== b) set.add(b);
        together.set(a, set);
      }
    }
    for (const local of [...together.keys()].sort((a, b) => a - b)) {
      const taken = new Set([...together.get(local)!].map((other) => slots.get(other)));
      let slot = 0;
      while (taken.has(slot)) slot++;
      slots.set(local, slot);
    }
    result.set(root, slots);
  }
  return result;
}

/** Widens `ranges` by the values of a state. */
export function noteRanges(system: System, slots: Map<Root, Map<LocalId, number>>, state: State, ranges: Ranges): void {
  const note = (name: string, min: number, max: number) => {
    const range = ranges.get(name);
    if (!range) ranges.set(name, { min, max });
    else {
      if (min < range.min) range.min = min;
      if (max > range.max) range.max = max;
    }
  };
  for (const [index, global] of system.globals.entries()) {
    const values = state.shared[index]!;
    let min = values[0]!;
    let max = min;
    for (let i = 1; i < values.length; i++) {
      const value = values[i]!;
      if (value < min) min = value;
      else if (value > max) max = value;
    }
    note(globalField(global.name), min, max);
  }
  for (let cpu = 0; cpu < system.cpus; cpu++) {
    for (let level = 0; level < LEVELS.length; level++) {
      if (state.pcs[contextOf(cpu, level)] === 0) continue;
      const point = pointOf(system, state, cpu, level);
      const slotOf = slots.get(point.root)!;
      const frame = state.frames[contextOf(cpu, level)]!;
      for (const [i, local] of point.live.entries()) note(slotField(level, slotOf.get(local)!), frame[i]!, frame[i]!);
    }
  }
}

function bitsFor(range: Range | undefined): number {
  return range ? 32 - Math.clz32(range.max - range.min) : 0;
}

/** Places fields into words, wide ones first; a field that fits a word does not cross one. */
class Packer {
  private readonly free: number[] = [];

  place(name: string, bits: number, count: number, min: number): Field {
    const total = bits * count;
    if (total <= 32) {
      let word = this.free.findIndex((left) => left >= total);
      if (word < 0) word = this.free.push(32) - 1;
      const shift = 32 - this.free[word]!;
      this.free[word]! -= total;
      return { name, word, shift, bits, count, perWord: count, min };
    }
    const perWord = 2 ** Math.floor(Math.log2(32 / bits));
    const word = this.free.length;
    for (let left = count; left > 0; left -= perWord) this.free.push(32 - bits * Math.min(left, perWord));
    // Only whole words are given away; what is left at the end of the last one is found by later fields.
    for (let i = word; i < this.free.length - 1; i++) this.free[i] = 0;
    return { name, word, shift: 0, bits, count, perWord, min };
  }

  get words(): number {
    return this.free.length;
  }
}

/** Lays out the states of a system whose values lie in `ranges`. */
export function makeLayout(system: System, slots: Map<Root, Map<LocalId, number>>, ranges: Ranges): Layout {
  const shared = new Packer();
  const own = new Packer();
  const rangeOf = (name: string) => ranges.get(name);
  const globals: Field[] = [];
  const wanted = system.globals.map((global, index) => {
    const name = globalField(global.name);
    const range = rangeOf(name);
    const elements = system.initial[index]!.length / (global.perCpu ? system.cpus : 1);
    return { index, name, bits: bitsFor(range), count: elements, min: range?.min ?? 0, perCpu: global.perCpu };
  });
  const pcs = system.points.map((points, level) =>
    own.place(`pc ${level}`, points.length === 0 ? 0 : 32 - Math.clz32(points.length), 1, 0),
  );
  const irqOff = own.place("irq off", 1, 1, 0);
  const slotFields = LEVELS.map((_, level) => {
    const used = [...slots].filter(([root]) => root.level === level).flatMap(([, map]) => [...map.values()]);
    const count = used.length === 0 ? 0 : Math.max(...used) + 1;
    return Array.from({ length: count }, (_, slot) => {
      const range = rangeOf(slotField(level, slot));
      return own.place(slotField(level, slot), bitsFor(range), 1, range?.min ?? 0);
    });
  });
  for (const want of wanted.sort((a, b) => b.bits * b.count - a.bits * a.count || a.index - b.index)) {
    globals[want.index] = (want.perCpu ? own : shared).place(want.name, want.bits, want.count, want.min);
  }
  return {
    words: shared.words + own.words * system.cpus,
    cpuBase: shared.words,
    cpuWords: own.words,
    globals,
    irqOff,
    pcs,
    slots: slotFields,
    slotOf: (root, local) => slots.get(root)!.get(local)!,
  };
}

/** Element `index` of a field whose part of the state starts at word `base`. */
export function readField(words: Int32Array, base: number, field: Field, index: number): number {
  if (field.bits === 0) return field.min;
  const word = words[base + field.word + Math.floor(index / field.perWord)]!;
  const shift = field.shift + (index % field.perWord) * field.bits;
  const mask = field.bits === 32 ? -1 : (1 << field.bits) - 1;
  return (((word >>> shift) & mask) >>> 0) + field.min;
}

export function writeField(words: Int32Array, base: number, field: Field, index: number, value: number): void {
  if (field.bits === 0) return;
  const at = base + field.word + Math.floor(index / field.perWord);
  const shift = field.shift + (index % field.perWord) * field.bits;
  const mask = field.bits === 32 ? -1 : (1 << field.bits) - 1;
  words[at] = (words[at]! & ~(mask << shift)) | (((value - field.min) & mask) << shift);
}

export function cpuPart(layout: Layout, cpu: number): number {
  return layout.cpuBase + cpu * layout.cpuWords;
}

/** The packed form of a state whose values fit. */
export function encodeState(system: System, layout: Layout, state: State): Int32Array {
  const words = new Int32Array(layout.words);
  system.globals.forEach((global, index) => {
    const values = state.shared[index]!;
    const row = global.perCpu ? values.length / system.cpus : values.length;
    values.forEach((value, i) => {
      const base = global.perCpu ? cpuPart(layout, Math.floor(i / row)) : 0;
      writeField(words, base, layout.globals[index]!, i % row, value);
    });
  });
  for (let cpu = 0; cpu < system.cpus; cpu++) {
    const base = cpuPart(layout, cpu);
    writeField(words, base, layout.irqOff, 0, Number(state.irqOff[cpu]));
    for (let level = 0; level < LEVELS.length; level++) {
      const pc = state.pcs[contextOf(cpu, level)]!;
      writeField(words, base, layout.pcs[level]!, 0, pc);
      if (pc === 0) continue;
      const point = pointOf(system, state, cpu, level);
      point.live.forEach((local, i) => {
        const field = layout.slots[level]![layout.slotOf(point.root, local)]!;
        writeField(words, base, field, 0, state.frames[contextOf(cpu, level)]![i]!);
      });
    }
  }
  return words;
}

/** The unpacked form of a packed state. */
export function decodeState(system: System, layout: Layout, words: Int32Array): State {
  const shared = system.globals.map((global, index) => {
    const count = system.initial[index]!.length;
    const row = global.perCpu ? count / system.cpus : count;
    return Array.from({ length: count }, (_, i) => {
      const base = global.perCpu ? cpuPart(layout, Math.floor(i / row)) : 0;
      return readField(words, base, layout.globals[index]!, i % row);
    });
  });
  const pcs: number[] = [];
  const frames: number[][] = [];
  const irqOff: boolean[] = [];
  for (let cpu = 0; cpu < system.cpus; cpu++) {
    const base = cpuPart(layout, cpu);
    irqOff.push(readField(words, base, layout.irqOff, 0) !== 0);
    for (let level = 0; level < LEVELS.length; level++) {
      const pc = readField(words, base, layout.pcs[level]!, 0);
      pcs.push(pc);
      if (pc === 0) {
        frames.push([]);
        continue;
      }
      const point = system.points[level]![pc - 1]!;
      frames.push(
        point.live.map((local) => readField(words, base, layout.slots[level]![layout.slotOf(point.root, local)]!, 0)),
      );
    }
  }
  return { shared, pcs, frames, irqOff };
}

/** The words of parts of states (the shared one, or a CPU's), as another layout of the same system writes them. */
export function recodeParts(
  system: System,
  from: Layout,
  to: Layout,
  which: "shared" | "cpu",
  parts: Int32Array,
  count: number,
): Int32Array {
  const ends = (layout: Layout) =>
    (which === "shared" ? [0, layout.cpuBase] : [layout.cpuBase, layout.cpuWords]) as [number, number];
  const [, size] = ends(from);
  const [target, targetSize] = ends(to);
  const words = encodeState(system, from, initialState(system));
  const result = new Int32Array(count * targetSize);
  for (let i = 0; i < count; i++) {
    const part = parts.subarray(i * size, (i + 1) * size);
    if (which === "shared") words.set(part);
    else for (let cpu = 0; cpu < system.cpus; cpu++) words.set(part, cpuPart(from, cpu));
    const encoded = encodeState(system, to, decodeState(system, from, words));
    result.set(encoded.subarray(target, target + targetSize), i * targetSize);
  }
  return result;
}
