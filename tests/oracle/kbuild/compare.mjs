// Compares packages/kbuild with what make did (build-objects.sh). See README. Exit status 1 when the object sets differ.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, normalize } from "node:path";
import { parseKbuild, readConfigText } from "@shootdown/kbuild";

const [tree, out, arch, cross, ...options] = process.argv.slice(2);
const lines = (name) => (existsSync(join(out, name)) ? readFileSync(join(out, name), "utf8").split("\n").filter((l) => l !== "") : []);

const kept = new Map();
const files = {
  read: (path) => {
    if (!kept.has(path)) {
      const full = join(tree, path);
      kept.set(path, existsSync(full) && statSync(full).isFile() ? readFileSync(full, "utf8") : undefined);
    }
    return kept.get(path);
  },
  exists: (path) => existsSync(join(tree, path)),
  list: (path) => {
    const full = join(tree, path);
    return existsSync(full) && statSync(full).isDirectory() ? readdirSync(full) : undefined;
  },
};
let shellCalls = 0;
const shell = (command) => {
  shellCalls++;
  try {
    return execFileSync("/bin/sh", ["-c", command], { cwd: tree, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch (error) {
    return String(error.stdout ?? "");
  }
};

const start = process.cpuUsage();
const began = performance.now();
const built = parseKbuild({
  files,
  config: readConfigText(readFileSync(join(out, "config"), "utf8")),
  arch,
  variables: { CROSS_COMPILE: cross },
  ...(options.includes("--no-shell") ? {} : { shell }),
});
const wall = Math.round(performance.now() - began);
const cpu = Math.round(process.cpuUsage(start).user / 1000);

const SHOWN = 20;
let differ = 0;
function compare(title, real, ours) {
  const missing = [...real].filter((path) => !ours.has(path));
  const extra = [...ours].filter((path) => !real.has(path));
  console.log(`${title}: real ${real.size}, ours ${ours.size}, missing ${missing.length}, extra ${extra.length}`);
  for (const path of missing.slice(0, SHOWN)) console.log(`  missing ${path}`);
  for (const path of extra.slice(0, SHOWN)) console.log(`  extra   ${path}   ${built.object(path)?.at.file}:${built.object(path)?.at.line}`);
  differ += missing.length + extra.length;
}
const kinds = (...wanted) => new Set(built.objects.filter((o) => wanted.includes(o.kind)).map((o) => o.path));
compare("vmlinux.a", new Set(lines("vmlinux.a.txt").map((path) => normalize(path))), kinds("vmlinux"));
compare("lib.a", new Set(lines("lib.a.txt").map((path) => normalize(path))), kinds("library"));
const modules = built.objects.filter((o) => o.kind === "module").map((o) => `${o.partOf.replace(/\.ko$/, ".mod")}\t${o.path}`);
const realModules = lines("mod.txt").map((line) => line.split("\t").map((path) => normalize(path)).join("\t"));
compare("modules", new Set(realModules), new Set(modules));
console.log(`${built.directories.length} directories, ${wall} ms wall, ${cpu} ms CPU here, ${shellCalls} shell calls`);
const worth = built.diagnostics.filter((d) => d.severity !== "note");
console.log(`diagnostics: ${worth.length}, notes: ${built.diagnostics.length - worth.length}`);
for (const d of worth) console.log(`  ${d.severity} ${d.at.file}:${d.at.line}: ${d.message}`);

if (options.includes("--flags")) compareFlags();
if (options.includes("--why")) compareWhy();
process.exitCode = differ > 0 ? 1 : 0;

/** The words that make handed to the compiler, without tools, output names and what only depends on where make ran. */
function compareFlags() {
  let same = 0;
  let shown = 0;
  let asked = 0;
  for (const line of lines("cmd.txt")) {
    const [target, command] = line.split("\t");
    const object = built.object(target);
    if (object === undefined || !/-Wp,-MMD/.test(command)) continue;
    asked++;
    const end = command.indexOf(` -c -o ${target}`);
    const words = command
      .slice(0, end < 0 ? undefined : end)
      .replaceAll("$(pound)", "#")
      .replaceAll("'", "")
      .replaceAll('"', "")
      .split(/\s+/)
      .slice(1)
      .filter((word) => word !== "" && !word.startsWith("-Wp,-M"));
    const ours = object.flags.join(" ").replaceAll('"', "").split(/\s+/).filter((word) => word !== "");
    if (words.join(" ") === ours.join(" ")) same++;
    else if (shown++ < 10) {
      const missing = words.filter((word) => !ours.includes(word));
      const extra = ours.filter((word) => !words.includes(word));
      console.log(`  flags differ: ${target}  missing: ${missing.join(" ")}  extra: ${extra.join(" ")}`);
    }
  }
  console.log(`flags: ${same} of ${asked} objects have the same compiler arguments, in order`);
}

/** Every built object must have a chain that holds, ending at the root. */
function compareWhy() {
  const without = built.objects.filter((o) => built.why(o.path).chains.length === 0);
  console.log(`why: ${built.objects.length - without.length} of ${built.objects.length} objects have a chain that holds`);
  for (const o of without.slice(0, 20)) console.log(`  no chain: ${o.path}`);
}
