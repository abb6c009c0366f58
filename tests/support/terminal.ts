/**
 * A program on a pseudo-terminal, with somebody who answers its questions. For tests of dialogues; needs util-linux's `script`.
 *
 * An answer is typed when the program has stopped in the middle of a line: then it has asked something.
 */
import { spawn, spawnSync } from "node:child_process";

/** What a person types to end the input, and to stop the program. */
export const CTRL_D = "\u0004";
export const CTRL_C = "\u0003";

/** So long a program that is going to say more stays silent at most, in milliseconds. */
const QUIET_MS = 250;
/** A program that asks for ever is stopped after so many milliseconds. */
const PATIENCE_MS = 60_000;

export interface Session {
  /** Everything on the screen, line ends as `\n`: what was printed, and what was typed as the terminal echoes it. */
  readonly screen: string;
  /** As a shell tells it: 128 + the signal if one ended it. */
  readonly status: number | null;
}

export function hasTerminal(): boolean {
  return spawnSync("script", ["-qec", "true", "/dev/null"]).status === 0;
}

/** Runs a command line in `folder`, types one answer for each question, and ends the input at the first question left. */
export function onTerminal(command: string, folder: string, answers: readonly string[]): Promise<Session> {
  return new Promise((resolve, reject) => {
    const run = spawn("script", ["-qec", command, "/dev/null"], { cwd: folder, timeout: PATIENCE_MS });
    const left = [...answers];
    let screen = "";
    let timer: NodeJS.Timeout | undefined;
    const answer = () => {
      if (!screen.endsWith("\n")) run.stdin.write(left.shift() ?? CTRL_D);
    };
    const heard = (chunk: string) => {
      screen += chunk;
      clearTimeout(timer);
      timer = setTimeout(answer, QUIET_MS);
    };
    run.stdout.setEncoding("utf8").on("data", heard);
    run.stdin.on("error", () => {}); // it has ended in the meantime
    run.on("error", reject);
    run.on("close", (status) => {
      clearTimeout(timer);
      resolve({ screen: screen.replaceAll("\r\n", "\n"), status });
    });
  });
}
