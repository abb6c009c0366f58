/**
 * Promela statements as text: how few will do. Spin takes a step of some 2,000 statements and no more, and counts an `if` for
 * five, an assertion, an assignment and a jump for one each.
 *
 * Used by `code.ts`. A statement of several lines is one text; statements are joined by semicolons by the caller.
 */

/** One statement, as the statements of a step are numbered, for conditions of which the earlier ones are looked at first. */
export function asserted(conditions: readonly string[]): string[] {
  if (conditions.length < 2) return conditions.map((condition) => `assert(${condition})`);
  return [`assert(${conditions.map((condition) => `(${condition})`).join(" && ")})`];
}

/** Without jumps to what comes next anyway: Spin takes a step of so many statements and no more. */
export function fallingThrough(lines: readonly string[]): string[] {
  return lines.flatMap((statement, i) => {
    const label = /^(\w+): /.exec(lines[i + 1] ?? "")?.[1];
    if (label === undefined) return [statement];
    if (statement === `goto ${label}`) return [];
    const own = /^\w+: goto (\w+)$/.exec(statement);
    if (own?.[1] === label) return [statement.replace(/goto \w+$/, "skip")];
    return /(^|: )if\n/.test(statement) ? [withoutTails(statement, `goto ${label}`)] : [statement];
  });
}

/** An `if` statement without a jump where its arms end. */
function withoutTails(statement: string, jump: string): string {
  const result: string[] = [];
  /** From the end: by `fi` that is open, whether its `if` stands where the whole statement ends. */
  const isTail: boolean[] = [];
  const lines = statement.split("\n");
  for (let i = lines.length - 1; i >= 0; i--) {
    const line = lines[i]!;
    const text = line.trim();
    if (text === "fi" || text === "fi;") isTail.push(text === "fi" && (isTail.at(-1) ?? true));
    else if (text === "if" || text.endsWith(": if")) isTail.pop();
    else if (text === jump && isTail.at(-1)) {
      const before = lines[i - 1]!;
      if (before.trim() === ":: else ->") {
        result.push(before.replace(" ->", ""));
        i--;
      } else if (before.endsWith("->")) result.push(line.replace(jump, "skip"));
      else {
        result.push(before.slice(0, -1));
        i--;
        // What stands there now ends its arm: a statement of several lines is looked into by itself.
        if (before.trim() === "fi;") isTail.push(false);
      }
      continue;
    }
    result.push(line);
  }
  return result.reverse().join("\n");
}

/** Further right, each line. */
export function indented(lines: readonly string[]): string {
  return lines.map((line) => line.replace(/^/gm, "   ")).join(";\n");
}

/** How many statements Spin counts, roughly. */
export function statements(lines: readonly string[]): number {
  let sum = 0;
  for (const line of lines.flatMap((statement) => statement.split("\n"))) {
    const text = line.trim();
    if (/(^|: )if$/.test(text)) sum += IF;
    else if (!/^fi;?$/.test(text)) sum += 1;
  }
  return sum;
}

/** What an `if` counts beside its arms. */
const IF = 3;
