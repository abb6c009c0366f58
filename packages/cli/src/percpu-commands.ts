/**
 * `percpu-trace`: reads a trace of percpu allocations, prints what the allocator did.
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { BoundReached, InputError } from "@shootdown/doctor/errors";
import {
  allocatorRequest,
  KernelBug,
  PercpuTrace,
  type PercpuTraceOptions,
  type TracePrinter,
} from "@shootdown/doctor/percpu";
import { type Command, Option } from "commander";
import { kept } from "./cache.js";
import { readModelTree } from "./files.js";

interface Options {
  readonly backend: "vm" | "km";
  readonly unitPages: string;
  readonly units: string;
  readonly static: string;
  readonly reserved: string;
  readonly dyn?: string;
  readonly balance: "eager" | "manual" | "off";
  readonly failAfter?: string;
  readonly nommu?: boolean;
  readonly events?: boolean;
  readonly check?: boolean;
}

const HELP = `
A line of the trace is one of
  a SIZE ALIGN ATOMIC   allocate; the allocations are numbered 0, 1, 2, ..., the failed ones too
  r SIZE ALIGN          allocate from the reserved chunk
  f ID                  free
  b                     run the balance work if it is scheduled
  B                     run it
  s                     print the chunks
  # ...                 nothing
What is printed is described in tests/oracle/percpu/README.

Exit status: 0 the trace ran, 1 the kernel stopped in a BUG, 2 usage or input error, 3 a bound was reached.`;

/** Bytes read and written at a time. */
const CHUNK = 1 << 16;

export function percpuCommands(program: Command): void {
  program
    .command("percpu-trace")
    .description("run a trace of percpu allocations through the allocator at full size")
    .argument("[file]", "the trace; standard input without one, or for -")
    .addOption(new Option("--backend <name>", "how memory gets behind a chunk").choices(["vm", "km"]).default("vm"))
    .option("--unit-pages <n>", "pages of a unit", "16")
    .option("--units <n>", "units: one for each CPU", "4")
    .option("--static <bytes>", "static percpu variables in the first unit", "4096")
    .option("--reserved <bytes>", "reserved chunk behind them", "0")
    .option("--dyn <bytes>", "dynamic part of the first unit (default: its rest)")
    .addOption(
      new Option("--balance <when>", "the balance work runs when it is scheduled, at b lines, or at B lines only")
        .choices(["eager", "manual", "off"])
        .default("eager"),
    )
    .option("--fail-after <pages>", "there are only so many pages")
    .option("--nommu", "the vm backend in a kernel without MMU")
    .option("--events", "print flushes, and chunks that come and go")
    .option("--check", "check every index, and that locks are held where they should be; slower")
    .addHelpText("after", HELP)
    .action(async (file: string | undefined, options: Options) => {
      process.exitCode = await run(file === "-" ? undefined : file, readOptions(options));
    });
}

function readOptions(options: Options): PercpuTraceOptions {
  return {
    backend: options.backend,
    unitPages: whole("--unit-pages", options.unitPages, 1),
    units: whole("--units", options.units, 1),
    static: whole("--static", options.static, 0),
    reserved: whole("--reserved", options.reserved, 0),
    ...(options.dyn === undefined ? {} : { dyn: whole("--dyn", options.dyn, 0) }),
    balance: options.balance,
    ...(options.failAfter === undefined ? {} : { failAfter: whole("--fail-after", options.failAfter, 0) }),
    nommu: options.nommu === true,
    events: options.events === true,
    checked: options.check === true,
  };
}

/** What a 32-bit kernel can count in bytes and pages. */
const MAX_NUMBER = 2 ** 30;

function whole(option: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= MAX_NUMBER) return value;
  const reason = `this is no whole number from ${least} to ${MAX_NUMBER}`;
  throw new InputError("S1002", `${option} ${text}`, reason, `for example ${option} ${Math.max(least, 16)}`);
}

/** The allocator for a trace. Compiling it takes as long as half a million operations, so what was made is kept. */
async function allocatorFor(options: PercpuTraceOptions): Promise<string> {
  const tree = readModelTree();
  const request = allocatorRequest(options);
  const sources = tree.paths().flatMap((path) => (path.endsWith(".ts") ? [path, tree.read(path)!] : []));
  return kept("percpu", [JSON.stringify(request), ...sources], async () => {
    const { compileAllocator } = await import("@shootdown/doctor");
    return compileAllocator(tree, request);
  });
}

