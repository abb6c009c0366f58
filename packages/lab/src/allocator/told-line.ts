/**
 * What the allocator printed for an operation, in words; a line that has none stays as it is.
 */
export function toldLine(line: string): string {
  const taken = /^(\d+) (\d+) (\d+)$/.exec(line);
  if (taken) return `allocation ${taken[1]} is in chunk ${taken[2]}, at ${taken[3]}`;
  const freed = /^f (\d+) (\d+) (\d+)$/.exec(line);
  if (freed) return `frees allocation ${freed[1]}: chunk ${freed[2]}, at ${freed[3]}`;
  const bad = /^f (\S+) bad$/.exec(line);
  if (bad) return `there is no allocation ${bad[1]}`;
  return line.replace(/^E /, "").replaceAll("=", " ").replaceAll("_", " ");
}
