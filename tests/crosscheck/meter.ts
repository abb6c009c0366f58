/**
 * Measures programs: CPU time (user and system) and peak resident memory of a process and its children, as the kernel
 * accounts them (`wait4`). Node does not offer that for a child, so a dozen lines of C do; gcc is there wherever Spin
 * is of use.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SOURCE = `
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
  struct rusage usage;
  int status = 0;
  pid_t child = fork();
  if (child == 0) { execvp(argv[2], argv + 2); perror(argv[2]); _exit(127); }
  if (child < 0 || argc < 3 || wait4(child, &status, 0, &usage) < 0) return 126;
  FILE *out = fopen(argv[1], "w");
  if (!out) return 126;
  fprintf(out, "%.6f %ld\\n",
    (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
    usage.ru_maxrss);
  fclose(out);
  if (WIFSIGNALED(status)) fprintf(stderr, "%s: killed by signal %d\\n", argv[2], WTERMSIG(status));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
`;

export interface Measured {
  /** Standard output and error. */
  readonly output: string;
  readonly status: number;
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
}

export class Meter {
  private readonly program: string;

  /** Keeps its files in `folder`, where programs are run too. */
  constructor(private readonly folder: string) {
    this.program = join(folder, "meter");
    writeFileSync(`${this.program}.c`, SOURCE);
    const gcc = spawnSync("gcc", ["-o", this.program, `${this.program}.c`], { encoding: "utf8" });
    if (gcc.status !== 0) throw new Error(`gcc failed: ${gcc.error?.message ?? gcc.stderr}`);
  }

  /** `env`: the whole environment; by default this process's own. */
  run(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>> = process.env,
  ): Measured {
    const usage = join(this.folder, "usage");
    const child = spawnSync(this.program, [usage, command, ...args], {
      cwd: this.folder,
      env,
      encoding: "utf8",
      maxBuffer: 64 << 20,
    });
    if (child.error) throw child.error;
    const [cpuSeconds, kilobytes] = readFileSync(usage, "utf8").split(" ").map(Number);
    return {
      output: `${child.stdout}${child.stderr}`,
      status: child.status ?? 1,
      cpuSeconds: cpuSeconds!,
      peakMegabytes: kilobytes! / 1024,
    };
  }
}
