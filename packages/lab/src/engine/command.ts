/**
 * What is examined, as the words of a command line: for whoever goes on at a terminal.
 */
import type { AddressSubject } from "@shootdown/doctor/face";

/** The words behind `doctor` or behind the schedule of `replay`. Patches of the user's own are named by their file. */
export function commandWords({ config, cpu, set, at, patches, sizes, scenario }: AddressSubject): readonly string[] {
  return [
    config.text === undefined ? `examples/${config.name}` : config.name,
    "--cpu",
    cpu,
    ...Object.entries(set).flatMap(([symbol, value]) => ["--set", `${symbol}=${value}`]),
    ...(at === undefined ? [] : ["--at", at]),
    ...patches.flatMap(({ name }) => ["--patch", name]),
    ...(scenario === DEFAULT_SCENARIO ? [] : ["--scenario", scenario]),
    ...Object.entries(sizes).flatMap(([name, value]) => ["--size", `${name}=${value}`]),
  ];
}

/** The scenario of commands that name none. */
const DEFAULT_SCENARIO = "kmap-dma";

/** As a shell takes it. */
export function shellWords(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}
