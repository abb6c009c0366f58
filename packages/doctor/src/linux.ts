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
  defconfig,
  diff,
  formatReason,
  KconfigError,
  type KconfigTree,
  type Lost,
  lost,
  olddefconfig,
  parseKconfig,
  recordShell,
  replayShell,
  type ShellRecord,
  savedefconfig,
  why,
} from "@shootdown/kconfig";
export { parseWish, type Wish, want } from "@shootdown/kconfig/want";
