/**
 * Stage 1: what the configuration really means. Reads a `.config` as the kernel's `conf` does, on the model tree's
 * Kconfig, and says what it asked for and did not get.
 */
import { Configuration, KconfigError, type KconfigTree, parseKconfig, type SymbolInfo } from "@shootdown/kconfig";
import { InputError } from "../errors.js";
import type { ModelTree } from "../model/model-tree.js";
import { nearest } from "../nearest.js";
import type { ConfigureStage } from "../result.js";

/** The version of Linux that the model tree follows. */
export const MODEL_VERSION = "6.12.0";

export interface Configured {
  readonly stage: ConfigureStage;
  /** Values as kernel TypeScript reads them. */
  readonly values: ReadonlyMap<string, boolean | number>;
  /** Values as Makefiles read them. */
  readonly texts: ReadonlyMap<string, string>;
  readonly symbols: ReadonlySet<string>;
  /** By symbol: `bool`, `int`, … */
  readonly types: ReadonlyMap<string, string>;
}

/** What a value of each type looks like, for `--set`. */
const SET_VALUES: ReadonlyMap<string, readonly [form: RegExp, example: string]> = new Map([
  ["bool", [/^[yn]$/, "y or n"]],
  ["tristate", [/^[ymn]$/, "y, m or n"]],
  ["int", [/^-?\d+$/, "a whole number"]],
  ["hex", [/^(0x)?[0-9a-f]+$/i, "a hexadecimal number"]],
]);

/** Symbols that somebody set by hand must exist, and their values be possible: a slip would change nothing, silently. */
export function checkSets({ types }: Configured, sets: ReadonlyMap<string, string>): void {
  for (const [symbol, value] of sets) {
    const place = `--set ${symbol}=${value}`;
    const type = types.get(symbol);
    if (type === undefined) {
      const near = nearest(symbol, [...types.keys()]);
      const guess = near.length > 0 ? `did you mean ${near.join(" or ")}? ` : "";
      const next = `${guess}the symbols that decide anything: stages.configure.symbols of doctor --json`;
      throw new InputError("S1304", place, "the model tree's Kconfig has no symbol of that name", next);
    }
    const form = SET_VALUES.get(type);
    if (form && !form[0].test(value)) {
      throw new InputError("S1002", place, `${symbol} is of type ${type}`, `give it ${form[1]}`);
    }
  }
}

/** What is wrong with a `.config` as a text, before Kconfig looks at it. */
export function checkConfigText(name: string, text: string): void {
  if (text.includes("\0")) {
    throw new InputError(
      "S1103",
      name,
      "the file has NUL bytes: it is no text",
      "give the .config that the kernel's configuration wrote",
    );
  }
  const lines = text.split(/\r?\n/);
  const isAssignment = (line: string) => /^CONFIG_\w+=/.test(line);
  const isUnset = (line: string) => /^# CONFIG_\w+ is not set$/.test(line);
  for (const [index, line] of lines.entries()) {
    const place = `${name}:${index + 1}`;
    const isLast = index === lines.length - 1;
    if (isLast && line !== "") {
      throw new InputError(
        "S1202",
        place,
        `the file ends in the middle of a line: ${line}`,
        "fetch the file again; if the line is complete, end it with a newline",
      );
    }
    if (isAssignment(line)) {
      const value = line.slice(line.indexOf("=") + 1);
      if (value === "" || (value.startsWith('"') && !/^"(?:[^"\\]|\\.)*"$/.test(value))) {
        throw new InputError(
          "S1201",
          place,
          `the value is incomplete: ${line}`,
          "correct the line, or remove it to get the default",
        );
      }
    } else if (/^CONFIG_/.test(line) || (/^#\s*CONFIG_\w+ is/.test(line) && !isUnset(line))) {
      throw new InputError(
        "S1201",
        place,
        `neither CONFIG_NAME=value nor # CONFIG_NAME is not set: ${line}`,
        "correct the line, or remove it to get the default",
      );
    } else if (line !== "" && !line.startsWith("#")) {
      throw new InputError(
        "S1201",
        place,
        `not a line of a configuration: ${line.slice(0, 80)}`,
        "remove the line, or give the .config that the kernel's configuration wrote",
      );
    }
  }
  if (!lines.some((line) => isAssignment(line) || isUnset(line))) {
    throw new InputError(
      "S1203",
      name,
      "no line sets or unsets a CONFIG_ symbol",
      "give the .config that the kernel's configuration wrote",
    );
  }
}

