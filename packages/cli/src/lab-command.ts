/**
 * `shootdown lab`: builds the page when it must, serves it on loopback, and prints its address. The page needs no server
 * beyond that: what is in `dist/site` may lie on any web server.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { InputError } from "@shootdown/doctor/errors";
import type { Command } from "commander";
import { parseCount } from "./options.js";
import { serveStatic } from "./static-server.js";

/** Where links that people keep lead, unless somebody else has the port. */
const PORT = 7413;
/** What the page is made of, beside its own package. */
const SOURCES = ["lab", "doctor", "checker", "kernel-ts", "ir", "kconfig", "kbuild", "kernel", "machine"];
/** Milliseconds between two looks at whether another process has built the page, and after which it must have died. */
const LOCK_INTERVAL = 200;
const LOCK_LIFE = 300_000;
/** Not made from: what builds leave, and tests. */
const NOT_SOURCE = /^(dist|node_modules)$|\.test\.ts$/;

export function labCommand(program: Command): void {
  program
    .command("lab")
    .description("the page that runs the checker in a browser: serves it on 127.0.0.1 and prints its address")
    .option("--port <n>", `the port (default: ${PORT}, or a free one)`)
    .option("--build", "only build the page, for a web server of yours, and print its folder")
    .action(async (options: { port?: string; build?: boolean }) => {
      const port = options.port === undefined ? undefined : readPort(options.port);
      const site = await builtSite();
      if (options.build) {
        process.stdout.write(`${site}\n`);
        return;
      }
      const { address } = await serveStatic(site, port ?? PORT, port === undefined);
      process.stdout.write(`${address}\n`);
      await new Promise(() => {}); // until it is interrupted
    });
}

function readPort(text: string): number {
  const port = parseCount("--port", text);
  if (port <= 65_535) return port;
  throw new InputError("S1002", `--port ${text}`, "a port is at most 65535", "for example --port 7413");
}

/** The folder of the page, built again if a source is newer. One builds at a time, and the others take what it built. */
async function builtSite(): Promise<string> {
  const require = createRequire(import.meta.url);
  const manifest = packageOf(require, "@shootdown/lab/package.json");
  if (manifest === undefined) {
    const next = "install it next to this one: npm install @shootdown/lab";
    throw new InputError("S1101", "@shootdown/lab", "the page's package is not installed", next);
  }
  const folder = dirname(manifest);
  const site = join(folder, "dist/site");
  const lock = join(folder, "dist/site.lock");
  while (isStale(folder, site)) {
    if (!take(lock)) {
      await sleep(LOCK_INTERVAL);
      continue;
    }
    try {
      if (isStale(folder, site)) buildSite(manifest, site);
    } finally {
      rmSync(lock, { recursive: true, force: true });
    }
  }
  return site;
}

function isStale(folder: string, site: string): boolean {
  const index = join(site, "index.html");
  if (!existsSync(index)) return true;
  return existsSync(join(folder, "src")) && newest(dirname(folder)) > statSync(index).mtimeMs;
}

/** False if another process has it. One that was left behind is taken over. */
function take(lock: string): boolean {
  try {
    mkdirSync(dirname(lock), { recursive: true });
    mkdirSync(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - made > LOCK_LIFE) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

/** Builds beside what is there and puts it in its place when it is whole: another process may be reading it. */
function buildSite(manifest: string, site: string): void {
  const folder = dirname(manifest);
  const vite = packageOf(createRequire(manifest), "vite/package.json");
  if (vite === undefined) {
    const next = "run npm install in the repository, which brings vite";
    throw new InputError("S1101", site, "the page is not built, and vite, which builds it, is not installed", next);
  }
  process.stderr.write("shootdown: building the page ...\n");
  const bin = join(dirname(vite), "bin/vite.js");
  const fresh = `${site}.new`;
  const begun = new Date();
  const build = spawnSync(process.execPath, [bin, "build", "--logLevel", "error", "--outDir", fresh, "--emptyOutDir"], {
    cwd: folder,
    stdio: ["ignore", 2, 2],
    // Whoever starts this may have another (a test runner has): the page would be made of libraries with their debugging in.
    env: { ...process.env, NODE_ENV: "production" },
  });
  if (build.status !== 0 || !existsSync(join(fresh, "index.html"))) {
    throw new InputError("S1101", site, "the page could not be built", `run npm run site in ${folder}`);
  }
  // A source that was changed meanwhile is newer than the page.
  utimesSync(join(fresh, "index.html"), begun, begun);
  rmSync(site, { recursive: true, force: true });
  renameSync(fresh, site);
}

function packageOf(require: NodeJS.Require, path: string): string | undefined {
  try {
    return require.resolve(path);
  } catch {
    return undefined;
  }
}

/** When the newest source of the page was changed, in milliseconds. */
function newest(packages: string): number {
  let latest = 0;
  const visit = (folder: string) => {
    if (!existsSync(folder)) return;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (NOT_SOURCE.test(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else latest = Math.max(latest, statSync(path).mtimeMs);
    }
  };
  for (const name of SOURCES) visit(join(packages, name));
  visit(join(packages, "../examples"));
  return latest;
}
