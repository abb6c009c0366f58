/**
 * `config oldconfig` and kin: conf's questions and answers, on a terminal or through a pipe, and the lists of what is new.
 *
 * Reads standard input line by line as it is needed, so that answers may be typed, piped, or both in turn. What it prints is what
 * `conf -s` prints, byte for byte; the echo of the answers when no terminal is there, too.
 */
import { existsSync, readSync, renameSync } from "node:fs";
import {
  Configuration,
  decodeBytes,
  encodeBytes,
  oldconfig,
  stderrText,
  type TalkOptions,
} from "@shootdown/doctor/linux";
import type { Command } from "commander";
import { type LinuxTreeOptions, linuxTreeOptions, openLinuxTree } from "./linux-tree.js";
import { readBytes, writeBytes } from "./read-text.js";

interface DialogueOptions extends LinuxTreeOptions {
  readonly input: string;
  readonly output?: string;
}

export function dialogueCommands(config: Command): void {
  const asking: readonly [string, TalkOptions["mode"], string][] = [
    ["oldconfig", "oldconfig", "ask for what is new in a .config, as conf --oldconfig"],
    ["config", "oldaskconfig", "ask for everything, as conf --oldaskconfig"],
  ];
  for (const [name, mode, about] of asking)
    linuxTreeOptions(config.command(name).description(about))
      .option("-i, --input <file>", "the .config to start from", ".config")
      .option("-o, --output <file>", "where to write; default: the input, which is kept as FILE.old")
      .action((options: DialogueOptions) => {
        const configuration = start(options, existsSync(options.input));
        if (talk(configuration, mode)) finish(configuration, options);
        else process.exitCode = 1;
      });
  for (const mode of ["listnewconfig", "helpnewconfig"] as const)
    linuxTreeOptions(config.command(mode).description(`what is new in a .config, as conf --${mode}`))
      .requiredOption("-i, --input <file>", "the .config")
      .action((options: DialogueOptions) => {
        talk(start(options, true), mode);
      });
}

function start(options: DialogueOptions, isThere: boolean): Configuration {
  const tree = openLinuxTree(options);
  const configuration = new Configuration(tree.kconfig);
  return isThere
    ? configuration.load(decodeBytes(readBytes(options.input, "a configuration")), options.input)
    : configuration.loadNothing();
}

/** False: the input ended at a question that has no default. */
function talk(configuration: Configuration, mode: TalkOptions["mode"]): boolean {
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const input = new LineReader();
  const dialogue = oldconfig(configuration, { mode, echo: !isTerminal });
  const warn = warner(configuration);
  let step = dialogue.next();
  for (;;) {
    warn();
    if (step.done) return step.value;
    if (step.value.kind === "ask") step = dialogue.next(input.line());
    else {
      process[step.value.stream].write(encodeBytes(step.value.text));
      step = dialogue.next();
    }
  }
}

/** Prints the warnings that have come up since it was last called. */
function warner(configuration: Configuration): () => void {
  let said = 0;
  return () => {
    process.stderr.write(stderrText(configuration.warnings.slice(said)));
    said = configuration.warnings.length;
  };
}

function finish(configuration: Configuration, options: DialogueOptions): void {
  const said = configuration.warnings.length;
  const text = configuration.write();
  process.stderr.write(stderrText(configuration.warnings.slice(said)));
  const target = options.output ?? options.input;
  if (options.output === undefined && existsSync(target)) renameSync(target, `${target}.old`);
  writeBytes(target, encodeBytes(text));
  if (process.stdout.isTTY) process.stderr.write(`written to ${target}\n`);
}

/** conf reads lines into a buffer of this size; a longer line becomes several. */
const LINE_BYTES = 4095;
const LINE_FEED = 10;
/** How long to wait when a terminal that does not block has nothing yet. */
const POLL_MS = 20;

/** Standard input, line by line, no further than needed. */
class LineReader {
  private held: Buffer = Buffer.alloc(0);
  private ended = false;

  /** With its line feed, if it has one; undefined at the end. */
  line(): string | undefined {
    for (;;) {
      const feed = this.held.indexOf(LINE_FEED);
      const whole = feed >= 0 ? feed + 1 : this.ended ? this.held.length : LINE_BYTES;
      const length = Math.min(whole, LINE_BYTES);
      if (this.held.length >= length && (length > 0 || this.ended)) {
        if (length === 0) return undefined;
        const text = decodeBytes(this.held.subarray(0, length));
        this.held = this.held.subarray(length);
        return text;
      }
      this.fill();
    }
  }

  private fill(): void {
    const chunk = Buffer.alloc(LINE_BYTES + 1);
    try {
      const count = readSync(0, chunk, 0, chunk.length, null);
      if (count === 0) this.ended = true;
      else this.held = Buffer.concat([this.held, chunk.subarray(0, count)]);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EOF") this.ended = true;
      else if (code === "EAGAIN") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
      else throw error;
    }
  }
}