/** The first line of the header names the architecture: `# Linux/arm 6.1.192 Kernel Configuration`. */
function architectureOf(text: string): { arch: string; version: string } | undefined {
  const match = /^# Linux\/(\S+) (\S+)/m.exec(text);
  return match ? { arch: match[1]!, version: match[2]! } : undefined;
}

function parseModelKconfig(tree: ModelTree): KconfigTree {
  try {
    return parseKconfig({
      files: tree.kernel,
      root: "Kconfig",
      env: { SRCARCH: "arm", ARCH: "arm", KERNELVERSION: MODEL_VERSION, srctree: "." },
    });
  } catch (error) {
    if (!(error instanceof KconfigError)) throw error;
    throw new InputError(
      "S1204",
      "Kconfig",
      error.message,
      "correct the model tree's Kconfig, or the patch that changes it",
      error.diagnostics.flatMap(({ file, line, text }) =>
        file !== undefined && line !== undefined ? [{ file, line, message: text }] : [],
      ),
    );
  }
}

/** ARM's menu of what a machine has: MMU, processors, platforms. */
const MACHINE_MENU = "System Type";

/** The bools that can be chosen, and those among them that choose the machine. */
export function promptsOf(symbols: readonly SymbolInfo[]): Pick<ConfigureStage, "prompts" | "machine"> {
  const chosen = symbols.filter(({ type, prompt }) => type === "bool" && prompt);
  const isMachine = ({ menus }: SymbolInfo) => menus.includes(MACHINE_MENU);
  return { prompts: chosen.map(({ name }) => name), machine: chosen.filter(isMachine).map(({ name }) => name) };
}

export function configure(tree: ModelTree, name: string, text: string): Configured {
  checkConfigText(name, text);
  const header = architectureOf(text);
  if (header && header.arch !== "arm") {
    throw new InputError(
      "S1203",
      name,
      `the configuration is for ${header.arch}, and the model tree is ARM's`,
      "give the .config of an ARM kernel; for another, --tree and --arch give at least stage 1 and its objects",
    );
  }
  const kconfig = parseModelKconfig(tree);
  const configuration = new Configuration(kconfig).load(text, name);
  const values = new Map<string, boolean | number>();
  const texts = new Map<string, string>();
  const types = new Map<string, string>();
  const listed: Record<string, string> = {};
  for (const symbol of configuration.symbols()) {
    texts.set(symbol.name, symbol.value);
    types.set(symbol.name, symbol.type);
    listed[symbol.name] = symbol.value;
    if (symbol.type === "int" || symbol.type === "hex") values.set(symbol.name, Number(symbol.value || 0));
    else values.set(symbol.name, symbol.value === "y" || symbol.value === "m");
  }
  const notes = configuration.requests.flatMap((request) => {
    const got = texts.get(request.name);
    const asked = request.value.replace(/^"(.*)"$/, "$1");
    if (got === undefined || got === asked || (asked === "n" && got === "")) return [];
    return [{ symbol: request.name, line: request.line, asked, got: got === "" ? "n" : got }];
  });
  return {
    stage: {
      verdict: notes.length === 0 ? "as-asked" : "adjusted",
      kernel: header ? `${header.arch} ${header.version}` : undefined,
      symbols: listed,
      ...promptsOf(configuration.symbols()),
      notes,
      warnings: configuration.warnings.map((warning) => warning.text),
    },
    values,
    texts,
    symbols: new Set(texts.keys()),
    types,
  };
}
