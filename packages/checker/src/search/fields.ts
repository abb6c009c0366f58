/**
 * JavaScript text that reads and writes fields of packed states. The current state is `S`, the one that is being made `N`; a store
 * checks that its value fits (`env.overflow`).
 *
 * Used by `codegen.ts` and what it is made of. An index is a number or JavaScript text of one.
 */
import type { ValueType } from "@shootdown/ir";
import type { Field, Layout } from "./layout.js";

export class Fields {
  private temporaries = 0;

  constructor(private readonly layout: Layout) {}

  /** Statements that make `N` what `S` is. */
  copyWords(): string {
    if (this.layout.words > 24) return "N.set(S);";
    return Array.from({ length: this.layout.words }, (_, i) => `N[${i}] = S[${i}];`).join(" ");
  }

  /** The word index and shift of element `index` (a number or JavaScript text) of a field at word `base`. */
  private locate(base: string | number, field: Field, index: string | number): { word: string; shift: string } {
    const plus = (a: string | number, b: number) => (typeof a === "number" ? `${a + b}` : b === 0 ? a : `${a} + ${b}`);
    if (typeof index === "number") {
      const word = plus(base, field.word + Math.floor(index / field.perWord));
      return { word, shift: `${field.shift + (index % field.perWord) * field.bits}` };
    }
    const scaled = (i: string) => (field.bits === 1 ? i : `Math.imul(${i}, ${field.bits})`);
    if (field.count <= field.perWord) {
      const shift = field.shift === 0 ? scaled(index) : `${field.shift} + ${scaled(index)}`;
      return { word: plus(base, field.word), shift };
    }
    const log = Math.log2(field.perWord);
    return {
      word: `${plus(base, field.word)} + (${index} >> ${log})`,
      shift: scaled(`(${index} & ${field.perWord - 1})`),
    };
  }

  private mask(field: Field): string {
    return field.bits === 32 ? "-1" : `${(1 << field.bits) - 1}`;
  }

  /** The value of an element; `words` is "S" or "N", `base` the word at which its part begins. */
  read(words: string, base: string | number, field: Field, index: string | number): string {
    if (field.bits === 0) return `${field.min}`;
    const { word, shift } = this.locate(base, field, index);
    const raw = shift === "0" ? `${words}[${word}]` : `(${words}[${word}] >>> (${shift}))`;
    const value = field.bits === 32 ? `(${raw} >>> 0)` : `(${raw} & ${this.mask(field)})`;
    return field.min === 0 ? value : `(${value} + ${field.min})`;
  }

  /** A field of a CPU's own part. */
  readOwn(words: string, field: Field, cpu: number): string {
    return this.read(words, this.part(cpu), field, 0);
  }

  /** The first word of a CPU's part. */
  part(cpu: number): number {
    return this.layout.cpuBase + cpu * this.layout.cpuWords;
  }

  /** Statements that store `value` (text of a number) and check that it fits. */
  write(base: string | number, field: Field, index: string | number, value: string, type?: ValueType): string {
    const capacity = field.bits === 32 ? 2 ** 32 - 1 : 2 ** field.bits - 1;
    const literal = /^-?\d+$/.test(value) ? Number(value) : undefined;
    const fits =
      literal !== undefined ? literal >= field.min && literal - field.min <= capacity : typeFits(type, field);
    const v = `v${this.temporaries++}`;
    const lines = [`const ${v} = ${value}${field.min === 0 ? "" : ` - ${field.min}`};`];
    if (!fits)
      lines.push(
        `if (${v} < 0 || ${v} > ${capacity}) env.overflow(${JSON.stringify(field.name)}, ${v} + ${field.min});`,
      );
    if (field.bits > 0) {
      const { word, shift } = this.locate(base, field, index);
      const w = `w${this.temporaries++}`;
      const s = `s${this.temporaries++}`;
      if (/^\d+$/.test(word) && /^\d+$/.test(shift)) {
        const mask = field.bits === 32 ? -1 : ((1 << field.bits) - 1) << Number(shift);
        const bits = shift === "0" ? v : `(${v} << ${shift})`;
        lines.push(mask === -1 ? `N[${word}] = ${v};` : `N[${word}] = (N[${word}] & ${~mask}) | ${bits};`);
      } else {
        lines.push(`const ${w} = ${word}, ${s} = ${shift};`);
        lines.push(`N[${w}] = (N[${w}] & ~(${this.mask(field)} << ${s})) | (${v} << ${s});`);
      }
    }
    return `{ ${lines.join(" ")} }\n`;
  }
}

/** Whether every value of the type fits the field. */
function typeFits(type: ValueType | undefined, field: Field): boolean {
  if (!type) return false;
  if (type.kind === "bool") return field.min === 0 && field.bits >= 1;
  if (type.kind === "fn" || type.signed) return false;
  return field.min === 0 && field.bits >= type.bits;
}
