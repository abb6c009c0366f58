/**
 * What packages/kbuild says is built, against what make did: object by object, flag by flag.
 *
 * The files are those that build-objects.sh wrote. Nothing here prints; run.ts does.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, normalize } from "node:path";
import { type FileTree, type KbuildResult, type ObjectKind, parseKbuild, readConfigText } from "@shootdown/kbuild";

export interface Build {
  /** The tree that make built in. */
  readonly tree: string;
  /** Where build-objects.sh wrote. */
  readonly out: string;
  readonly arch: string;
  readonly cross: string;
}

/** Two sets that should be one. */
export interface SetComparison {
  readonly what: string;
  readonly real: number;
  readonly ours: number;
  readonly missing: readonly string[];
  readonly extra: readonly string[];
}

export interface FlagComparison {
  readonly target: string;
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  /** The same words in the same order. */
  readonly isSame: boolean;
}

/** Our answer for the configuration that make had. `withShell`: `$(shell …)` runs; else calls are empty. */
export function ourBuild({ tree, out, arch, cross }: Build, withShell: boolean): KbuildResult {
  const shell = (command: string): string => {
    try {
      return execFileSync("/bin/sh", ["-c", command], {
        cwd: tree,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
    } catch (error) {
      return String((error as { stdout?: string }).stdout ?? "");
    }
  };
  return parseKbuild({
    files: directory(tree),
    config: readConfigText(readFileSync(join(out, "config"), "utf8")),
    arch,
    variables: { CROSS_COMPILE: cross },
    ...(withShell ? { shell } : {}),
  });
}

function directory(tree: string): FileTree {
  const texts = new Map<string, string | undefined>();
  const stat = (path: string) => statSync(join(tree, path), { throwIfNoEntry: false });
  return {
    read(path) {
      if (!texts.has(path)) texts.set(path, stat(path)?.isFile() ? readFileSync(join(tree, path), "utf8") : undefined);
      return texts.get(path);
    },
    exists: (path) => stat(path) !== undefined,
    list: (path) => (stat(path)?.isDirectory() ? readdirSync(join(tree, path)) : undefined),
  };
}

function lines(out: string, name: string): string[] {
  const file = join(out, name);
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
}

/** Members of vmlinux.a, of the libraries, of each module. */
export function compareObjects({ out }: Build, built: KbuildResult): SetComparison[] {
  const ofKind = (kind: ObjectKind) => built.objects.filter((object) => object.kind === kind);
  const realMembers = (name: string) => lines(out, name).map((path) => normalize(path));
  const realModules = lines(out, "mod.txt").map((line) => line.split("\t").map(normalize).join("\t"));
  const modules = ofKind("module").map(({ partOf, path }) => `${partOf.replace(/\.ko$/, ".mod")}\t${path}`);
  const paths = (kind: ObjectKind) => ofKind(kind).map(({ path }) => path);
  return [
    compareSets("vmlinux.a", realMembers("vmlinux.a.txt"), paths("vmlinux")),
    compareSets("lib.a", realMembers("lib.a.txt"), paths("library")),
    compareSets("modules", realModules, modules),
  ];
}

function compareSets(what: string, realList: readonly string[], oursList: readonly string[]): SetComparison {
  const [real, ours] = [new Set(realList), new Set(oursList)];
  const missing = [...real].filter((one) => !ours.has(one));
  const extra = [...ours].filter((one) => !real.has(one));
  return { what, real: real.size, ours: ours.size, missing, extra };
}

/** The words that make handed to the compiler, without tools, output names and what only depends on where make ran. */
export function compareFlags({ out }: Build, built: KbuildResult): FlagComparison[] {
  return lines(out, "cmd.txt").flatMap((line) => {
    const [target, command] = line.split("\t") as [string, string];
    const object = built.object(target);
    if (object === undefined || !/-Wp,-MMD/.test(command)) return [];
    const end = command.indexOf(` -c -o ${target}`);
    const real = words(command.slice(0, end < 0 ? undefined : end).replaceAll("$(pound)", "#"))
      .slice(1)
      .filter((word) => !word.startsWith("-Wp,-M"));
    const ours = words(object.flags.join(" "));
    const missing = real.filter((word) => !ours.includes(word));
    const extra = ours.filter((word) => !real.includes(word));
    return [{ target, missing, extra, isSame: real.join(" ") === ours.join(" ") }];
  });
}

function words(command: string): string[] {
  return command.replaceAll(/['"]/g, "").split(/\s+/).filter(Boolean);
}

/** Objects without a chain of conditions that holds and leads to the root. */
export function withoutReason(built: KbuildResult): string[] {
  return built.objects.filter(({ path }) => built.why(path).chains.length === 0).map(({ path }) => path);
}
