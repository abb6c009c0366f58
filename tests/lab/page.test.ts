/**
 * Goal: what holds for the page as a whole: colours, nothing that moves, no network, files dropped anywhere, damaged links.
 * Method: Chromium; axe-core on every view with something in it, the browser's own layout-shift entries, its offline switch.
 */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { goToView, hasBrowser, labOfTests, SETTLED, SIZES, seriousFindings, siteFiles, WIDE } from "../support/lab.js";
import { exampleConfig } from "../support/model-tree.js";

const { open, address } = labOfTests();

async function openReport2(viewport: typeof WIDE) {
  const page = await open(viewport);
  await page.waitForSelector(".finding-picture");
  return page;
}

/** Every so manieth character of a link is changed here; every one of them in the address's own test. */
const STRIDE = 7;
/** A page that says nothing for so many milliseconds has nothing to say. */
const PATIENCE_MS = 10_000;

const themeOf = (page: Page) => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");

describe.skipIf(!hasBrowser)("the lab's page (chromium)", () => {
  test.each(["light", "dark"] as const)(
    "has enough contrast and names in every view, in %s colours",
    async (scheme) => {
      const page = await openReport2(WIDE);
      await page.emulateMedia({ colorScheme: scheme });
      const findings: string[] = [];
      const look = async (where: string) => {
        for (const finding of await seriousFindings(page)) findings.push(`${where}: ${finding}`);
      };
      for (const stage of [0, 1, 2, 3]) await page.locator(".stage summary").nth(stage).click();
      await look("Doctor");
      await page.getByRole("button", { name: "Step through" }).click();
      await page.waitForSelector(SETTLED);
      await page.getByText("Signs and keys").click();
      await look("Run, its first step");
      await page.keyboard.press("End");
      await page.waitForSelector(".outlook.found");
      await look("Run, its end");
      await goToView(page, "Matrix");
      await page.getByLabel("Before and after a patch").selectOption("set-memory-irqs-off");
      await page.getByRole("rowheader", { name: "set-memory" }).getByRole("button").click();
      await page.locator(".cell-button.broken").waitFor();
      await look("Matrix");
      await goToView(page, "Patch");
      await page.locator(".cm-content").click();
      await page.keyboard.press("Control+Home");
      await page.keyboard.type("// a remark\n");
      await page.keyboard.press("Control+Enter");
      await page.locator(".stage-list li", { hasText: "deadlock" }).waitFor();
      await look("Patch");
      await goToView(page, "Link");
      await page.getByRole("button", { name: "Report 1: SMP without MMU" }).click();
      await page.waitForSelector(".ld-words");
      await look("Link");
      await goToView(page, "Allocator");
      await page.waitForSelector(".chunk-card");
      await page.getByRole("slider").fill("5");
      await page.getByText("Allocation bitmap and hints").first().click();
      await look("Allocator");
      await page.goto(`${address()}#/nowhere`);
      await page.waitForSelector(".failure");
      await look("what a wrong address says");
      expect(findings).toEqual([]);
    },
  );

  test("follows the system's colours until the reader chooses, and keeps the choice", async () => {
    const page = await openReport2(WIDE);
    await page.emulateMedia({ colorScheme: "light" });
    const light = await themeOf(page);
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await themeOf(page)).not.toBe(light);
    await page.getByRole("button", { name: "Use light colours" }).click();
    expect(await themeOf(page)).toBe(light);
    await page.reload();
    expect(await themeOf(page)).toBe(light);
    await page.getByRole("button", { name: "Use dark colours" }).click();
    await page.emulateMedia({ colorScheme: "light" });
    expect(await themeOf(page)).not.toBe(light);
  });

  test.each(SIZES)("nothing moves while results stream in, on a %s screen", async (_, size) => {
    const page = await open(size);
    await page.evaluate(`window.shift = 0;
      new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value; })
        .observe({ type: "layout-shift", buffered: true });`);
    await page.waitForSelector(".prescriptions");
    // The entry of a shift comes with the frame after it.
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    expect(await page.evaluate<number>("window.shift")).toBeLessThan(0.1);
  });

  test("text and picture grow on a very wide screen", async () => {
    const heights = async (width: number, height: number) => {
      const page = await openReport2({ width, height });
      const picture = (await page.locator(".finding-picture .lanes").boundingBox())!.height;
      return { text: await page.evaluate<number>("parseFloat(getComputedStyle(document.body).fontSize)"), picture };
    };
    const [usual, wide] = [await heights(1440, 900), await heights(3840, 2160)];
    expect(wide.text / usual.text).toBeCloseTo(1.4, 1);
    expect(wide.picture / usual.picture).toBeCloseTo(1.4, 1);
  });

  test("works without a network once it is loaded, and after a newer page has come", async () => {
    const page = await openReport2(WIDE);
    await page.waitForSelector("html[data-ready=offline]");
    // What an older page left behind: it would ask for files that are gone.
    await page.evaluate(
      `caches.open("shootdown-lab").then((cache) => cache.put(location.origin + "/", new Response("old")))`,
    );
    await page.reload();
    await page.waitForSelector("html[data-ready=offline]");
    const missing = await page.evaluate(`(async () => {
      const kept = (await (await caches.open("shootdown-lab")).keys()).map((request) => request.url);
      return ${JSON.stringify(siteFiles().filter((path) => path !== "files.json"))}.filter((path) => !kept.includes(location.origin + "/" + path));
    })()`);
    expect(missing).toEqual([]);
    await page.context().setOffline(true);
    for (const name of ["Matrix", "Patch", "Link"] as const) {
      await goToView(page, name);
      await page.waitForURL(`**/#/${name.toLowerCase()}?*`);
    }
    await page.reload();
    await page.waitForSelector(".link-card");
    await goToView(page, "Doctor");
    await page.getByRole("button", { name: "Report 2" }).click();
    await page.waitForSelector(".finding-picture");
  });

  test.each(["Doctor", "Patch"] as const)("takes a file that is dropped anywhere in %s", async (view) => {
    const page = await openReport2(WIDE);
    await goToView(page, view);
    await page.waitForSelector(view === "Patch" ? ".cm-content" : ".stages");
    const { text } = exampleConfig("6.12-v7-smp-highmem.config");
    // CR LF, as a mail or another system may have made it.
    const data = await page.evaluateHandle(`(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([${JSON.stringify(text.replaceAll("\n", "\r\n"))}], "mine.config"));
      return transfer;
    })()`);
    const target = view === "Patch" ? ".cm-content" : "h1";
    await page.locator(target).dispatchEvent("dragover", { dataTransfer: data });
    await page.waitForSelector(".page-drop");
    await page.locator(target).dispatchEvent("drop", { dataTransfer: data });
    await page.waitForSelector(".stage-line >> text=Linux/arm 6.12");
    expect(await page.locator(".page-drop").count()).toBe(0);
    expect(await page.getByLabel("Configuration").inputValue()).toBe("mine.config (yours)");
    await page.waitForURL(/config=mine\.config~/);
  });

  test("a link with a character changed, at any place, is a message", async () => {
    const page = await openReport2(WIDE);
    await page.getByRole("button", { name: "Step through" }).click();
    await page.waitForURL(/#\/run.*schedule=.*step=1&/);
    const link = new URL(page.url()).hash;
    await goToView(page, "Matrix");
    await page.waitForSelector(".matrix");
    const silent = await page.evaluate(`(async (good) => {
      const told = () => document.querySelector(".failure-head")?.textContent ?? "";
      /** Follows a link; has the page told within the time what it should? */
      const follow = async (hash, isRight) => {
        const followed = new Promise((done) => addEventListener("hashchange", done, { once: true }));
        location.hash = hash;
        await followed;
        for (const end = performance.now() + ${PATIENCE_MS}; !isRight(told()); ) {
          if (performance.now() > end) return false;
          await new Promise((done) => requestAnimationFrame(done));
        }
        return true;
      };
      const unheard = [];
      for (let at = 1; at < good.length; at += ${STRIDE}) {
        if (!(await follow("#/matrix", (text) => text === ""))) unheard.push("a good link after " + at + " is refused");
        const bad = good.slice(0, at) + (good[at] === "0" ? "1" : "0") + good.slice(at + 1);
        if (!(await follow(bad, (text) => text.includes("S1603")))) unheard.push(at + ": " + bad.slice(0, at + 1));
      }
      return unheard;
    })(${JSON.stringify(link)})`);
    expect(silent).toEqual([]);
    // The # itself: what was behind it is what the server is asked with.
    await page.goto(address() + link.replace("#", "?"));
    await page.waitForSelector(".failure-head >> text=S1603");
  });

  test("HTML in an address is text", async () => {
    const html = '<img src="x" onerror="document.title = 1">';
    for (const hash of [`#/${html}`, `#/run?config=${encodeURIComponent(html)}&cpu=x&scenario=y&check=0000`]) {
      const page = await open(WIDE, hash);
      await page.waitForSelector(".failure-head >> text=S1603");
      expect(await page.locator("img[src=x]").count()).toBe(0);
      expect(await page.title()).toContain("shootdown lab");
    }
  });
});
