/**
 * Which kernel's Kconfig rules a tree follows.
 *
 * The rules changed with the tool, and the tool comes with the tree: a tree is read by the `conf` in its own scripts/kconfig. So
 * the sources of that `conf` decide, if they are there; else the version number; else the newer rules.
 */
import type { Environment, FileTree } from "./environment.js";
import type { Dialect } from "./model.js";

/** The declarations of the tree's own conf. */
const CONF_HEADER = "scripts/kconfig/expr.h";
/** Present in the header since choices keep a list of their members, in the order in which the user touched them. */
const MARK_OF_612 = "choice_members";

export function detectDialect(files: FileTree, environment: Environment): Dialect {
  const header = files.readFile(CONF_HEADER);
  if (header !== undefined) return header.includes(MARK_OF_612) ? "6.12" : "6.1";
  const version = /^(\d+)\.(\d+)/.exec(environment.KERNELVERSION ?? "");
  if (version === null) return "6.12";
  const [major, minor] = [Number(version[1]), Number(version[2])];
  // The rewrite of choices went into 6.11.
  return major > 6 || (major === 6 && minor >= 11) ? "6.12" : "6.1";
}
