/**
 * A strict reader of KTAP, version 1, for tests: every line must be one that the specification names.
 *
 * Stricter than the kernel's own tools, which skip what they do not know: a plan is required and kept, numbers have no
 * gap, nesting is exactly two spaces, a parent fails if and only if a subtest does.
 */

export interface KtapTest {
  readonly number: number;
  readonly name: string;
  readonly isOk: boolean;
  readonly directive?: string;
  /** After the directive, or after the `#` alone. */
  readonly text: string;
  /** Lines before the result line, without `# `. */
  readonly diagnostics: readonly string[];
  readonly subtests: readonly KtapTest[];
}

/** Without TAP's one for work to be done, whose use in the kernel is discouraged. */
const DIRECTIVES = ["SKIP", "XFAIL", "TIMEOUT", "ERROR"];
const RESULT = /^(ok|not ok) (\d+)(?: ([^#]*[^# ]))?(?: # (.+))?$/;

/** The tests at the top. Throws an Error with the number of the line that is wrong. */
export function parseKtap(text: string): KtapTest[] {
  const lines = text.split("\n");
  if (lines.pop() !== "") throw new Error("the last line has no end");
  let at = 0;
  const fail = (what: string): never => {
    throw new Error(`line ${at + 1}: ${what}: ${lines[at] ?? "the end"}`);
  };

  const level = (indent: string): KtapTest[] => {
    /** The line without the indentation of this level; undefined if it belongs to another. */
    const own = () => {
      const line = lines[at];
      return line?.startsWith(indent) && line[indent.length] !== " " ? line.slice(indent.length) : undefined;
    };
    if (own() !== "KTAP version 1") fail("no version line");
    at++;
    const plan = /^1\.\.(\d+)$/.exec(own() ?? "") ?? fail("no plan");
    at++;
    const tests: KtapTest[] = [];
    let diagnostics: string[] = [];
    let subtests: KtapTest[] = [];
    while (tests.length < Number(plan[1])) {
      const line = own();
      if (line === undefined) {
        if (subtests.length > 0 || !lines[at]?.startsWith(`${indent}  KTAP`)) fail("not a line of this level");
        subtests = level(`${indent}  `);
      } else if (line.startsWith("# ")) {
        diagnostics.push(line.slice(2));
        at++;
      } else {
        const [, result, number, name = "", rest = ""] = RESULT.exec(line) ?? fail("no line of KTAP");
        if (Number(number) !== tests.length + 1) fail(`not number ${tests.length + 1}`);
        const word = rest.split(" ")[0]!;
        const directive = DIRECTIVES.includes(word) ? word : undefined;
        const isOk = result === "ok";
        if (isOk && (directive === "TIMEOUT" || directive === "ERROR")) fail(`ok with ${directive}`);
        if (subtests.length > 0 && isOk !== subtests.every((test) => test.isOk)) fail("not what its subtests say");
        const text = directive === undefined ? rest : rest.slice(directive.length).trim();
        tests.push({ number: Number(number), name, isOk, directive, text, diagnostics, subtests });
        diagnostics = [];
        subtests = [];
        at++;
      }
    }
    return tests;
  };

  const tests = level("");
  if (at < lines.length) fail("more than the plan says");
  return tests;
}
