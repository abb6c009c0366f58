/**
 * Symbol values as Makefiles see them. Called by tree.ts. It does not read Kconfig: values come from the caller.
 */
import type { ConfigLookup } from "./scope.js";

/** Values by symbol name, with or without `CONFIG_`; strings without their quotes. `n` and absence mean the same. */
export type ConfigValues = ReadonlyMap<string, string> | ConfigLookup;

export function configLookup(config: ConfigValues): ConfigLookup {
  if (typeof config === "function") return config;
  return (name) => config.get(name) ?? config.get(`CONFIG_${name}`);
}

/** Reads the text of a `.config` into values, for callers that have no Kconfig engine at hand. */
export function readConfigText(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^CONFIG_(\w+)=(.*)$/.exec(line);
    if (match === null) continue;
    const raw = match[2]!;
    const quoted = /^"(.*)"$/.exec(raw);
    values.set(match[1]!, quoted === null ? raw : quoted[1]!.replace(/\\(.)/g, "$1"));
  }
  return values;
}
