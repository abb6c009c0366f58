/**
 * What a Makefile can ask of the world: files, a shell, and a place for remarks. Called by functions.ts.
 * There is no shell inside: the caller injects one or lives with the documented answers of a missing one.
 */
import { type FileTree, normalizePath, pathExists } from "./file-tree.js";
import type { Diagnostic, Place } from "./syntax.js";
import { globComponent } from "./words.js";

/** Runs one shell command in the root of the tree and returns its standard output. */
export type ShellRunner = (command: string) => string;

/** Directory that `$(CURDIR)`, `$(realpath)` and `$(abspath)` show as the root of the tree. Never opened. */
export const VIRTUAL_ROOT = "/tree";

export class Host {
  readonly diagnostics: Diagnostic[] = [];
  private readonly answers = new Map<string, string>();

  constructor(
    readonly files: FileTree,
    private readonly runner: ShellRunner | undefined,
    /** Paths that count as there and empty, whatever the tree holds: the generated files that carry the configuration. */
    private readonly virtualFiles: ReadonlySet<string>,
  ) {}

  get hasShell(): boolean {
    return this.runner !== undefined;
  }

  remark(severity: Diagnostic["severity"], at: Place, message: string, next: string): void {
    const same = (d: Diagnostic): boolean => d.message === message && d.at.file === at.file && d.at.line === at.line;
    if (!this.diagnostics.some(same)) this.diagnostics.push({ severity, at, message, next });
  }

  /** Variables that exist without being set: `$(call)` leaves unset arguments empty, make knows its version. */
  implicitValue(name: string): string {
    switch (name) {
      case "MAKE_VERSION":
        return "4.4.1";
      case ".FEATURES":
        return "else-if target-specific order-only second-expansion output-sync notintermediate";
      case "MAKE":
        return "make";
      case "CURDIR":
        return VIRTUAL_ROOT;
      default:
        return "";
    }
  }

  /** Path inside the tree for what a Makefile wrote. */
  treePath(path: string): string {
    if (path === VIRTUAL_ROOT) return "";
    return normalizePath(path.startsWith(`${VIRTUAL_ROOT}/`) ? path.slice(VIRTUAL_ROOT.length + 1) : path);
  }

  readFile(path: string): string | undefined {
    const inside = this.treePath(path);
    if (this.virtualFiles.has(inside)) return "";
    return path.startsWith("/") && !path.startsWith(`${VIRTUAL_ROOT}/`) ? undefined : this.files.read(inside);
  }

  /** `$(wildcard)` of one pattern: names that exist, spelled as the pattern spells its directory. */
  wildcard(pattern: string): string[] {
    const outside = pattern.startsWith("/") && pattern !== VIRTUAL_ROOT && !pattern.startsWith(`${VIRTUAL_ROOT}/`);
    if (outside) return [];
    if (!/[*?[]/.test(pattern)) return pathExists(this.files, this.treePath(pattern)) ? [pattern] : [];
    let found: string[] = [pattern.startsWith("/") ? "/" : ""];
    const parts = pattern.split("/").filter((part, index) => part !== "" || index > 0);
    parts.forEach((part, index) => {
      const glob = globComponent(part);
      const last = index === parts.length - 1;
      found = found.flatMap((prefix) => this.matches(prefix, part, glob).map((name) => (last ? name : `${name}/`)));
    });
    return found.filter((name) => pathExists(this.files, this.treePath(name)));
  }

  private matches(prefix: string, part: string, glob: RegExp | undefined): string[] {
    if (glob === undefined) return [prefix + part];
    const names = this.files.list?.(this.treePath(prefix)) ?? [];
    return [...names]
      .filter((name) => glob.test(name) && (part.startsWith(".") || !name.startsWith(".")))
      .sort()
      .map((name) => prefix + name);
  }

  /** The answer `shell` gave to this command, for a look that must not run anything. */
  knownAnswer(command: string): string {
    return arithmeticTest(command) ?? this.answers.get(command) ?? "";
  }

  /** `$(shell)`. Arithmetic tests are answered here; anything else needs the injected runner, and is remembered. */
  shell(command: string, at: Place): string {
    const arithmetic = arithmeticTest(command);
    if (arithmetic !== undefined) return arithmetic;
    if (this.runner === undefined) {
      const brief = command.trim().replace(/\s+/g, " ").slice(0, 100);
      this.remark(
        "note",
        at,
        `$(shell ${brief}) was not run`,
        "pass a `shell` to have it run; it counts as empty here",
      );
      return "";
    }
    const known = this.answers.get(command);
    if (known !== undefined) return known;
    const answer = withoutFinalNewlines(this.runner(command)).replaceAll("\n", " ");
    this.answers.set(command, answer);
    return answer;
  }
}

function withoutFinalNewlines(output: string): string {
  const text = output.replaceAll("\r\n", "\n");
  let end = text.length;
  while (text[end - 1] === "\n") end--;
  return text.slice(0, end);
}

/** `test 120200 -ge 70100 && echo y`, which version checks in Kbuild files use: answered without a shell. */
function arithmeticTest(command: string): string | undefined {
  const match = /^\s*(?:test|\[)\s+(\d+)\s+-(eq|ne|lt|le|gt|ge)\s+(\d+)\s*\]?\s*&&\s*echo\s+(\S+)\s*$/.exec(command);
  if (match === null) return undefined;
  const left = BigInt(match[1]!);
  const right = BigInt(match[3]!);
  const holds = {
    eq: left === right,
    ne: left !== right,
    lt: left < right,
    le: left <= right,
    gt: left > right,
    ge: left >= right,
  }[match[2] as "eq" | "ne" | "lt" | "le" | "gt" | "ge"];
  return holds ? match[4]! : "";
}
