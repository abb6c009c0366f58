/**
 * Runs a trace of percpu allocations through the allocator at full size (`allocator.ts` compiles it) and
 * tells what it did, in the format of the test harness around Linux's own percpu.c (tests/oracle/percpu/README).
 *
 * Below the allocator stands what stands below it there, `host.ts`. Above it, one CPU that runs an operation at a time; when
 * the balance work runs is an option, because the kernel leaves it open.
 */
import { instantiate, type Native } from "@shootdown/checker/native-run";
import { InputError } from "../errors.js";
import { PercpuHost } from "./host.js";

export interface PercpuTraceOptions {
  readonly backend: "vm" | "km";
  readonly unitPages: number;
  /** One for each CPU. */
  readonly units: number;
  /** Bytes of a unit before its dynamic part. */
  readonly static: number;
  readonly reserved: number;
  /** Bytes of the first unit's dynamic part; absent: the rest of the unit. */
  readonly dyn?: number;
  /** When the balance work runs: right after the operation that scheduled it, at `b` lines, or only at `B` lines. */
  readonly balance: "eager" | "manual" | "off";
  /** Pages that there are. */
  readonly failAfter?: number;
  /** The vm backend in a kernel without MMU. */
  readonly nommu: boolean;
  /** Print flushes, and chunks that come and go. */
  readonly events: boolean;
  /** Check every index, and that every lock is held that should be. */
  readonly checked: boolean;
}

/** The bitmaps of a chunk: bit `b` is bit `b % 32` of word `b / 32`. */
export interface ChunkMaps {
  /** As state lines name it. */
  readonly chunk: number;
  /** A bit for each page, the same in all units. */
  readonly populated: Uint32Array;
  /** A bit for each 4 bytes of a unit: in use. */
  readonly allocated: Uint32Array;
  /** A bit for each 4 bytes: an area begins, or the last one ends. */
  readonly bound: Uint32Array;
  /** For each page the hints of its block: `BLOCK_HINTS` numbers in that order. */
  readonly hints: Int32Array;
}

/** The hints of a block, in bits from its start. @see pcpu_block_md */
export const BLOCK_HINTS = ["contig_hint", "contig_hint_start", "left_free", "right_free", "first_free"] as const;

const MAX_UNITS = 64;
/** At full size, as `mm/percpu.ts` has them. */
const PAGE_SIZE = 4096;
const MIN_UNIT_SIZE = 32768;
const MIN_DYN_SIZE = 20480;
/** Chunks that exist at a time, unless their maps would be larger than an array may be. */
const MAX_CHUNKS = 32768;
const MAX_MAP_WORDS = 1 << 23;
const BLOCK_WORDS = 32;

const GFP_KERNEL = 0xc00;
const GFP_ATOMIC = 0x800;
/** Sizes above are illegal, however large: C's size_t is wider than the model's u32. */
const ILLEGAL = 0xffffffff;
/** A character that no operation has. */
const OTHER = 255;
/** Characters of a bad line that are told. */
const SHOWN = 60;

/** All that the allocator's code depends on, beside its sources. */
export interface AllocatorRequest {
  readonly backend: "vm" | "km";
  readonly nommu: boolean;
  readonly units: number;
  readonly unitPages: number;
  /** Chunks that there may be at a time. */
  readonly chunks: number;
  readonly checked: boolean;
  /** Functions that the host has. */
  readonly externals: readonly string[];
}

/** What `compileAllocator` makes for a trace. Refuses parameters that make no allocator. */
export function allocatorRequest(options: PercpuTraceOptions): AllocatorRequest {
  checkParameters(options);
  const { backend, nommu, units, unitPages, checked } = options;
  const { externals } = new PercpuHost({ ...options, print: () => {} });
  return { backend, nommu, units, unitPages, chunks: chunksOf(options), checked, externals: Object.keys(externals) };
}

