/**
 * Goal: whatever is dropped or typed, the page says what is wrong or offers to stop; it never hangs and never runs it.
 * Method: each kind of bad file by the file input, then an endless loop and HTML in patches, in Chromium.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeAddress } from "@shootdown/doctor/face";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser, Lab, type LabPage, WIDE } from "../support/lab.js";
import { embeddedTree, exampleConfig } from "../support/model-tree.js";

let lab: Lab;
let one: LabPage;
beforeAll(async () => {
  if (!hasBrowser) return;
  lab = await Lab.start();
  one = await lab.open(WIDE);
});
afterAll(() => lab?.stop());

const HTML = '<img src="x" onerror="document.title = 1"><script>document.title = 2</script>';

async function drop(name: string, content: string | Buffer): Promise<string> {
  const { page } = one;
  // By its path: a large one would take long through the browser's pipe.
  const folder = mkdtempSync(join(tmpdir(), "shootdown-"));
  writeFileSync(join(folder, name), content);
  await page.locator("input[type=file]").setInputFiles(join(folder, name));
  await page.waitForSelector(".failure");
  const text = await page.locator(".failure").innerText();
  rmSync(folder, { recursive: true });
  await page
    .getByRole("button", { name: "Go on without it" })
    .or(page.getByRole("button", { name: "Report 2" }))
    .first()
    .click();
  return text;
}

describe.skipIf(!hasBrowser)("bad input to the lab (chromium)", () => {
  test.each<[string, string, string | (() => Buffer), RegExp]>([
    ["50 MB", "big.config", () => Buffer.alloc(50e6, "CONFIG_A=y\n"), /S1103[\s\S]*more than 8 MiB/],
    ["a binary", "vmlinux", () => Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]), /S1103[\s\S]*binary/],
    ["UTF-16", "wide.config", () => Buffer.from("\ufeffCONFIG_SMP=y\n", "utf16le"), /S1103[\s\S]*UTF-16[\s\S]*iconv/],
    ["no UTF-8", "latin.config", () => Buffer.from([0x43, 0xe4, 0x0a]), /S1103[\s\S]*not UTF-8/],
    ["nothing", "empty.config", "", /S1203/],
    ["HTML", "page.config", `${HTML}\n`, /S1201[\s\S]*<img src="x"/],
    [
      "another architecture",
      "riscv.config",
      () => Buffer.from(exampleConfig("6.12-riscv-smp-nommu.config").text),
      /S1203[\s\S]*riscv/,
    ],
    ["a cut file", "cut.config", "CONFIG_SMP=y\nCONFIG_HIG", /S1202/],
    ["JSON that is no result", "x.json", '{"format": "shootdown-result"}', /no result with a run/],
    ["JSON that is none", "x.json", '{"format": ', /is none/],
    [
      "a patch that does not apply",
      "p.patch",
      "--- a/mm/highmem.ts\n+++ b/mm/highmem.ts\n@@ -1,1 +1,1 @@\n-nope\n+yes\n",
      /S1402/,
    ],
  ])("%s: a message", async (_, name, content, expected) => {
    const title = await one.page.title();
    expect(await drop(name, typeof content === "string" ? content : content())).toMatch(expected);
    expect(await one.page.title()).toBe(title);
    expect(await one.page.locator("img[src=x], #content script").count()).toBe(0);
  });

  test("a result that was made up: a message, not a blank page", async () => {
    const mine = await lab.open(WIDE, "#/matrix");
    await mine.page.goto(`${lab.address}#/doctor`);
    await mine.page.waitForSelector(".finding-picture");
    const input = { config: "a", cpu: "b", patches: [], scenario: "c" };
    const made = { format: "shootdown-result", input, stages: { check: { initial: {}, trace: [{}] } } };
    const buffer = Buffer.from(JSON.stringify(made));
    await mine.page.locator("input[type=file]").setInputFiles({ name: "x.json", mimeType: "text/plain", buffer });
    await mine.page.waitForSelector(".failure-head >> text=S9000");
    await mine.page.getByRole("button", { name: "Start page" }).click();
    await mine.page.waitForSelector(".finding-picture");
    await mine.context.close();
  });

  test("HTML in a value: Kconfig says what it makes of it, as text", async () => {
    const { page } = one;
    const title = await page.title();
    const buffer = Buffer.from(`CONFIG_SMP=${HTML}\nCONFIG_MMU=y\n`);
    await page.locator("input[type=file]").setInputFiles({ name: "value.config", mimeType: "text/plain", buffer });
    await page.waitForSelector(".stage-verdict >> text=adjusted");
    await page.locator(".stage summary").first().click();
    expect(await page.locator(".evidence").first().innerText()).toContain(`asks for SMP=${HTML}, Kconfig gives n`);
    expect(await page.locator("img[src=x], #content script").count()).toBe(0);
    expect(await page.title()).toBe(title);
    await page.getByRole("button", { name: "Report 2" }).click();
  });

  test("an endless loop in a patch ends, or can be stopped; the page answers meanwhile", async () => {
    const { page, faults } = one;
    const lines = embeddedTree().read("kernel/mm/highmem.ts")!.split("\n");
    const at = lines.findIndex((line) => line.startsWith("function set_page_address(")) + 1;
    const patch = `--- a/mm/highmem.ts
+++ b/mm/highmem.ts
@@ -${at},3 +${at},5 @@
 function set_page_address(page: page_t, virtual: vaddr_t): void {
+  for (let i: u8 = 0; i < 2; i = 0) {
+  }
   page_address_map[page] = virtual;
 }
`;
    await page
      .locator("input[type=file]")
      .setInputFiles({ name: "loop.patch", mimeType: "text/plain", buffer: Buffer.from(patch) });
    const stop = page.getByRole("button", { name: "Stop" }).first();
    await stop.or(page.locator(".stage-verdict >> text=bug")).or(page.locator(".failure")).first().waitFor();
    if (await stop.isVisible()) {
      await page.getByRole("navigation", { name: "Views" }).getByRole("button", { name: "Run" }).click();
      await page.getByRole("navigation", { name: "Views" }).getByRole("button", { name: "Doctor" }).click();
    }
    await page.waitForSelector(".stage-verdict >> text=bug");
    await page.getByRole("button", { name: "Report 2" }).click();
    await page.waitForSelector(".stage-verdict >> text=deadlock");
    expect(faults).toEqual([]);
  });

  test("a long search shows how far it is, and stops at a click", async () => {
    const { page } = one;
    const subject = {
      config: { name: "6.12-v7-smp-highmem.config" },
      cpu: "cortex-a9",
      set: {},
      patches: [],
      scenario: "kmap-dma",
      sizes: { NR_CPUS: 3, HIGH_PAGES: 3, LAST_PKMAP: 2 },
    };
    await page.goto(lab.address + encodeAddress({ view: "doctor", subject }));
    await page.waitForSelector("text=/[0-9,]+ states\\/s · depth [0-9]+ · [0-9.]+ MB/");
    await page.getByRole("button", { name: "Stop" }).first().click();
    expect(await page.locator(".search-status").first().innerText()).toMatch(
      /Stopped at [\d,]+ states, depth \d+: no violation so far/,
    );
    // The same of what is ahead of a schedule of one's own.
    await page.getByRole("navigation", { name: "Views" }).getByRole("button", { name: "Run" }).click();
    await page.getByRole("button", { name: "Start a schedule of your own" }).click();
    await page.waitForSelector(".outlook >> text=/[0-9,]+ states\\/s · depth [0-9]+ · [0-9.]+ MB/");
    await page.locator(".outlook").getByRole("button", { name: "Stop" }).click();
    await page.waitForSelector(".outlook >> text=not known: the search was stopped");
    await page.getByRole("navigation", { name: "Views" }).getByRole("button", { name: "Doctor" }).click();
    await page.getByRole("button", { name: "Report 2" }).click();
    await page.waitForSelector(".finding-picture");
  });
});
