/**
 * `shootdown config …`: questions about a `.config` on a real Linux tree. What `conf` does, byte for byte, and what it
 * does not: why a symbol has its value, how to get one, what a file asked for in vain, what differs by meaning.
 */
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { InputError } from "@shootdown/doctor/errors";
import {
  type AllMode,
  allconfig,
  Configuration,
  type ConfResult,
  decodeBytes,
  defconfig,
  diff,
  encodeBytes,
  formatReason,
  formatWhy,
  lost,
  olddefconfig,
  type RewriteMode,
  rewriteconfig,
  savedefconfig,
  why,
} from "@shootdown/doctor/linux";
import type { want } from "@shootdown/doctor/want";
import type { Command } from "commander";
import { dialogueCommands } from "./config-dialogue.js";
import { eachLost, lostByCause, lostJson } from "./config-lost.js";
import {
  decisionsFirst,
  kbuildOf,
  type LinuxTree,
  type LinuxTreeOptions,
  linuxTreeOptions,
  openLinuxTree,
} from "./linux-tree.js";
import { readBytes, writeBytes } from "./read-text.js";

interface InputOptions extends LinuxTreeOptions {
  readonly input?: string;
}

interface FileOptions extends InputOptions {
  readonly output?: string;
}

const INPUT = "-i, --input <file>";
const OUTPUT = "-o, --output <file>";

export function configCommands(program: Command): void {
  const config = program.command("config").description("questions about a .config on a real Linux tree");
  fileCommand(config, "olddefconfig", "complete a .config as conf --olddefconfig does", (tree, text, fileName) =>
    olddefconfig(tree.kconfig, text, { fileName }),
  );
  fileCommand(config, "savedefconfig", "the minimal file for a .config", (tree, text, fileName) =>
    savedefconfig(tree.kconfig, text, { fileName }),
  );
  fileCommand(config, "defconfig", "a .config from a defconfig file", (tree, text, fileName) =>
    defconfig(tree.kconfig, text, { fileName }),
  );
  for (const mode of ["yes2modconfig", "mod2yesconfig", "mod2noconfig"] satisfies RewriteMode[]) {
    const [from, to] = mode.replace("config", "").split("2");
    fileCommand(
      config,
      mode,
      `every ${from} of a tristate to ${to} where it can, as conf --${mode}`,
      (tree, text, fileName) => rewriteconfig(tree.kconfig, text, mode, { fileName }),
    );
  }
  dialogueCommands(config);
  for (const mode of ["allnoconfig", "allyesconfig", "allmodconfig", "alldefconfig"] satisfies AllMode[]) {
    linuxTreeOptions(config.command(mode).description(`as conf --${mode}; -i is KCONFIG_ALLCONFIG`))
      .option(INPUT, "answers that come first")
      .option(OUTPUT, "where to write; default: standard output")
      .action((options: FileOptions) => {
        const tree = openLinuxTree(options);
        const seed =
          options.input === undefined ? undefined : { text: readConfig(options.input), fileName: options.input };
        write(allconfig(tree.kconfig, mode, seed), options.output);
      });
  }

  linuxTreeOptions(config.command("why").description("why a symbol has its value, or an object is built or not"))
    .argument("<symbol|object>", "HIGHMEM, or mm/percpu-vm.o")
    .option(INPUT, "the .config; default: the defaults")
    .action((name: string, options: InputOptions) => {
      const tree = openLinuxTree(options);
      const configuration = load(tree, options.input);
      const text =
        name.includes("/") || name.endsWith(".o")
          ? whyObject(tree, options.arch, configuration, name)
          : formatReason(why(configuration, bare(name)));
      process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
    });

  linuxTreeOptions(config.command("want").description("what to change so that symbols get values, or why they cannot"))
    .argument("<SYMBOL=value...>", "for example SMP=y MMU=n")
    .option(INPUT, "the .config to start from; default: the defaults")
    .action(async (words: readonly string[], options: InputOptions) => {
      // Loaded here: it brings a solver along, which the other commands should not wait for.
      const { parseWish, want } = await import("@shootdown/doctor/want");
      const wishes = words.map((word) => {
        const wish = parseWish(word);
        if (!wish) throw new InputError("S1001", word, "this is not SYMBOL=value", "for example SMP=y");
        return wish;
      });
      const tree = openLinuxTree(options);
      const base = options.input === undefined ? undefined : readConfig(options.input);
      tellWant(want(tree.kconfig, wishes, base), wishes);
    });

  linuxTreeOptions(config.command("lost").description("what a .config asks for and Kconfig does not give, by cause"))
    .requiredOption(INPUT, "the .config")
    .option("--each", "tell of each line everything it lacks")
    .option("--json", "print one JSON document")
    .action((options: InputOptions & { readonly each?: boolean; readonly json?: boolean }) => {
      const tree = openLinuxTree(options);
      const all = decisionsFirst(tree, lost(load(tree, options.input)));
      process.stdout.write(options.json ? lostJson(all) : options.each ? eachLost(all) : lostByCause(all));
      if (all.length > 0) process.exitCode = 1;
    });

  linuxTreeOptions(
    config.command("diff").description("what differs between two configurations: decisions first, then what follows"),
  )
    .argument("<before>", "a .config")
    .argument("<after>", "a .config")
    .action((before: string, after: string, options: LinuxTreeOptions) => {
      const tree = openLinuxTree(options);
      const all = diff(load(tree, before), load(tree, after));
      for (const { name, before: from, after: to, kind, file, line } of all) {
        const place = file === undefined ? "" : `  ${file}:${line}`;
        process.stdout.write(
          `${kind.padEnd(11)} ${name}: ${from ?? "(no such symbol)"} -> ${to ?? "(no such symbol)"}${place}\n`,
        );
      }
      if (all.length > 0) process.exitCode = 1;
    });
}