function chunksOf({ unitPages }: PercpuTraceOptions): number {
  return Math.min(MAX_CHUNKS, Math.floor(MAX_MAP_WORDS / (unitPages * BLOCK_WORDS)));
}

/** Where lines go. A million of them say of an area where it is: who can write numbers faster than strings, does. */
export interface TracePrinter {
  line(text: string): void;
  /** `before` and three numbers, with a blank between two. */
  area(before: "" | "f ", id: number, chunk: number, off: number): void;
}

/** The allocator, set up, with a host below it. */
export class PercpuTrace {
  private readonly host: PercpuHost;
  private readonly native: Native;
  private readonly slots: number;
  private readonly chunks: number;
  private readonly areas: number[] = [];
  private readonly isPending: () => boolean;
  /** The numbers of the line that is read. */
  private readonly words = [0, 0, 0];
  private lines = 0;
  /** The line that is run, where it came as text. */
  private text: string | undefined;
  private readonly print: TracePrinter;

  /** `allocator`: what `compileAllocator` made for these options. */
  constructor(
    allocator: string,
    private readonly options: PercpuTraceOptions,
    print: ((line: string) => void) | TracePrinter,
  ) {
    this.print =
      typeof print === "function"
        ? { line: print, area: (before, id, chunk, off) => print(`${before}${id} ${chunk} ${off}`) }
        : print;
    const dyn = checkParameters(options);
    const { unitPages } = options;
    this.chunks = chunksOf(options);
    this.host = new PercpuHost({ ...options, print: (line) => this.print.line(line) });
    this.native = instantiate(allocator, this.host);
    this.host.watch(this.native);
    const pending = this.native.reader("pcpu_balance_work.pending");
    this.isPending = () => pending() !== 0;
    const { call } = this.native;
    this.native.boot(() => {
      call.pcpu_setup_first_chunk!(options.static, options.reserved, dyn, unitPages * PAGE_SIZE, this.host.firstBase);
      call.percpu_enable_async!();
    });
    this.slots = this.native.reader("pcpu_nr_slots")();
  }

  /** One line of a trace, without its end. `name` is the file's, for errors. */
  run(line: string, name: string): void {
    const bytes = new Uint8Array(line.length);
    for (let i = 0; i < line.length; i++) bytes[i] = Math.min(line.charCodeAt(i), OTHER);
    this.text = line;
    this.runBytes(bytes, 0, bytes.length, name);
    this.text = undefined;
  }

  /** The same of a line as it stands in a file: the bytes from `start` up to `end`. */
  runBytes(bytes: Uint8Array, start: number, end: number, name: string): void {
    this.lines++;
    if (start === end) return;
    const letter = bytes[start];
    switch (letter) {
      case 97: // a
      case 114: // r
        if (readNumbers(bytes, start, end, this.words) < 2)
          this.refuse(bytes, start, end, name, "SIZE and ALIGN are numbers of bytes, ATOMIC is 0 or 1");
        this.allocate(letter === 114);
        break;
      case 102: // f
        if (readNumbers(bytes, start, end, this.words) < 1)
          this.refuse(bytes, start, end, name, "ID is the number of an allocation");
        if (!this.free(this.words[0]!)) {
          this.print.line(`f ${BigInt(/-?\d+/.exec(textOf(bytes, start, end))![0])} bad`);
          return;
        }
        break;
      case 98: // b
        if (this.options.balance !== "off" && this.isPending()) {
          this.balance();
          this.print.line("b ran");
        } else this.print.line("b idle");
        return;
      case 66: // B
        this.balance();
        this.print.line("B ran");
        return;
      case 115: // s
        this.state();
        return;
      case 35: // #
        return;
      default:
        this.refuse(bytes, start, end, name, "no operation begins like that");
    }
    if (this.options.balance === "eager" && this.isPending()) this.balance();
  }

  end(): void {
    this.print.line(`end warnings=${this.host.warnings}`);
  }

