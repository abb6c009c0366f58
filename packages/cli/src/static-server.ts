/**
 * Serves a folder of static files to this machine alone: loopback, GET and HEAD, no file that was not there at the
 * start, and a content security policy that lets the page talk to nobody.
 *
 * The page's policy is strict. A worker has the policy of its own script's response, and the engine's worker generates
 * code, so it alone may evaluate a string (see docs/adr).
 */
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, relative, sep } from "node:path";
import { InputError } from "@shootdown/doctor/errors";

const HOST = "127.0.0.1";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json; charset=utf-8",
};

const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; worker-src 'self'; " +
  "connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const WORKER_POLICY = "default-src 'none'; script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval'; connect-src 'none'";

/** The service worker that keeps the page for offline use asks this server, and nobody else. */
const OFFLINE_POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'";
const OFFLINE = "offline.js";

/** The engine's worker, as the build names it. */
const WORKER = /^assets\/worker-[\w-]+\.js$/;

interface StaticFile {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Serving {
  /** Where the page is, as a browser takes it. */
  readonly address: string;
  readonly server: Server;
}

/** Serves until the server is closed. With `orFree`, another port will do if this one is taken. */
export async function serveStatic(folder: string, port: number, orFree: boolean): Promise<Serving> {
  const files = readFiles(folder);
  const server = createServer((request, response) => answer(files, request, response));
  const bound = await listen(server, port, orFree);
  return { address: `http://${HOST}:${bound}/`, server };
}

function listen(server: Server, port: number, orFree: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" && orFree) resolve(listen(server, 0, false));
      else
        reject(new InputError("S1002", `--port ${port}`, `the port cannot be used: ${error.message}`, "name another"));
    });
    server.listen(port, HOST, () => resolve((server.address() as AddressInfo).port));
  });
}

function readFiles(folder: string): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  const visit = (inside: string) => {
    for (const entry of readdirSync(inside, { withFileTypes: true })) {
      const path = join(inside, entry.name);
      if (entry.isDirectory()) {
        visit(path);
        continue;
      }
      const name = relative(folder, path).split(sep).join("/");
      files.set(`/${name}`, { body: readFileSync(path), headers: headersOf(name) });
    }
  };
  visit(folder);
  const index = files.get("/index.html");
  if (index) files.set("/", index);
  return files;
}

function headersOf(name: string): Record<string, string> {
  const isNamedByContent = name.startsWith("assets/");
  return {
    "content-type": TYPES[extname(name)] ?? "application/octet-stream",
    "content-security-policy": WORKER.test(name) ? WORKER_POLICY : name === OFFLINE ? OFFLINE_POLICY : PAGE_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": isNamedByContent ? "public, max-age=31536000, immutable" : "no-cache",
  };
}

/** A page elsewhere whose name was made to lead here has another host in its requests. */
function isLocal({ headers }: IncomingMessage): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(headers.host ?? "");
}

function answer(files: ReadonlyMap<string, StaticFile>, request: IncomingMessage, response: ServerResponse): void {
  const refused = refusal(files, request);
  if (refused) {
    const [status, text] = refused;
    response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "content-security-policy": PAGE_POLICY });
    response.end(`${text}\n`);
    return;
  }
  const file = fileOf(files, request)!;
  response.writeHead(200, { ...file.headers, "content-length": file.body.length });
  response.end(request.method === "HEAD" ? undefined : file.body);
}

/** The status and the text of what is not answered. */
function refusal(files: ReadonlyMap<string, StaticFile>, request: IncomingMessage): [number, string] | undefined {
  if (!isLocal(request)) return [403, "this server answers its own machine only"];
  if (request.method !== "GET" && request.method !== "HEAD") return [405, "only GET and HEAD"];
  return fileOf(files, request) ? undefined : [404, "there is no such file; the page is at /"];
}

function fileOf(files: ReadonlyMap<string, StaticFile>, { url = "/" }: IncomingMessage): StaticFile | undefined {
  return files.get(url.replace(/[?#].*$/s, ""));
}
