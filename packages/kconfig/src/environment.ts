/**
 * What a Kconfig tree needs from outside: files, environment variables, a shell. All of it is injected, so that the package runs
 * in a browser; node.ts has the implementations for Node.
 *
 * Also here: recording and replaying `$(shell,…)`, which makes a result independent of the machine.
 */

/** Read access to the Kconfig files, by the paths that `source` statements use (relative to the top of the tree). */
export interface FileTree {
  /** The text of a file, or undefined if there is none. Decode with decodeBytes() if it may not be UTF-8. */
  readFile(path: string): string | undefined;
}

/** Environment variables, as `$(NAME)` sees them. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface ShellResult {
  readonly stdout: string;
  /** What the command wrote to standard error; it appears among the warnings, as it would on conf's terminal. */
  readonly stderr?: string;
}

/** Runs a command with `/bin/sh -c` and waits for it. The exit status does not matter to Kconfig. */
export type ShellRunner = (command: string) => ShellResult;

/** A tree held in memory. */
export class MemoryFiles implements FileTree {
  private readonly files: ReadonlyMap<string, string>;

  constructor(files: ReadonlyMap<string, string> | Readonly<Record<string, string>>) {
    this.files = files instanceof Map ? files : new Map(Object.entries(files));
  }

  readFile(path: string): string | undefined {
    return this.files.get(path.startsWith("./") ? path.slice(2) : path);
  }
}

/** Answers of `$(shell,…)` calls: command to result. Serialisable with JSON. */
export type ShellRecord = Record<string, ShellResult>;

/** Runs commands with `run` and keeps each answer in `record`. The same command is run once. */
export function recordShell(run: ShellRunner, record: ShellRecord): ShellRunner {
  return (command) => (record[command] ??= run(command));
}

/** Answers from a record and never runs anything. An unrecorded command is an error. */
export function replayShell(record: Readonly<ShellRecord>): ShellRunner {
  return (command) => {
    const known = Object.hasOwn(record, command) ? record[command] : undefined;
    if (known === undefined)
      throw new Error(
        `shell command is not in the record: ${command}\nRecord again with recordShell() on a machine that has a shell.`,
      );
    return known;
  };
}

/** Refuses: for trees that are known to need no shell. */
export const noShell: ShellRunner = (command) => {
  throw new Error(
    `this Kconfig tree runs a shell command: ${command}\nGive parseKconfig() a shell runner, or a record of its answers.`,
  );
};
