/**
 * What stands below the percpu allocator when it runs a trace: pages, areas of addresses, mappings, and the ears of its
 * tracepoints. The counterpart of tests/oracle/percpu/shim.c, and like it in all that a trace shows: how many pages there
 * are, that a freed area is the next to be given out, what a flush prints, which misuse is a warning.
 *
 *      page numbers:  0   2                    first unit           vm areas                  MAX_PAGES
 *                     |   | RAM, RAM_PAGES ... | the first chunk .. | stride | stride | ...  |
 */
import type { Native, NativeHost } from "@shootdown/checker";
import type { ViolationKind } from "@shootdown/ir";
import { BoundReached } from "../errors.js";

const PAGE_SHIFT = 12;
/** 4 GiB. */
const RAM_PAGES = 1 << 20;
const HIGH_PAGES = 1;
const LINEAR_BASE = 2;
const NO_PAGE = HIGH_PAGES + RAM_PAGES;
/** A percpu pointer has 32 bits and counts in units of 4 bytes. */
const MAX_PAGES = 1 << 22;

const EINVAL = 22;

type Functions = Record<string, (...args: never[]) => unknown>;

export interface PercpuHostOptions {
  readonly unitPages: number;
  readonly units: number;
  readonly failAfter?: number;
  readonly events: boolean;
  readonly print: (line: string) => void;
}

export class PercpuHost implements NativeHost {
  /** Sizes of the model's memory map that go with this host. */
  static readonly memoryMap: readonly (readonly [string, number])[] = [
    ["HIGH_PAGES", HIGH_PAGES],
    ["LOW_PAGES", RAM_PAGES],
    ["LAST_PKMAP", LINEAR_BASE - 1],
    ["KM_MAX_IDX", 1],
  ];

  readonly externals: Functions;
  private irqsDisabled: () => boolean = () => false;
  private lock: () => number = () => 0;
  private mutex: () => number = () => 0;
  /** Where the first chunk lies. */
  readonly firstBase = LINEAR_BASE + RAM_PAGES;
  warnings = 0;
  /** Of the last allocation or free. */
  lastChunk = 0;
  lastOff = 0;

  private pagesOut = 0;
  private nextPage = HIGH_PAGES;
  private readonly freePages: number[] = [];
  private readonly isUsed = new Uint8Array(NO_PAGE);

  private readonly areaPages: number;
  private readonly stride: number;
  private readonly vmBase: number;
  private vmTop: number;
  private readonly freeAreas: number[] = [];
  /** By page of the vm areas: the page that is mapped there, plus 1. */
  private readonly mapped: Int32Array;

  private nextId = 0;
  /** By base address, the numbers of living chunks. */
  private readonly ids = new Map<number, number>();

  constructor(private readonly options: PercpuHostOptions) {
    this.areaPages = options.unitPages * options.units;
    this.stride = this.areaPages + 1;
    this.vmBase = this.firstBase + this.areaPages;
    this.vmTop = this.vmBase;
    if (this.vmBase + this.stride > MAX_PAGES) {
      throw new BoundReached(
        `${options.units} units of ${options.unitPages} pages do not fit into percpu pointers of 32 bits`,
      );
    }
    this.mapped = new Int32Array(MAX_PAGES - this.vmBase);
    this.externals = this.functions();
  }

  /** Before the allocator runs: the host asks it who holds what. */
  watch(native: Native): void {
    this.irqsDisabled = native.irqsDisabled;
    this.lock = native.reader("pcpu_lock");
    this.mutex = native.reader("pcpu_alloc_mutex");
  }

  /** Functions by the names that the kernel calls them by. */
  private functions(): Functions {
    const flush = (what: string) => (start: number, end: number) => this.flush(what, start, end);
    return {
      alloc_page: () => this.allocPages(0),
      alloc_pages: (order: number) => this.allocPages(order),
      __free_page: (page: number) => this.freePagesOf(page, 0),
      __free_pages: (page: number, order: number) => this.freePagesOf(page, order),
      pcpu_get_vm_areas: () => this.getArea(),
      pcpu_free_vm_areas: (base: number) => this.freeArea(base),
      vmap_pages_range_noflush: (start: number, end: number, pages: Int32Array, array: number, first: number) =>
        this.map(start, end, pages, array + first),
      vunmap_range_noflush: (start: number, end: number) => {
        this.mapped.fill(0, start - this.vmBase, end - this.vmBase);
      },
      vmalloc_to_page: (addr: number) => {
        const entry = this.mapped[addr - this.vmBase] ?? 0;
        return entry === 0 ? NO_PAGE : entry - 1;
      },
      flush_cache_vmap: flush("flush_cache_vmap"),
      flush_cache_vunmap: flush("flush_cache_vunmap"),
      flush_tlb_kernel_range: flush("flush_tlb_kernel_range"),
      clearArea: () => {},
      __ffs: (word: number) => 31 - Math.clz32(word & -word),
      fls: (word: number) => 32 - Math.clz32(word),
      trace_percpu_create_chunk: (base: number) => this.created(base),
      trace_percpu_destroy_chunk: (base: number) => this.destroyed(base),
      trace_percpu_alloc_percpu: (base: number, off: number) => this.noted(base, off),
      trace_percpu_free_percpu: (base: number, off: number) => this.noted(base, off),
    };
  }

