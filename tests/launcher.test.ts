/**
 * Goal: `./shootdown` does what it must before the program runs and nothing else, from anywhere, by any name.
 * Method: a skeleton of the repository with the real launcher and an `npm` that only notes what it was asked for.
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let folder: string;
let root: string;

const NPM = `#!/bin/sh
echo "npm $*"
echo "$*" >>"$FOLDER/npm.log"
case $1 in
  ci) mkdir -p node_modules; echo {} >node_modules/.package-lock.json ;;
  run) mkdir -p packages/cli/dist; echo {} >packages/cli/dist/.tsbuildinfo; echo >packages/cli/dist/main.js ;;
esac
exit \${NPM_STATUS:-0}
`;

function write(path: string, text: string, executable = false): void {
  const full = join(folder, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  if (executable) chmodSync(full, 0o755);
}

/** Seconds from now. */
function touch(path: string, seconds: number): void {
  const time = Date.now() / 1000 + seconds;
  utimesSync(join(folder, path), time, time);
}

function run(
  command: string,
  { path = "", cwd = folder, env = {} as Record<string, string>, args = ["a b", "*"] } = {},
) {
  rmSync(join(folder, "npm.log"), { force: true });
  const PATH = path === "" ? `${join(folder, "bin")}:${process.env.PATH}` : path;
  const result = spawnSync(command, args, { cwd, encoding: "utf8", env: { PATH, FOLDER: folder, ...env } });
  let npm: string[] = [];
  try {
    npm = readFileSync(join(folder, "npm.log"), "utf8").trimEnd().split("\n");
  } catch {}
  return { status: result.status, stdout: result.stdout, stderr: result.stderr, npm };
}

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "launcher test-")));
  root = join(folder, "a repo");
  mkdirSync(join(folder, "bin"), { recursive: true });
  write("bin/npm", NPM, true);
  write("a repo/package-lock.json", "{}");
  write("a repo/tsconfig.json", "{}");
  write("a repo/packages/cli/package.json", '{ "type": "module" }');
  write("a repo/packages/cli/tsconfig.json", "{}");
  write("a repo/packages/cli/src/main.ts", "");
  write(
    "a repo/packages/cli/bin/shootdown.js",
    "console.log(JSON.stringify([process.cwd(), ...process.argv.slice(2)])); process.exitCode = 3;",
  );
  copyFileSync(join(import.meta.dirname, "../shootdown"), join(root, "shootdown"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the launcher", () => {
  test("installs and builds once, keeps stdout, arguments, folder and exit status", () => {
    const first = run(join(root, "shootdown"));
    expect(first.npm.map((line) => line.split(" ")[0])).toEqual(["ci", "run"]);
    expect(first.stdout).toBe(`${JSON.stringify([folder, "a b", "*"])}\n`);
    expect(first.status).toBe(3);
    expect(first.stderr.split("\n").filter((line) => line.startsWith("shootdown:"))).toEqual([
      "shootdown: installing dependencies (npm ci) ...",
      "shootdown: building (npm run build) ...",
    ]);
    const second = run(join(root, "shootdown"));
    expect(second).toEqual({ status: 3, stdout: first.stdout, stderr: "", npm: [] });
  });

  test("does again what has become stale, and only that", () => {
    run(join(root, "shootdown"));
    touch("a repo/node_modules/.package-lock.json", -100);
    expect(run(join(root, "shootdown")).npm).toEqual([expect.stringMatching(/^ci /)]);
    expect(run(join(root, "shootdown")).npm).toEqual([]);
    for (const stamp of [".tsbuildinfo", ".built"]) touch(`a repo/packages/cli/dist/${stamp}`, -100);
    expect(run(join(root, "shootdown")).npm).toEqual([expect.stringMatching(/^run /)]);
    write("a repo/packages/cli/src/main.test.ts", "");
    touch("a repo/packages/cli/src/main.test.ts", 100);
    expect(run(join(root, "shootdown")).npm).toEqual([]);
    rmSync(join(root, "packages/cli/dist/main.js"));
    expect(run(join(root, "shootdown")).npm).toEqual([expect.stringMatching(/^run /)]);
  });

  test("a build that finds nothing to do is not asked for twice", () => {
    run(join(root, "shootdown"));
    write("bin/npm", '#!/bin/sh\necho "$*" >>"$FOLDER/npm.log"\n', true);
    for (const stamp of [".tsbuildinfo", ".built"]) touch(`a repo/packages/cli/dist/${stamp}`, -100);
    expect(run(join(root, "shootdown")).npm).toHaveLength(1);
    expect(run(join(root, "shootdown")).npm).toEqual([]);
  });

  test("through symbolic links, through the PATH, from its own folder", () => {
    run(join(root, "shootdown"));
    mkdirSync(join(folder, "links"));
    symlinkSync("../a repo/shootdown", join(folder, "links/one"));
    symlinkSync(join(folder, "links/one"), join(folder, "two"));
    for (const command of ["./two", "links/one", join(folder, "two")]) expect(run(command).status, command).toBe(3);
    expect(run("one", { path: `${join(folder, "links")}:${process.env.PATH}` }).status).toBe(3);
    expect(run("./shootdown", { cwd: root }).stdout).toContain(JSON.stringify(root));
    expect(run("sh", { cwd: root, args: ["shootdown"] }).status).toBe(3);
  });

  test("says what is missing", () => {
    const bare = join(folder, "bare");
    mkdirSync(bare);
    for (const tool of ["sh", "readlink", "find", "head"]) {
      symlinkSync(execFileSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).trim(), join(bare, tool));
    }
    const shootdown = join(root, "shootdown");
    expect(run(shootdown, { path: bare })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("no node on the PATH"),
    });
    write("bare/node", "#!/bin/sh\necho v18.19.0\n", true);
    expect(run(shootdown, { path: bare }).stderr).toContain("this is Node.js v18.19.0; 20 or later is needed");
    write("bare/node", "#!/bin/sh\necho v20.1.0\n", true);
    expect(run(shootdown, { path: bare })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("no npm on the PATH"),
    });
    expect(run(shootdown, { env: { NPM_STATUS: "1" } })).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining("failed. next: run it in"),
    });
  });

  test("is plain sh", () => {
    const text = readFileSync(join(import.meta.dirname, "../shootdown"), "utf8");
    expect(text.startsWith("#!/bin/sh\n")).toBe(true);
    expect(text).not.toMatch(/\[\[|\blocal\b|\bfunction\b|<<<|\$'/);
  });
});
