/** Programs of the machine that some tests compare with. Without them those tests are skipped, which `.ci/run` refuses. */
import { spawnSync } from "node:child_process";

/** Whether `name --version` runs. `.ci/packages` lists what to install. */
export function hasTool(name: string): boolean {
  return spawnSync(name, ["--version"], { stdio: "ignore" }).error === undefined;
}