  private refuse(bytes: Uint8Array, start: number, end: number, name: string, why: string): never {
    const text = this.text ?? textOf(bytes, start, end);
    const shown = text.slice(0, SHOWN) + (end - start > SHOWN ? "…" : "");
    throw new InputError(
      "S1701",
      `${name}:${this.lines}`,
      `bad line: ${shown} (${why})`,
      "a SIZE ALIGN ATOMIC, r SIZE ALIGN, f ID, b, B, s, or # and a comment",
    );
  }

  /** Of the size, alignment and context in `words`. */
  private allocate(isReserved: boolean): void {
    const { words } = this;
    const gfp = !isReserved && words[2] !== 0 ? GFP_ATOMIC : GFP_KERNEL;
    const ptr = this.native.call.pcpu_alloc_noprof!(words[0]!, words[1]!, isReserved ? 1 : 0, gfp);
    const id = this.areas.length;
    this.areas.push(ptr);
    if (ptr === 0) this.print.line(`${id} fail`);
    else this.print.area("", id, this.host.lastChunk, this.host.lastOff);
  }

  /** False if there is nothing to free. */
  private free(id: number): boolean {
    const ptr = this.areas[id] ?? 0;
    if (ptr === 0) return false;
    this.native.call.free_percpu!(ptr);
    this.areas[id] = 0;
    this.print.area("f ", id, this.host.lastChunk, this.host.lastOff);
    return true;
  }

  private balance(): void {
    this.native.call.process_one_work!();
  }

  /** Of each CPU: the distance of its unit from the first, in bytes. */
  unitOffsets(): readonly number[] {
    const offset = this.native.reader("pcpu_unit_offsets");
    return Array.from({ length: this.options.units }, (_, cpu) => offset(cpu) * PAGE_SIZE);
  }

  /** Lists of chunks that there are. */
  get slotCount(): number {
    return this.slots;
  }

  /** The bitmaps of all chunks, slot by slot. */
  maps(): readonly ChunkMaps[] {
    const { native, chunks } = this;
    const next = native.reader("list.next");
    const base = native.reader("pcpu_chunk_fixed.base_addr");
    const pages = native.reader("pcpu_chunk_fixed.nr_pages");
    const words = (name: string, c: number, count: number) => {
      const read = native.reader(name);
      return Uint32Array.from({ length: count }, (_, word) => read(c, word));
    };
    const hints = BLOCK_HINTS.map((hint) => native.reader(`md_blocks.${hint}`));
    const maps: ChunkMaps[] = [];
    for (let slot = 0; slot < this.slots; slot++) {
      for (let c = next(chunks + slot); c < chunks; c = next(c)) {
        const count = pages(c);
        maps.push({
          chunk: this.host.chunkId(base(c)),
          populated: words("populated", c, Math.ceil(count / 32)),
          allocated: words("alloc_map", c, count * BLOCK_WORDS),
          bound: words("bound_map", c, count * BLOCK_WORDS + 1),
          hints: Int32Array.from({ length: count * hints.length }, (_, index) =>
            hints[index % hints.length]!(c, Math.floor(index / hints.length)),
          ),
        });
      }
    }
    return maps;
  }

  /** What the harness's k_state() prints. */
  private state(): void {
    const read = (name: string, index?: number) =>
      index === undefined ? this.native.reader(name)() : this.native.reader(name)(index);
    const pending = this.isPending() ? 1 : 0;
    this.print.line(
      `S empty_pop=${read("pcpu_nr_empty_pop_pages")} populated=${read("pcpu_nr_populated")} pending=${pending}`,
    );
    const special = new Map([
      [read("pcpu_sidelined_slot"), "(sidelined)"],
      [read("pcpu_free_slot"), "(free)"],
      [read("pcpu_to_depopulate_slot"), "(depop)"],
    ]);
    for (let slot = 0; slot < this.slots; slot++) {
      for (let c = read("list.next", this.chunks + slot); c < this.chunks; c = read("list.next", c)) {
        const md = (field: string) => read(`pcpu_chunk.chunk_md.${field}`, c);
        this.print.line(
          `S slot=${slot}${special.get(slot) ?? ""} chunk=${this.host.chunkId(read("pcpu_chunk_fixed.base_addr", c))}` +
            ` free=${read("pcpu_chunk.free_bytes", c)} contig=${md("contig_hint")}@${md("contig_hint_start")}` +
            ` scan=${md("scan_hint")}@${md("scan_hint_start")} first_free=${md("first_free")}` +
            ` pages=${read("pcpu_chunk_fixed.nr_pages", c)} populated=${read("pcpu_chunk.nr_populated", c)}` +
            ` empty_pop=${read("pcpu_chunk.nr_empty_pop_pages", c)} isolated=${read("pcpu_chunk.isolated", c)}`,
        );
      }
    }
  }
}

