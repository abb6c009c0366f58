/**
 * `percpu-trace`: reads a trace of percpu allocations, prints what the allocator did.
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { BoundReached, InputError } from "@shootdown/doctor/errors";
import { allocatorRequest, KernelBug, PercpuTrace, type PercpuTraceOptions } from "@shootdown/doctor/percpu";
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
    const trace = new PercpuTrace(await allocatorFor(options), options, (line) => output.line(line));
    eachLine(file, (line) => trace.run(line, name));
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

/** Standard output, a block at a time: a million lines are too many writes. */
class Output {
  private text = "";

  line(line: string): void {
    this.text += `${line}\n`;
    if (this.text.length >= CHUNK) this.flush();
  }

  flush(): void {
    const bytes = Buffer.from(this.text);
    this.text = "";
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
}

/** Calls `visit` for each line of a file or of standard input, without its end. */
function eachLine(file: string | undefined, visit: (line: string) => void): void {
  const descriptor = file === undefined ? 0 : open(file);
  try {
    const block = Buffer.alloc(CHUNK);
    let rest = "";
    for (;;) {
      const count = read(descriptor, block, file ?? "standard input");
      if (count === 0) break;
      const text = rest + block.toString("latin1", 0, count);
      let start = 0;
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
        visit(text.slice(start, end));
        start = end + 1;
      }
      rest = text.slice(start);
    }
    if (rest !== "") visit(rest);
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

function read(descriptor: number, block: Buffer, name: string): number {
  for (;;) {
    try {
      return readSync(descriptor, block, 0, block.length, null);
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
