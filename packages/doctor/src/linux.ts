/**
 * Stage 1 on a real Linux tree, without the other stages: what a face needs to answer questions about a `.config`.
 * An entry of its own, because it needs no compiler and starts at once.
 */
export { formatWhy, type KbuildResult, parseKbuild } from "@shootdown/kbuild";
export {
  type AllMode,
  allconfig,
  Configuration,
  type ConfResult,
  causesOf,
  decodeBytes,
  defconfig,
  diff,
  encodeBytes,
  formatReason,
  KconfigError,
  type KconfigTree,
  type Lost,
  type LostCause,
  lost,
  oldconfig,
  olddefconfig,
  parseKconfig,
  type RewriteMode,
  recordShell,
  replayShell,
  rewriteconfig,
  type ShellRecord,
  savedefconfig,
  stderrText,
  type TalkOptions,
  why,
} from "@shootdown/kconfig";
