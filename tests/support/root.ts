/** The repository's own folder, also from where a tool's compiled form lies (`dist/`). */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

function above(folder: string): string {
  return existsSync(join(folder, "package-lock.json")) ? folder : above(dirname(folder));
}

export const ROOT = above(import.meta.dirname);
/** What tools make and use again. Not in the repository. */
export const CACHE = join(ROOT, ".cache");
