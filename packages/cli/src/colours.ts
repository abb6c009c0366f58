/**
 * Colours for a terminal, and for nothing else: a file or a pipe gets plain text, also where CI is set.
 */
import picocolors from "picocolors";

const isWanted =
  process.env.FORCE_COLOR !== undefined || (process.stdout.isTTY === true && picocolors.isColorSupported);

export const pc = picocolors.createColors(isWanted);