/** A command that makes a file of a file, or of each file of a batch. */
function fileCommand(
  config: Command,
  name: string,
  about: string,
  make: (tree: LinuxTree, text: string, fileName: string) => ConfResult,
): void {
  linuxTreeOptions(config.command(name).description(about))
    .argument("[files...]", "a batch: each is done, the tree is read once; results go to FILE.out or into -o FOLDER")
    .option(INPUT, "the file to read")
    .option(OUTPUT, "where to write; default: standard output")
    .action((files: readonly string[], options: FileOptions) => {
      if (files.length === 0 && options.input === undefined) {
        throw new InputError(
          "S1001",
          `config ${name}`,
          "no file is named",
          "give one with -i, or several as arguments",
        );
      }
      const tree = openLinuxTree(options);
      if (options.input !== undefined) {
        write(make(tree, readConfig(options.input), options.input), options.output);
      }
      const folder = options.input === undefined ? options.output : undefined;
      for (const file of files.flatMap(expand)) {
        const target = folder === undefined ? `${file}.out` : join(folder, basename(file));
        write(make(tree, readConfig(file), file), target);
      }
    });
}

/** A pattern that the shell left as it is (`DIR/*.config` on a system without globbing, or quoted). */
function expand(pattern: string): readonly string[] {
  const name = basename(pattern);
  if (!name.includes("*")) return [pattern];
  const folder = dirname(pattern);
  const matches = new RegExp(`^${name.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`);
  const found = readdirSync(folder)
    .filter((entry) => matches.test(entry) && statSync(join(folder, entry)).isFile())
    .sort();
  if (found.length === 0) throw new InputError("S1101", pattern, "no file matches", "check the pattern");
  return found.map((entry) => join(folder, entry));
}

function write(result: ConfResult, output: string | undefined): void {
  process.stderr.write(encodeBytes(result.stderr));
  if (result.exitStatus !== 0) {
    process.exitCode = 1;
    return;
  }
  const bytes = encodeBytes(result.text);
  if (output === undefined) process.stdout.write(bytes);
  else writeBytes(output, bytes);
}

function load(tree: LinuxTree, input: string | undefined): Configuration {
  const configuration = new Configuration(tree.kconfig);
  return input === undefined ? configuration.loadNothing() : configuration.load(readConfig(input), input);
}

/** In whatever encoding: conf copies the bytes of a string as they are. */
function readConfig(path: string): string {
  return decodeBytes(readBytes(path, "a configuration"));
}

function bare(name: string): string {
  return name.replace(/^CONFIG_/, "");
}

function whyObject(tree: LinuxTree, arch: string, configuration: Configuration, name: string): string {
  return formatWhy(kbuildOf(tree, arch, configuration).why(name));
}

type WantResult = ReturnType<typeof want>;

function tellWant(result: WantResult, wishes: readonly { readonly name: string; readonly value: string }[]): void {
  switch (result.kind) {
    case "mistake":
      throw new InputError("S1304", "config want", result.text, "name a symbol of the tree and a value of its type");
    case "way": {
      if (result.changes.length === 0) {
        process.stdout.write("it is so already\n");
        return;
      }
      const smallest = result.isSmallest ? "no fewer will do" : "fewer may do";
      process.stdout.write(`${result.changes.length} change${result.changes.length === 1 ? "" : "s"} (${smallest}):\n`);
      for (const { name, before, after, prompt, file, line } of result.changes) {
        const place = file === undefined ? "" : `  ${file}:${line}`;
        process.stdout.write(
          `  ${name}: ${before} -> ${after}${prompt === undefined ? "" : `  "${prompt}"`}${place}\n`,
        );
      }
      if (!result.confirmed) {
        // A range, or a value that one number takes from another: the solver sees neither.
        process.stdout.write("which does not suffice:\n");
        for (const { name, value } of wishes)
          if (result.configuration.value(name) !== value)
            process.stdout.write(formatReason(why(result.configuration, name), "  "));
        process.exitCode = 1;
        return;
      }
      process.stdout.write(`append to the .config:\n${result.fragment}`);
      return;
    }
    case "contradiction":
      process.stdout.write("it cannot be: these exclude each other\n");
      for (const { text, file, line } of result.facts) {
        process.stdout.write(`  ${file === undefined ? "" : `${file}:${line}: `}${text}\n`);
      }
      process.exitCode = 1;
  }
}