async function run(file: string | undefined, options: PercpuTraceOptions): Promise<number> {
  const output = new Output();
  try {
    const name = file ?? "standard input";
    const trace = new PercpuTrace(await allocatorFor(options), options, output);
    eachLine(file, (bytes, start, end) => trace.runBytes(bytes, start, end, name));
    trace.end();
    return 0;
  } catch (error) {
    if (error instanceof KernelBug) return 1;
    if (!(error instanceof BoundReached)) throw error;
    output.flush();
    process.stderr.write(`${error.message}\n`);
    return 3;
  } finally {
    output.flush();
  }
}

/** Standard output, a block at a time: a million lines are too many writes, and too many strings. */
class Output implements TracePrinter {
  private readonly block = Buffer.alloc(CHUNK);
  private used = 0;

  line(text: string): void {
    const bytes = Buffer.from(`${text}\n`);
    if (this.used + bytes.length > CHUNK) this.flush();
    if (bytes.length > CHUNK) writeAll(bytes);
    else {
      bytes.copy(this.block, this.used);
      this.used += bytes.length;
    }
  }

  area(before: "" | "f ", id: number, chunk: number, off: number): void {
    if (this.used + LONGEST_AREA > CHUNK) this.flush();
    if (before !== "") {
      this.block[this.used++] = 0x66; // f
      this.block[this.used++] = BLANK;
    }
    this.number(id, BLANK);
    this.number(chunk, BLANK);
    this.number(off, NEWLINE);
  }

  /** A whole number and what stands behind it. */
  private number(value: number, behind: number): void {
    const { block } = this;
    let at = this.used;
    let rest = value;
    if (rest < 0) {
      block[at++] = 0x2d; // -
      rest = -rest;
    }
    let digits = 1;
    for (let power = 10; power <= rest; power *= 10) digits++;
    this.used = at + digits;
    for (at = this.used - 1; digits > 0; digits--) {
      const less = Math.floor(rest / 10);
      block[at--] = 0x30 + rest - less * 10;
      rest = less;
    }
    block[this.used++] = behind;
  }

  flush(): void {
    const { used } = this;
    this.used = 0;
    writeAll(this.block.subarray(0, used));
  }
}

const BLANK = 0x20;
const NEWLINE = 0x0a;
/** Bytes of three numbers at most, and what stands around them. */
const LONGEST_AREA = 100;

function writeAll(bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") process.exit(); // a reader that has seen enough (`| head`)
      if (code !== "EAGAIN") throw error;
    }
  }
}

/** Calls `visit` for each line of a file or of standard input: where it stands, without its end. */
function eachLine(file: string | undefined, visit: (bytes: Uint8Array, start: number, end: number) => void): void {
  const descriptor = file === undefined ? 0 : open(file);
  try {
    let block = Buffer.alloc(CHUNK);
    /** Bytes of a line that has begun, at the start of the block. */
    let rest = 0;
    for (;;) {
      if (rest === block.length) block = Buffer.concat([block, Buffer.alloc(block.length)]);
      const count = read(descriptor, block, rest, file ?? "standard input");
      if (count === 0) break;
      const all = rest + count;
      let start = 0;
      for (let end = rest; end < all; end++) {
        if (block[end] !== NEWLINE) continue;
        visit(block, start, end);
        start = end + 1;
      }
      block.copyWithin(0, start, all);
      rest = all - start;
    }
    if (rest > 0) visit(block, 0, rest);
  } finally {
    if (file !== undefined) closeSync(descriptor);
  }
}

function open(file: string): number {
  try {
    return openSync(file, "r");
  } catch (error) {
    throw unreadable(file, error);
  }
}

function read(descriptor: number, block: Buffer, from: number, name: string): number {
  for (;;) {
    try {
      return readSync(descriptor, block, from, block.length - from, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EOF") return 0;
      if (code !== "EAGAIN") throw unreadable(name, error);
    }
  }
}

function unreadable(name: string, error: unknown): InputError {
  const { code } = error as NodeJS.ErrnoException;
  const reason = code === "ENOENT" ? "there is no such file" : String((error as Error).message);
  return new InputError(code === "EISDIR" ? "S1102" : "S1101", name, reason, "give a trace, or pipe one in");
}
