/**
 * Goal: `./shootdown lab` prints one address, answers its own machine alone, and gives each file the policy that it needs and no more.
 * Method: requests as a browser and as a stranger would make them; no browser.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../support/repository.js";

let server: ChildProcess;
let printed = "";
let address: URL;

beforeAll(async () => {
  server = spawn(process.execPath, [join(ROOT, "packages/cli/bin/shootdown.js"), "lab"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await new Promise<void>((resolve, reject) => {
    server.stdout!.on("data", (data) => {
      printed += data;
      if (printed.includes("\n")) resolve();
    });
    server.once("exit", (status) => reject(new Error(`it ended with status ${status}`)));
  });
  address = new URL(printed.trim());
});
afterAll(() => server?.kill());

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

function ask(path: string, options: { method?: string; host?: string } = {}): Promise<Answer> {
  const { method = "GET", host = address.host } = options;
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port: address.port, path, method, headers: { host } }, (response) => {
      let body = "";
      response.on("data", (data) => {
        body += data;
      });
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
    asked.on("error", reject);
    asked.end();
  });
}

/** What happens to a connection to the port at another address of this machine. */
function connectTo(host: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(address.port), host, () => {
      socket.destroy();
      resolve("connected");
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "refused"));
  });
}

const policyOf = async (path: string) => String((await ask(path)).headers["content-security-policy"]);

describe("the lab's server", () => {
  test("prints one address, of loopback", () => {
    expect(printed).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\n$/);
  });

  test("is not there at any other address of the machine", async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ internal, family }) => !internal && family === "IPv4");
    for (const { address: other } of others) expect(await connectTo(other)).toBe("ECONNREFUSED");
    expect(await connectTo("127.0.0.1")).toBe("connected");
  });

  test("answers no name but its own, no method that changes something, and no path outside the page", async () => {
    expect(await ask("/", { host: "evil.example" })).toMatchObject({ status: 403 });
    expect(await ask("/", { method: "POST" })).toMatchObject({ status: 405 });
    for (const path of ["/nothing", "/../package.json", "/%2e%2e/package.json", "//etc/passwd"]) {
      expect(await ask(path)).toMatchObject({ status: 404, body: "there is no such file; the page is at /\n" });
    }
  });

  test("lets the page talk to nobody, and only the engine's worker evaluate code", async () => {
    const { body, headers } = await ask("/");
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    const policy = String(headers["content-security-policy"]);
    for (const rule of ["default-src 'none'", "script-src 'self'", "connect-src 'none'", "frame-ancestors 'none'"]) {
      expect(policy.split("; ")).toContain(rule);
    }
    expect(policy).not.toContain("unsafe");
    const script = /src="\.(\/assets\/[^"]+\.js)"/.exec(body)![1]!;
    expect(await policyOf(script)).not.toContain("unsafe");
    // A page that was built for debugging is slow, and looks like any other.
    expect((await ask(script)).body.includes("Expected a suspended thenable. This is a bug in React")).toBe(false);
    const engines = [...(await assets(script))].filter((name) => /\/worker-/.test(name));
    expect(engines).toHaveLength(1);
    expect(await policyOf(engines[0]!)).toContain("'unsafe-eval'");
    expect(await policyOf(engines[0]!)).toContain("connect-src 'none'");
    expect(await policyOf("/offline.js")).toContain("connect-src 'self'");
  });
});

/** The page's script names every other one, some of them by way of those. */
async function assets(script: string): Promise<ReadonlySet<string>> {
  const found = new Set([script]);
  for (const name of found) {
    for (const [, file] of (await ask(name)).body.matchAll(/["'`](?:\.\/|assets\/|\.\/assets\/|)([\w-]+\.js)["'`]/g)) {
      found.add(`/assets/${file}`);
    }
  }
  return found;
}