/**
 * Reads up to three numbers behind the first character of a line, separated by blanks, into `into`; returns how many there
 * are. The others are 0. What follows them is ignored, as scanf() does. What is negative or too large for a u32 becomes ILLEGAL.
 */
function readNumbers(bytes: Uint8Array, from: number, end: number, into: number[]): number {
  let at = from + 1;
  let count = 0;
  for (; count < into.length; count++) {
    while (at < end && (bytes[at] === 32 || bytes[at] === 9 || bytes[at] === 13)) at++;
    const isNegative = at < end && bytes[at] === 45;
    if (isNegative || (at < end && bytes[at] === 43)) at++;
    const start = at;
    let value = 0;
    for (; at < end; at++) {
      const digit = bytes[at]! - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at === start) break;
    into[count] = (isNegative && value > 0) || value > ILLEGAL ? ILLEGAL : value;
  }
  for (let i = count; i < into.length; i++) into[i] = 0;
  return count;
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/** The size of the dynamic part. */
function checkParameters(options: PercpuTraceOptions): number {
  const unit = options.unitPages * PAGE_SIZE;
  const dyn = options.dyn ?? unit - options.static - options.reserved;
  const refuse = (place: string, why: string, next: string): never => {
    throw new InputError("S1702", place, why, next);
  };
  if (options.units > MAX_UNITS)
    refuse(`--units ${options.units}`, `there are at most ${MAX_UNITS}`, "one for each CPU");
  if (unit < MIN_UNIT_SIZE) {
    refuse(`--unit-pages ${options.unitPages}`, `a unit has at least ${MIN_UNIT_SIZE} bytes`, "8 pages or more");
  }
  if (options.unitPages * BLOCK_WORDS * 4 > MAX_MAP_WORDS) {
    refuse(
      `--unit-pages ${options.unitPages}`,
      "the map of a unit is larger than the model has room for",
      "fewer pages",
    );
  }
  if (options.static < 1) refuse(`--static ${options.static}`, "the kernel has percpu variables", "1 byte or more");
  if (options.reserved % 4 !== 0)
    refuse(`--reserved ${options.reserved}`, "this is no multiple of 4", "for example 8192");
  if (options.static + options.reserved > unit) {
    refuse(
      `--static ${options.static} --reserved ${options.reserved}`,
      `together they are larger than the unit (${unit} bytes)`,
      "a larger unit, or smaller parts",
    );
  }
  if (dyn < MIN_DYN_SIZE) {
    refuse(
      options.dyn === undefined ? `--unit-pages ${options.unitPages}` : `--dyn ${dyn}`,
      `the dynamic part has ${dyn} bytes and needs ${MIN_DYN_SIZE}`,
      "a larger unit, or smaller --static and --reserved",
    );
  }
  if (options.static + options.reserved + dyn > unit) {
    refuse(
      `--dyn ${dyn}`,
      `static, reserved and dynamic part are larger than the unit (${unit} bytes)`,
      "smaller parts",
    );
  }
  if (options.nommu && options.backend !== "vm") {
    refuse("--nommu", "it asks what the vm backend does without an MMU", "leave it out, or --backend vm");
  }
  return dyn;
}
