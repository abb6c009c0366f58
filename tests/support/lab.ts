/**
 * The lab in a real browser: `./shootdown lab` on a port of its own, and pages that note what they must not do (ask
 * another host, break the content security policy, throw).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { ROOT } from "./repository.js";
import { hasTool } from "./tools.js";

const BROWSER = "chromium";
export const hasBrowser = hasTool(BROWSER);

export const WIDE = { width: 1440, height: 900 };
export const PHONE = { width: 360, height: 740 };
export const SIZES = [
  ["wide", WIDE],
  ["phone", PHONE],
] as const;

/** In the order of the bar at the top. */
export const VIEWS = ["Doctor", "Run", "Matrix", "Patch", "Link", "Allocator"] as const;

/** Milliseconds that a verdict may take where other tests run, too. */
export const PATIENCE = 100_000;

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-dev-shm-usage",
  "--no-first-run",
];

export interface LabPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page did that it must not do. */
  readonly faults: string[];
}

export class Lab {
  private constructor(
    readonly address: string,
    readonly browser: Browser,
    private readonly server: ChildProcess,
  ) {}

  /** Builds the page if it must, serves it, starts the browser. */
  static async start(): Promise<Lab> {
    const server = spawn(process.execPath, [join(ROOT, "packages/cli/bin/shootdown.js"), "lab"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const address = await firstLine(server);
    const { chromium } = await import("playwright-core");
    const browser = await chromium.launch({ executablePath: `/usr/bin/${BROWSER}`, args: ARGUMENTS });
    return new Lab(address, browser, server);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    this.server.kill();
  }

  /** A page in a profile of its own. */
  async open(viewport: { readonly width: number; readonly height: number }, hash = ""): Promise<LabPage> {
    const context = await this.browser.newContext({ viewport });
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    const faults: string[] = [];
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(this.address) && !/^(blob|data):/.test(url)) faults.push(`asks ${url}`);
    });
    page.on("console", (message) => {
      if (message.type() === "error") faults.push(`says ${message.text()}`);
    });
    page.on("pageerror", (error) => faults.push(`throws ${error.message}`));
    await page.goto(this.address + hash);
    return { page, context, faults };
  }
}

function firstLine(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: server.stdout! });
    lines.once("line", resolve);
    server.once("exit", (status) => reject(new Error(`./shootdown lab ended with status ${status}`)));
  });
}

/** The files of the page that was built, as paths in it. */
export function siteFiles(): string[] {
  const site = join(ROOT, "packages/lab/dist/site");
  return readdirSync(site, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(site, join(entry.parentPath, entry.name)));
}

/** The lab for the tests of a file: one server; what a test opens is closed after it, and must have had no fault. */
export function labOfTests() {
  let lab: Lab;
  let opened: LabPage[] = [];
  beforeAll(async () => {
    if (hasBrowser) lab = await Lab.start();
  });
  afterAll(() => lab?.stop());
  afterEach(async () => {
    const faults = opened.flatMap((one) => one.faults);
    for (const { context } of opened) await context.close();
    opened = [];
    expect(faults).toEqual([]);
  });
  return {
    /** Of the page, without a fragment. */
    address: () => lab.address,
    async open(viewport: typeof WIDE, hash = ""): Promise<Page> {
      const one = await lab.open(viewport, hash);
      opened.push(one);
      return one.page;
    },
  };
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core finds serious or critical, as `rule: element`. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  return page.evaluate(`axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
    violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ": " + target.join(" ") + " " + failureSummary)))`);
}

export function goToView(page: Page, name: (typeof VIEWS)[number]): Promise<void> {
  return page.getByRole("navigation", { name: "Views" }).getByRole("button", { name }).click();
}

/** What is examined can be chosen: on a narrow screen it is folded. */
export async function unfoldQuestion(page: Page): Promise<void> {
  const fold = page.locator(".ask-fold:not([open]) > summary");
  if (await fold.isVisible()) await fold.click();
}

/** What may follow is of the step that is shown. */
export const SETTLED = ".choices-panel[aria-busy=false] .choices button";

/** The focused element's name, also inside an editor. */
const FOCUSED = `(() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  const labels = element?.labels ? [...element.labels].map((label) => label.textContent) : [];
  return (element?.getAttribute("aria-label") ?? labels.join(" ") + " " + (element?.textContent ?? "")).trim();
})()`;

/** Presses Tab until the element of that name has the focus. */
export async function tabTo(page: Page, name: RegExp, limit = 150): Promise<void> {
  for (let count = 0; count < limit; count++) {
    await page.keyboard.press("Tab");
    if (name.test(await page.evaluate<string>(FOCUSED))) return;
  }
  throw new Error(`the Tab key does not lead to ${name}`);
}