  violation(kind: ViolationKind, message: string, place: string): void {
    const line = place.slice(place.lastIndexOf(":") + 1);
    if (kind === "warn" || kind === "sleep-in-atomic") {
      this.warn(message, line);
      return;
    }
    if (message.startsWith("a bound of the model")) throw new BoundReached(`${message} (${place})`);
    this.options.print(`BUG ${message} line ${line}`);
    throw new KernelBug(`${kind}: ${message} (${place})`);
  }

  private warn(what: string, line: string | number = 0): void {
    this.warnings++;
    this.options.print(`W ${what} line ${line}`);
  }

  private isLocked(): boolean {
    return this.lock() !== 0;
  }

  // ---- pages: of one size in any run, so how many are out is all that decides ----

  private allocPages(order: number): number {
    const count = 2 ** order;
    if (this.isLocked()) this.warn("page allocation under pcpu_lock");
    const { failAfter } = this.options;
    if (failAfter !== undefined && this.pagesOut + count > failAfter) return NO_PAGE;
    let page = this.freePages.pop();
    if (page === undefined) {
      if (this.nextPage + count > NO_PAGE) return NO_PAGE;
      page = this.nextPage;
      this.nextPage += count;
    }
    this.isUsed.fill(1, page, page + count);
    this.pagesOut += count;
    return page;
  }

  private freePagesOf(page: number, order: number): void {
    const count = 2 ** order;
    for (let i = page; i < page + count; i++) {
      if (this.isUsed[i] !== 1) this.violation("bug", "double free of page", ":0");
      this.isUsed[i] = 0;
    }
    this.freePages.push(page);
    this.pagesOut -= count;
  }

  // ---- areas and mappings ----

  private getArea(): number {
    if (this.isLocked()) this.warn("pcpu_get_vm_areas under pcpu_lock");
    const free = this.freeAreas.pop();
    if (free !== undefined) return free;
    const base = this.vmTop;
    if (base + this.stride > MAX_PAGES) {
      throw new BoundReached("a bound of the model: more chunks than fit into percpu pointers of 32 bits");
    }
    this.vmTop += this.stride;
    return base;
  }

  private freeArea(base: number): void {
    this.freeAreas.push(base);
    for (let i = base - this.vmBase; i < base - this.vmBase + this.areaPages; i++) {
      if (this.mapped[i] !== 0) this.warn("vm area freed while mapped");
    }
  }

  private map(start: number, end: number, pages: Int32Array, first: number): number {
    if (start < this.vmBase || end > this.vmTop) return -EINVAL;
    let from = first;
    for (let i = start - this.vmBase; i < end - this.vmBase; i++) {
      if (this.mapped[i] !== 0) this.warn("vmap over a live mapping");
      this.mapped[i] = pages[from++]! + 1;
    }
    return 0;
  }

  // ---- what a trace shows ----

  /** The first chunk's two parts are 0; else in the order of creation. */
  chunkId(base: number): number {
    if (base >= this.firstBase && base < this.firstBase + this.areaPages) return 0;
    return this.ids.get(base) ?? -1;
  }

  private created(base: number): void {
    const id = this.nextId++;
    this.ids.set(base, id);
    if (this.options.events && id > 0) this.options.print(`E create chunk=${id}`);
  }

  private destroyed(base: number): void {
    if (this.options.events) this.options.print(`E destroy chunk=${this.chunkId(base)}`);
    this.ids.delete(base);
  }

  private noted(base: number, off: number): void {
    this.lastChunk = this.chunkId(base);
    this.lastOff = off;
  }

  private flush(what: string, start: number, end: number): void {
    if (this.isLocked()) this.warn("flush under pcpu_lock");
    const irqsOn = !this.irqsDisabled();
    if (!irqsOn) this.warn("flush with irqs off");
    if (!this.options.events) return;
    const base = this.vmBase + Math.floor((start - this.vmBase) / this.stride) * this.stride;
    const id = this.ids.get(base) ?? -1;
    const page = id < 0 ? 0 : start - base;
    const mutex = this.mutex() !== 0 ? 1 : 0;
    this.options.print(
      `E ${what} chunk=${id} start_page=${page} bytes=${(end - start) * 2 ** PAGE_SHIFT} mutex=${mutex} irqs=${irqsOn ? 1 : 0}`,
    );
  }
}

/** The model's kernel stopped: a BUG that the trace has led to. */
export class KernelBug extends Error {}
