/**
 * Holds packages/kbuild against the kernel's own make: the same objects in vmlinux, its libraries and modules.
 *
 *     npm run oracle:kbuild -- --tree DIR --config FILE --arch arm [--cross PREFIX] [--flags] [--why] [--no-shell] [--again]
 *
 * Runs build-objects.sh, which lets make build the FILE's configuration in DIR (a tree that may be written into: a copy is wise) with
 * a compiler that compiles nothing, in about half a minute, and compares. `--flags` compares the compiler's arguments too, `--why`
 * asks for each object why it is built; `--no-shell` leaves `$(shell …)` empty on our side; `--again` takes what make did last time.
 *
 * Exit status: 0 the sets are equal, 1 they differ, 2 usage.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { KbuildResult } from "@shootdown/kbuild";
import { usualCross } from "@shootdown/kconfig/node";
import { CACHE, ROOT } from "../../support/root.js";
import { type Build, compareFlags, compareObjects, ourBuild, withoutReason } from "./compare.js";

const SHOWN = 20;
const { values } = parseArgs({
  options: {
    tree: { type: "string" },
    config: { type: "string" },
    arch: { type: "string", default: "arm" },
    cross: { type: "string" },
    flags: { type: "boolean", default: false },
    why: { type: "boolean", default: false },
    "no-shell": { type: "boolean", default: false },
    again: { type: "boolean", default: false },
  },
});
process.exitCode = main();

function main(): number {
  const { tree, config, arch } = values;
  if (tree === undefined || config === undefined || !existsSync(join(tree, "Kbuild")) || !existsSync(config)) {
    console.error("usage: npm run oracle:kbuild -- --tree DIR --config FILE --arch ARCH [--cross PREFIX]");
    return 2;
  }
  const build = realBuild(resolve(tree), resolve(config), arch, values.cross ?? usualCross(arch));
  const before = process.cpuUsage();
  const built = ourBuild(build, !values["no-shell"]);
  const { user, system } = process.cpuUsage(before);
  const sets = compareObjects(build, built);
  for (const { what, real, ours, missing, extra } of sets) {
    console.log(`${what}: real ${real}, ours ${ours}, missing ${missing.length}, extra ${extra.length}`);
    for (const path of missing.slice(0, SHOWN)) console.log(`  missing ${path}`);
    for (const path of extra.slice(0, SHOWN)) console.log(`  extra   ${path}   ${placeOf(built, path)}`);
  }
  const seconds = ((user + system) / 1e6).toFixed(1);
  console.log(`${built.directories.length} directories, ${seconds} s CPU here without the shell's`);
  for (const { severity, at, message } of built.diagnostics)
    if (severity !== "note") console.log(`  ${severity} ${at.file}:${at.line}: ${message}`);
  if (values.flags) printFlags(build, built);
  if (values.why) {
    const without = withoutReason(built);
    console.log(
      `why: ${built.objects.length - without.length} of ${built.objects.length} objects have a chain that holds`,
    );
    for (const path of without.slice(0, SHOWN)) console.log(`  no chain: ${path}`);
  }
  const isEqual = sets.every(({ missing, extra }) => missing.length + extra.length === 0);
  return isEqual && sets[0]!.real > 0 ? 0 : 1;
}

/** What make did for this tree and configuration; with `--again`, the last time. */
function realBuild(tree: string, config: string, arch: string, cross: string): Build {
  const key = createHash("sha256").update(`${tree}\0${arch}\0`).update(readFileSync(config)).digest("hex").slice(0, 12);
  const out = join(CACHE, "kbuild-oracle", `${basename(tree)}-${arch}-${key}`);
  if (!values.again || !existsSync(join(out, "vmlinux.a.txt"))) {
    mkdirSync(out, { recursive: true });
    const script = join(ROOT, "tests/oracle/kbuild/build-objects.sh");
    execFileSync(script, [tree, config, arch, cross, out], { stdio: ["ignore", "ignore", "inherit"] });
  }
  return { tree, out, arch, cross };
}

function placeOf(built: KbuildResult, path: string): string {
  const object = built.object(path.split("\t").at(-1)!);
  return object === undefined ? "" : `${object.at.file}:${object.at.line}`;
}

function printFlags(build: Build, built: KbuildResult): void {
  const all = compareFlags(build, built);
  const different = all.filter(({ isSame }) => !isSame);
  for (const { target, missing, extra } of different.slice(0, SHOWN))
    console.log(`  flags differ: ${target}  missing: ${missing.join(" ")}  extra: ${extra.join(" ")}`);
  console.log(`flags: ${all.length - different.length} of ${all.length} objects have the same arguments, in order`);
}
