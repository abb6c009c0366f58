/**
 * conf's modes that ask nothing: olddefconfig, savedefconfig, defconfig, allnoconfig and kin, yes2modconfig and kin.
 *
 * Called by command lines and tests. Each function does what `conf --mode` does from reading to writing and returns the files and
 * messages; nothing touches a disk.
 */
import { Configuration } from "./configuration.js";
import { type Diagnostic, stderrText } from "./diagnostics.js";
import type { Environment } from "./environment.js";
import { Evaluator61 } from "./evaluate-6.1.js";
import type { KconfigTree } from "./tree.js";
import { MOD, NO, type Tristate, YES } from "./tristate.js";
import { walk } from "./write-config.js";

/** What a mode leaves behind. */
export interface ConfResult {
  readonly configuration: Configuration;
  /** The file it writes: a `.config`, or for savedefconfig a defconfig. Empty if conf would have stopped before. */
  readonly text: string;
  /** Messages since parsing. */
  readonly diagnostics: readonly Diagnostic[];
  readonly stderr: string;
  /** 1 where conf stops because KCONFIG_WERROR makes errors of warnings. */
  readonly exitStatus: 0 | 1;
}

export interface ConfOptions {
  /** Appears in warnings. Default `.config`. */
  readonly fileName?: string;
  /** Default: the environment the tree was parsed with. */
  readonly env?: Environment;
}

export type RewriteMode = "yes2modconfig" | "mod2yesconfig" | "mod2noconfig";

export type AllMode = "allnoconfig" | "allyesconfig" | "allmodconfig" | "alldefconfig";

/** Completes a `.config`: values it does not have get their defaults. `text` undefined: there is no file. */
export function olddefconfig(tree: KconfigTree, text: string | undefined, options: ConfOptions = {}): ConfResult {
  return finish(started(tree, text, options), writeAll);
}

/** The minimal file for a `.config`. */
export function savedefconfig(tree: KconfigTree, text: string | undefined, options: ConfOptions = {}): ConfResult {
  return finish(started(tree, text, options), (configuration) => configuration.writeDefconfig());
}

/** A `.config` from a defconfig file. */
export function defconfig(tree: KconfigTree, text: string, options: ConfOptions = {}): ConfResult {
  const configuration = started(tree, text, options);
  return finish(configuration, writeAll, "alldefconfig");
}

/** Every question answered the same way. `seed`: the contents of KCONFIG_ALLCONFIG, whose answers come first. */
export function allconfig(
  tree: KconfigTree,
  mode: AllMode,
  seed?: { readonly text: string; readonly fileName: string },
  options: ConfOptions = {},
): ConfResult {
  const configuration = new Configuration(tree, options.env);
  if (seed !== undefined) configuration.loadOnly(seed.text, seed.fileName);
  return finish(configuration, writeAll, mode);
}

const REWRITES: Record<RewriteMode, readonly [from: Tristate, to: Tristate]> = {
  yes2modconfig: [YES, MOD],
  mod2yesconfig: [MOD, YES],
  mod2noconfig: [MOD, NO],
};

/** A `.config` with one answer of its tristates replaced by another, where Kconfig allows it. */
export function rewriteconfig(
  tree: KconfigTree,
  text: string | undefined,
  mode: RewriteMode,
  options: ConfOptions = {},
): ConfResult {
  const configuration = started(tree, text, options);
  const { evaluator } = configuration;
  const [from, to] = REWRITES[mode];
  for (const symbol of tree.hashOrder)
    if (evaluator.typeOf(symbol) === "tristate" && evaluator.userTri[symbol.index] === from)
      evaluator.userTri[symbol.index] = to;
  evaluator.clearAllValid();
  return finish(configuration, writeAll);
}

function started(tree: KconfigTree, text: string | undefined, options: ConfOptions): Configuration {
  const configuration = new Configuration(tree, options.env);
  return text === undefined ? configuration.loadNothing() : configuration.load(text, options.fileName ?? ".config");
}

function finish(
  configuration: Configuration,
  write: (configuration: Configuration) => string,
  newSymbols?: AllMode,
): ConfResult {
  const strict = configuration.env.KCONFIG_WERROR !== undefined;
  let text = "";
  let exitStatus: 0 | 1 = strict && configuration.fileWarnings > 0 ? 1 : 0;
  if (exitStatus === 0) {
    if (newSymbols !== undefined) setAllNewSymbols(configuration, newSymbols);
    if (strict && configuration.evaluator.unmetCount > 0) exitStatus = 1;
    else text = write(configuration);
  }
  const diagnostics = configuration.warnings;
  return { configuration, text, diagnostics, stderr: stderrText(diagnostics), exitStatus };
}

/** Writes the `.config`, then computes what the generated files need, as conf does. */
function writeAll(configuration: Configuration): string {
  const text = configuration.write();
  configuration.calculateAll();
  return text;
}

const VALUE: Record<AllMode, Tristate | undefined> = {
  allnoconfig: NO,
  allyesconfig: YES,
  allmodconfig: MOD,
  alldefconfig: undefined,
};

/** Gives every bool and tristate without a user value the one of the mode. */
export function setAllNewSymbols(configuration: Configuration, mode: AllMode): void {
  const evaluator = configuration.evaluator;
  if (evaluator instanceof Evaluator61) {
    setAllNewSymbols61(evaluator, VALUE[mode]);
    return;
  }
  const value = VALUE[mode];
  if (value !== undefined)
    walk(configuration.tree.root, ({ symbol, prompt }) => {
      if (symbol === null || prompt === null || evaluator.hasUser[symbol.index]) return;
      if (symbol.isChoice || symbol.isChoiceMember) return;
      if (symbol.type !== "bool" && symbol.type !== "tristate") return;
      evaluator.userTri[symbol.index] = value;
      evaluator.hasUser[symbol.index] = 1;
    });
  evaluator.clearAllValid();
}

function setAllNewSymbols61(evaluator: Evaluator61, value: Tristate | undefined): void {
  const symbols = evaluator.tree.hashOrder;
  if (value !== undefined)
    for (const symbol of symbols) {
      if (evaluator.hasUser[symbol.index] || evaluator.valid[symbol.index]) continue;
      const type = evaluator.typeOf(symbol);
      if (type !== "bool" && type !== "tristate") continue;
      evaluator.userTri[symbol.index] = value;
      evaluator.hasUser[symbol.index] = 1;
    }
  evaluator.clearAllValid();
  for (const symbol of symbols)
    if ((symbol.isChoice && !evaluator.hasUser[symbol.index]) || symbol.isChoiceMember) evaluator.markForSpread(symbol);
  for (const symbol of symbols) {
    if (evaluator.hasUser[symbol.index] || !symbol.isChoice) continue;
    evaluator.calc(symbol);
    evaluator.spreadChoice(symbol);
  }
}
