/**
 * A Linux tree on disk, and the shell that its Kconfig asks: for faces that run in Node.
 */
export {
  DirectoryFiles,
  kernelEnvironment,
  kernelVersion,
  nodeShell,
  parseKconfigCached,
  readText as readBytes,
  usualCross,
} from "@shootdown/kconfig/node";
